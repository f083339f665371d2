"""Boards are entry points: `latchkey.boards` names them, packages add their own."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import entry_points

from latchkey.errors import SettingsError
from latchkey.ports import Board, Journal
from latchkey.settings import Settings

GROUP = "latchkey.boards"

BoardOpener = Callable[[Settings, Journal], Board]


def open_board(settings: Settings, journal: Journal) -> Board:
    """Open the board that `camera.board` names. Raises SettingsError, CameraLost, DiskError."""
    wanted = settings.camera.board
    found = list(entry_points(group=GROUP, name=wanted))
    if not found:
        known = sorted(point.name for point in entry_points(group=GROUP))
        near = get_close_matches(wanted, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        raise SettingsError(f"there is no board {wanted!r}", hint=hint)
    opener: BoardOpener = found[0].load()
    return opener(settings, journal)

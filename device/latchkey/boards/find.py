"""Boards are entry points: `latchkey.boards` names them, packages add their own."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

from latchkey.errors import SettingsError
from latchkey.ports import Board, Journal
from latchkey.settings import Settings

GROUP = "latchkey.boards"

BoardOpener = Callable[[Settings, Journal], Board]


def open_board(settings: Settings, journal: Journal) -> Board:
    """Open the board that `camera.board` names. Raises SettingsError, CameraLost, DiskError."""
    opener: BoardOpener = find_board(settings.camera.board).load()
    return opener(settings, journal)


def find_board(wanted: str) -> EntryPoint:
    """Give the entry point of a board; nothing of it is loaded. Raises SettingsError with a near match."""
    found = list(entry_points(group=GROUP, name=wanted))
    if not found:
        known = sorted(point.name for point in entry_points(group=GROUP))
        near = get_close_matches(wanted, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        raise SettingsError(f"there is no board {wanted!r}", hint=hint)
    return found[0]

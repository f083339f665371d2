"""Boards are entry points: `latchkey.boards` names modules that open one, packages add their own."""

from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from latchkey.adapters.clock import SystemClock
from latchkey.boards.ground import linux_ground
from latchkey.errors import SettingsError
from latchkey.ports import Board, CaptureBoard, Ground, Journal, JournalLine, LinkBoard, Severity, join
from latchkey.settings import Settings

GROUP = "latchkey.boards"


class BoardModule(Protocol):
    """What such a module has: two functions, each of which opens one half.

    In one process both get the same ground; in two, each is called in its own and the other never is. It may
    have two more: `check` and `fit`, see below.
    """

    def open_capture(self, settings: Settings, ground: Ground) -> CaptureBoard:
        """Open camera, detector and vault. Raises SettingsError, CameraLost, DiskError."""
        ...

    def open_link(self, settings: Settings, ground: Ground) -> LinkBoard:
        """Open bell, state folder and the way to the broker. Raises SettingsError, DiskError."""
        ...


def open_board(settings: Settings, journal: Journal) -> Board:
    """Open the board that `camera.board` names. Raises SettingsError, CameraLost, DiskError."""
    ground = _ground(settings, journal)
    module = _load(settings)
    return join(module.open_capture(settings, ground), module.open_link(settings, ground))


def open_capture(settings: Settings, journal: Journal) -> CaptureBoard:
    """Open its half with the camera. Raises SettingsError, CameraLost, DiskError."""
    return _load(settings).open_capture(settings, _ground(settings, journal))


def open_link(settings: Settings, journal: Journal) -> LinkBoard:
    """Open its half with the network. Raises SettingsError, DiskError."""
    return _load(settings).open_link(settings, _ground(settings, journal))


def fit_settings(settings: Settings, journal: Journal) -> Settings:
    """Give the settings as the board that they name can run them, which it may tell by a function `fit`.

    For whoever opens the half with the camera. Raises SettingsError.
    """
    fit = getattr(_load(settings), "fit", None)
    if fit is None:
        return settings
    clock = SystemClock()

    def say(severity: Severity, text: str) -> None:
        journal.note(JournalLine(clock.now_ns(), "board", text, severity))

    fitted: Settings = fit(settings, say)
    return fitted


def check_settings(settings: Settings, sides: Sequence[str]) -> None:
    """Look whether the board has these sides as its section says, by its function `check`, if it has one.

    Raises SettingsError.
    """
    check = getattr(_load(settings), "check", None)
    if check is not None:
        check(settings, sides)


def find_board(wanted: str) -> EntryPoint:
    """Give the entry point of a board; nothing of it is loaded. Raises SettingsError with a near match."""
    found = list(entry_points(group=GROUP, name=wanted))
    if not found:
        known = sorted(point.name for point in entry_points(group=GROUP))
        near = get_close_matches(wanted, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        raise SettingsError(f"there is no board {wanted!r}", hint=hint)
    return found[0]


def _load(settings: Settings) -> BoardModule:
    module: Any = import_module(find_board(settings.camera.board).module)
    opener: BoardModule = module
    return opener


def _ground(settings: Settings, journal: Journal) -> Ground:
    return linux_ground(settings.camera.board, journal)

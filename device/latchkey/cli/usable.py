"""Settings that a device can run with, whole or one side of it: all that they name is there.

`run` and `check` ask the same, and say the same. A side is asked for what it will open, and nothing else: the
link side rings without a key book, and the capture side cannot read the broker's password.
"""

from pathlib import Path
from typing import Literal

from latchkey.adapters.credentials import is_out_of_sight
from latchkey.boards import check_book, check_settings, find_board
from latchkey.errors import SettingsError
from latchkey.reading import check_ordinary
from latchkey.settings import Places, Settings, load_with_places

Side = Literal["capture", "link"]
BOTH: tuple[Side, ...] = ("capture", "link")


def load_usable(path: Path, sides: tuple[Side, ...] = BOTH) -> Settings:
    """Load settings for these sides. Raises SettingsError that says where."""
    return load_placed(path, sides)[0]


def load_placed(path: Path, sides: tuple[Side, ...] = BOTH) -> tuple[Settings, Places]:
    """Do as `load_usable`; give also where the keys stand."""
    settings, places = load_with_places(path)
    _check_board(settings, places, sides)
    if "capture" in sides:
        _check_owner(settings, places)
        _check_video(settings, places)
    if "link" in sides:
        _check_broker(settings, places)
    if settings.vault.path.resolve() == settings.device.state.resolve():
        raise places.error(
            ("vault", "path"),
            f"vault.path and device.state are the same folder, {settings.vault.path}",
            "give each a folder of its own",
        )
    return settings, places


def _check_owner(settings: Settings, places: Places) -> None:
    try:
        check_book(settings.owner)
    except SettingsError as error:
        raise places.error(("owner", "book"), f"owner.book: {error}", error.hint) from error


def _check_board(settings: Settings, places: Places, sides: tuple[Side, ...]) -> None:
    board = settings.camera.board
    try:
        find_board(board)
    except SettingsError as error:
        raise places.error(("camera", "board"), f"camera.board: {error}", error.hint) from error
    try:
        check_settings(settings, sides)
    except SettingsError as error:
        raise places.error((board,), str(error), error.hint) from error


def _check_video(settings: Settings, places: Places) -> None:
    """Look for the video of the board that plays one; a webcam may be plugged in later."""
    camera = settings.camera
    if camera.board != "file":
        return
    try:
        check_ordinary(Path(camera.source))
    except OSError as error:
        message = f"camera.source {camera.source}: {error.strerror}"
        hint = 'board "file" plays the video that [camera] source names'
        raise places.error(("camera", "source"), message, hint) from error


def _check_broker(settings: Settings, places: Places) -> None:
    """Read what the link would read. Without a broker nobody does."""
    from latchkey.adapters.mqtt import read_password, tls_context

    if not settings.mqtt.host:
        return
    for key, read in (("password_file", read_password), ("ca_file", tls_context)):
        if is_out_of_sight(getattr(settings.mqtt, key)):
            continue
        try:
            read(settings.mqtt)
        except SettingsError as error:
            raise places.error(("mqtt", key), str(error), error.hint) from error

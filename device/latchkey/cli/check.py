"""`latchkey check FILE`: say whether a settings file can be used, and what it would do."""

import json
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from shlex import quote

from latchkey.adapters.credentials import is_out_of_sight
from latchkey.adapters.disk import LOCK_NAME, FolderDisk, disk_errors
from latchkey.boards import check_book
from latchkey.cli.command import Command, Terminal
from latchkey.cli.keep import say_crowding
from latchkey.cli.usable import load_placed
from latchkey.errors import EXIT_OK
from latchkey.owner import list_clips
from latchkey.owner.actlog import NAME as ACTS_NAME
from latchkey.pipeline.orders import ORDERS
from latchkey.pipeline.pinning import book_in_use
from latchkey.settings import Places, PrivacySettings, Settings
from latchkey.vault import INDEX_NAME, day_text
from latchkey.vault.book import KeyBook
from latchkey.vault.signed import OrderWrong

ROOT_MAKES = (ORDERS, "keys", "clips", ACTS_NAME, INDEX_NAME, f"{INDEX_NAME}.lock", LOCK_NAME)
"""What commands make in a vault, whoever runs them."""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the settings file")
    parser.add_argument("--json", action="store_true", help="print every setting as it would be used")


def run(options: Namespace, terminal: Terminal) -> int:
    """Load and check the file."""
    settings, places = load_placed(options.file)
    _check_folders(settings, places)
    _say_foreign(settings.vault.path, terminal)
    _say_unseen(settings, terminal)
    if options.json:
        values = {name: value for name, value in asdict(settings).items() if name != "written"}
        terminal.put(json.dumps(values, default=str, indent=1))
    else:
        terminal.put(f"{options.file}: good")
        for line in _summary(settings, book_of(settings, terminal)):
            terminal.put(f"  {line}")
    say_crowding(_kept_bytes(settings.vault.path), settings.vault.max_bytes, terminal)
    return EXIT_OK


def _check_folders(settings: Settings, places: Places) -> None:
    """Raise SettingsError where there is no folder and can be none. A device runs, and keeps nothing."""
    for section, key, folder in (
        ("vault", "path", settings.vault.path),
        ("device", "state", settings.device.state),
    ):
        with disk_errors(f"look at {folder}"):
            if folder.exists() and not folder.is_dir():
                message = f"{section}.{key} {folder} is there already, and is no folder"
                raise places.error((section, key), message)


def _say_foreign(vault: Path, terminal: Terminal) -> None:
    """Warn of what belongs to another user than the vault: earlier versions left it so where root made it."""
    places = [vault / name for name in ROOT_MAKES]
    for folder in (vault / ORDERS, vault / "keys"):
        with suppress(OSError):  # it is not there, or it is told as a whole
            places += sorted(folder.iterdir())
    user = _user_of(vault.resolve())
    foreign = [path for path in places if _user_of(path) not in (None, user)]
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        what = f"{foreign[0]}{more}: not of the user whom the vault belongs to, so the doorbell cannot use it"
        terminal.say(f"latchkey: warning: {what}")
        place = quote(str(vault))
        terminal.say(f"latchkey: hint: as root, chown -R --reference={place} {place}")


def _say_unseen(settings: Settings, terminal: Terminal) -> None:
    """Warn of what only the service can read: whether it is there, its own log tells."""
    for key in ("password_file", "ca_file"):
        if is_out_of_sight(getattr(settings.mqtt, key)):
            terminal.say(f"latchkey: warning: mqtt.{key} is a credential of the service: not looked at here")
            terminal.say("latchkey: hint: `journalctl -u latchkey-link` says whether it found it")


def _user_of(path: Path) -> int | None:
    with suppress(OSError):
        return path.lstat().st_uid
    return None


def _kept_bytes(vault: Path) -> int:
    """Give what kept clips take of a vault that is there already. Raises DiskError."""
    return sum(entry.size_bytes for entry in list_clips(FolderDisk(vault)) if entry.state == "kept")


def book_of(settings: Settings, terminal: Terminal) -> KeyBook:
    """Give the book that the doorbell seals by, which may be a later one than the settings name."""
    named = check_book(settings.owner)
    try:
        return book_in_use(FolderDisk(settings.vault.path), named)
    except OrderWrong as error:
        terminal.say(f"latchkey: warning: the key book that the settings name is not used: {error}")
        terminal.say(f"latchkey: hint: {error.hint}")
        return named


def _summary(settings: Settings, book: KeyBook) -> list[str]:
    mqtt, vault, privacy = settings.mqtt, settings.vault, settings.privacy
    broker = f"metadata goes to {mqtt.host}:{mqtt.port}" if mqtt.host else "nothing is published (no broker)"
    days = min(book.days, vault.days or book.days)
    end = day_text(book.end_day - 1)
    return [
        f"camera    {settings.camera.board} {settings.camera.source}",
        f"clips     {vault.path}, kept {days} day(s), at most {vault.max_mib} MiB",
        f"opened by {len(book.viewers)} viewer(s), keys until {end}, key book {book.number}",
        f"filter    hides {_hidden(privacy)}, {len(privacy.zones)} privacy zone(s)",
        f"faces     {_faces(privacy, book.face_days)}",
        f"network   {broker}; no upload, no audio, no live view",
    ]


def _hidden(privacy: PrivacySettings) -> str:
    if privacy.mode == "everything":
        return "the whole picture"
    if privacy.mode == "motion" or privacy.detector == "none":
        return "all that moves"
    return f"{privacy.mode} (detector {privacy.detector})"


def _faces(privacy: PrivacySettings, days: int) -> str:
    hours = privacy.face_layer_hours
    if not hours:
        return "nothing under the covers is kept (no face layer)"
    if not days:
        return "the key book has no keys for faces: no face layer is kept (`latchkey owner book` makes one)"
    if privacy.mode == "everything":
        return "nothing under the covers is kept: mode everything hides the scene, and looks for no face"
    kept = f"what lies under the covers is kept too, in a sealed face layer, for at most {hours} hour(s)"
    return f"{kept}, and opens for {days} day(s) after its own"


COMMAND = Command("check", "check a settings file", configure, run)

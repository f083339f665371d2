"""`latchkey check FILE`: say whether a settings file can be used, and what it would do."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from latchkey.adapters.disk import disk_errors
from latchkey.cli.command import Command, Terminal
from latchkey.clip import parse_recipient
from latchkey.errors import EXIT_OK, OwnerKeyError, SettingsError
from latchkey.settings import PrivacySettings, Settings, load


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the settings file")
    parser.add_argument("--json", action="store_true", help="print every setting as it would be used")


def run(options: Namespace, terminal: Terminal) -> int:
    """Load and check the file."""
    settings = load_usable(options.file)
    _check_folders(options.file, settings)
    if options.json:
        terminal.put(json.dumps(asdict(settings), default=str, indent=1))
    else:
        terminal.put(f"{options.file}: good")
        for line in _summary(settings):
            terminal.put(f"  {line}")
    return EXIT_OK


def load_usable(path: Path) -> Settings:
    """Load settings that a device can run with: besides being legal, somebody can open its clips."""
    settings = load(path)
    if not settings.owner.recipients:
        raise SettingsError(
            f"{path}: owner.recipients is empty: nobody could open a clip",
            hint='`latchkey owner init` makes a key; then set [owner] recipients = ["age1..."]',
        )
    for recipient in settings.owner.recipients:
        try:
            parse_recipient(recipient)
        except OwnerKeyError as error:
            raise SettingsError(f"{path}: owner.recipients: {error}") from error
    if settings.vault.path.resolve() == settings.device.state.resolve():
        raise SettingsError(
            f"{path}: vault.path and device.state are the same folder, {settings.vault.path}",
            hint="give each a folder of its own",
        )
    return settings


def _check_folders(path: Path, settings: Settings) -> None:
    """Raise SettingsError where there is no folder and can be none. A device runs, and keeps nothing."""
    for key, folder in (("vault.path", settings.vault.path), ("device.state", settings.device.state)):
        with disk_errors(f"look at {folder}"):
            if folder.exists() and not folder.is_dir():
                raise SettingsError(f"{path}: {key} {folder} is there already, and is no folder")


def _summary(settings: Settings) -> list[str]:
    mqtt, vault, privacy = settings.mqtt, settings.vault, settings.privacy
    broker = f"metadata goes to {mqtt.host}:{mqtt.port}" if mqtt.host else "nothing is published (no broker)"
    return [
        f"camera    {settings.camera.board} {settings.camera.source}",
        f"clips     {vault.path}, kept {vault.days} day(s), at most {vault.max_mib} MiB",
        f"opened by {len(settings.owner.recipients)} key(s)",
        f"filter    hides {_hidden(privacy)}, {len(privacy.zones)} privacy zone(s)",
        f"faces     {_faces(privacy.face_layer_hours)}",
        f"network   {broker}; no upload, no audio, no live view",
    ]


def _hidden(privacy: PrivacySettings) -> str:
    if privacy.mode == "everything":
        return "the whole picture"
    if privacy.mode == "motion" or privacy.detector == "none":
        return "all that moves"
    return f"{privacy.mode} (detector {privacy.detector})"


def _faces(hours: int) -> str:
    if not hours:
        return "nothing under the covers is kept (no face layer)"
    return f"what lies under the covers is kept too, in a sealed face layer, for at most {hours} hour(s)"


COMMAND = Command("check", "check a settings file", configure, run)

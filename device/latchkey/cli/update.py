"""`latchkey update`: fetch the newest signed release, try it, keep it or go back.

It looks only where `[update] url` names a repository, and only when it is run: by you, or by a timer of
yours.
"""

import json
import platform
import sys
import sysconfig
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latchkey import __version__
from latchkey.adapters.clock import SystemClock
from latchkey.adapters.slotdisk import FolderSlotDisk
from latchkey.adapters.updates.systemd import UNIT, SystemdHealth
from latchkey.cli.command import Command, Terminal
from latchkey.cli.traffic import traffic_text
from latchkey.cli.usable import load_usable
from latchkey.egress import Ledger
from latchkey.egress.downloads import check_address
from latchkey.errors import (
    EXIT_OK,
    SettingsError,
    UsageError,
)
from latchkey.reading import read_small
from latchkey.settings import UpdateSettings, load_with_places
from latchkey.update import Course, Device, Interpreter, Records, Release, Slots, Verdict, install, left, look

if TYPE_CHECKING:
    from latchkey.adapters.updates.repository import Repository

ROOT_LIMIT_BYTES = 64 << 10


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("install", "look", "settle", "status"),
        default="install",
        help="install = fetch and try the newest [default]; look = say what there is; settle = end a trial"
        " that was interrupted; status = say what runs",
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the settings file")
    parser.add_argument(
        "--again", action="store_true", help="install: also a release that was not well before"
    )
    parser.add_argument(
        "--before-start",
        action="store_true",
        help="settle: the machine has just come up; count that, and do not wait",
    )
    parser.add_argument("--json", action="store_true", help="status, look: print as JSON")


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that the actions work with."""

    settings: UpdateSettings
    config: Path
    disk: FolderSlotDisk
    device: Device
    records: Records
    terminal: Terminal


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what was asked for; one at a time on a folder."""
    desk = _desk(options.config, terminal, claim=options.action != "status")
    if options.action == "status":
        return _status(desk, as_json=options.json)
    if options.action == "settle":
        return _settle(desk, before_start=options.before_start)
    ledger = Ledger()
    try:
        if options.action == "look":
            return _look(desk, ledger, as_json=options.json)
        return _install(desk, ledger, again=options.again)
    finally:
        for row in ledger.rows():
            terminal.say(f"latchkey: egress: {': '.join(traffic_text(row.line()))}")


def _desk(config: Path, terminal: Terminal, *, claim: bool) -> _Desk:
    settings, places = load_with_places(config)
    update, units = settings.update, settings.update.units.split()
    for unit in units:
        if not UNIT.fullmatch(unit):
            raise places.error(("update", "units"), f"update.units: {unit} is not the name of a service")
    folder = update.folder.absolute()
    disk = FolderSlotDisk(folder)
    if claim:  # before anything is read of it, which another update may be changing
        disk.claim()
    slots, records = Slots(disk, str(folder)), Records(disk)
    health = SystemdHealth(folder, config.absolute(), units)
    course = Course(slots, records, health, SystemClock(), update.watch_s, terminal.say)
    device = Device(disk, slots, course, this_interpreter(), terminal.say)
    return _Desk(update, config, disk, device, records, terminal)


def _repository(desk: _Desk, ledger: Ledger) -> "Repository":
    settings = desk.settings
    if not settings.url:
        raise SettingsError(
            f"{desk.config}: no repository of releases is named, so none is looked at",
            hint="[update] url and root name one; docs/updates.md",
        )
    if settings.root is None:
        raise SettingsError(
            f"{desk.config}: update.root is missing: whose signatures count is not known",
            hint="it names the root.json that the makers of the releases gave you",
        )
    try:
        check_address(settings.url)
        pinned = read_small(settings.root, ROOT_LIMIT_BYTES)
    except UsageError as error:
        raise SettingsError(f"{desk.config}: update.url: {error}") from error
    except OSError as error:
        raise SettingsError(f"{desk.config}: update.root {settings.root}: {error.strerror}") from error
    try:
        from latchkey.adapters.updates.repository import Repository
    except ImportError as error:
        raise SettingsError(
            f"updates need the package {error.name}", hint="pip install 'latchkey[update]'"
        ) from error
    return Repository(settings.url, pinned, desk.disk, SystemClock(), ledger)


def _look(desk: _Desk, ledger: Ledger, *, as_json: bool) -> int:
    release, wanted = look(desk.device, _repository(desk, ledger))
    if as_json:
        facts = {"version": release.version, "number": release.number, "newer": wanted}
        desk.terminal.put(json.dumps(facts))
    else:
        desk.terminal.put(_named(release, "can be installed" if wanted else "is the newest, and runs here"))
    return EXIT_OK


def _install(desk: _Desk, ledger: Ledger, *, again: bool) -> int:
    load_usable(desk.config)  # else the new release would be blamed for settings that no release can use
    if again:
        desk.records.forgive_all()
    release, done = install(desk.device, _repository(desk, ledger))
    desk.terminal.put(_named(release, "runs" if done else "is the newest, and runs here"))
    return EXIT_OK


def _named(release: Release, rest: str) -> str:
    return f"release {release.number} ({release.version}) {rest}"


def _settle(desk: _Desk, *, before_start: bool) -> int:
    number = desk.device.course.on_trial
    verdict = desk.device.course.settle(before_start=before_start)
    if verdict is Verdict.NONE:
        desk.terminal.put("no release is on trial")
    if verdict in (Verdict.BACK, Verdict.LATER, Verdict.STUCK) and not before_start:
        raise left(number, verdict, desk.device.slots.pointed("current"))
    return EXIT_OK


def _status(desk: _Desk, *, as_json: bool) -> int:
    current, good = desk.device.slots.pointed("current"), desk.device.slots.pointed("good")
    release = None if current is None else desk.device.slots.release(current)
    facts = {
        "current": current,
        "good": good,
        "on_trial": desk.device.course.on_trial,
        "version": release.version if release else __version__ if current is not None else None,
        "refused": list(desk.records.notes.refused),
        "url": desk.settings.url,
    }
    if as_json:
        desk.terminal.put(json.dumps(facts, indent=1))
        return EXIT_OK
    desk.terminal.put(
        f"runs       release {current} ({facts['version']})" if current is not None else "runs       none"
    )
    desk.terminal.put(f"on trial   {facts['on_trial'] or 'none'}")
    desk.terminal.put(f"not well   {', '.join(map(str, desk.records.notes.refused)) or 'none'}")
    desk.terminal.put(f"looks at   {desk.settings.url or 'nothing (no [update] url)'}")
    return EXIT_OK


def this_interpreter() -> Interpreter:
    """Give the Python that runs this program, as a new environment has to name it."""
    base = Path(getattr(sys, "_base_executable", sys.executable))
    program = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    return Interpreter(
        program=str(program if program.exists() else base.resolve()),
        version=platform.python_version(),
        build=f"cp{sysconfig.get_config_var('py_version_nodot')}-{platform.machine()}",
        system_packages=_has_system_packages(),
    )


def _has_system_packages() -> bool:
    """Whether our environment sees the system's packages, as picamera2 needs it; its own successor shall
    too.
    """
    try:
        text = (Path(sys.prefix) / "pyvenv.cfg").read_text("utf-8")
    except OSError:
        return False
    return "include-system-site-packages = true" in text.lower()


COMMAND = Command("update", "fetch, try and keep or leave a signed release", configure, run)

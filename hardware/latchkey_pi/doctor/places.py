"""Probes of what has an owner and a mode: folders, devices, secrets; and of pins, which have one use each.

Whether a folder takes files is reckoned from its mode: nothing is written to find that out.
"""

import errno
import os
import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from latchkey.adapters.credentials import is_credential
from latchkey.boards import check_settings
from latchkey.cli.usable import BOTH
from latchkey.errors import SettingsError
from latchkey.settings import MqttSettings, PiSettings, Settings
from latchkey_pi.doctor.door import as_root
from latchkey_pi.doctor.facts import Denied, FolderFact, PinFact, PinsFact, Unknown
from latchkey_pi.doctor.kernel import config_of, mount_of
from latchkey_pi.doctor.machine import Machine, Who
from latchkey_pi.wiring.header import HIGH_AT_BOOT, RESERVED, SOUND

GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE)
ENTER_AND_WRITE, READ_AND_WRITE = 0b011, 0b110
ETC_PASSWORD = "/etc/latchkey/mqtt-password"  # noqa: S105 -- a file's name
CAMERA_NODES = ("/dev/video*", "/dev/media*", "/dev/dma_heap/*")
PIN_NODES, SOUND_NODES = ("/dev/gpiochip*",), ("/dev/snd/pcm*",)
GROUPS = {"video": "video", "media": "video", "dma_heap": "video", "gpiochip": "gpio", "snd": "audio"}
"""Which group may open what, as Raspberry Pi OS has it."""

NAMED_PIN = re.compile(r"(?:gpio_?pin|gpio|act_led_gpio|pwr_led_gpio)=(\d+)")
WHOLE_PARTS = (
    (re.compile(r"dtparam=.*\bspi=on"), range(7, 12)),
    (re.compile(r"dtparam=.*\bi2s=on|dtoverlay=(hifiberry|max98357a|googlevoicehat|i2s)"), SOUND),
    (re.compile(r"dtoverlay=w1-gpio(?!.*gpiopin)"), (4,)),
)
"""Lines of config.txt that give pins away without naming them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the doorbell: what people call it, and who writes there."""

    what: str
    folder: Path
    spare_bytes: int
    user: str
    is_made: bool
    """Whether systemd makes it, where it is not there yet."""


def folder(machine: Machine, place: Place, file: str) -> FolderFact | Unknown:
    """Look at a folder, or at what it would be made in."""
    who = machine.who(place.user)
    if who is None:
        return Unknown(f"there is no user {place.user}", "`sudo systemd-sysusers`")
    there = place.folder.absolute()
    try:
        missing = not there.exists()
        while not there.exists() and there != there.parent:
            there = there.parent
        facts, room = there.stat(), os.statvfs(there)
    except PermissionError:
        return Unknown(f"{place.folder} cannot be looked at", as_root(file))
    except OSError as error:
        if error.errno not in GONE:
            return Unknown(f"{place.folder}: {error.strerror}", as_root(file))
        mount = mount_of(machine, there)
        device = mount.source if mount else str(there)
        return FolderFact(place.what, str(place.folder), 0, place.spare_bytes, who.name, device, "gone")
    mount = mount_of(machine, there)
    fact = FolderFact(
        place.what,
        str(place.folder),
        room.f_bavail * room.f_frsize,
        place.spare_bytes,
        who.name,
        mount.point if mount else "/",
    )
    if not stat.S_ISDIR(facts.st_mode):
        return replace(fact, trouble="no-folder")
    if room.f_flag & os.ST_RDONLY:
        return replace(fact, trouble="read-only")
    may = (missing and place.is_made) or who.may(facts, ENTER_AND_WRITE)
    return fact if may else replace(fact, trouble="denied")


def devices(machine: Machine, settings: Settings, capture: str, link: str) -> tuple[Denied, ...] | Unknown:
    """Look who may not open what they need. What is not there is told by others."""
    board, pi = settings.camera.board, settings.pi
    if board == "pi":
        wanted = [(capture, CAMERA_NODES + PIN_NODES), (link, PIN_NODES)]
        if pi.chime == "sound":
            wanted.append((link, SOUND_NODES))
    else:
        source = settings.camera.source
        wanted = [(capture, (f"/dev/video{source}" if source.isdecimal() else source,))]
    denied: dict[tuple[str, str], Denied] = {}
    for user, patterns in wanted:
        who = machine.who(user)
        if who is None:
            return Unknown(f"there is no user {user}", "`sudo systemd-sysusers`")
        for pattern in patterns:
            if pattern in PIN_NODES and not machine.found(pattern):
                return Unknown(f"there is no {pattern}", "on a Raspberry Pi: `sudo reboot`")
            for device in _denied(machine, who, pattern):
                group = _group_of(device)
                denied.setdefault((user, group), Denied(who.name, f"/{device}", group))
    return tuple(denied.values())


def _denied(machine: Machine, who: Who, pattern: str) -> list[Path]:
    return [
        path.relative_to(machine.root)
        for path in machine.found(pattern)
        if not who.may(path.stat(), READ_AND_WRITE)
    ]


def _group_of(device: Path) -> str:
    return next((group for name, group in GROUPS.items() if name in str(device)), "video")


def pins(machine: Machine, settings: Settings) -> PinsFact:
    """Compare the pins of the settings with what a pin can do, and with what the firmware gives away."""
    conflict = hint = ""
    try:
        check_settings(settings, BOTH)
    except SettingsError as error:
        conflict, hint = str(error), error.hint or "change the settings"
    used = _used(settings.pi)
    unfit = [PinFact(name, pin, RESERVED[pin]) for name, pin in used.items() if pin in RESERVED]
    unfit += [
        PinFact(name, used[name], "it is high while the Pi boots: what it switches is on then")
        for name in ("chime_pin", "infrared_pin")
        if name in used and used[name] in HIGH_AT_BOOT and used[name] not in RESERVED
    ]
    config, lines = config_of(machine)
    taken = [
        PinFact(name, pin, line=line)
        for line in lines or ()
        for name, pin in used.items()
        if pin in _given_away(line.replace(" ", ""))
    ]
    return PinsFact(config, conflict, hint, tuple(unfit), tuple(taken))


def _used(pi: PiSettings) -> dict[str, int]:
    names = ["bell_pin", "led_pin", "pir_pin", "shutter_pin", "infrared_pin"]
    if pi.chime == "relay":
        names.append("chime_pin")
    return {name: getattr(pi, name) for name in names if getattr(pi, name)}


def _given_away(line: str) -> set[int]:
    if not line.startswith(("dtoverlay=", "dtparam=", "gpio=")):
        return set()
    named = {int(pin) for pin in NAMED_PIN.findall(line)} if not line.startswith("gpio=") else set()
    return named.union(*(taken for pattern, taken in WHOLE_PARTS if pattern.search(line)))


def secrets(machine: Machine, settings: Settings) -> tuple[str, ...]:
    """Give what others than its owner can read, and must not. Contents are not looked at."""
    wanted = [settings.vault.path, settings.device.state, *_passwords(machine, settings.mqtt)]
    return tuple(str(path) for path in wanted if _is_open(path))


def _passwords(machine: Machine, mqtt: MqttSettings) -> list[Path]:
    path = mqtt.password_file
    if path is None:
        return []
    return [machine.path(ETC_PASSWORD) if is_credential(path) else path]


def _is_open(path: Path) -> bool:
    """Whether others than its owner can read it. Raises OSError where that cannot be seen."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (FileNotFoundError, NotADirectoryError):
        return False

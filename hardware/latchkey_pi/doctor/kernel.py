"""Probes of what the kernel tells everybody: cameras, card, clock, network, swap, power. Files only.

A camera is known by its driver: it is bound to a sensor only after the sensor has told who it is over the
ribbon's I2C lines. So nothing has to be opened, and a doorbell that films is not disturbed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import latchkey
from latchkey_pi.doctor.facts import CameraFact, CardFact, ClockFact, Unknown
from latchkey_pi.doctor.machine import Machine
from latchkey_pi.pace import Heat
from latchkey_pi.soc import MODEL, THROTTLED, Soc

SENSORS = re.compile(r"(imx|ov|ar|arducam|sc)[0-9][0-9a-z]*|arducam-[0-9a-z]+")
"""Names of image sensors, as drivers have them: imx219 (v2), imx708 (v3), ov5647 (v1), imx477 (HQ) ..."""

CONFIGS = ("/boot/firmware/config.txt", "/boot/config.txt")
OVERLAY = re.compile(r"dtoverlay=(?P<name>[a-z0-9_-]+)")
NOT_BEFORE_S = 1_767_225_600
"""1 January 2026: this program is younger."""

ZRAM = "/dev/zram"
ALL_V6 = "0" * 32


def is_pi(machine: Machine) -> bool:
    """Whether this is a Raspberry Pi."""
    return (machine.text(f"/{MODEL}") or "").startswith("Raspberry Pi")


def config_of(machine: Machine) -> tuple[str, list[str] | None]:
    """Give the firmware's file and its lines, without comments; None where it cannot be read."""
    for name in CONFIGS:
        try:
            text = machine.text(name)
        except OSError:
            return name, None
        if text is not None:
            lines = [line.partition("#")[0].strip() for line in text.splitlines()]
            return name, [line for line in lines if line]
    return CONFIGS[0], None


def pi_camera(machine: Machine, source: str) -> CameraFact | Unknown:
    """Look for sensors on the I2C lines of the camera sockets."""
    if not machine.path("/sys/bus/i2c/devices").is_dir():
        return Unknown("the kernel shows no I2C lines", "`rpicam-hello --list-cameras` on the Pi itself")
    bound: list[str] = []
    silent: list[str] = []
    for device in machine.found("/sys/bus/i2c/devices/*"):
        name = (machine.text(f"/{device.relative_to(machine.root)}/name") or "").strip()
        if SENSORS.fullmatch(name):
            (bound if (device / "driver").exists() else silent).append(name)
    config, lines = config_of(machine)
    looked = None if lines is None else any(_asks_for_camera(line) for line in lines)
    return CameraFact("pi", source, tuple(bound), tuple(silent), looked, config)


def _asks_for_camera(line: str) -> bool:
    overlay = OVERLAY.match(line.replace(" ", ""))
    return line.replace(" ", "") == "camera_auto_detect=1" or bool(
        overlay and SENSORS.fullmatch(overlay["name"])
    )


def webcam(machine: Machine, source: str) -> CameraFact:
    """Look whether the device is there."""
    device = f"/dev/video{source}" if source.isdecimal() else source
    there = machine.path(device).exists()
    return CameraFact("webcam", device, trouble="" if there else "it is not there")


@dataclass(frozen=True, slots=True)
class Mount:
    """What a folder lies on."""

    point: str
    number: str
    kind: str
    source: str


def mount_of(machine: Machine, folder: Path) -> Mount | None:
    """Give the innermost mount that a folder is in; None where the kernel does not say."""
    best = None
    for line in (machine.text("/proc/self/mountinfo") or "").splitlines():
        left, _, right = line.partition(" - ")
        words, more = left.split(), right.split()
        if len(words) < 5 or len(more) < 2:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), words[4])
        inside = folder == Path(point) or Path(point) in folder.parents
        if inside and (best is None or len(point) >= len(best.point)):
            best = Mount(point, words[2], more[0], more[1])
    return best


def card(machine: Machine, folder: Path) -> CardFact | Unknown:
    """Look at the device below a folder, and what its file system has counted."""
    fix = "`sudo dmesg --level=err,crit` shows what the kernel says of its disks"
    mount = mount_of(machine, folder)
    if mount is None:
        return Unknown(f"the kernel does not say what {folder} lies on", fix)
    is_block = not mount.number.startswith("0:")
    if is_block and not machine.path(f"/sys/dev/block/{mount.number}").exists():
        return CardFact(mount.source, is_there=False)
    counted = machine.text(f"/sys/fs/{mount.kind}/{mount.source.rpartition('/')[2]}/errors_count")
    if counted is None or not counted.strip().isdecimal():
        return Unknown(f"a file system {mount.kind} does not count its errors", fix)
    return CardFact(mount.source, errors=int(counted))


def clock(machine: Machine) -> ClockFact:
    """Look at the clock; it cannot say less than when this program was installed."""
    installed_s = int(Path(latchkey.__file__).stat().st_mtime)
    said = machine.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    is_set = {"yes": True, "no": False}.get((said or "").strip())
    if machine.path("/run/systemd/timesync/synchronized").exists():
        is_set = True
    return ClockFact(int(machine.now()), max(NOT_BEFORE_S, installed_s), is_set)


def network(machine: Machine) -> bool | Unknown:
    """Whether the kernel knows a way out, by IPv4 or IPv6."""
    four, six = machine.text("/proc/net/route"), machine.text("/proc/net/ipv6_route")
    if four is None and six is None:
        return Unknown(
            "the kernel does not show its routes", "`ip route` shows whether there is a default one"
        )
    return any(line.split()[1:2] == ["00000000"] for line in (four or "").splitlines()) or any(
        line.split()[:2] == [ALL_V6, "00"] and line.split()[-1] != "lo" for line in (six or "").splitlines()
    )


def swap(machine: Machine) -> tuple[str, ...] | Unknown:
    """Give where memory is written to that is no memory. Compressed memory (zram) is, but for what it has put
    into a file behind it.
    """
    text = machine.text("/proc/swaps")
    if text is None:
        return Unknown("the kernel does not show its swap", "`swapon --show`")
    rows = [line.split() for line in text.splitlines()[1:]]
    used = [row for row in rows if len(row) >= 4 and row[3] != "0"]
    places = (_behind(machine, row[0]) if row[0].startswith(ZRAM) else row[0] for row in used)
    return tuple(place for place in places if place)


def _behind(machine: Machine, device: str) -> str:
    """Give the device that a compressed one has written pages to, or ""."""
    block = f"/sys/block/{device.rpartition('/')[2]}"
    behind = (machine.text(f"{block}/backing_dev") or "none").strip()
    written = (machine.text(f"{block}/bd_stat") or "0").split()[:1]
    return "" if behind == "none" or written in ([], ["0"]) else behind


def power(machine: Machine) -> int | Unknown | None:
    """Give the firmware's bits."""
    if not is_pi(machine):
        return None
    for path in machine.found(THROTTLED):
        try:
            return int((machine.text(f"/{path.relative_to(machine.root)}") or "").strip(), 16)
        except ValueError:
            continue
    return Unknown("the kernel has no word of the power supply", "`sudo vcgencmd get_throttled`: 0x0 is well")


def heat(machine: Machine) -> Heat | Unknown | None:
    """Give how hot the chip is."""
    if not is_pi(machine):
        return None
    felt = Soc(machine.root).heat()
    if felt.celsius is None:
        return Unknown("the kernel does not tell the temperature", "`sudo vcgencmd measure_temp`")
    return felt

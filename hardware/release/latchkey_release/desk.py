"""A publisher, a server and devices on one desk: to try a repository out, and what an attacker can do to it.

Everything is the real thing (keys, metadata, HTTP on this machine, tuf's client), but for the clock, the
disk, wheels of a few hundred bytes and a doorbell that is as well as it is told to be.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from latchkey.adapters.updates.fetcher import Pace
from latchkey.adapters.updates.repository import Repository as Seen
from latchkey.egress import Ledger
from latchkey.ports import SlotDisk
from latchkey.units import NS_PER_S
from latchkey.update import Course, Device, Interpreter, Records, Release, Slots, Wheel, install
from latchkey_release.repository import ROLES, Blob, Repository, sign
from latchkey_release.signing import SecretKey
from latchkey_sim.clock import VirtualClock
from latchkey_sim.crashdisk import Power
from latchkey_sim.slotdisk import CrashSlotDisk
from latchkey_sim.updates.health import SimHealth
from latchkey_sim.updates.server import Origin
from latchkey_sim.updates.tinywheels import make_wheel, tiny_latchkey

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BUILD = "cp311-x86_64"
PYTHON = Interpreter("/usr/bin/python3.11", "3.11.2", BUILD, system_packages=True)
PLACE = "/opt/latchkey"
COUNTS = {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1}
THRESHOLDS = {"root": 2, "targets": 2}
PACE = Pace(0.5, 4 << 20)
"""For a slow server a test does not wait long."""

HELPER = make_wheel("helper", "1.0", {"helper/__init__.py": "READY = True\n"})


__all__ = ["BUILD", "HELPER", "NOW", "ROLES", "THRESHOLDS", "Blob", "Doorbell", "Repository", "World", "sign"]


def key(name: str) -> SecretKey:
    """Give a key that is always the same for a name."""
    return SecretKey(name.encode().ljust(32, b"."))


def wheels_of(version: str) -> dict[str, bytes]:
    """Give the wheels of a release by name."""
    return {
        f"latchkey-{version}-py3-none-any.whl": tiny_latchkey(version),
        "helper-1.0-py3-none-any.whl": HELPER,
    }


def described(version: str, number: int, wheels: dict[str, bytes], made: datetime = NOW) -> Release:
    """Give the description of a release."""
    listed = tuple(Wheel(name, sha256(data).hexdigest(), len(data)) for name, data in wheels.items())
    return Release(version, number, int(made.timestamp()), {BUILD: listed})


@dataclass
class Doorbell:
    """A device: its disk outlives `restarted`, the rest does not."""

    disk: SlotDisk
    clock: VirtualClock
    ledger: Ledger
    source: Seen
    health: SimHealth
    device: Device
    said: list[str] = field(default_factory=list)

    @property
    def runs(self) -> int | None:
        """The release that `current` leads to."""
        return self.device.slots.pointed("current")

    def update(self) -> bool:
        """Do what `latchkey update` does; tell whether something was installed."""
        return install(self.device, self.source)[1]


class World:
    """Somebody publishes; `origin` serves it; `doorbell` makes devices that were given root 1."""

    def __init__(self, origin: Origin) -> None:
        self.keys = {role: [key(f"{role} {n}") for n in range(COUNTS[role])] for role in ROLES}
        self.now = NOW
        self.repository = Repository.new(self.keys, THRESHOLDS, NOW)
        self.pinned = self.repository.pinned
        self.origin = origin
        self.origin.files = self.repository.files

    def publish(self, version: str, number: int, wheels: dict[str, bytes] | None = None) -> Release:
        """Offer a release."""
        wheels = wheels_of(version) if wheels is None else wheels
        release = described(version, number, wheels, self.now)
        blobs = [Blob(f"wheels/{name}", data) for name, data in wheels.items()]
        self.repository.publish(release, blobs, self.keys, self.now)
        return release

    def days_pass(self, days: float) -> None:
        """Let time go by for the publisher; a doorbell's clock is its own."""
        self.now += timedelta(days=days)

    def freeze(self) -> None:
        """Let the server go on with what it has now, whatever is published."""
        self.origin.files = dict(self.origin.files)

    def doorbell(self, disk: SlotDisk | None = None, clock: VirtualClock | None = None) -> Doorbell:
        """Give a device, freshly set up, or with the disk of one that was."""
        if disk is None:
            disk = fresh_disk()
        clock = clock or VirtualClock(int(self.now.timestamp()) * NS_PER_S)
        ledger, said = Ledger(), list[str]()
        source = Seen(self.origin.url, self.pinned, disk, clock, ledger, pace=PACE)
        slots = Slots(disk, PLACE)
        health = SimHealth(lambda: slots.pointed("current"))
        course = Course(slots, Records(disk), health, clock, 5.0, said.append)
        return Doorbell(
            disk, clock, ledger, source, health, Device(disk, slots, course, PYTHON, said.append), said
        )


def fresh_disk(power: Power | None = None) -> CrashSlotDisk:
    """Give the folder of releases as it is laid out when a device is set up."""
    disk = CrashSlotDisk(power or Power())
    set_up(disk)
    return disk


def set_up(disk: SlotDisk) -> None:
    """Lay a folder of releases out: slot 0 holds what was installed then."""
    file = disk.create("releases/0/pyvenv.cfg")
    file.sync()
    file.close()
    disk.sync_folder("releases/0")
    for pointer in ("current", "good"):
        disk.link(pointer, "releases/0")
    disk.sync_folder("")

"""One update from end to end: settle what was interrupted, ask, fetch, make the slot, try, tidy up.

Each step finds done what an earlier run has done: after a power cut the same call goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from latchkey.errors import DiskFull
from latchkey.ports import SlotDisk
from latchkey.update.course import Course, Verdict, left
from latchkey.update.release import Release, Wheel
from latchkey.update.slots import Interpreter, Slots

ROOM_FACTOR = 5
"""Of the size of the wheels: themselves, and three to four times that unpacked."""


SPARES = 1
"""Releases that are kept beside the one that runs: the one before, which may be what is updating now."""


class Source(Protocol):
    """Where verified releases come from."""

    def newest(self, floor_s: int) -> Release:
        """Give the newest release; the time cannot be less than `floor_s`. Raises UpdateRefused,
        LatchkeyError.
        """
        ...

    def held_bytes(self, wheels: tuple[Wheel, ...]) -> int:
        """Give how much of these wheels is on the disk already."""
        ...

    def fetch(self, wheel: Wheel) -> None:
        """Have a wheel of it on the disk, verified and durable."""
        ...

    def open(self, wheel: Wheel) -> BinaryIO:
        """Open it, verified again."""
        ...

    def forget_others(self, wheels: tuple[Wheel, ...]) -> None:
        """Delete all downloads but those."""
        ...


@dataclass(frozen=True, slots=True)
class Device:
    """What an update changes: one folder, seen as disk, as slots, and as a course."""

    disk: SlotDisk
    slots: Slots
    course: Course
    interpreter: Interpreter
    tell: Callable[[str], None] = lambda _line: None


def look(device: Device, source: Source) -> tuple[Release, bool]:
    """Give the newest release, and whether it would be installed. Raises as `Source.newest`,
    UpdateRefused.
    """
    release = source.newest(_floor_s(device.slots))
    return release, device.course.is_wanted(release)


def install(device: Device, source: Source) -> tuple[Release, bool]:
    """Install the newest release; give it, and whether that was necessary.

    Raises UpdateUnhealthy where it was tried and left again, UpdateRefused for what must not be tried,
    DiskError, DiskFull, LatchkeyError for the network. What runs goes on running in all these cases.
    """
    number = device.course.on_trial
    verdict = device.course.settle()
    if verdict in (Verdict.BACK, Verdict.LATER):  # and no further: it may be the release that we are part of
        raise left(number, verdict, device.slots.pointed("current"))
    release, wanted = look(device, source)
    if wanted:
        _install(device, source, release)
    device.slots.prune(SPARES)
    source.forget_others(release.builds.get(device.interpreter.build, ()))
    return release, wanted


def _install(device: Device, source: Source, release: Release) -> None:
    slots, wheels = device.slots, release.wheels_for(device.interpreter.build)
    if slots.release(release.number) != release:
        slots.clear(release.number)
        slots.prune(SPARES)
        source.forget_others(wheels)
        _make_slot(device, source, release, wheels)
    verdict = device.course.run_trial(release.number)
    if verdict is not Verdict.KEPT:
        raise left(release.number, verdict, slots.pointed("current"))


def _make_slot(device: Device, source: Source, release: Release, wheels: tuple[Wheel, ...]) -> None:
    needed = ROOM_FACTOR * sum(wheel.size_bytes for wheel in wheels) - source.held_bytes(wheels)
    if device.disk.free_bytes() < needed:
        raise DiskFull(
            f"release {release.number} needs {needed / 1e6:.0f} MB of room",
            hint="make room on the card; nothing was changed",
        )
    for wheel in wheels:
        device.tell(f"{wheel.name}: {wheel.size_bytes / 1e6:.1f} MB")
        source.fetch(wheel)
    device.tell(f"unpacking {len(wheels)} wheels, which takes minutes on a slow card")
    opened = ((wheel, source.open(wheel)) for wheel in wheels)
    device.slots.build(release, device.interpreter, opened, models_from=device.slots.pointed("current"))


def _floor_s(slots: Slots) -> int:
    """Give when what is here was made: it is later than that."""
    numbers = {slots.pointed("current"), slots.pointed("good")} - {None, 0}
    found = [slots.release(number) for number in numbers if number]
    return max((release.made_s for release in found if release), default=0)

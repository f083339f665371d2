"""Power goes at any moment of an update: what is found then starts, and the next update goes on there."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest

from latchkey.errors import UpdateRefused, UpdateUnhealthy
from latchkey_sim.crashdisk import Files, Power
from latchkey_sim.slotdisk import CrashSlotDisk

if TYPE_CHECKING:
    from latchkey_release.desk import Doorbell, World

DRAWS = 8
"""Of what may be found, at each operation."""

ROOM_BYTES = 10_500
"""What the card has free before an update: what it asks for, and not half a slot (2,500) more."""


def room(files: Files) -> int:
    """Give the size of a card that holds `files`, and has just enough room for an update."""
    return sum(map(len, files.values())) + ROOM_BYTES


@dataclass(frozen=True)
class Found:
    """What power left before an operation, when `current` had been changed `flips` times."""

    operation: str
    flips: int
    files: Files


def images(world: "World", files: Files, *, sick: bool = False) -> list[Found]:
    """Update on a disk that begins with `files`; give each different image that power leaves on the way."""
    chance, seen = Random(7), set[bytes]()
    found: list[Found] = []
    power = Power()
    disk = CrashSlotDisk(power, files, limit_bytes=room(files))

    def draw(operation: str) -> None:
        flips = disk.log.count("rename current.part current")
        for _ in range(DRAWS):
            image = disk.draw(chance)
            mark = repr((flips, sorted(image.items()))).encode()
            if mark not in seen:
                seen.add(mark)
                found.append(Found(operation, flips, image))

    power.watch = draw
    door = world.doorbell(disk)
    if sick:
        door.health.sick[2] = "it is ill"
        with pytest.raises(UpdateUnhealthy):
            door.update()
    else:
        assert door.update()
    draw("the end")
    return found


@pytest.fixture
def before(world: "World") -> Files:
    """Give the disk of a device that runs release 1, while release 2 is offered."""
    world.publish("0.1.0", 1)
    door = world.doorbell()
    assert door.update()
    world.publish("0.2.0", 2)
    assert isinstance(door.disk, CrashSlotDisk)
    return {name: bytes(data) for name, data in door.disk.files.items()}


def assert_starts(door: "Doorbell") -> int:
    """Both links lead to whole releases, with all their files; give the number of the one that runs."""
    slots = door.device.slots
    for pointer in ("current", "good"):
        number = slots.pointed("current" if pointer == "current" else "good")
        assert number is not None
        release = slots.release(number)
        assert release is not None, f"{pointer} leads to {number}, which is not whole"
        folder = f"releases/{number}/lib/python3.11/site-packages"
        version = door.disk.read(f"{folder}/latchkey/__init__.py").decode()
        assert version == f"__version__ = {release.version!r}\n"
        assert door.disk.read(f"{folder}/helper/__init__.py") == b"READY = True\n"
        assert door.disk.read(f"releases/{number}/bin/latchkey")
        assert door.disk.target(f"releases/{number}/bin/python3") == "/usr/bin/python3.11"
    running = slots.pointed("current")
    assert running is not None
    return running


@pytest.mark.slow
def test_power_cuts_at_any_operation_of_an_update_leave_a_device_that_starts_and_updates(
    world: "World", before: Files
) -> None:
    count, ran = 0, set[int]()
    for found in images(world, before):
        door = world.doorbell(CrashSlotDisk(Power(), found.files, limit_bytes=room(before)))
        running = assert_starts(door)
        ran.add(running)
        assert running == 2 or found.operation != "the end"
        if count % 4 == 0:
            door.update()
            assert (assert_starts(door), door.device.slots.pointed("good")) == (2, 2), found.operation
            assert not [name for name in door.disk.names("downloads") if name.endswith(".part")]
            assert door.disk.folders("releases") == ["1", "2"]
        count += 1
    assert ran == {1, 2}
    assert count > 100
    print(f"{count} different images")


@pytest.mark.slow
def test_power_cuts_while_a_release_that_is_not_well_is_tried_never_make_it_stay(
    world: "World", before: Files
) -> None:
    ran = set[int]()
    for found in images(world, before, sick=True):
        door = world.doorbell(CrashSlotDisk(Power(), found.files))
        door.health.sick[2] = "it is ill"
        running = assert_starts(door)
        ran.add(running)
        if found.flips < 1 or (found.flips == 1 and running == 1):
            continue  # the trial had not begun for good
        door.device.course.settle(before_start=True)
        door.device.course.settle()
        assert assert_starts(door) == 1, found.operation
        assert door.device.slots.pointed("good") == 1
        with pytest.raises(UpdateRefused, match="was tried here"):
            door.update()
    assert ran == {1, 2}


def test_power_cuts_while_a_slot_is_deleted_never_leave_half_a_release_that_passes_for_one(
    world: "World", before: Files
) -> None:
    chance, power = Random(3), Power()
    disk = CrashSlotDisk(power, before)
    whole = {name for name in before if name.startswith("releases/1/")}
    sealed = 0

    def draw(_operation: str) -> None:
        nonlocal sealed
        for _ in range(DRAWS):
            image = disk.draw(chance)
            if "releases/1/release.json" in image:
                sealed += 1
                assert whole <= set(image)

    power.watch = draw
    world.doorbell(disk).device.slots.clear(1)
    assert sealed
    assert disk.folders("releases") == ["0"]


def test_a_trial_that_never_ends_is_left_after_three_starts(world: "World", before: Files) -> None:
    """It takes the machine down before anybody can say that it is not well."""
    door = world.doorbell(CrashSlotDisk(Power(), before))

    def dies() -> str:
        raise KeyboardInterrupt

    door.health.look = dies  # type: ignore[method-assign]  # power goes during the watch
    with pytest.raises(KeyboardInterrupt):
        door.update()
    starts = []
    for _ in range(5):
        door = world.doorbell(door.disk)
        door.device.course.settle(before_start=True)
        starts.append(door.runs)
    assert starts == [2, 2, 2, 1, 1]
    assert not world.doorbell(door.disk).health.restarts


def test_a_trial_that_was_interrupted_is_watched_again_and_kept(world: "World", before: Files) -> None:
    door = world.doorbell(CrashSlotDisk(Power(), before))

    def dies() -> str:
        raise KeyboardInterrupt

    door.health.look = dies  # type: ignore[method-assign]  # power goes during the watch
    with pytest.raises(KeyboardInterrupt):
        door.update()
    door = world.doorbell(door.disk)
    door.device.course.settle(before_start=True)
    assert not door.update()
    assert (door.runs, door.device.slots.pointed("good"), door.health.restarts) == (2, 2, [2])


@pytest.mark.slow
def test_what_was_seen_is_remembered_through_power_cuts_so_that_old_versions_stay_refused(
    world: "World", before: Files
) -> None:
    """A device that has made anything of a newer state durable never takes an older one for it."""
    old = {**world.repository.files}
    world.publish("0.3.0", 3)
    late = [found.files for found in images(world, before)]
    world.origin.files = old
    newest = [files for files in late if any(name.startswith("releases/3/") for name in files)]
    assert len(newest) > 20
    for files in newest[::5]:
        door = world.doorbell(CrashSlotDisk(Power(), files))
        with pytest.raises(UpdateRefused, match="older than"):
            door.update()

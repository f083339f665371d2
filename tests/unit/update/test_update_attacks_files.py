"""What an attacker does who has the way to the server: data without end, that does not come, that nobody
asked for.
"""

from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latchkey.egress.downloads import DownloadFailed
from latchkey.errors import LatchkeyError, UpdateRefused
from latchkey_sim.crashdisk import Power
from latchkey_sim.slotdisk import CrashSlotDisk
from latchkey_sim.updates.server import Trick

if TYPE_CHECKING:
    from latchkey_release.desk import Doorbell, World


def refused(door: "Doorbell", match: str, runs: int = 1) -> None:
    """The device says no, and goes on running what it ran."""
    with pytest.raises(UpdateRefused, match=match):
        door.update()
    assert (door.runs, door.device.slots.pointed("good"), door.health.restarts) == (runs, runs, [])


def paths(world: "World") -> dict[str, str]:
    """Give a path of each kind that a device asks for."""
    repository = world.repository
    found = {
        "timestamp": "metadata/timestamp.json",
        "snapshot": f"metadata/{repository.snapshot.version}.snapshot.json",
        "targets": f"metadata/{repository.targets.version}.targets.json",
        "root": f"metadata/{repository.root.version + 1}.root.json",
    }
    for name, target in repository.targets.targets.items():
        folder, slash, base = name.rpartition("/")
        found[base.split("-")[0]] = f"targets/{folder}{slash}{target.hashes['sha256']}.{base}"
    return found


KINDS = ["root", "timestamp", "snapshot", "targets", "release.json", "latchkey"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trick", ["endless", "slow", "slow_head", "torn", "refused"])
@pytest.mark.slow
def test_a_server_that_holds_up_a_device_is_left_and_nothing_has_changed(
    world: "World", door: "Doorbell", kind: str, trick: Trick
) -> None:
    world.publish("0.2.0", 2)
    if kind == "root":
        world.repository.files[paths(world)["root"]] = bytes(60_000)
    world.origin.tricks[paths(world)[kind]] = trick
    with pytest.raises(DownloadFailed, match=r"sent more|too slowly|in the middle|503"):
        door.update()
    assert (door.runs, door.health.restarts) == (1, [])
    world.origin.tricks.clear()
    if kind == "root":
        del world.repository.files[paths(world)["root"]]
    assert world.doorbell(door.disk, door.clock).update()


def test_no_more_is_taken_in_than_is_expected(world: "World", door: "Doorbell") -> None:
    world.publish("0.2.0", 2)
    world.origin.tricks[paths(world)["latchkey"]] = "endless"
    with pytest.raises(DownloadFailed):
        door.update()
    [row] = door.ledger.rows()
    assert row.bytes_in is not None
    assert row.bytes_in < 20 << 20  # what lies in buffers of the kernel comes on top of the wheel
    assert all(len(door.disk.read(f"downloads/{name}")) < 4096 for name in door.disk.names("downloads"))


GARBAGE = [b"", b"{}", b"[" * 5000, b"null", b'{"signed":1,"signatures":[]}', b"\xff\xfe", b"1e999"]


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_is_refused_in_words_of_ours(world: "World", door: "Doorbell", kind: str) -> None:
    world.publish("0.2.0", 2)
    genuine = dict(world.repository.files)
    for data in GARBAGE:
        world.origin.files = {**genuine, paths(world)[kind]: data}
        with pytest.raises(LatchkeyError):
            world.doorbell(door.disk, door.clock).update()
        assert door.runs == 1
    world.origin.files = genuine
    assert world.doorbell(door.disk, door.clock).update()


def test_a_wheel_that_another_says_it_needs_is_neither_fetched_nor_looked_for(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    """Extraneous dependencies: what is installed is what is listed, whatever wheels say."""
    wheels = {
        "latchkey-0.2.0-py3-none-any.whl": desk.tiny_latchkey("0.2.0", needs=("evil>=1", "helper")),
        "helper-1.0-py3-none-any.whl": desk.HELPER,
    }
    world.publish("0.2.0", 2, wheels)
    world.origin.files["targets/wheels/evil-1.0-py3-none-any.whl"] = b"evil"
    assert door.update()
    assert not [path for path in world.origin.asked if "evil" in path]
    packages = door.disk.folders("releases/2/lib/python3.11/site-packages")
    assert packages == ["helper", "helper-1.0.dist-info", "latchkey", "latchkey-0.2.0.dist-info"]


def test_a_listed_wheel_that_is_not_signed_is_refused(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    wheels = desk.wheels_of("0.2.0")
    release = desk.described("0.2.0", 2, {**wheels, "evil-1.0-py3-none-any.whl": b"evil"})
    blobs = [desk.Blob(f"wheels/{name}", data) for name, data in wheels.items()]
    world.repository.publish(release, blobs, world.keys, world.now)
    refused(door, "has signed no wheels/evil")


@pytest.mark.parametrize(
    "path",
    [
        "../../../../bin/latchkey",
        "/etc/cron.d/x",
        "a/../../x",
        "x.pth",
        "y-1.data/scripts/sh",
        "a\\b",
        "a/__pycache__/b.pyc",
    ],
)
def test_a_signed_wheel_puts_nothing_outside_its_packages(
    world: "World", desk: ModuleType, door: "Doorbell", path: str
) -> None:
    wheels = {**desk.wheels_of("0.2.0"), "y-1-py3-none-any.whl": desk.make_wheel("y", "1", {path: "x"})}
    world.publish("0.2.0", 2, wheels)
    refused(door, "elsewhere")
    assert door.device.slots.release(2) is None


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
@pytest.mark.slow
def test_a_bit_that_is_changed_on_the_way_changes_nothing_that_is_installed(
    world: "World", door: "Doorbell", data: st.DataObject
) -> None:
    """Either the device says no, or what lies there is what was published, whichever bit it is."""
    if len(world.repository.files) < 12:
        world.publish("0.2.0", 2)
    genuine = dict(world.repository.files)
    path = data.draw(st.sampled_from(sorted(paths(world).values() & genuine.keys())))
    place = data.draw(st.integers(0, 8 * len(genuine[path]) - 1))
    changed = bytearray(genuine[path])
    changed[place // 8] ^= 1 << place % 8
    world.origin.files = {**genuine, path: bytes(changed)}
    assert isinstance(door.disk, CrashSlotDisk)
    disk = CrashSlotDisk(Power(), {name: bytes(found) for name, found in door.disk.files.items()})
    fresh = world.doorbell(disk, door.clock)
    with suppress(LatchkeyError):
        fresh.update()
    number = fresh.runs
    assert number in (1, 2)
    version = disk.read(f"releases/{number}/lib/python3.11/site-packages/latchkey/__init__.py").decode()
    assert version == f"__version__ = '0.{number}.0'\n"

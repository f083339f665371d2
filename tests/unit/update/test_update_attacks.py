"""What an attacker does who has the server, or the keys that lie on it. In the manner of tuf's own tests."""

from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from latchkey.errors import UpdateRefused
from latchkey.units import NS_PER_S

if TYPE_CHECKING:
    from latchkey_release.desk import Doorbell, World


DAY_NS = 86_400 * NS_PER_S


def refused(door: "Doorbell", match: str, runs: int = 1) -> None:
    """The device says no, and goes on running what it ran."""
    with pytest.raises(UpdateRefused, match=match):
        door.update()
    assert (door.runs, door.device.slots.pointed("good"), door.health.restarts) == (runs, runs, [])


def test_an_old_timestamp_is_refused(world: "World", door: "Doorbell") -> None:
    old = dict(world.origin.files)
    world.publish("0.2.0", 2)
    assert door.update()
    world.origin.files = {**world.repository.files, "metadata/timestamp.json": old["metadata/timestamp.json"]}
    refused(world.doorbell(door.disk, door.clock), "older than what was seen", runs=2)


def test_an_old_state_as_a_whole_is_refused(world: "World", door: "Doorbell") -> None:
    old = dict(world.origin.files)
    world.publish("0.2.0", 2)
    assert door.update()
    world.origin.files = old
    refused(world.doorbell(door.disk, door.clock), "older than what was seen", runs=2)


def test_who_has_the_online_keys_cannot_go_back_to_old_targets(world: "World", door: "Doorbell") -> None:
    """The keys on the server vouch for a snapshot and a time; the device remembers the versions it saw."""
    world.publish("0.2.0", 2)
    assert door.update()
    attacked = world.repository
    attacked.targets.version -= 1
    attacked.renew(world.keys, world.now)
    refused(world.doorbell(door.disk, door.clock), "older than what was seen", runs=2)


def test_who_has_the_online_keys_cannot_go_back_to_an_old_snapshot(world: "World", door: "Doorbell") -> None:
    world.publish("0.2.0", 2)
    assert door.update()
    world.repository.snapshot.version -= 1
    world.repository.renew(world.keys, world.now, snapshot=False)
    refused(world.doorbell(door.disk, door.clock), "older than what was seen", runs=2)


def test_a_release_with_a_lower_number_is_refused_whoever_signed_it(world: "World", door: "Doorbell") -> None:
    world.publish("0.9.0", 9)
    assert door.update()
    world.publish("0.2.0", 2)
    refused(world.doorbell(door.disk, door.clock), "older than 9", runs=9)


@pytest.mark.parametrize("days", [8, 31, 181, 366])
def test_a_server_that_stands_still_is_noticed_once_its_promise_ends(
    world: "World", door: "Doorbell", days: int
) -> None:
    world.freeze()
    world.publish("0.2.0", 2)
    door.clock.shift_wall(days * DAY_NS)
    refused(door, "expired")


@pytest.mark.parametrize(("role", "days"), [("snapshot", 30), ("targets", 180), ("root", 365)])
def test_each_kind_of_metadata_expires_by_itself(
    world: "World", door: "Doorbell", role: str, days: int
) -> None:
    """Online keys that go on signing hide nothing: what is offline has to be signed anew as well."""
    late = world.now + timedelta(days=days + 1)
    world.repository.renew(world.keys, late, snapshot=role != "snapshot")
    door.clock.shift_wall((days + 1) * DAY_NS)
    refused(door, f"{role}.* expired")


def test_a_snapshot_that_the_timestamp_does_not_mean_is_refused(world: "World", door: "Doorbell") -> None:
    old = dict(world.origin.files)
    world.publish("0.2.0", 2)
    version = world.repository.snapshot.version
    files = dict(world.repository.files)
    files[f"metadata/{version}.snapshot.json"] = old[f"metadata/{version - 1}.snapshot.json"]
    world.origin.files = files
    refused(door, "cannot be trusted")


def test_targets_of_another_time_are_refused(world: "World", door: "Doorbell") -> None:
    old = dict(world.origin.files)
    world.publish("0.2.0", 2)
    version = world.repository.targets.version
    files = dict(world.repository.files)
    files[f"metadata/{version}.targets.json"] = old[f"metadata/{version - 1}.targets.json"]
    world.origin.files = files
    refused(door, "cannot be trusted")


def test_a_wheel_of_another_release_under_the_name_of_the_new_one_is_refused(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    release = world.publish("0.2.0", 2)
    files = dict(world.repository.files)
    wheel = release.wheels_for(desk.BUILD)[0]
    [path] = [name for name in files if name.endswith(wheel.name)]
    other = desk.tiny_latchkey("0.1.0")
    assert len(other) == wheel.size_bytes
    files[path] = other
    world.origin.files = files
    refused(door, "not the file that was signed")


def test_a_release_that_names_other_bytes_than_the_repository_is_refused(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    wheels = desk.wheels_of("0.2.0")
    release = desk.described("0.2.0", 2, {name: data + b"!" for name, data in wheels.items()})
    blobs = [desk.Blob(f"wheels/{name}", data) for name, data in wheels.items()]
    world.repository.publish(release, blobs, world.keys, world.now)
    refused(door, "do not mean the same")


def far_ahead(world: "World") -> None:
    """Who has the online keys raises the versions, so that what comes later looks older."""
    world.repository.snapshot.version += 1 << 30
    world.repository.timestamp.version += 1 << 30
    world.repository.renew(world.keys, world.now)


def test_versions_that_were_raised_without_measure_are_forgotten_with_the_keys_that_did_it(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    good = dict(world.repository.files)
    far_ahead(world)
    assert not door.update()
    world.repository = desk.Repository(good)
    world.origin.files = world.repository.files
    world.repository.renew(world.keys, world.now)
    refused(world.doorbell(door.disk, door.clock), "older than what was seen")
    for role in ("snapshot", "timestamp"):
        world.keys[role] = [desk.key(f"new {role}")]
        world.repository.rotate(role, world.keys[role], world.keys["root"], world.now)
    world.publish("0.2.0", 2)
    assert world.doorbell(door.disk, door.clock).update()

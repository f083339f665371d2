"""An update that goes well, and one that does not: what runs afterwards."""

from typing import TYPE_CHECKING

import pytest

from latchkey.egress import SYSTEM_UPDATE
from latchkey.errors import DiskFull, UpdateRefused, UpdateUnhealthy
from latchkey_sim.brokers import Broker
from latchkey_sim.crashdisk import Power
from latchkey_sim.slotdisk import CrashSlotDisk
from latchkey_sim.tap import Tap

if TYPE_CHECKING:
    from latchkey_release.desk import World


def test_a_newer_release_is_fetched_tried_watched_and_kept(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    began_ns = door.clock.now_ns()
    assert door.update()
    slots = door.device.slots
    assert (slots.pointed("current"), slots.pointed("good")) == (1, 1)
    assert door.health.restarts == [1]
    assert door.clock.now_ns() - began_ns >= 5_000_000_000
    assert door.disk.read("releases/1/lib/python3.11/site-packages/helper/__init__.py") == b"READY = True\n"
    assert door.said[-2:] == ["release 1 is on trial", "release 1 is kept"]


def test_a_program_of_a_release_begins_with_the_path_of_its_own_slot(world: "World") -> None:
    """Not of `current`: what runs must never load half of another release."""
    world.publish("0.2.0", 1)
    door = world.doorbell()
    door.update()
    assert door.disk.read("releases/1/bin/latchkey").startswith(
        b"#!/opt/latchkey/releases/1/bin/python3 -IB\n"
    )


def test_what_is_the_newest_already_is_left_alone(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    assert door.update()
    asked = len(world.origin.asked)
    assert not world.doorbell(door.disk).update()
    assert not [path for path in world.origin.asked[asked:] if "wheels" in path]


def test_the_next_update_fetches_only_the_wheels_that_changed(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    door.update()
    world.origin.asked.clear()
    world.publish("0.3.0", 2)
    assert world.doorbell(door.disk).update()
    assert [path for path in world.origin.asked if "helper" in path] == []
    assert door.device.slots.pointed("good") == 2


def test_the_release_before_stays_the_one_before_that_goes(world: "World") -> None:
    door = world.doorbell()
    for number in (1, 2, 3):
        world.publish(f"0.{number}.0", number)
        assert world.doorbell(door.disk).update()
    assert door.disk.folders("releases") == ["2", "3"]
    assert len(door.disk.names("downloads")) == 2


def test_a_release_that_is_not_well_gives_way_to_the_one_before_and_is_not_tried_again(
    world: "World",
) -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    door.health.sick[1] = "latchkey-capture.service is failed"
    with pytest.raises(UpdateUnhealthy, match="release 0 runs on"):
        door.update()
    assert (door.runs, door.health.restarts) == (0, [1, 0])
    assert any("latchkey-capture.service is failed" in line for line in door.said)
    again = world.doorbell(door.disk)
    with pytest.raises(UpdateRefused, match="was tried here"):
        again.update()
    assert again.health.restarts == []
    world.publish("0.2.1", 2)
    assert world.doorbell(door.disk).update()


def test_a_release_that_fails_only_after_a_while_gives_way_too(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    look = door.health.look

    def later() -> str:
        return "it had to be started again" if door.clock.now_ns() >= 4_000_000_000 else look()

    door.health.look = later  # type: ignore[method-assign]  # it falls ill by the clock
    with pytest.raises(UpdateUnhealthy):
        door.update()
    assert door.runs == 0


def test_a_release_that_finds_the_settings_bad_never_runs(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    door.health.unfit[1] = "its `latchkey check` says: unknown key"
    with pytest.raises(UpdateUnhealthy):
        door.update()
    assert (door.runs, door.health.restarts) == (0, [])


def test_a_release_that_could_not_be_asked_is_left_and_tried_again_with_the_next_update(
    world: "World",
) -> None:
    """It may be the machine, short of memory for a moment: nobody said that the release is not well."""
    world.publish("0.2.0", 1)
    door = world.doorbell()
    for question, restarts in (("rehearse", []), ("look", [1, 0])):
        door = world.doorbell(door.disk)
        door.health.unasked[question] = "it took longer than 180 s"
        with pytest.raises(UpdateUnhealthy, match="could not be asked whether it is well, release 0 runs on"):
            door.update()
        assert (door.runs, door.health.restarts) == (0, restarts)
    assert world.doorbell(door.disk).update()


@pytest.mark.parametrize("question", ["rehearse", "look"])
def test_a_release_that_could_never_be_asked_counts_as_not_well_in_the_end(
    world: "World", question: str
) -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    said = []
    for _ in range(4):
        door = world.doorbell(door.disk)
        door.health.unasked[question] = "it was killed"
        with pytest.raises((UpdateUnhealthy, UpdateRefused)) as caught:
            door.update()
        said.append(str(caught.value))
        assert door.runs == 0
    assert ["could not be asked" in text for text in said] == [True, True, False, False]
    assert "was tried here and was not well" in said[3]


def test_a_release_is_not_left_for_one_that_is_not_whole_any_more(world: "World") -> None:
    world.publish("0.1.0", 1)
    door = world.doorbell()
    assert door.update()
    world.publish("0.2.0", 2)
    door = world.doorbell(door.disk)
    door.health.sick[2] = "it is ill"
    door.disk.remove("releases/1/release.json")
    with pytest.raises(UpdateUnhealthy, match="what ran before is not whole any more, so it runs on"):
        door.update()
    assert door.runs == 2
    world.publish("0.3.0", 3)
    assert world.doorbell(door.disk).update()
    assert door.device.slots.pointed("good") == 3


def test_detectors_that_were_installed_move_along(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    for name, data in (("yunet.onnx", b"weights"), (".x.part", b"half")):
        file = door.disk.create(f"releases/0/share/latchkey/models/{name}")
        file.append(data)
        file.close()
    door.update()
    assert door.disk.names("releases/1/share/latchkey/models") == ["yunet.onnx"]
    assert door.disk.read("releases/1/share/latchkey/models/yunet.onnx") == b"weights"


def test_without_room_nothing_is_begun(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    door.disk.limit_bytes = 8000  # type: ignore[attr-defined]  # of the simulated disk
    with pytest.raises(DiskFull, match="needs"):
        door.update()
    assert (door.runs, door.disk.folders("releases")) == (0, ["0"])


def test_an_update_that_no_room_was_left_for_in_the_middle_leaves_nothing_of_its_slot(
    world: "World",
) -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    assert isinstance(door.disk, CrashSlotDisk)
    door.disk.fail_next("create", DiskFull("no room"), skip=8)
    with pytest.raises(DiskFull, match="no room"):
        door.update()
    assert any(line.startswith("create releases/1/") for line in door.disk.log)
    assert door.disk.folders("releases") == ["0"]
    assert world.doorbell(door.disk).update()


def test_half_a_slot_is_no_spare_and_takes_no_room_from_the_next_try(world: "World") -> None:
    world.publish("0.2.0", 1)
    door = world.doorbell()
    for number in (1, 9):
        half = door.disk.create(f"releases/{number}/lib/half")
        half.append(bytes(50_000))
        half.close()
    door.disk.limit_bytes = 113_000  # type: ignore[attr-defined]  # of the simulated disk
    assert door.update()
    assert door.disk.folders("releases") == ["0", "1"]


def test_wheels_that_were_fetched_before_are_not_asked_room_for_again(world: "World") -> None:
    release = world.publish("0.2.0", 1)
    door = world.doorbell()
    door.source.newest(0)
    wheels = release.wheels_for("cp311-x86_64")
    for wheel in wheels:
        door.source.fetch(wheel)
    size = sum(wheel.size_bytes for wheel in wheels)
    assert door.source.held_bytes(wheels) == size
    assert isinstance(door.disk, CrashSlotDisk)
    used = sum(map(len, door.disk.files.values()))
    door.disk.limit_bytes = used + 4 * size + 200  # 200 for notes
    assert world.doorbell(door.disk).update()


def test_a_release_for_other_machines_is_refused_by_name(world: "World") -> None:
    release = world.publish("0.2.0", 1)
    door = world.doorbell()
    with pytest.raises(UpdateRefused, match=r"not made for this machine \(cp313-aarch64\)"):
        release.wheels_for("cp313-aarch64")
    assert door.update()


def test_a_folder_that_was_never_laid_out_is_told(world: "World") -> None:
    world.publish("0.2.0", 1)
    with pytest.raises(UpdateRefused, match="lead nowhere"):
        world.doorbell(CrashSlotDisk(Power())).update()


def test_updates_are_traffic_of_their_own_in_the_ledger_to_the_byte(world: "World") -> None:
    world.publish("0.2.0", 1)
    with Tap(Broker("127.0.0.1", world.origin.port, "web")) as tap:
        server, world.origin.port = world.origin.port, tap.broker.port
        door = world.doorbell()
        assert door.update()
        assert tap.drain()
        [row] = door.ledger.rows()
        totals = tap.totals
    assert (row.purpose, row.host, row.port) == (SYSTEM_UPDATE, "127.0.0.1", tap.broker.port)
    assert row.connections == totals.connections == len(world.origin.asked)
    assert (row.bytes_out, row.bytes_in) == (totals.bytes_out, totals.bytes_in)
    world.origin.port = server

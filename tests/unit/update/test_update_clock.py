"""Time and updates: a clock that was never set, one that is ahead, and a memory that is damaged."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from latchkey.errors import UpdateRefused
from latchkey.units import NS_PER_S
from latchkey_sim.clock import VirtualClock

if TYPE_CHECKING:
    from latchkey_release.desk import Doorbell, World

DAY_NS = 86_400 * NS_PER_S


def clock_at(moment: datetime) -> VirtualClock:
    return VirtualClock(int(moment.timestamp()) * NS_PER_S)


def test_a_clock_at_1970_is_told_and_nothing_is_asked_nor_lost(world: "World", door: "Doorbell") -> None:
    world.publish("0.2.0", 2)
    before = {name: door.disk.read(name) for name in ("state/trust", "releases/1/release.json")}
    world.origin.asked.clear()
    lost = world.doorbell(door.disk, VirtualClock(0))
    with pytest.raises(UpdateRefused, match="1970-01-01 00:00 UTC, but it is 2026-11-25") as caught:
        lost.update()
    assert caught.value.hint is not None
    assert "nothing was changed" in caught.value.hint
    assert world.origin.asked == []
    assert before == {name: door.disk.read(name) for name in before}
    assert world.doorbell(door.disk, door.clock).update()


def test_who_makes_the_clock_old_does_not_make_old_metadata_fresh(world: "World", door: "Doorbell") -> None:
    """A freeze with the clock's help: time is judged to be what it was at the last look, at least."""
    world.days_pass(6)
    world.repository.renew(world.keys, world.now)
    later = world.doorbell(door.disk, clock_at(world.now))
    assert not later.update()
    world.freeze()
    back = VirtualClock(later.clock.wall_ns() - 2 * DAY_NS)
    with pytest.raises(UpdateRefused, match="this clock says"):
        world.doorbell(door.disk, back).update()


def test_a_clock_that_is_a_little_behind_is_judged_by_what_has_been(world: "World", door: "Doorbell") -> None:
    world.publish("0.2.0", 2)
    assert world.doorbell(door.disk, VirtualClock(door.clock.wall_ns() - DAY_NS // 2)).update()


def test_the_time_at_which_a_release_was_made_counts_where_nothing_else_is_remembered(
    world: "World", door: "Doorbell"
) -> None:
    door.disk.remove("state/trust")
    with pytest.raises(UpdateRefused, match="it is 2026-11-25 12:00 UTC at least"):
        world.doorbell(door.disk, VirtualClock(0)).update()


def test_a_clock_that_is_years_ahead_is_told_as_a_thing_that_may_be(world: "World", door: "Doorbell") -> None:
    world.publish("0.2.0", 2)
    ahead = world.doorbell(door.disk, clock_at(datetime(2031, 1, 1, tzinfo=UTC)))
    with pytest.raises(UpdateRefused, match="by this clock, which says 2031-01-01") as caught:
        ahead.update()
    assert "clock is ahead" in str(caught.value.hint)
    assert world.doorbell(door.disk, door.clock).update(), "being ahead once does no harm"


@pytest.mark.parametrize("damage", [b"", b"\0" * 400, b'{"seen":1}'])
def test_a_damaged_memory_begins_anew_with_the_root_that_was_given(
    world: "World", door: "Doorbell", damage: bytes
) -> None:
    door.disk.remove("state/trust")
    file = door.disk.create("state/trust")
    file.append(damage)
    file.close()
    world.publish("0.2.0", 2)
    assert world.doorbell(door.disk, door.clock).update()


def test_a_damaged_memory_does_not_let_an_older_release_in(world: "World", door: "Doorbell") -> None:
    old = dict(world.repository.files)
    world.publish("0.2.0", 2)
    assert door.update()
    door.disk.remove("state/trust")
    world.origin.files = old
    with pytest.raises(UpdateRefused, match="older than 2"):
        world.doorbell(door.disk, door.clock).update()


def test_notes_that_are_damaged_let_a_release_be_tried_once_more_and_nothing_else(
    world: "World", door: "Doorbell"
) -> None:
    world.publish("0.2.0", 2)
    door.disk.remove("state/trial")
    file = door.disk.create("state/trial")
    file.append(b"rot")
    file.close()
    assert world.doorbell(door.disk, door.clock).update()

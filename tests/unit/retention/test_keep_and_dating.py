"""A clip without a day is kept at the instant at which its device gives it one: it stays kept, and whole."""

from contextlib import suppress

import pytest

from latchkey.errors import VaultBusy
from latchkey.owner import list_clips
from latchkey.pipeline.dating import date_clips
from latchkey.ports import ClipEntry
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S, utc_day
from latchkey.vault import UNDATED, sealed_name
from latchkey_sim.desk import START_WALL_NS, desk
from latchkey_sim.household import SimHousehold
from latchkey_sim.meeting import CLIP, DAY, OPERATIONS, MeetingHome
from latchkey_sim.street import street


class Home(MeetingHome):
    """One whose clip has no day."""

    def __init__(self) -> None:
        super().__init__(UNDATED)

    def date(self) -> None:
        """Give the clip its day, as a device does that has heard its owner; it tries again where it must."""
        with suppress(VaultBusy):
            date_clips(self.disk, self.index, DAY)


@pytest.mark.parametrize("operation", range(1, OPERATIONS))
def test_a_day_that_comes_while_a_clip_is_kept_takes_nothing_of_it_later(operation: int) -> None:
    home = Home()
    home.disk.left, home.disk.other = operation, home.date
    home.keep()
    home.disk.left = -1
    home.date()
    home.pass_days()
    assert home.is_in_order()


@pytest.mark.parametrize("operation", range(1, OPERATIONS))
def test_a_clip_that_is_kept_while_it_gets_its_day_is_kept_whole_or_not_at_all(operation: int) -> None:
    home = Home()
    home.keep_during(operation, home.date)
    home.date()
    home.pass_days()
    assert home.is_in_order()


def test_a_clip_that_was_kept_under_another_day_than_its_row_has_keeps_what_lies_beside_it() -> None:
    home = Home()
    home.keep()
    copy = sealed_name(CLIP, DAY, "whole")
    home.disk.create(copy).append(b"what an earlier version left")
    home.index.put(ClipEntry(CLIP, DAY, 28, "whole"))
    home.pass_days()
    assert copy not in home.disk.files
    assert home.is_in_order()


def test_an_order_that_comes_while_a_clip_is_kept_is_taken_at_the_next_look_and_no_disk_fails() -> None:
    day, house = utc_day(START_WALL_NS), SimHousehold.begun(utc_day(START_WALL_NS))
    short = RecordingSettings(pre_roll_s=1, post_roll_s=1, preset="ultrafast")
    ahead_ns = START_WALL_NS + 399 * 86_400 * NS_PER_S
    home = desk(
        street(12),
        Settings(recording=short),
        rings_ns=[5 * NS_PER_S],
        book=house.book(day),
        start_wall_ns=ahead_ns,
    )
    home.run_until(15 * NS_PER_S)
    home.vault.create("orders/time").append(house.time(day + 399))
    with home.index.alone(wait=True):
        home.run_until(650 * NS_PER_S)
        assert [entry.day for entry in list_clips(home.vault)] == [UNDATED]
        assert home.vault.names("orders") == ["time"]
    home.run_until(1300 * NS_PER_S)
    assert [entry.day for entry in list_clips(home.vault)] == [day + 399]
    assert home.vault.names("orders") == []
    assert not any("takes no files" in text for text in home.said("disk"))

"""A clip without a day is kept at the instant at which its device gives it one: it stays kept, and whole."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from latchkey.errors import NotOnDisk, VaultBusy
from latchkey.events import Trigger
from latchkey.owner import find_clip, list_clips, open_chunks, read_meta
from latchkey.owner.keeping import keep_clip
from latchkey.owner.verifying import read_companion
from latchkey.pipeline.dating import date_clips
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import RecordingSettings, Settings, VaultSettings
from latchkey.units import NS_PER_S, utc_day
from latchkey.vault import CLIPS, UNDATED, ClipMeta, sealed_name, slip_name
from latchkey_sim.desk import START_WALL_NS, desk
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders, SimHousehold
from latchkey_sim.street import street

DAY, CLIP = 20_781, "a" * 32
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(CLIP, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
FOOTAGE = b"footage " * 100
OPERATIONS = 40
"""More than keeping or dating a clip takes."""


class MeetingDisk(MemoryDisk):
    """A disk that lets somebody else go first, once, before one operation."""

    def __init__(self) -> None:
        super().__init__()
        self.left = -1
        self.other: Callable[[], None] = lambda: None

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        self.left -= 1
        if self.left == 0:
            self.other()
        super().meet(operation, what, noted=noted)


class Home:
    """A vault with one clip without a day, its device, and its owner who wants to keep it."""

    def __init__(self) -> None:
        self.state = SimHousehold.begun(DAY).state
        self.disk, self.index, take = MeetingDisk(), MemoryIndex(), SeededEntropy(2).take
        self.readers = FixedReaders(self.state.readers_of(DAY), UNDATED, 3)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, take, VaultSettings())
        opened = self.keeper.begin(CLIP)
        opened.append(FOOTAGE)
        self.entry = opened.finish(META)
        self.is_kept = False

    def keep(self) -> None:
        keys, recipient = self.state.identities(DAY), self.state.long_term_recipient
        with suppress(NotOnDisk):
            keep_clip(self.disk, self.index, self.entry, keys, recipient, lambda: None)
            self.is_kept = True

    def date(self) -> None:
        """Give the clip its day, as a device does that has heard its owner; it tries again where it must."""
        with suppress(VaultBusy):
            date_clips(self.disk, self.index, DAY)

    def pass_days(self) -> None:
        self.readers.now_day = DAY + 40
        self.keeper.tidy()

    def is_in_order(self) -> bool:
        """Whether a kept clip is there with all that belongs to it, and one that is not kept is gone."""
        if not self.is_kept:
            return not self.disk.names(CLIPS) and not self.index.entries()
        keys = self.state.advance_to(DAY + 50).identities(DAY)
        entry = find_clip(list_clips(self.disk), CLIP)
        assert self.index.entries() == [entry]
        assert entry.state == "kept"
        assert b"".join(open_chunks(self.disk, entry, keys)) == FOOTAGE
        return (
            read_companion(self.disk, CLIP, keys) is not None
            and read_meta(self.disk, CLIP, keys) == META
            and slip_name(CLIP) in self.disk.files
        )


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
    thread = threading.Thread(target=home.keep)
    home.disk.left, home.disk.other = operation, thread.start
    home.date()
    home.disk.left = -1
    if not thread.ident:
        thread.start()
    thread.join()
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

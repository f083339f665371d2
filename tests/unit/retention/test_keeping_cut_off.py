"""Keeping a clip on a disk that fails, or is full: who could open it before opens it no longer in the end."""

import pytest

from latchkey.clip import ClipDamaged
from latchkey.errors import DiskError, DiskFull, UsageError
from latchkey.events import Trigger
from latchkey.owner import list_clips
from latchkey.owner.keeping import keep_clip
from latchkey.pipeline.removing import remove_clip
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.vault import ClipMeta
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders, SimHousehold

DAY, CLIP = 20_781, "a" * 32
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(CLIP, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
WHOLE, KEPT = f"2026-11-24.{CLIP}.age", f"2026-11-24.{CLIP}.kept.age"


class FullIndex(MemoryIndex):
    """An index on a disk without room, from when `is_full` is set."""

    is_full = False

    def put(self, entry: ClipEntry) -> None:
        if self.is_full:
            raise DiskFull("cannot use the index: database or disk is full")
        super().put(entry)


class Home:
    """A vault with one whole clip, its device, and its owner who keeps the clip."""

    def __init__(self) -> None:
        self.state = SimHousehold.begun(DAY).state
        self.disk, self.index = MemoryDisk(), FullIndex()
        self.readers = FixedReaders(self.state.readers_of(DAY), DAY, 3)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, SeededEntropy(2).take, VaultSettings())
        opened = self.keeper.begin(CLIP)
        opened.append(b"footage " * 100)
        self.entry = opened.finish(META)
        self.notes = 0

    def note(self) -> None:
        self.notes += 1

    def keep(self) -> ClipEntry:
        """Keep the clip as it is listed now."""
        (entry,) = list_clips(self.disk)
        keys, recipient = self.state.identities(DAY), self.state.long_term_recipient
        return keep_clip(self.disk, self.index, entry, keys, recipient, self.note)

    def keep_cut_off(self) -> None:
        """Leave both files: the one that was sealed anew has its name, and the disk fails then."""
        self.disk.fail_next("remove", DiskError("read-only now"))
        with pytest.raises(DiskError, match="read-only"):
            self.keep()
        assert {WHOLE, KEPT} <= set(self.disk.names("clips"))

    @property
    def videos(self) -> list[str]:
        return [name for name in self.disk.names("clips") if name.startswith("2026")]


def test_on_a_full_disk_the_copy_of_the_viewers_goes_although_the_index_takes_no_row() -> None:
    home = Home()
    home.index.is_full = True
    assert home.keep().state == "kept"
    assert home.videos == [KEPT]


def test_a_device_whose_index_missed_it_neither_deletes_it_nor_says_so() -> None:
    home = Home()
    home.index.is_full = True
    home.keep()
    home.index.is_full = False
    home.readers.now_day = DAY + 10
    report = home.keeper.tidy()
    assert (report.removed, report.failures) == ((), 0)
    assert [entry.state for entry in home.index.entries()] == ["kept"]


def test_a_device_removes_the_copy_of_the_viewers_that_a_failure_left() -> None:
    home = Home()
    home.keep_cut_off()
    home.readers.now_day = DAY + 10
    assert home.keeper.tidy().removed == ()
    assert home.videos == [KEPT]
    assert [entry.state for entry in home.index.entries()] == ["kept"]


def test_a_second_keep_ends_the_first_one_and_a_third_says_that_it_is_done() -> None:
    home = Home()
    home.keep_cut_off()
    assert home.keep().state == "kept"
    assert (home.videos, home.notes) == ([KEPT], 2)
    assert [entry.state for entry in home.index.entries()] == ["kept"]
    with pytest.raises(UsageError, match="is kept already"):
        home.keep()
    assert home.notes == 2


def test_a_second_keep_leaves_the_copy_of_the_viewers_where_the_kept_one_is_damaged() -> None:
    home = Home()
    home.keep_cut_off()
    home.disk.files[f"clips/{KEPT}"][-100] ^= 1
    with pytest.raises(ClipDamaged):
        home.keep()
    assert home.videos == [WHOLE, KEPT]
    assert home.notes == 1


def test_deleting_a_kept_clip_deletes_the_copy_of_the_viewers_too() -> None:
    home = Home()
    home.keep_cut_off()
    (kept,) = list_clips(home.disk)
    assert remove_clip(home.disk, home.index, kept)
    assert home.disk.names("clips") == []


def test_a_clip_that_cannot_be_deleted_counts_as_a_failure() -> None:
    home = Home()
    home.readers.now_day = DAY + 10
    home.disk.fail_next("remove", DiskError("read-only now"), skip=1)
    report = home.keeper.tidy()
    assert (report.removed, report.failures) == ((), 1)

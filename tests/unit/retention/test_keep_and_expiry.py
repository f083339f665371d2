"""A clip is kept at the instant at which its days end: it is kept with all that belongs to it, or gone."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from latchkey.errors import DiskError, NotOnDisk
from latchkey.events import Trigger
from latchkey.owner import find_clip, list_clips, open_chunks, read_meta
from latchkey.owner.keeping import keep_clip
from latchkey.owner.verifying import read_companion
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import CLIPS, ClipMeta
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders, SimHousehold

DAY, CLIP = 20_781, "a" * 32
STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
META = ClipMeta(CLIP, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, STATES, "none", 0, 1)
FOOTAGE = b"footage " * 100
OPERATIONS = 40
"""More than keeping or deleting a clip takes."""


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
    """A vault with one clip whose days are over, its device, and its owner who wants to keep it."""

    def __init__(self) -> None:
        self.state = SimHousehold.begun(DAY).state
        self.disk, self.index, self.take = MeetingDisk(), MemoryIndex(), SeededEntropy(2).take
        readers = FixedReaders(self.state.readers_of(DAY), DAY, 3)
        self.keeper = VaultKeeper(self.disk, self.index, readers, self.take, VaultSettings())
        opened = self.keeper.begin(CLIP)
        opened.append(FOOTAGE)
        self.entry = opened.finish(META)
        readers.now_day = DAY + 4
        self.is_kept = False

    def keep(self) -> None:
        keys, recipient = self.state.identities(DAY), self.state.long_term_recipient
        with suppress(NotOnDisk):
            keep_clip(self.disk, self.index, self.entry, keys, recipient, lambda: None)
            self.is_kept = True

    def expire(self) -> None:
        self.keeper.tidy()

    def is_in_order(self) -> bool:
        """Whether the clip is kept and opens with its record and companion, or nothing of it is left."""
        if not self.is_kept:
            return not self.disk.names(CLIPS) and not self.index.entries()
        keys = self.state.advance_to(DAY + 50).identities(DAY)
        entry = find_clip(list_clips(self.disk), CLIP)
        assert [one.state for one in self.index.entries()] == [entry.state] == ["kept"]
        with suppress(DiskError):
            whole = b"".join(open_chunks(self.disk, entry, keys)) == FOOTAGE
            return (
                whole
                and read_companion(self.disk, CLIP, keys) is not None
                and read_meta(self.disk, CLIP, keys) == META
            )
        return False


@pytest.mark.parametrize("operation", range(1, OPERATIONS))
def test_days_that_end_while_a_clip_is_kept_take_nothing_of_it(operation: int) -> None:
    home = Home()
    home.disk.left, home.disk.other = operation, home.expire
    home.keep()
    home.expire()
    assert home.is_in_order()


@pytest.mark.parametrize("operation", range(1, OPERATIONS))
def test_a_clip_that_is_kept_while_it_is_deleted_is_kept_whole_or_gone(operation: int) -> None:
    home = Home()
    thread = threading.Thread(target=home.keep)
    home.disk.left, home.disk.other = operation, thread.start
    home.expire()
    home.disk.left = -1
    if not thread.ident:
        thread.start()
    thread.join()
    home.expire()
    assert home.is_in_order()

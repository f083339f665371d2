"""A vault whose clip is kept while its device does something else with it, at any operation of either."""

import threading
from collections.abc import Callable
from contextlib import suppress

from latchkey.errors import NotOnDisk
from latchkey.events import Trigger
from latchkey.owner import find_clip, list_clips, open_chunks, read_meta
from latchkey.owner.keeping import keep_clip
from latchkey.owner.verifying import read_companion
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.settings import VaultSettings
from latchkey.vault import CLIPS, ClipMeta, slip_name
from latchkey_sim.disk import DiskOperation, MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.household import FixedReaders, SimHousehold

DAY, CLIP = 20_781, "a" * 32
OPERATIONS = 40
"""More than keeping, dating or deleting a clip takes."""

_STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
_META = ClipMeta(CLIP, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, _STATES, "none", 0, 1)
_FOOTAGE = b"footage " * 100


class MeetingDisk(MemoryDisk):
    """A disk that lets somebody else go first, once, before one operation."""

    def __init__(self) -> None:
        super().__init__()
        self.left = -1
        self.other: Callable[[], None] = lambda: None

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        """Let the other go first, if it is their turn."""
        self.left -= 1
        if self.left == 0:
            self.other()
        super().meet(operation, what, noted=noted)


class MeetingHome:
    """A vault with one clip of `day`, its device, and its owner who wants to keep it."""

    def __init__(self, day: int) -> None:
        self.state = SimHousehold.begun(DAY).state
        self.disk, self.index, take = MeetingDisk(), MemoryIndex(), SeededEntropy(2).take
        self.readers = FixedReaders(self.state.readers_of(DAY), day, 3)
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, take, VaultSettings())
        opened = self.keeper.begin(CLIP)
        opened.append(_FOOTAGE)
        self.entry = opened.finish(_META)
        self.is_kept = False

    def keep(self) -> None:
        """Keep the clip, if it is still there."""
        keys, recipient = self.state.identities(DAY), self.state.long_term_recipient
        with suppress(NotOnDisk):
            keep_clip(self.disk, self.index, self.entry, keys, recipient, lambda: None)
            self.is_kept = True

    def pass_days(self) -> None:
        """Let the days of the clip be over, and the device tidy."""
        self.readers.now_day = DAY + 40
        self.keeper.tidy()

    def keep_during(self, operation: int, act: Callable[[], None]) -> None:
        """Do something, and let the clip be kept before one of its operations, in another thread."""
        thread = threading.Thread(target=self.keep)
        self.disk.left, self.disk.other = operation, thread.start
        act()
        self.disk.left = -1
        if not thread.ident:
            thread.start()
        thread.join()

    def is_in_order(self) -> bool:
        """Whether a kept clip is there with all that belongs to it, and one that is not kept is gone."""
        if not self.is_kept:
            return not self.disk.names(CLIPS) and not self.index.entries()
        keys = self.state.advance_to(DAY + 50).identities(DAY)
        entry = find_clip(list_clips(self.disk), CLIP)
        return (
            entry.state == "kept"
            and self.index.entries() == [entry]
            and b"".join(open_chunks(self.disk, entry, keys)) == _FOOTAGE
            and read_companion(self.disk, CLIP, keys) is not None
            and read_meta(self.disk, CLIP, keys) == _META
            and slip_name(CLIP) in self.disk.files
        )

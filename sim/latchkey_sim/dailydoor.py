"""A doorbell that records one small clip a day, for attacks by whoever copies what lies there."""

from collections.abc import Sequence
from dataclasses import replace

from latchkey.clip import NoIdentityMatched, decrypt
from latchkey.events import Trigger
from latchkey.pipeline.facevault import FaceVault
from latchkey.pipeline.openclip import OpenClip
from latchkey.pipeline.readers import Readers
from latchkey.pipeline.vaultkeeper import VaultKeeper
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault import ClipMeta
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import MemoryDisk, MemoryIndex
from latchkey_sim.entropy import SeededEntropy

DAY_NS = S_PER_DAY * NS_PER_S
_STATES = {"ok": 1, "fallback_region": 0, "fallback_full": 0}
_META = ClipMeta("0" * 32, Trigger.RING, (Trigger.RING,), 1, 2, 3, 1, 0, _STATES, "none", 0, 1)


class DailyDoor:
    """A vault, and the readers that the owner's book names. With `face_hours` it keeps face layers."""

    def __init__(self, book: bytes, day: int, settings: VaultSettings, face_hours: int = 0) -> None:
        self.clock, self.disk, self.index = VirtualClock(day * DAY_NS), MemoryDisk(), MemoryIndex()
        self.readers = Readers(self.disk, self.clock, book, wants_faces=face_hours > 0)
        take = SeededEntropy(3).take
        faces = FaceVault(self.disk, take, self.clock, self.readers, face_hours) if face_hours else None
        self.keeper = VaultKeeper(self.disk, self.index, self.readers, take, settings, faces)

    def begin(self, day: int) -> OpenClip:
        """Let it be `day`, take orders, tidy, and begin the clip of that day, whose id is the day."""
        self.clock.wait_until(self.clock.now_ns() + (day - self.clock.wall_ns() // DAY_NS) * DAY_NS)
        self.readers.check(lambda _: None)
        self.keeper.check()
        return self.keeper.begin(f"{day:032x}")

    def finish(self, opened: OpenClip) -> ClipEntry:
        """Make a clip whole."""
        return opened.finish(replace(_META, clip=opened.clip))


def opens(data: bytes, keys: Sequence[str]) -> bool:
    """Tell whether a sealed file opens with one of the keys, to anything at all."""
    try:
        return bool(b"".join(decrypt(data, keys)))
    except NoIdentityMatched:
        return False

"""The owner of a house: one key for every day, and clips opened with it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latchkey.clip import decrypt
from latchkey.errors import ClipError, DiskError
from latchkey.frames import RawFrame
from latchkey.owner import joined_chunks
from latchkey.ports import ClipEntry
from latchkey.units import utc_day
from latchkey.vault import ClipMeta, decode_meta, meta_name, sealed_name
from latchkey_sim.desk import START_WALL_NS
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.household import OWNER, one_key_book
from latchkey_sim.street import decoded_video

if TYPE_CHECKING:
    from latchkey_sim.house.doorbell import Doorbell

HOLDING_KEYS = 40
DAYS = 3

HOUSE_BOOK = one_key_book(utc_day(START_WALL_NS), days=DAYS, holding=HOLDING_KEYS)


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """A clip as its owner sees it; frames are stamped with the device's time."""

    entry: ClipEntry
    meta: ClipMeta
    frames: list[RawFrame]


class Owner:
    """Opens clips, each once: what was opened is kept."""

    def __init__(self) -> None:
        self._clips: dict[tuple[str, ClipEntry], OpenedClip | None] = {}

    def clip(self, bell: "Doorbell", entry: ClipEntry) -> OpenedClip | None:
        """Open a clip of a doorbell; None where it does not open, or is torn, or no footage."""
        key = (bell.name, entry)
        if key not in self._clips:
            is_none = entry.state == "torn" or entry.clip in bell.past
            self._clips[key] = None if is_none else open_clip(bell.vault, entry)
        return self._clips[key]

    def pictures(self, bell: "Doorbell", entry: ClipEntry) -> list[RawFrame]:
        """Give what can be seen of a clip, torn or not."""
        if entry.state != "torn":
            clip = self.clip(bell, entry)
            return clip.frames if clip else []
        video = b""
        with suppress(ClipError, DiskError):
            for chunk in joined_chunks(bell.vault, entry, [OWNER.text]):
                video += chunk
        with suppress(ValueError, OSError):
            return decoded_video(video, torn=True) if video else []
        return []


def open_clip(disk: MemoryDisk, entry: ClipEntry) -> OpenedClip | None:
    """Open a clip of a vault with the owner's key, all of it; None where it does not open."""
    with suppress(ClipError, DiskError, ValueError):
        meta = decode_meta(_opened(disk, meta_name(entry.clip)))
        video = _opened(disk, sealed_name(entry.clip, entry.day, entry.state))
        return OpenedClip(entry, meta, decoded_video(video, meta.start_at_ns))
    return None


def open_video(disk: MemoryDisk, entry: ClipEntry) -> bytes:
    """Give the video of a whole clip as MP4; nothing where it is torn, or does not open."""
    with suppress(ClipError, DiskError):
        return (
            _opened(disk, sealed_name(entry.clip, entry.day, entry.state)) if entry.state != "torn" else b""
        )
    return b""


def _opened(disk: MemoryDisk, name: str) -> bytes:
    return b"".join(decrypt(disk.read(name), [OWNER]))

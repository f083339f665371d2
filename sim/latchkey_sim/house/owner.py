"""The owner of a house: one key for every day, and clips opened with it."""

from contextlib import suppress
from dataclasses import dataclass

from latchkey.clip import decrypt
from latchkey.clip.errors import ClipError
from latchkey.errors import DiskError
from latchkey.frames import RawFrame
from latchkey.ports import ClipEntry
from latchkey.units import utc_day
from latchkey.vault import ClipMeta, decode_meta, meta_name, sealed_name
from latchkey_sim.desk import START_WALL_NS
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.household import OWNER, one_key_book
from latchkey_sim.street import decoded_video

HOLDING_KEYS = 40
DAYS = 3

HOUSE_BOOK = one_key_book(utc_day(START_WALL_NS), days=DAYS, holding=HOLDING_KEYS)


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """A clip as its owner sees it; frames are stamped with the device's time."""

    entry: ClipEntry
    meta: ClipMeta
    frames: list[RawFrame]


def open_clip(disk: MemoryDisk, entry: ClipEntry) -> OpenedClip | None:
    """Open a clip of a vault with the owner's key, all of it; None where it does not open."""
    with suppress(ClipError, DiskError, ValueError):
        meta = decode_meta(_opened(disk, meta_name(entry.clip)))
        video = _opened(disk, sealed_name(entry.clip, entry.day, entry.state))
        return OpenedClip(entry, meta, decoded_video(video, meta.start_at_ns, torn=entry.state == "torn"))
    return None


def _opened(disk: MemoryDisk, name: str) -> bytes:
    return b"".join(decrypt(disk.read(name), [OWNER]))

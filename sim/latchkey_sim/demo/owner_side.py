"""What the owner does in a demo: makes a household, and opens the clips as `latchkey clips open` does."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.entropy import OsEntropy
from latchkey.errors import LatchkeyError
from latchkey.owner import list_clips, load_identities, open_clip, read_meta
from latchkey.owner.household import new_household
from latchkey.owner.keyring import identity_file
from latchkey.ports import ClipEntry
from latchkey.units import utc_day
from latchkey.vault import ClipMeta
from latchkey_sim.demo.folder import write_private
from latchkey_sim.demo.review import OpenedClip

KEY_NAME, VAULT_NAME, BOOK_NAME = "owner.key", "vault", "book.json"


@dataclass(frozen=True, slots=True)
class Opened:
    """What the owner could open, in time order, and how many clips are torn or do not open."""

    clips: list[OpenedClip]
    torn: int
    unreadable: int


def make_household(folder: Path, state: Path) -> Path:
    """Write `owner.key`, the live day keys as an age identity file, and a key book; give its path."""
    today = utc_day(SystemClock().wall_ns())
    household, book = new_household(today, 1, OsEntropy().take).book(today)
    write_private(folder / KEY_NAME, identity_file(household, today).encode("ascii"))
    write_private(state / BOOK_NAME, book)
    return state / BOOK_NAME


def open_clips(folder: Path) -> Opened:
    """Open all clips, the longest as visit.mp4, the others as visit-2.mp4 and so on, in time order."""
    disk = FolderDisk(folder / VAULT_NAME)
    keys = load_identities(folder / KEY_NAME).identities
    entries = list_clips(disk)
    whole = [entry for entry in entries if entry.state == "whole"]
    found = sorted(_records(disk, whole, keys), key=lambda pair: (-pair[0].span_ns, pair[0].start_at_ns))
    clips: list[OpenedClip] = []
    for meta, entry in found:
        path = folder / (f"visit-{len(clips) + 1}.mp4" if clips else "visit.mp4")
        try:
            open_clip(disk, entry, keys, path)
        except LatchkeyError:
            continue
        clips.append(OpenedClip(path, meta, entry.size_bytes))
    clips.sort(key=lambda clip: clip.meta.start_at_ns)
    return Opened(clips, len(entries) - len(whole), len(whole) - len(clips))


def _records(
    disk: FolderDisk, entries: list[ClipEntry], keys: tuple[str, ...]
) -> Iterator[tuple[ClipMeta, ClipEntry]]:
    """Open the record of each clip; one without a readable record is left out."""
    for entry in entries:
        try:
            yield read_meta(disk, entry.clip, keys), entry
        except LatchkeyError:
            continue

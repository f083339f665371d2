"""Finding clips in a vault, and opening them with the owner's keys.

What is listed is what the files say; the device's index is not needed, nor trusted.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from latchkey.adapters.disk import disk_errors
from latchkey.clip import (
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    TrailingBytes,
    decrypt,
    open_seekable,
    payload_hash,
)
from latchkey.errors import ClipError, DiskError, NotOnDisk, OwnerKeyError, UsageError
from latchkey.owner.files import writing
from latchkey.owner.watching import ProofWatch
from latchkey.ports import ClipEntry, Disk, DiskFile
from latchkey.vault import (
    CLIP_LIMIT_BYTES,
    CLIPS,
    META_LIMIT_BYTES,
    ClipMeta,
    MetaDamaged,
    decode_meta,
    faces_name,
    meta_name,
    reconcile,
    sealed_name,
)

PREFIX_MIN_CHARS = 6
"""Shortest prefix of an id that is accepted: 24 bits, so a typing error rarely names a clip."""


class ReadableDisk(Disk, Protocol):
    """A disk whose large files can be read piece by piece."""

    def reader(self, name: str) -> BinaryIO:
        """Give a stream over a file; the caller closes it. Raises NotOnDisk; both raise DiskError."""
        ...


class GrowingDisk(ReadableDisk, Protocol):
    """A disk on which a file can be added to later."""

    def extend(self, name: str) -> DiskFile:
        """Open a file to add to what it holds; where there is none, make it. Raises DiskError."""
        ...


class ClipTorn(ClipError):
    """Recording ended in the middle of this clip. `reason` says how far it verifies."""

    def __init__(self, clip: str, reason: str) -> None:
        super().__init__(
            f"clip {clip} is torn, power was lost while it was recorded: {reason}",
            hint=_recover_hint(clip),
        )
        self.clip = clip
        self.reason = reason


class ClipTooLarge(ClipError):
    """A file with the name of a clip is larger than any clip."""

    def __init__(self, entry: ClipEntry) -> None:
        super().__init__(
            f"clip {entry.clip} takes {entry.size_bytes >> 30} GiB: no doorbell has recorded it so",
            hint="`latchkey clips rm` deletes it",
        )


class FacesGone(NotOnDisk):
    """There is no face layer of this clip, or none any more."""

    def __init__(self, clip: str) -> None:
        super().__init__(
            f"clip {clip} has no face layer: its hours are over, or none was kept",
            hint="without --with-faces the clip opens with its covers",
        )
        self.clip = clip


class FaceKeyErased(OwnerKeyError):
    """The face layer of a clip is still there, and the key of its day is not."""

    def __init__(self, clip: str) -> None:
        super().__init__(
            f"the key for the faces of clip {clip} is erased: their days are over",
            hint="without --with-faces the clip opens with its covers",
        )
        self.clip = clip


class FacesForOthers(OwnerKeyError):
    """A face layer was not sealed to these keys, though they may open its clip."""

    def __init__(self, clip: str) -> None:
        super().__init__(
            f"none of the keys opens the faces of clip {clip}",
            hint="the owner says who sees faces (`latchkey owner add-viewer --faces`); a --key FILE needs the"
            " keys of `latchkey owner identities --faces` too",
        )
        self.clip = clip


def list_clips(disk: Disk) -> list[ClipEntry]:
    """List whole and torn clips, by day, then id; one that is being written is not among them."""
    sizes = sizes_of(disk)
    entries = reconcile(sizes, []).entries
    return [entry for entry in entries if _file_name(entry).removeprefix(f"{CLIPS}/") in sizes]


def sizes_of(disk: Disk) -> dict[str, int]:
    """Give the lengths of the files in `clips/` by their names."""
    sizes = {}
    for name in disk.names(CLIPS):
        try:
            sizes[name] = disk.size_bytes(f"{CLIPS}/{name}")
        except NotOnDisk:
            continue  # the device renamed or deleted it meanwhile
    return sizes


def faces_bytes(disk: Disk, entry: ClipEntry) -> int | None:
    """Give the length of a clip's face layer, or None."""
    try:
        return disk.size_bytes(faces_name(entry.clip, entry.day))
    except NotOnDisk:
        return None


def find_clip(entries: Sequence[ClipEntry], prefix: str) -> ClipEntry:
    """Choose the one clip whose id begins with `prefix`. Raises UsageError, NotOnDisk."""
    if len(prefix) < PREFIX_MIN_CHARS:
        raise UsageError(f"an id needs at least {PREFIX_MIN_CHARS} characters")
    found = [entry for entry in entries if entry.clip.startswith(prefix.lower())]
    if not found:
        raise NotOnDisk(f"there is no clip {prefix}", hint="`latchkey clips list` shows what there is")
    if len(found) > 1:
        raise UsageError(f"{len(found)} clips begin with {prefix}", hint="give more characters of the id")
    return found[0]


def check_size(entry: ClipEntry) -> None:
    """Refuse what nobody could read to its end: a sparse file may be of any size. Raises ClipTooLarge."""
    if entry.size_bytes > CLIP_LIMIT_BYTES:
        raise ClipTooLarge(entry)


def is_seen_damaged(disk: ReadableDisk, entry: ClipEntry, identities: Sequence[str]) -> bool:
    """Whether the ends of a clip that was whole tell that it is damaged: all of it is not read for this.

    Without a key that opens it only the header can tell. So is one whose ends the disk cannot read.
    """
    if entry.state == "torn":
        return False
    try:
        with disk.reader(_file_name(entry)) as file:
            open_seekable(file, identities)
    except (NoIdentityMatched, NotOnDisk):  # nothing can be said; the device deleted it meanwhile
        return False
    except (ClipError, DiskError):
        return True
    return False


def hash_clip(disk: ReadableDisk, entry: ClipEntry) -> bytes:
    """Give the SHA-256 of a clip's file after its header. Raises ClipError, DiskError."""
    check_size(entry)
    with disk.reader(_file_name(entry)) as file:
        return payload_hash(file)


def read_meta(disk: ReadableDisk, clip: str, identities: Sequence[str]) -> ClipMeta:
    """Open the sealed record of a clip.

    Raises NotOnDisk (torn clips have none), NoIdentityMatched, MetaDamaged, ClipError.
    """
    with disk.reader(meta_name(clip)) as file:
        data = b""
        for chunk in decrypt(file, identities):
            data += chunk
            if len(data) > META_LIMIT_BYTES:
                break
    meta = decode_meta(data)
    if meta.clip != clip:
        raise MetaDamaged(f"the record of clip {clip} belongs to another clip")
    return meta


def open_clip(
    disk: ReadableDisk,
    entry: ClipEntry,
    identities: Sequence[str],
    target: Path,
    watch: ProofWatch | None = None,
    *,
    force: bool = False,
) -> int:
    """Write the video of a clip to `target`, 0600, and give its length in bytes; `watch` sees its proof.

    The file appears only once the clip has verified to its end; after any error nothing is left.
    Raises NoIdentityMatched, ClipTorn, ClipError, UsageError (target is there), DiskError.
    """
    with writing(target, force=force) as sink:

        def put(chunk: bytes) -> None:
            with disk_errors(f"write {target}"):
                sink.write(chunk)

        return _copy((watch or ProofWatch()).through(open_chunks(disk, entry, identities)), put)


def stream_clip(
    disk: ReadableDisk,
    entry: ClipEntry,
    identities: Sequence[str],
    put: Callable[[bytes], object],
    watch: ProofWatch | None = None,
) -> int:
    """Give the video of a clip to `put`, piece by piece, and its length in bytes; `watch` sees its proof.

    The clip is verified to its end first, for what was put cannot be taken back. Raises as `open_clip`, and
    what `put` raises.
    """
    for _ in (watch or ProofWatch()).through(open_chunks(disk, entry, identities)):
        pass
    return _copy(open_chunks(disk, entry, identities), put)


def open_chunks(disk: ReadableDisk, entry: ClipEntry, identities: Sequence[str]) -> Iterator[bytes]:
    """Give the video of a clip in verified pieces; complete only if nothing is raised."""
    try:
        with disk.reader(_file_name(entry)) as file:
            yield from decrypt(file, identities)
    except (ClipTruncated, ClipDamaged, HeaderDamaged, TrailingBytes) as error:
        if entry.state == "torn":
            raise ClipTorn(entry.clip, str(error)) from error
        if not isinstance(error, HeaderDamaged):  # without its header nothing opens
            error.hint = _recover_hint(entry.clip)
        raise


def _recover_hint(clip: str) -> str:
    return f"`latchkey clips recover {clip} -o FILE` writes the part that is proved"


def _copy(chunks: Iterator[bytes], put: Callable[[bytes], object]) -> int:
    n_bytes = 0
    for chunk in chunks:
        put(chunk)
        n_bytes += len(chunk)
    return n_bytes


def _file_name(entry: ClipEntry) -> str:
    return sealed_name(entry.clip, entry.day, entry.state)

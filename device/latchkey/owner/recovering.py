"""What is left of a torn clip: its own chunks, then its tail; of these, what the proof covers."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from latchkey.adapters.disk import disk_errors
from latchkey.clip import (
    TAIL_LIMIT_BYTES,
    ClipDamaged,
    ClipTruncated,
    Progress,
    Tail,
    TrailingBytes,
    decode_tail,
    decrypt,
)
from latchkey.errors import ClipError, DiskError
from latchkey.owner.files import writing
from latchkey.owner.opening import ReadableDisk
from latchkey.owner.watching import ProofWatch
from latchkey.ports import ClipEntry
from latchkey.vault import sealed_name, tail_name


class NothingProved(ClipError):
    """Not even the first second of a clip is proved."""

    def __init__(self, clip: str, reason: str) -> None:
        super().__init__(
            f"nothing of clip {clip} can be recovered: {reason}",
            hint="`age -d` with the key file writes what opens, proved or not",
        )
        self.clip = clip


def recover_clip(
    disk: ReadableDisk, entry: ClipEntry, identities: Sequence[str], target: Path, *, force: bool = False
) -> Progress:
    """Write the proved part of a clip to `target`, 0600; say how far that is.

    What follows the end mark of the seal is left out, and is the `failure` of what is given; and so what
    follows a place that the disk cannot read. Raises NothingProved, NoIdentityMatched, HeaderDamaged,
    UsageError (target is there), DiskError, also where nothing can be read; then nothing is left.
    """
    watch, unread = ProofWatch(), list[DiskError]()
    with writing(target, force=force) as sink:
        with suppress(TrailingBytes):  # noted by `watch`
            for chunk in watch.through(_readable(joined_chunks(disk, entry, identities), unread)):
                with disk_errors(f"write {target}"):
                    sink.write(chunk)
        progress = watch.progress
        if unread:
            if not progress.fragments:
                raise unread[0]
            progress.failure = progress.failure or ClipError(str(unread[0]))
        if not progress.fragments:
            raise NothingProved(entry.clip, str(progress.failure or "it breaks off too early"))
        with disk_errors(f"write {target}"):
            sink.truncate(progress.proved_bytes)
    return progress


def joined_chunks(disk: ReadableDisk, entry: ClipEntry, identities: Sequence[str]) -> Iterator[bytes]:
    """Give the plaintext of a clip that opens, piece by piece: of its chunks, and then of its tail.

    Raises NoIdentityMatched, HeaderDamaged, TrailingBytes; where a chunk does not verify it just ends, where
    one cannot be read it ends likewise, and raises DiskError then.
    """
    n_bytes, unread = 0, None
    try:
        with disk.reader(sealed_name(entry.clip, entry.day, entry.state)) as file:
            for chunk in decrypt(file, identities):
                n_bytes += len(chunk)
                yield chunk
    except (ClipTruncated, ClipDamaged, DiskError) as error:
        unread = error if isinstance(error, DiskError) else None
        tail = _read_tail(disk, entry.clip, identities)
        if tail is not None and tail.at <= n_bytes < tail.at + len(tail.data):
            yield tail.data[n_bytes - tail.at :]
    if unread is not None:
        raise unread


def _readable(chunks: Iterator[bytes], unread: list[DiskError]) -> Iterator[bytes]:
    """Give the pieces up to where the disk fails, and put what it says into `unread`."""
    try:
        yield from chunks
    except DiskError as error:
        unread.append(error)


def _read_tail(disk: ReadableDisk, clip: str, identities: Sequence[str]) -> Tail | None:
    """Give the tail; None where there is none, or it cannot be read, or does not verify."""
    try:
        with disk.reader(tail_name(clip)) as file:
            data = b""
            for chunk in decrypt(file, identities):
                data += chunk
                if len(data) > TAIL_LIMIT_BYTES:
                    break
        return decode_tail(data, clip)
    except (DiskError, ClipError):
        return None

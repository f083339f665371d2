"""Keeping a clip beyond its days: sealed anew to the owner's long-term key, its video untouched.

Only headers are written anew: the nonce and every chunk stay, byte for byte. A clip that does not open to
its end is not kept. All that could forbid it is checked before it is noted, and it is noted before anything
is written. What is written first is whole and durable before anything goes, so a crash leaves the clip kept
or not kept, never neither. What it leaves beside a kept clip, the copy that others open, goes at the next
`keep`, at the device's next start, or once the device takes its days for over. Record and companion open to
the long-term key for as long as the clip may be a kept one: before it, and after it.
Nothing is deleted meanwhile, nor is another clip sealed anew: else a device that deletes the clip as its days
end could take record and companion of a clip that has just been kept.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from latchkey.clip import NoIdentityMatched, decrypt, new_header, take_header
from latchkey.errors import ClipError, DiskError, NotOnDisk, UsageError
from latchkey.owner.household import Household
from latchkey.owner.opening import ReadableDisk, check_size, open_chunks
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.removing import is_there, remove_copy
from latchkey.ports import ClipEntry, ClipIndex, ClipState
from latchkey.units import MIB
from latchkey.vault import CLIPS, UNDATED, chain_name, meta_name, rewrapped_name, sealed_name

Note = Callable[[], object]
"""Notes the act, durably; what it raises forbids it."""


def keep_clip(
    disk: ReadableDisk,
    index: ClipIndex,
    entry: ClipEntry,
    identities: Sequence[str],
    recipient: str,
    note: Note,
) -> ClipEntry:
    """Seal a whole clip, its record and companion to `recipient` alone; only its owner deletes it now.

    Its face layer goes in its own time. `note` is called once nothing forbids it. A record or companion that
    is missing, or cannot be opened, forbids nothing: `missing_beside` tells of it. Raises UsageError,
    NoIdentityMatched, ClipError, DiskError.
    """
    if entry.state == "kept":
        return _end_keeping(disk, index, entry, identities, note)
    if entry.state != "whole":
        hint = f"`latchkey clips recover {entry.clip} -o FILE` writes the part that is proved"
        raise UsageError(f"clip {entry.clip} is {entry.state}: only a whole clip can be kept", hint=hint)
    check_size(entry)
    with _done_meanwhile(disk, entry, "kept", "is kept already"):
        _check_whole(disk, entry, identities)
        with index.alone(wait=True):
            return _seal_anew(disk, index, entry, "kept", identities, [recipient], note)


def missing_beside(disk: ReadableDisk, clip: str, identities: Sequence[str]) -> list[str]:
    """Say in words what of a clip's record and companion is not there, or does not open with these keys."""
    words = {"record": meta_name(clip), "companion": chain_name(clip)}
    return [word for word, name in words.items() if not _opens(disk, name, identities)]


def _opens(disk: ReadableDisk, name: str, identities: Sequence[str]) -> bool:
    try:
        with disk.reader(name) as file:
            decrypt(file, identities)
    except (ClipError, DiskError):
        return False
    return True


def unkeep_clip(
    disk: ReadableDisk, index: ClipIndex, entry: ClipEntry, state: Household, note: Note
) -> ClipEntry:
    """Seal a kept clip to the owner's key of its day again, to nobody else's; it goes with that.

    `note` as in `keep_clip`. Raises UsageError where its day is over or not known, NoIdentityMatched,
    ClipError, DiskError.
    """
    if entry.state != "kept":
        raise UsageError(f"clip {entry.clip} is not kept")
    check_size(entry)
    hint = "`latchkey clips rm` deletes it"
    if entry.day == UNDATED:
        reason = "has no day, so no key to give it back to: the one that it was first sealed to is used once"
        raise UsageError(f"clip {entry.clip} {reason}", hint=hint)
    readers = state.readers_of(entry.day)
    if not readers:
        raise UsageError(f"the days of clip {entry.clip} are over: nobody could open it", hint=hint)
    with _done_meanwhile(disk, entry, "whole", "is not kept"), index.alone(wait=True):
        return _seal_anew(disk, index, entry, "whole", state.identities(entry.day), readers, note)


@contextmanager
def _done_meanwhile(disk: ReadableDisk, entry: ClipEntry, state: ClipState, what: str) -> Iterator[None]:
    """Say that a clip is as it was to become, where its file is gone since somebody else has done it."""
    try:
        yield
    except NotOnDisk as error:
        if is_there(disk, sealed_name(entry.clip, entry.day, state)):
            raise UsageError(f"clip {entry.clip} {what}") from error
        raise


def _check_whole(disk: ReadableDisk, entry: ClipEntry, identities: Sequence[str]) -> None:
    """Open a clip to its end: what is damaged is not kept as if it were whole. Raises as `open_chunks`."""
    for _ in open_chunks(disk, entry, identities):
        pass


def _end_keeping(
    disk: ReadableDisk, index: ClipIndex, entry: ClipEntry, identities: Sequence[str], note: Note
) -> ClipEntry:
    """Remove the copy that others open, where keeping was cut off before it went."""
    copy = replace(entry, state="whole")
    with index.alone(wait=True):
        if not is_there(disk, sealed_name(copy.clip, copy.day, copy.state)):
            raise UsageError(f"clip {entry.clip} is kept already")
        _check_whole(disk, entry, identities)
        note()
        remove_copy(disk, copy)
        _enter(index, entry)
    return entry


def _enter(index: ClipIndex, kept: ClipEntry) -> None:
    """Enter a clip that is kept, durably, already: on a full disk the device finds it by its name later."""
    with suppress(DiskError):
        index.put(kept)


def _seal_anew(
    disk: ReadableDisk,
    index: ClipIndex,
    entry: ClipEntry,
    state: ClipState,
    identities: Sequence[str],
    recipients: Sequence[str],
    note: Note,
) -> ClipEntry:
    name, part = sealed_name(entry.clip, entry.day, entry.state), rewrapped_name(entry.clip, entry.day)
    new_name = sealed_name(entry.clip, entry.day, state)
    with disk.reader(name) as source:
        header = _header(take_header(source), identities, recipients)
    beside = {}
    for small in (meta_name(entry.clip), chain_name(entry.clip)):
        with suppress(ClipError, DiskError):  # it is lost already, or nobody's: the clip need not be
            file = io.BytesIO(disk.read(small))
            beside[small] = _header(take_header(file), identities, recipients) + file.read()
    note()
    with suppress(NotOnDisk):
        disk.remove(part)  # an earlier attempt that was cut off
    try:
        size_bytes = _copy(disk, name, part, header)
        if state == "kept":
            _replace(disk, beside)
        disk.rename(part, new_name)
    except BaseException:
        with suppress(DiskError):
            disk.remove(part)
        raise
    disk.sync_folder(CLIPS)
    after = ClipEntry(entry.clip, entry.day, size_bytes, state)
    if state == "kept":
        remove_copy(disk, entry)
        _enter(index, after)
    else:
        index.put(after)
        remove_copy(disk, entry)
        _replace(disk, beside)
    return after


def _replace(disk: ReadableDisk, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        write_whole(disk, name, data)


def _copy(disk: ReadableDisk, name: str, part: str, header: bytes) -> int:
    """Write a file with another header; give its size."""
    with disk.reader(name) as source:
        take_header(source)
        file, size_bytes = disk.create(part), len(header)
        try:
            file.append(header)
            while piece := source.read(MIB):
                file.append(piece)
                size_bytes += len(piece)
            file.sync()
        finally:
            file.close()
    return size_bytes


def _header(old: bytes, identities: Sequence[str], recipients: Sequence[str]) -> bytes:
    for number, identity in enumerate(identities, 1):
        try:
            return new_header(old, identity, recipients)
        except NoIdentityMatched:
            if number == len(identities):
                raise
    raise NoIdentityMatched(0)

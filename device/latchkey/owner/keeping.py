"""Keeping a clip beyond its days: sealed anew to the owner's long-term key, its video untouched.

Only headers are written anew: the nonce and every chunk stay, byte for byte. What is written first is whole
and durable before anything goes, so a crash leaves the clip kept or not kept, never neither.
"""

import io
from collections.abc import Sequence
from contextlib import suppress

from latchkey.clip import NoIdentityMatched, Take, new_header, take_header
from latchkey.errors import DiskError, NotOnDisk, UsageError
from latchkey.owner.household import Household
from latchkey.owner.opening import ReadableDisk
from latchkey.pipeline.durable import write_whole
from latchkey.ports import ClipEntry, ClipIndex, ClipState
from latchkey.units import MIB
from latchkey.vault import CLIPS, chain_name, meta_name, rewrapped_name, sealed_name


def keep_clip(
    disk: ReadableDisk,
    index: ClipIndex,
    entry: ClipEntry,
    identities: Sequence[str],
    recipient: str,
    take: Take,
) -> ClipEntry:
    """Seal a whole clip, its record and companion to `recipient` alone; only its owner deletes it now.

    Its face layer goes in its own time. Raises UsageError, NoIdentityMatched, ClipError, DiskError.
    """
    if entry.state != "whole":
        hint = "`latchkey clips open ID -o FILE` writes it to a file of your own"
        raise UsageError(f"clip {entry.clip} is {entry.state}: only a whole clip can be kept", hint=hint)
    return _seal_anew(disk, index, entry, "kept", identities, [recipient], take)


def unkeep_clip(
    disk: ReadableDisk, index: ClipIndex, entry: ClipEntry, state: Household, take: Take
) -> ClipEntry:
    """Seal a kept clip to the readers of its day again; it goes with them.

    Raises UsageError where its day is over, NoIdentityMatched, ClipError, DiskError.
    """
    if entry.state != "kept":
        raise UsageError(f"clip {entry.clip} is not kept")
    readers = state.readers_of(entry.day)
    if not readers:
        hint = "`latchkey clips rm` deletes it"
        raise UsageError(f"the days of clip {entry.clip} are over: nobody could open it", hint=hint)
    return _seal_anew(disk, index, entry, "whole", state.identities(entry.day), readers, take)


def _seal_anew(
    disk: ReadableDisk,
    index: ClipIndex,
    entry: ClipEntry,
    state: ClipState,
    identities: Sequence[str],
    recipients: Sequence[str],
    take: Take,
) -> ClipEntry:
    name, part = sealed_name(entry.clip, entry.day, entry.state), rewrapped_name(entry.clip, entry.day)
    new_name = sealed_name(entry.clip, entry.day, state)
    with suppress(NotOnDisk):
        disk.remove(part)  # an earlier attempt that was cut off
    try:
        size_bytes = _copy(disk, name, part, identities, recipients, take)
        for beside in (meta_name(entry.clip), chain_name(entry.clip)):
            source = io.BytesIO(disk.read(beside))
            header = _header(take_header(source), identities, recipients, take)
            write_whole(disk, beside, header + source.read())
        disk.rename(part, new_name)
    except BaseException:
        with suppress(DiskError):
            disk.remove(part)
        raise
    disk.sync_folder(CLIPS)
    after = ClipEntry(entry.clip, entry.day, size_bytes, state)
    index.put(after)
    disk.remove(name)
    disk.sync_folder(CLIPS)
    return after


def _copy(
    disk: ReadableDisk,
    name: str,
    part: str,
    identities: Sequence[str],
    recipients: Sequence[str],
    take: Take,
) -> int:
    with disk.reader(name) as source:
        header = _header(take_header(source), identities, recipients, take)
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


def _header(old: bytes, identities: Sequence[str], recipients: Sequence[str], take: Take) -> bytes:
    for number, identity in enumerate(identities, 1):
        try:
            return new_header(old, identity, recipients, take)
        except NoIdentityMatched:
            if number == len(identities):
                raise
    raise NoIdentityMatched(0)

"""Deleting a clip and all that belongs to it."""

from contextlib import suppress

from latchkey.errors import NotOnDisk
from latchkey.ports import ClipEntry, ClipIndex, Disk
from latchkey.vault import (
    CLIPS,
    UNDATED,
    chain_name,
    faces_name,
    meta_name,
    parse_name,
    sealed_name,
    slip_name,
    tail_name,
)


def remove_clip(disk: Disk, index: ClipIndex, entry: ClipEntry) -> bool:
    """Delete a clip: its face layer first, then itself, what lies beside it, and last its row. Raises
    DiskError.

    Files that are gone already are fine. Flash may keep old blocks; they are sealed. A clip that was kept
    since `entry` was read stays, False is given, and only the copy that others open goes, if keeping was
    cut off before; while one is sealed anew none is deleted: it is for the next time.
    """
    with index.alone(wait=False):
        return _remove(disk, index, entry)


def _remove(disk: Disk, index: ClipIndex, entry: ClipEntry) -> bool:
    kept = None if entry.state == "kept" else _kept(disk, entry.clip)
    if kept is not None:
        remove_copy(disk, entry)
        index.put(kept)
        return False
    names = (
        faces_name(entry.clip, entry.day),
        sealed_name(entry.clip, entry.day, "whole"),  # beside a kept one, where keeping was cut off
        sealed_name(entry.clip, entry.day, entry.state),
        meta_name(entry.clip),
        chain_name(entry.clip),
        tail_name(entry.clip),
        slip_name(entry.clip),
    )
    for name in names:
        with suppress(NotOnDisk):
            disk.remove(name)
    disk.sync_folder(CLIPS)
    index.drop(entry.clip)
    return True


def _kept(disk: Disk, clip: str) -> ClipEntry | None:
    """Give a clip as it is kept, under whatever day: it may have got another than its row has. None = it is
    not kept.
    """
    for name in disk.names(CLIPS):
        if clip in name and (parsed := parse_name(name)) is not None and parsed.kind == "kept":
            day = UNDATED if parsed.day is None else parsed.day
            return ClipEntry(clip, day, disk.size_bytes(f"{CLIPS}/{name}"), "kept")
    return None


def remove_copy(disk: Disk, entry: ClipEntry) -> None:
    """Delete the file of a clip alone, once the one that was sealed anew is durable. Raises DiskError."""
    disk.sync_folder(CLIPS)
    with suppress(NotOnDisk):
        disk.remove(sealed_name(entry.clip, entry.day, entry.state))
    disk.sync_folder(CLIPS)


def is_there(disk: Disk, name: str) -> bool:
    """Whether there is a file of this name. Raises DiskError."""
    try:
        disk.size_bytes(name)
    except NotOnDisk:
        return False
    return True

"""Deleting a clip and all that belongs to it."""

from contextlib import suppress
from dataclasses import replace

from latchkey.errors import NotOnDisk
from latchkey.ports import ClipEntry, ClipIndex, Disk
from latchkey.vault import CLIPS, chain_name, faces_name, meta_name, sealed_name, slip_name, tail_name


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
    if entry.state != "kept" and is_there(disk, sealed_name(entry.clip, entry.day, "kept")):
        remove_copy(disk, entry)
        index.put(replace(entry, state="kept"))
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

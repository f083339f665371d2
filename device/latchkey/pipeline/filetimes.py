"""What the file system notes of a clip's files beside their bytes: when each was changed last.

To the nanosecond it would tell whoever has the disk, or a copy that keeps these times, when somebody came.
A clip's name says the day, and so do its files then. Times that cannot be set (of the inode's last change,
of its making) stay; `device/CLIP.md` says which.
"""

from contextlib import suppress

from latchkey.errors import DiskError
from latchkey.ports import Disk
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault import (
    UNDATED,
    Repair,
    chain_name,
    faces_name,
    meta_name,
    parse_name,
    sealed_name,
    slip_name,
    tail_name,
)


def forget_times(disk: Disk, clip: str, day: int) -> None:
    """Give all files of a clip the first moment of its UTC day as the time of their last change, that of 1970
    where it has none. Never raises DiskError: a time is not worth a clip.
    """
    at_ns = 0 if day == UNDATED else day * S_PER_DAY * NS_PER_S
    names = (
        sealed_name(clip, day, "whole"),
        sealed_name(clip, day, "torn"),
        faces_name(clip, day),
        meta_name(clip),
        chain_name(clip),
        tail_name(clip),
        slip_name(clip),
    )
    for name in names:
        with suppress(DiskError):  # it has not all of them
            disk.set_time(name, at_ns)


def forget_times_of_mended(disk: Disk, repair: Repair) -> None:
    """Do so for the clips that power was lost for."""
    for _, name in repair.renames:
        parsed = parse_name(name.rpartition("/")[2])
        if parsed is not None and parsed.day is not None:
            forget_times(disk, parsed.clip, parsed.day)

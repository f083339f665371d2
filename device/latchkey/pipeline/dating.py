"""Clips whose day was not known get one, once the owner is heard of: from then on their days count.

Nothing is dated while a clip is sealed anew, else the kept one would have another day in its name than its
row, and the row's days would take what lies beside it: the order waits for the next look then.
A crash on the way leaves clips with their day and others without; the next start enters what the files
say. Clips without a day have no face layer.
"""

from contextlib import suppress
from dataclasses import replace

from latchkey.errors import NotOnDisk
from latchkey.ports import ClipIndex, Disk
from latchkey.vault import CLIPS, UNDATED, sealed_name


def date_clips(disk: Disk, index: ClipIndex, day: int) -> int:
    """Give every undated clip `day`; give how many there were. Raises VaultBusy, DiskError."""
    if not any(entry.day == UNDATED for entry in index.entries()):
        return 0
    with index.alone(wait=False):
        return _date(disk, index, day)


def _date(disk: Disk, index: ClipIndex, day: int) -> int:
    undated = [entry for entry in index.entries() if entry.day == UNDATED]
    for entry in undated:
        name, new_name = (sealed_name(entry.clip, its_day, entry.state) for its_day in (UNDATED, day))
        with suppress(NotOnDisk):  # renamed already, before an operation failed
            disk.rename(name, new_name)
        disk.sync_folder(CLIPS)
        index.put(replace(entry, day=day))
    return len(undated)

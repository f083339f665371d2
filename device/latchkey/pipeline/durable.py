"""Replacing a small file so that a power cut leaves the old or the new one, never a mixture."""

from contextlib import suppress

from latchkey.errors import NotOnDisk
from latchkey.ports import Disk


def write_whole(disk: Disk, name: str, data: bytes) -> None:
    """Make `name` hold `data`, durably: new file, sync, rename, sync of the folder.

    Raises DiskFull, DiskError; the old contents are still there then.
    """
    part = f"{name}.part"
    with suppress(NotOnDisk):
        disk.remove(part)
    file = disk.create(part)
    try:
        file.append(data)
        file.sync()
    finally:
        file.close()
    disk.rename(part, name)
    disk.sync_folder(name.rpartition("/")[0])

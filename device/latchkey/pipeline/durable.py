"""Small files that are whole or not there, whatever happens, and the question whether a disk takes any."""

from contextlib import suppress

from latchkey.errors import DiskError, NotOnDisk
from latchkey.ports import Disk

PROBE = "write-probe"


def probe(disk: Disk) -> None:
    """Write a tiny file, make it durable, remove it. Raises DiskFull, DiskError, which names the cause."""
    with suppress(DiskError):  # a crash may have left it; if the disk is broken, `create` says so better
        disk.remove(PROBE)
    file = disk.create(PROBE)
    try:
        file.append(b"?")
        file.sync()
    finally:
        file.close()
    disk.remove(PROBE)


def write_whole(disk: Disk, name: str, data: bytes) -> None:
    """Make `name` hold `data`, durably: new file, sync, rename, sync of the folder.

    Raises DiskFull, DiskError; the old contents are still there then, and nothing half-written is left that
    the disk lets go.
    """
    part = f"{name}.part"
    with suppress(NotOnDisk):
        disk.remove(part)
    file = disk.create(part)
    try:
        try:
            file.append(data)
            file.sync()
        finally:
            file.close()
        disk.rename(part, name)
    except DiskError:
        with suppress(DiskError):
            disk.remove(part)
        raise
    disk.sync_folder(name.rpartition("/")[0])

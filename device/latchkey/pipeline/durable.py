"""Small files that are whole or not there, whatever happens, and the question whether a disk takes any.

A small file that nothing else protects (no seal, no signature) ends with a line that is the check of its name
and its bytes: flash that rots, or a name that comes back for another file, must not pass as what was written.
"""

import hashlib
from contextlib import suppress

from latchkey.errors import DiskError, NotOnDisk
from latchkey.ports import Disk

PROBE = "write-probe"
_CHECK_BYTES = 16


class FileDamaged(DiskError):
    """A small file is not what was written."""


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


def write_checked(disk: Disk, name: str, data: bytes) -> None:
    """Do as `write_whole`, with a check behind the bytes. Raises DiskFull, DiskError."""
    write_whole(disk, name, with_check(name, data))


def read_checked(disk: Disk, name: str) -> bytes:
    """Give what `write_checked` wrote. Raises NotOnDisk, FileDamaged, DiskError."""
    return without_check(name, disk.read(name))


def with_check(name: str, data: bytes) -> bytes:
    """Give what `write_checked` writes."""
    return data + _check(name, data)


def without_check(name: str, stored: bytes) -> bytes:
    """Give the bytes of which that was made. Raises FileDamaged."""
    data = stored[: -len(_check(name, b""))]
    if stored != data + _check(name, data):
        raise FileDamaged(f"{name} is damaged")
    return data


def _check(name: str, data: bytes) -> bytes:
    """Give the last line: BLAKE2b of name and bytes. It finds accidents; it keeps nobody out."""
    digest = hashlib.blake2b(data, digest_size=_CHECK_BYTES, key=hashlib.sha256(name.encode()).digest())
    return f"\n{digest.hexdigest()}\n".encode("ascii")

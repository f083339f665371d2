"""Files of lines that are only ever added: whatever happens to the power, what was added before stays.

Each line carries a check of what it says, for flash rots. The check keeps nobody out.
"""

import hashlib
import os
from contextlib import suppress

from latchkey.errors import NotOnDisk
from latchkey.owner.opening import GrowingDisk

_CHECK_BYTES = 8


def line_check(said: str) -> str:
    """Give the check of what a line says, 16 hexadecimal digits."""
    return hashlib.blake2b(said.encode(), digest_size=_CHECK_BYTES, person=b"lk-line").hexdigest()


def append_line(disk: GrowingDisk, name: str, line: bytes) -> None:
    """Add a line to a file, durably, making the file if need be; a line that a crash cut is ended first.

    Raises DiskError: then a part of the line may be there.
    """
    end = b"" if last_bytes(disk, name, 1)[0] in (b"", b"\n") else b"\n"
    file = disk.extend(name)
    try:
        file.append(end + line)
        file.sync()
    finally:
        file.close()
    disk.sync_folder(name.rpartition("/")[0])


def last_bytes(disk: GrowingDisk, name: str, limit_bytes: int) -> tuple[bytes, bool]:
    """Give the end of a file and whether that is all of it; nothing where there is none. Raises DiskError."""
    with suppress(NotOnDisk), disk.reader(name) as file:
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, size_bytes - limit_bytes))
        return file.read(limit_bytes), size_bytes <= limit_bytes
    return b"", True

"""The file that says whom a device obeys: the owner's public key, with a check behind it.

Where it is damaged the owner is that of the book in use, which was taken under the pin and is signed. A file
of earlier versions is the key alone, without a check; it counts as damaged where that book is of another
owner, for none was ever put there under another pin.
"""

from contextlib import suppress
from dataclasses import dataclass

from latchkey.clip.signing import PUBLIC_BYTES
from latchkey.errors import NotOnDisk, OwnerKeyError
from latchkey.pipeline.durable import FileDamaged, without_check, write_checked, write_whole
from latchkey.ports import Disk
from latchkey.vault.book import decode_book

OWNER, BOOK = "keys/owner.pub", "keys/book.json"
DAMAGED = f"{OWNER}.damaged"


@dataclass(frozen=True, slots=True)
class Pinned:
    """The owner, or None: nobody is pinned, or the file is `damaged` and no book tells whose it was."""

    owner: bytes | None
    damaged: bool = False


def read_owner(disk: Disk) -> Pinned:
    """Give the owner that is pinned. Raises DiskError."""
    try:
        stored = disk.read(OWNER)
    except NotOnDisk:
        return Pinned(None)
    is_old = len(stored) == PUBLIC_BYTES
    owner = stored if is_old else _checked(stored)
    by_book = _owner_of_book(disk) if is_old or owner is None else None
    if owner is None or (is_old and by_book not in (None, owner)):
        return Pinned(by_book, damaged=True)
    return Pinned(owner)


def write_owner(disk: Disk, owner: bytes) -> None:
    """Pin an owner, durably. Raises DiskFull, DiskError."""
    write_checked(disk, OWNER, owner)


def mend_owner(disk: Disk, owner: bytes) -> None:
    """Copy the damaged file aside, and put a sound one in its place. Raises DiskFull, DiskError."""
    write_whole(disk, DAMAGED, disk.read(OWNER))
    write_owner(disk, owner)


def _checked(stored: bytes) -> bytes | None:
    try:
        owner = without_check(OWNER, stored)
    except FileDamaged:
        return None
    return owner if len(owner) == PUBLIC_BYTES else None


def _owner_of_book(disk: Disk) -> bytes | None:
    with suppress(NotOnDisk, OwnerKeyError):
        return decode_book(disk.read(BOOK)).owner
    return None

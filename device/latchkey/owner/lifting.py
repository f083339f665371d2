"""A household that is older than what its doorbell has heard of it: put back from a backup, or recovered
twice from the same copy.

Devices refuse a number that they have seen, and tell it in their own log only. So before an order is put into
a vault, the numbers that lie there are read, and the household goes on above them. That must not undo what
such a household does not know: a viewer whom the doorbell's newer book leaves out may have been revoked.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, replace

from latchkey.errors import DiskError, NotOnDisk, OwnerKeyError
from latchkey.owner.household import Household
from latchkey.owner.members import viewer_name
from latchkey.pipeline.durable import FileDamaged, read_checked
from latchkey.pipeline.orders import CLOCK, DEPOSIT, ORDER_LIMIT, ORDERS, decode_order
from latchkey.pipeline.ownerfile import BOOK
from latchkey.pipeline.pinning import pinned_owner
from latchkey.ports import Disk
from latchkey.vault.book import KeyBook, decode_book
from latchkey.vault.deposit import DEPOSIT_LIMIT_BYTES
from latchkey.vault.signed import NUMBER_LIMIT, whole

FILES_LIMIT = 4 * ORDER_LIMIT
LIFT_LIMIT = 1_000_000
"""How far `keys/clock.json`, which nobody signs, lifts a household at once: there is an end to numbers."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The highest number of a household's orders in a vault, and the newest book there, or None."""

    number: int
    book: KeyBook | None


def seen_in(vault: Disk, owner: bytes) -> Seen:
    """Give what a vault has of an owner's orders, taken by its device or not yet.

    Raises OwnerKeyError where the device obeys another owner, or names an impossible number; DiskError.
    """
    if pinned_owner(vault) not in (None, owner):
        raise OwnerKeyError(
            "this doorbell obeys another household: it would refuse the order",
            hint="`latchkey owner recover` brings that one back; else `latchkey pair --replace` there",
        )
    signed, books = [0], [_book(vault, owner)]
    for name in (DEPOSIT, *(f"{ORDERS}/{name}" for name in vault.names(ORDERS)[:FILES_LIMIT])):
        with suppress(DiskError, OwnerKeyError):  # what we cannot read is no order to the device either
            if vault.size_bytes(name) <= DEPOSIT_LIMIT_BYTES:
                order = decode_order(vault.read(name))
                if order.owner == owner:
                    signed.append(order.number)
                    books += [order] if isinstance(order, KeyBook) else []
    known = [book for book in books if book is not None]
    number = max([*signed, *(book.number for book in known)])
    return Seen(
        max(number, _clock_number(vault, number)), max(known, key=lambda one: one.number, default=None)
    )


def lifted(state: Household, seen: Seen) -> Household:
    """Give the state whose next order is newer than all that was seen of it.

    Raises OwnerKeyError where that would let somebody read who stands in no newer book.
    """
    if seen.number <= state.number:
        return state
    book = seen.book
    if book is not None and book.number > state.number:
        reading = {viewer.id: viewer for viewer in book.viewers}
        for viewer in state.others:
            in_book = reading.get(viewer.id)
            if in_book is None or (viewer.face_keys and not in_book.face_keys):
                raise _older(state, book, viewer_name(state, viewer.id), faces=in_book is not None)
    return replace(state, number=seen.number)


def _older(state: Household, book: KeyBook, name: str, *, faces: bool) -> OwnerKeyError:
    """Say that a viewer may have been revoked since this household was current."""
    what = f"{name} sees no faces, and" if faces else f"{name} does not stand, and"
    return OwnerKeyError(
        f"this household is older (order {state.number}) than the doorbell's book {book.number}, in which"
        f" {what} in yours does: it may have been put back from a backup",
        hint=f"`latchkey owner revoke '{name}'` here too, then the same again; `latchkey owner add-viewer`"
        " after that lets them read from then on",
    )


def _book(vault: Disk, owner: bytes) -> KeyBook | None:
    with suppress(NotOnDisk, OwnerKeyError):
        return decode_book(vault.read(BOOK), owner)
    return None


def _clock_number(vault: Disk, signed: int) -> int:
    """Give the number of the last order taken; 0 where the device itself does not know it any more."""
    try:
        number = whole(json.loads(read_checked(vault, CLOCK))["number"], 0, NUMBER_LIMIT, "the number")
    except (NotOnDisk, FileDamaged, OwnerKeyError, ValueError, KeyError, TypeError, RecursionError):
        return 0
    if number > signed + LIFT_LIMIT:
        raise DiskError(
            f"{CLOCK} in the vault says that order {number} was taken, and no order was signed near that",
            hint="`latchkey pair --replace` at the doorbell, and pairing anew, begins with new numbers",
        )
    return number

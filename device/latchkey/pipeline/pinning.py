"""The owner that a device obeys, pinned once. Another one is taken only after the first is forgotten."""

from contextlib import suppress

from latchkey.errors import DiskError, NotOnDisk, OwnerKeyError
from latchkey.pipeline.orders import CLOCK, DEPOSIT, HOLDING, Orders
from latchkey.pipeline.ownerfile import BOOK, DAMAGED, OWNER, read_owner, write_owner
from latchkey.ports import Disk
from latchkey.vault.book import KeyBook, decode_book
from latchkey.vault.signed import OrderWrong


def pinned_owner(vault: Disk) -> bytes | None:
    """Give the owner's public key, 32 bytes; None where no owner is pinned. Writes nothing.

    Raises DiskError, also where the file is damaged and no book tells whose key it held.
    """
    pinned = read_owner(vault)
    if pinned.damaged and pinned.owner is None:
        raise DiskError(f"{OWNER} in the vault is damaged", hint="`latchkey pair --replace` pairs anew")
    return pinned.owner


def pin_owner(vault: Disk, public: bytes) -> None:
    """Pin an owner, durably, and forget what another one ordered. Raises DiskError.

    Of the owner that is pinned already nothing is forgotten: their older orders must not count anew.
    Ended at any point there is the earlier owner, none, or the new one; never a mixture.
    """
    with suppress(DiskError):  # damaged: it is forgotten
        if pinned_owner(vault) == public:
            return
    forget_owner(vault)
    write_owner(vault, public)
    vault.sync_folder("")


def check_book(vault: Disk, book: KeyBook, beside: KeyBook | None) -> None:
    """Raise OrderWrong for a book of the pinned owner that is no newer than what the device has of them.

    `beside` is the one where the settings say, which may never have been in use. Raises DiskError.
    """
    known = Orders(vault, lambda _severity, _text: None)
    known.start()
    newest = max(known.number, beside.number if beside else 0)
    if book.number <= newest:
        raise OrderWrong(
            f"key book {book.number} is older than what this doorbell has: it knows number {newest}",
            hint="somebody may have put an old one there, with readers who were revoked since; pair again",
        )


def book_in_use(vault: Disk, named: KeyBook) -> KeyBook:
    """Give the book that a device with this vault uses, where its settings name `named`. Writes nothing.

    One that was handed over counts once the device has taken it. Raises DiskError, OrderWrong where the
    device obeys another owner than that of `named`.
    """
    owner = pinned_owner(vault)
    if owner is None:
        return named
    if owner != named.owner:
        raise OrderWrong(
            "it is of another owner than the one whom this doorbell obeys",
            hint="`latchkey pair --replace` pairs the doorbell with another owner",
        )
    with suppress(NotOnDisk, OwnerKeyError):
        taken = decode_book(vault.read(BOOK), owner)
        return taken if taken.number >= named.number else named
    return named


def forget_owner(vault: Disk) -> None:
    """Forget the owner, then book, clock, used holding keys and the copy of their state. Raises DiskError."""
    for name in (OWNER, DAMAGED, BOOK, CLOCK, HOLDING, f"{DEPOSIT}.part", DEPOSIT):
        with suppress(NotOnDisk):
            vault.remove(name)
            vault.sync_folder("keys")

"""Leaving a copy of the state with a device, and finding the newest one in a vault.

Limits, to be said where a copy is left: an image of the disk that was made before, with the phrase, opens
what it opened then, for ever; and a device that is off keeps an older copy until it is on again.
"""

from contextlib import suppress
from dataclasses import replace

from latchkey.clip import Take
from latchkey.errors import NotOnDisk, OwnerKeyError
from latchkey.owner.household import Household
from latchkey.owner.store import sealed_copy
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.orders import DEPOSIT, ORDER_LIMIT, ORDERS
from latchkey.ports import Disk
from latchkey.vault.deposit import DEPOSIT_LIMIT_BYTES, Deposit, decode_deposit, encode_deposit

_PREFIX = "state-"


def sign_deposit(state: Household, take: Take) -> tuple[Household, bytes]:
    """Seal and sign a copy; give the state after it, which is what the copy holds, and the order.

    Raises OwnerKeyError where there is no recovery phrase.
    """
    after = replace(state, number=state.number + 1)
    deposit = Deposit(after.number, after.signing_key.public, sealed_copy(after, take))
    return after, encode_deposit(deposit, after.signing_key)


def leave_deposit(vault: Disk, number: int, order: bytes) -> str:
    """Put an order with a copy where the device finds it, in place of those before; give its name.

    Raises DiskError.
    """
    name = f"{_PREFIX}{number}.json"
    write_whole(vault, f"{ORDERS}/{name}", order)
    for other in vault.names(ORDERS):
        if other.startswith(_PREFIX) and other != name:
            with suppress(NotOnDisk):
                vault.remove(f"{ORDERS}/{other}")
    vault.sync_folder(ORDERS)
    return f"{ORDERS}/{name}"


def copies_in(vault: Disk) -> list[bytes]:
    """Give the sealed copies that a vault holds, taken by its device or not yet, the newest first.

    Raises OwnerKeyError where there is none, DiskError.
    """
    waiting = [f"{ORDERS}/{name}" for name in vault.names(ORDERS) if name.startswith(_PREFIX)]
    found = []
    for name in (DEPOSIT, *waiting[-ORDER_LIMIT:]):
        with suppress(NotOnDisk, OwnerKeyError):
            if vault.size_bytes(name) <= DEPOSIT_LIMIT_BYTES:
                found.append(decode_deposit(vault.read(name)))
    if not found:
        hint = "it gets one from `latchkey owner advance --vault`; recovery.state lies beside the state"
        raise OwnerKeyError("there is no copy of an owner's state in this vault", hint=hint)
    return [one.copy for one in sorted(set(found), key=lambda one: one.number, reverse=True)]

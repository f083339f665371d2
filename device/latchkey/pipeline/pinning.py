"""The owner that a device obeys, pinned once. Another one is taken only after the first is forgotten."""

from contextlib import suppress

from latchkey.clip.signing import PUBLIC_BYTES
from latchkey.errors import DiskError, NotOnDisk
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.orders import BOOK, CLOCK, DEPOSIT, HOLDING, OWNER
from latchkey.ports import Disk


def pinned_owner(vault: Disk) -> bytes | None:
    """Give the owner's public key, 32 bytes; None where no owner is pinned. Raises DiskError."""
    try:
        public = vault.read(OWNER)
    except NotOnDisk:
        return None
    if len(public) != PUBLIC_BYTES:
        raise DiskError(f"{OWNER} in the vault is damaged", hint="`latchkey pair --replace` pairs anew")
    return public


def pin_owner(vault: Disk, public: bytes) -> None:
    """Pin an owner, durably, and forget what an earlier one ordered. Raises DiskError.

    Ended at any point there is the earlier owner, none, or the new one; never a mixture.
    """
    forget_owner(vault)
    write_whole(vault, OWNER, public)
    vault.sync_folder("")


def forget_owner(vault: Disk) -> None:
    """Forget the owner, then book, clock, used holding keys and the copy of their state. Raises DiskError."""
    for name in (OWNER, BOOK, CLOCK, HOLDING, f"{DEPOSIT}.part", DEPOSIT):
        with suppress(NotOnDisk):
            vault.remove(name)
            vault.sync_folder("keys")

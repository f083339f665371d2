"""The newest day that a device of the household has signed: from the slips in a vault.

A slip is plain, so who can write to the vault can remove it, and only a device can make one.
"""

from collections.abc import Sequence
from itertools import islice

from latchkey.clip import verify
from latchkey.errors import DiskError
from latchkey.owner.household import Household
from latchkey.ports import ClipEntry, Disk
from latchkey.vault import UNDATED, Slip, SlipDamaged, decode_slip, slip_name

SLIP_LIMIT = 64
"""Slips that are heard of each device, newest days first."""

AHEAD_DAYS = 2
"""A doorbell may believe a day that far ahead of the owner's. Names of later ones are looked at last."""


def hear(disk: Disk, entries: Sequence[ClipEntry], state: Household, own_day: int) -> Household:
    """Give the state that has heard each of its devices whose slips lie in a vault. Raises DiskError.

    What no device of the household signed is passed over, however much of it there is, and names of days
    that have not come by the owner's clock are looked at after all others: anybody can make both.
    """
    dated = [entry for entry in entries if entry.day != UNDATED]
    newest = sorted(dated, key=lambda entry: (is_ahead(entry, own_day), -entry.day))
    for device in state.devices:
        days = (signed_day(disk, entry.clip, device.public) for entry in newest)
        known = list(islice((day for day in days if day is not None and day != UNDATED), SLIP_LIMIT))
        if known:
            state = state.heard(device.public, max(known))
    return state


def by_signer(
    disk: Disk, entries: Sequence[ClipEntry], state: Household
) -> list[tuple[bytes | None, list[ClipEntry]]]:
    """Give the clips of each device of a household, by their slips; those of nobody known under None.

    With one device all are under None: then there is nothing to tell apart.
    """
    rest, found = list(entries), list[tuple[bytes | None, list[ClipEntry]]]()
    for device in state.trusted if len(state.trusted) > 1 else ():
        own, others = list[ClipEntry](), list[ClipEntry]()
        for entry in rest:
            is_own = signed_day(disk, entry.clip, device.public) is not None
            (own if is_own else others).append(entry)
        rest = others
        found.append((device.public, own))
    return [*found, (None, rest)]


def is_ahead(entry: ClipEntry, own_day: int) -> bool:
    """Whether the name of a clip says a day that has not come by the owner's clock, nor by any doorbell's."""
    return own_day + AHEAD_DAYS < entry.day < UNDATED


def signed_day(disk: Disk, clip: str, public: bytes) -> int | None:
    """Give the UTC day on the slip of a clip, None where there is no slip that this device signed."""
    slip = signed_slip(disk, clip, public)
    return None if slip is None else slip.day


def signed_slip(disk: Disk, clip: str, public: bytes) -> Slip | None:
    """Give the slip of a clip, None where there is none that this device signed."""

    def check(context: bytes, message: bytes, signature: bytes) -> None:
        verify(public, context, message, signature)

    try:
        slip = decode_slip(disk.read(slip_name(clip)), check)
    except (DiskError, SlipDamaged):  # a pipe of that name, or a sector gone: it says nothing of others
        return None
    return slip if slip.clip == clip else None

"""The newest day that a device of the household has signed: from the slips in a vault.

A slip is plain, so who can write to the vault can remove it, and only a device can make one.
"""

from collections.abc import Sequence

from latchkey.clip import verify
from latchkey.errors import DiskError
from latchkey.owner.household import Household
from latchkey.ports import ClipEntry, Disk
from latchkey.vault import UNDATED, Slip, SlipDamaged, decode_slip, slip_name

SLIP_LIMIT = 64
"""Slips looked at, newest days first: more that are not the household's hide the others from us."""


def hear(disk: Disk, entries: Sequence[ClipEntry], state: Household) -> Household:
    """Give the state that has heard each of its devices whose slips lie in a vault."""
    dated = [entry for entry in entries if entry.day != UNDATED]
    newest = sorted(dated, key=lambda entry: -entry.day)[:SLIP_LIMIT]
    for device in state.devices:
        days = [signed_day(disk, entry.clip, device.public) for entry in newest]
        known = [day for day in days if day is not None and day != UNDATED]
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
        own = [entry for entry in rest if signed_day(disk, entry.clip, device.public) is not None]
        rest = [entry for entry in rest if entry not in own]
        found.append((device.public, own))
    return [*found, (None, rest)]


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

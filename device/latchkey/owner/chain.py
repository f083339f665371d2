"""The chain of a vault's clips, as its owner checks it: nothing altered, put back or taken away.

Each companion holds the hash of the last whole clip before it, and the signed head that of the newest. What
nobody can tell: whether a clip at the old end was deleted early, for clips go by age anyway; and whether
vault and head were put back together to an earlier day, unless the owner holds a newer head.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from latchkey.clip import Companion, Link, decode_companion, payload_hash, verify
from latchkey.errors import ClipError, NotOnDisk
from latchkey.owner.opening import ReadableDisk
from latchkey.owner.verifying import Findings, Place, read_companion
from latchkey.ports import ClipEntry
from latchkey.vault import (
    HEAD_NAME,
    ChainHead,
    SlipDamaged,
    decode_chain_head,
    decode_slip,
    sealed_name,
    slip_name,
)


class VaultChain:
    """The clips of one device in a vault, by their numbers. `head` = the newest head that the owner holds, as
    the device signed it; without it the vault's own is used.
    """

    def __init__(
        self,
        disk: ReadableDisk,
        entries: Sequence[ClipEntry],
        identities: Sequence[str],
        device: bytes,
        head: bytes | None = None,
    ) -> None:
        self._disk = disk
        self._identities = identities
        self._device = device
        self._numbers = {number: entry for entry in entries if (number := self._number(entry.clip))}
        self.head = self._read_head(head)

    def place(self, entry: ClipEntry, companion: Companion) -> Place:
        """Say where a clip stands, and whether its neighbours agree. Raises DiskError, OwnerKeyError."""
        number = companion.sequence
        broken, remarks = list[str](), list[str]()
        if number not in self._numbers or self._numbers[number].clip != entry.clip:
            remarks.append("its slip is lost or another's")
        own = Link(number, self._hash(entry))
        self._before(companion.previous, broken, remarks)
        if entry.state != "torn":
            self._after(own, broken)
            self._newest(own, broken)
        return Place(number, tuple(broken), tuple(remarks))

    def _before(self, previous: Link | None, broken: list[str], remarks: list[str]) -> None:
        if previous is None:
            remarks.append("no whole clip stood before it")
            return
        entry = self._numbers.get(previous.sequence)
        if entry is not None and self._hash(entry) == previous.payload:
            remarks.append(f"clip {previous.sequence} before it is unchanged")
        elif entry is not None:
            broken.append(f"clip {previous.sequence} before it is not the one that was recorded")
        elif any(number < previous.sequence for number in self._numbers):
            broken.append(f"clip {previous.sequence} before it is gone, while older ones are here")
        else:
            remarks.append(f"clip {previous.sequence} before it is not here any more")

    def _after(self, own: Link, broken: list[str]) -> None:
        """Check that the next clip knows this one as it is."""
        for number in sorted(number for number in self._numbers if number > own.sequence):
            previous = self._previous(self._numbers[number].clip)
            if previous is None:
                continue
            if previous.sequence == own.sequence and previous.payload != own.payload:
                broken.append(f"clip {number} after it was recorded behind another one")
            elif previous.sequence < own.sequence:
                broken.append(f"clip {number} after it does not know it")
            elif previous.sequence > own.sequence and previous.sequence not in self._numbers:
                broken.append(f"clip {previous.sequence} after it is gone")
            return

    def _newest(self, own: Link, broken: list[str]) -> None:
        head = self.head
        if head is None:
            broken.append("the vault has no head that its device signed")
        elif head.whole == own.sequence and head.payload != own.payload:
            broken.append("it is not the clip that the signed head names")
        elif head.whole > max(self._numbers, default=0):
            broken.append(f"clip {head.whole}, the newest of the signed head, is gone")

    def _previous(self, clip: str) -> Link | None:
        try:
            data = read_companion(self._disk, clip, self._identities)
            read = decode_companion(data) if data else None
        except ClipError:
            return None
        return read.previous if read is not None and read.device_key == self._device else None

    def _hash(self, entry: ClipEntry) -> bytes:
        with self._disk.reader(sealed_name(entry.clip, entry.day, entry.state)) as file:
            try:
                return payload_hash(file)
            except ClipError:
                return b""

    def _number(self, clip: str) -> int | None:
        try:
            slip = decode_slip(self._disk.read(slip_name(clip)), self._check)
        except (NotOnDisk, SlipDamaged):
            return None
        return slip.sequence if slip.clip == clip else None

    def _read_head(self, given: bytes | None) -> ChainHead | None:
        if given is not None:
            return decode_chain_head(given, self._check)
        with suppress(NotOnDisk, SlipDamaged):
            return decode_chain_head(self._disk.read(HEAD_NAME), self._check)
        return None

    def _check(self, context: bytes, message: bytes, signature: bytes) -> None:
        verify(self._device, context, message, signature)


def placed(
    findings: Findings,
    companion: bytes | None,
    disk: ReadableDisk,
    entries: Sequence[ClipEntry],
    entry: ClipEntry,
    identities: Sequence[str],
    head: bytes | None = None,
) -> Findings:
    """Add the place in the chain to findings about a clip of the vault. Raises SlipDamaged for a given
    head.
    """
    if findings.device is None or companion is None:
        return findings
    chain = VaultChain(disk, entries, identities, findings.device, head)
    return replace(findings, place=chain.place(entry, decode_companion(companion)))

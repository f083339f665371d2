"""The chain of a vault's clips, as its owner checks it: nothing altered, put back or taken away.

Each companion holds the hash of the last whole clip before it, and the signed head names the newest. Clips
go by age and for want of room from the old end: so one that is missing is a finding where an older one,
which would have gone first, is still here. Names of files count for nothing here: a clip that is called
torn is looked at like any other, and one whose slip is gone has its number from its companion. What nobody
can tell: whether a clip at the old end was deleted early; whether vault and head were put back together to
an earlier day, unless the owner holds a newer head; and what stood right before a clip that the owner
deleted.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from latchkey.clip import Companion, Link, decode_companion, verify
from latchkey.errors import ClipError, DiskError, NotOnDisk
from latchkey.owner.memory import Deeds
from latchkey.owner.opening import ReadableDisk, hash_clip
from latchkey.owner.verifying import Findings, Place, read_companion
from latchkey.ports import ClipEntry
from latchkey.vault import (
    HEAD_NAME,
    UNDATED,
    ChainHead,
    Slip,
    SlipDamaged,
    chain_name,
    day_text,
    decode_held_head,
    decode_slip,
    slip_name,
)

UNSLIPPED_BYTES = 256 << 10
"""Companions that are opened for want of a slip: 280 and more for one viewer, as of a device before this one.
Each of their stanzas is tried with each key.
"""

OWN_DEED = "was deleted by your household"
COMPLETE_TORN = "it is called torn while its proof is complete: renamed, or cut off in the instant of its end"
BY_AGE = "went by age or for room, as far as anybody can tell"


@dataclass(frozen=True, slots=True)
class Held:
    """What the owner holds against the vault: heads as the device signed them, own deeds, and the UTC day."""

    today: int
    heads: tuple[bytes, ...] = ()
    deeds: Deeds = field(default_factory=Deeds)


@dataclass(slots=True)
class _Said:
    """What is wrong, and what else can be said."""

    broken: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class VaultChain:
    """The clips of one device in a vault, by their numbers. Raises SlipDamaged for a head in `held` that the
    device did not sign.
    """

    def __init__(
        self,
        disk: ReadableDisk,
        entries: Sequence[ClipEntry],
        identities: Sequence[str],
        device: bytes,
        held: Held,
    ) -> None:
        self._disk = disk
        self._identities = identities
        self._device = device
        self._deeds = held.deeds
        self._heads = [(decode_held_head(data, self._check), data) for data in held.heads]
        self._unread: list[str] = []
        self._own_head = self._read_head()
        self._numbers: dict[int, ClipEntry] = {}
        self._slips: dict[str, Slip] = {}
        self._witnesses: list[int] = []
        """Numbers of clips that would have gone before any newer one."""
        for entry in entries:
            if (slip := self._slip(entry.clip)) is not None:
                self._numbers[slip.sequence] = entry
                self._slips[entry.clip] = slip
                if not self._may_outlive(entry, slip, held.today):
                    self._witnesses.append(slip.sequence)
        self._has_uncounted = not self._count_by_companions(entries)

    def _count_by_companions(self, entries: Sequence[ClipEntry]) -> bool:
        """Take the numbers of clips without a slip from their companions; whether all could be looked at."""
        left_bytes = UNSLIPPED_BYTES
        for entry in entries:
            if entry.clip in self._slips:
                continue
            with suppress(DiskError):
                left_bytes -= self._disk.size_bytes(chain_name(entry.clip))
            if left_bytes < 0:
                return False
            if (read := self._companion(entry.clip)) is not None:
                self._numbers.setdefault(read.sequence, entry)
                if entry.state != "kept" or entry.clip not in self._deeds.kept:
                    self._witnesses.append(read.sequence)
        return True

    def place(self, entry: ClipEntry, companion: Companion, *, is_complete: bool) -> Place:
        """Say where a clip stands, and whether its neighbours agree; `is_complete` = its proof is.

        Raises DiskError, OwnerKeyError.
        """
        number, said = companion.sequence, _Said()
        own = Link(number, self._hash(entry))
        is_cut = entry.state == "torn" and not is_complete
        self._named(entry, number, is_cut=is_cut, said=said)
        self._before(number, companion.previous, said)
        if is_cut:
            self._whole_once(own, said)
        self._after(own, said, is_cut=is_cut)
        self._newest(own, said, is_cut=is_cut)
        if self._has_uncounted:
            said.broken.append("too many clips here lack their slips to tell which of them are older")
        said.remarks += [f"{name} could not be read, and counts as missing" for name in self._unread]
        return Place(number, tuple(dict.fromkeys(said.broken)), tuple(dict.fromkeys(said.remarks)))

    def head_to_keep(self) -> bytes | None:
        """Give the newest head there is, the owner's before the vault's, as it was signed.

        One that the vault contradicts stays, whatever newer one the vault has: else the finding would be
        gone the next time.
        """
        contradicted = [one for one in self._heads if self._contradicts(one[0])]
        known = contradicted or [*self._heads, *([self._own_head] if self._own_head is not None else [])]
        newest = known[0] if known else None
        for one in known[1:]:
            if newest is not None and one[0].is_newer_than(newest[0]):
                newest = one
        return None if newest is None else newest[1]

    def _may_outlive(self, entry: ClipEntry, slip: Slip, today: int) -> bool:
        """Whether a clip may rightly be here after newer ones have gone.

        Anybody could rename a file to that of a kept clip: so it counts as kept where the household knows it,
        or where its signed days are over and nothing else explains that it is here.
        """
        if entry.state == "kept" and (entry.clip in self._deeds.kept or slip.expires_day <= today):
            return True
        return slip.day == UNDATED

    def _miss(self, number: int, which: str, *, is_own_deed: bool, said: _Said) -> None:
        """Judge that clip `number` is not here."""
        if is_own_deed:
            said.remarks.append(f"clip {number}{which} {OWN_DEED}")
        elif any(witness < number for witness in self._witnesses):
            said.broken.append(f"clip {number}{which} is gone, while older ones are here")
        else:
            said.remarks.append(f"clip {number}{which} {BY_AGE}")

    def _named(self, entry: ClipEntry, number: int, *, is_cut: bool, said: _Said) -> None:
        """Check what the names of its files say of a clip against what its device signed."""
        slip = self._slips.get(entry.clip)
        if slip is None:
            said.broken.append("its slip is gone, or another's")
        elif slip.sequence != number:
            said.broken.append(f"its slip calls it clip {slip.sequence}")
        elif slip.day not in (UNDATED, entry.day):
            day = day_text(slip.day)
            said.broken.append(f"its name says another day than its device signed, which is {day}")
        if self._numbers.get(number, entry).clip != entry.clip:
            said.broken.append(f"another clip here has its number, {number}")
        if entry.state == "torn" and not is_cut:
            said.broken.append(COMPLETE_TORN)

    def _before(self, own_number: int, previous: Link | None, said: _Said) -> None:
        known = 0 if previous is None else previous.sequence
        for number in sorted(number for number in self._numbers if known < number < own_number):
            if self._numbers[number].state != "torn":
                said.broken.append(f"it was recorded without knowing clip {number}, which is here and whole")
                break
        if previous is None:
            said.remarks.append("no whole clip stood before it, as its device knew")
            return
        number, entry = previous.sequence, self._numbers.get(previous.sequence)
        if entry is None:
            own_deed = self._deeds.has_removed(previous)
            self._miss(number, " before it", is_own_deed=own_deed, said=said)
        elif self._hash(entry) == previous.payload:
            said.remarks.append(f"clip {number} before it is unchanged")
        else:
            said.broken.append(f"clip {number} before it is not the one that was recorded")

    def _after(self, own: Link, said: _Said, *, is_cut: bool) -> None:
        """Check that the next clip knows this one as it is; it does not know one that was cut off."""
        for number in sorted(number for number in self._numbers if number > own.sequence):
            read = self._companion(self._numbers[number].clip)
            if read is None:
                continue
            previous = read.previous or Link(0, b"")
            if previous.sequence > own.sequence and previous.sequence not in self._numbers:
                own_deed = self._deeds.has_removed(previous)
                self._miss(previous.sequence, " after it", is_own_deed=own_deed, said=said)
            elif is_cut:
                return
            elif previous.sequence == own.sequence and previous.payload != own.payload:
                said.broken.append(f"clip {number} after it was recorded behind another one")
            elif previous.sequence < own.sequence:
                said.broken.append(f"clip {number} after it does not know it")
            return

    def _whole_once(self, own: Link, said: _Said) -> None:
        """Check that nobody knows a torn clip as a whole one: then its end was taken away."""
        heads = [one[0] for one in (*self._heads, self._own_head) if one is not None]
        for number in sorted(number for number in self._numbers if number > own.sequence):
            previous = self._previous(self._numbers[number].clip)
            if previous is not None and previous.sequence == own.sequence:
                said.broken.append(f"clip {number} after it knows it as a whole one")
                break
        if any(head.whole == own.sequence for head in heads):
            said.broken.append("the signed head names it as a whole one")

    def _newest(self, own: Link, said: _Said, *, is_cut: bool) -> None:
        if self._own_head is None:
            said.broken.append("the vault has no head that its device signed")
        else:
            self._against(self._own_head[0], own, said, is_cut=is_cut)
        for head, _ in self._heads:
            if self._own_head is not None and head.is_newer_than(self._own_head[0]):
                said.broken.append("the vault is older than the head that you hold: it was put back")
            self._against(head, own, said, is_cut=is_cut)

    def _against(self, head: ChainHead, own: Link, said: _Said, *, is_cut: bool) -> None:
        """Check the clip that a head names; of one that was cut off `_whole_once` says it."""
        names_it = head.whole == own.sequence and not is_cut
        if names_it and head.payload and head.payload != own.payload:
            said.broken.append("it is not the clip that the signed head names")
        if self._contradicts(head) and head.whole in self._numbers:
            said.broken.append(f"clip {head.whole} is not the one that the signed head names")
        elif self._contradicts(head) or head.whole > max(self._numbers, default=0):
            deed = self._was_removed(head)
            self._miss(head.whole, ", the newest of the signed head,", is_own_deed=deed, said=said)

    def _contradicts(self, head: ChainHead) -> bool:
        """Whether the clip that a head names is another one, or is gone while older ones are here."""
        entry = self._numbers.get(head.whole)
        if entry is not None:
            return head.clip not in ("", entry.clip)
        is_older_here = any(witness < head.whole for witness in self._witnesses)
        return is_older_here and not self._was_removed(head)

    def _was_removed(self, head: ChainHead) -> bool:
        return head.clip in self._deeds.removed or self._deeds.has_removed(Link(head.whole, head.payload))

    def _previous(self, clip: str) -> Link | None:
        read = self._companion(clip)
        return None if read is None else read.previous

    def _companion(self, clip: str) -> Companion | None:
        """Give the companion of a clip that this device signed, None where there is none that opens."""
        try:
            data = read_companion(self._disk, clip, self._identities)
            read = decode_companion(data) if data else None
        except (ClipError, DiskError):
            return None
        return read if read is not None and (read.device_key, read.clip) == (self._device, clip) else None

    def _hash(self, entry: ClipEntry) -> bytes:
        try:
            return hash_clip(self._disk, entry)
        except ClipError:
            return b""

    def _slip(self, clip: str) -> Slip | None:
        try:
            slip = decode_slip(self._read(slip_name(clip)), self._check)
        except (NotOnDisk, SlipDamaged):
            return None
        return slip if slip.clip == clip else None

    def _read_head(self) -> tuple[ChainHead, bytes] | None:
        with suppress(NotOnDisk, SlipDamaged):
            data = self._read(HEAD_NAME)
            return decode_held_head(data, self._check), data
        return None

    def _read(self, name: str) -> bytes:
        """Give a note of the device. One that the disk cannot read counts as missing, and is remarked on.

        Raises NotOnDisk.
        """
        try:
            return self._disk.read(name)
        except NotOnDisk:
            raise
        except DiskError as error:
            self._unread.append(name)
            raise NotOnDisk(str(error)) from error

    def _check(self, context: bytes, message: bytes, signature: bytes) -> None:
        verify(self._device, context, message, signature)


def placed(
    findings: Findings,
    companion: bytes | None,
    disk: ReadableDisk,
    entries: Sequence[ClipEntry],
    entry: ClipEntry,
    identities: Sequence[str],
    held: Held,
) -> tuple[Findings, bytes | None]:
    """Add the place in the chain to findings about a clip of the vault; give them and the head to keep.

    Raises SlipDamaged for a head that is held.
    """
    if findings.device is None or companion is None:
        return findings, None
    chain = VaultChain(disk, entries, identities, findings.device, held)
    is_complete = findings.progress.is_complete
    place = chain.place(entry, decode_companion(companion), is_complete=is_complete)
    return replace(findings, place=place), chain.head_to_keep()

"""Each clip's place among the clips of this device: numbers, slips, companions and the signed head.

Order of writing
1. The slip of a clip, then its companion, both before the first byte of the clip itself.
2. The head with the hash of a clip, once all of it is sealed and synced, before its record: so every clip
   that is announced is in the chain, whatever happens in between.

A number is never given twice while head or slips tell which is the last; a clip that is torn or given up
leaves a gap.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from latchkey.clip import (
    SALT_BYTES,
    Companion,
    Link,
    SigningKey,
    Streams,
    Take,
    commitment,
    encode_companion,
    seal,
    verify,
)
from latchkey.errors import DiskError
from latchkey.events import HeadTold
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.identity import device_key
from latchkey.ports import ClipEntry, Disk
from latchkey.vault import (
    CLIPS,
    HEAD_NAME,
    UNDATED,
    ChainHead,
    Slip,
    SlipDamaged,
    chain_name,
    decode_chain_head,
    decode_slip,
    encode_chain_head,
    encode_slip,
    parse_name,
    sign_told,
    slip_name,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A clip's number, and the hash that binds its companion to its manifest."""

    sequence: int
    commitment: bytes


class ClipChain:
    """The chain of one device. One thread at a time; `start` comes first. All methods raise DiskError."""

    def __init__(self, disk: Disk, take: Take) -> None:
        self._disk = disk
        self._take = take
        self._device: SigningKey | None = None
        self._head = ChainHead()
        self._durable: ChainHead | None = None
        """The head as it is on the disk. From the first start on there is one: that there is none tells the
        owner that it was taken away.
        """

    def start(self) -> None:
        """Make sure of the device's key, and find out the last number given."""
        self._device = device_key(self._disk, self._take)
        with suppress(DiskError):  # what a crash may have left
            self._disk.remove(f"{HEAD_NAME}.part")
        try:
            self._head = self._durable = decode_chain_head(self._disk.read(HEAD_NAME), self._check)
        except (DiskError, SlipDamaged):  # the chain goes on behind a gap
            names = [parse_name(name) for name in self._disk.names(CLIPS)]
            numbers = [self.number_of(one.clip) or 0 for one in names if one and one.kind == "slip"]
            self._head = ChainHead(sequence=max(numbers, default=0))

    def number_of(self, clip: str) -> int | None:
        """Give the number on the slip of a clip, None where there is no slip that this device signed."""
        slip = self._slip(clip)
        if slip is None:
            return None
        self._lift(slip.sequence)
        return slip.sequence

    def day_of(self, entry: ClipEntry) -> int:
        """Give the UTC day of a clip as this device signed it, that in its name where it signed none."""
        slip = self._slip(entry.clip)
        return entry.day if slip is None or slip.day == UNDATED else slip.day

    def _slip(self, clip: str) -> Slip | None:
        try:
            slip = decode_slip(self._disk.read(slip_name(clip)), self._check)
        except (DiskError, SlipDamaged):
            return None
        return slip if slip.clip == clip else None

    def catch_up(self, newest_first: Iterable[str]) -> None:
        """Take note of numbers beyond the head on the disk: of clips that were given up while it could not
        be written. Ends at the first number that is not beyond it.
        """
        durable = self._durable.sequence if self._durable is not None else 0
        for clip in newest_first:
            number = self.number_of(clip)
            if number is not None and number <= durable:
                return

    def begin(
        self, clip: str, day: int, expires_day: int, clip_key: bytes, recipients: Sequence[str]
    ) -> Place:
        """Give a clip its number, and write its slip and companion. Raises OwnerKeyError: then neither."""
        device = self._key()
        sequence = self._head.sequence + 1
        previous = Link(self._head.whole, self._head.payload) if self._head.whole else None
        salt = self._take("clip/salt", SALT_BYTES)
        companion = Companion(clip, clip_key, device.public, sequence, previous, salt)
        plain = encode_companion(companion, device)
        sealed = seal(plain, recipients, Streams(self._take))
        self._lift(sequence)
        try:
            slip = Slip(clip, day, expires_day, sequence)
            write_whole(self._disk, slip_name(clip), encode_slip(slip, device.sign))
            write_whole(self._disk, chain_name(clip), sealed)
        except DiskError:
            self.forget(clip)
            raise
        return Place(sequence, commitment(plain))

    def told(self) -> HeadTold | None:
        """Give the head of the disk for others to keep; None before the first whole clip."""
        head = self._durable
        if self._device is None or head is None or not head.clip:
            return None
        signature = sign_told(head, self._device.sign)
        return HeadTold(head.sequence, head.whole, head.clip, signature.hex())

    def end(self, clip: str, sequence: int, payload: bytes) -> None:
        """Make a clip the last whole one, durably: `payload` is the SHA-256 of its file after the header."""
        self._head = ChainHead(self._head.sequence, sequence, payload, clip)
        self.save()

    def save(self) -> None:
        """Write down the head, if it says more than the one on the disk."""
        if self._head == self._durable:
            return
        write_whole(self._disk, HEAD_NAME, encode_chain_head(self._head, self._key().sign))
        self._durable = self._head

    def forget(self, clip: str) -> None:
        """Remove what lies beside a clip that has come to nothing. Never raises: `start` finds what
        is left.
        """
        for name in (chain_name(clip), slip_name(clip)):
            for leftover in (name, f"{name}.part"):
                with suppress(DiskError):
                    self._disk.remove(leftover)

    def _lift(self, sequence: int) -> None:
        if sequence > self._head.sequence:
            self._head = replace(self._head, sequence=sequence)

    def _key(self) -> SigningKey:
        if self._device is None:
            raise DiskError("the vault has not been put in order yet")
        return self._device

    def _check(self, context: bytes, message: bytes, signature: bytes) -> None:
        verify(self._key().public, context, message, signature)

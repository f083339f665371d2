"""The file of one clip that is being written, and its tail: what would be lost for want of a full chunk.

A chunk is written once; a tail replaces the one before, and has a file key of its own.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

from latchkey.clip import NONCE_BYTES, Sealer, Streams, Tail, Take, encode_tail, padding_bytes, seal
from latchkey.errors import DiskError, NotOnDisk
from latchkey.pipeline.durable import write_whole
from latchkey.ports import Disk, DiskFile
from latchkey.vault import part_name, tail_name


class SealedFile:
    """Seals and writes one clip. `create` comes first; all methods but `close` raise DiskFull, DiskError.

    Raises OwnerKeyError where there is nobody to seal to.
    """

    def __init__(self, disk: Disk, clip: str, recipients: Sequence[str], take: Take) -> None:
        self._disk = disk
        self._clip = clip
        self._recipients = tuple(recipients)
        self._entropy = Streams(take)
        self._sealer = Sealer(recipients, self._entropy)
        self._file: DiskFile | None = None
        self._start_bytes = 0
        self._plain_bytes = 0
        self._payload = sha256()
        self._has_tail = False
        self.size_bytes = 0
        self.is_intact = True
        """Whether every sealed byte so far is in the file."""

        self.is_ended = False
        """Whether the last chunk is written."""

    @property
    def has_footage(self) -> bool:
        """Whether anything but the header was written."""
        return self._plain_bytes > 0

    @property
    def payload_hash(self) -> bytes:
        """SHA-256 of the file after its header."""
        return self._payload.digest()

    def create(self, day: int) -> None:
        """Make the file and write its header."""
        self._file = self._disk.create(part_name(self._clip, day))
        start = self._sealer.feed(b"")
        self._start_bytes = len(start)
        self._write(start, start[-NONCE_BYTES:])

    def append(self, plaintext: bytes) -> None:
        """Seal and write; what fills no chunk is held."""
        sealed = self._sealer.feed(plaintext)
        self._plain_bytes += len(plaintext)
        self._write(sealed, sealed)

    def sync(self) -> None:
        """Make durable all that was appended: what fills no chunk yet goes into the tail."""
        self._opened().sync()  # first: what is in chunks is not in the tail any more
        at, held = self._sealer.held
        if held:
            tail = seal(encode_tail(Tail(self._clip, at, held)), self._recipients, self._entropy)
            write_whole(self._disk, tail_name(self._clip), tail)
            self._has_tail = True

    def padding_bytes(self, n_bytes: int) -> int:
        """Give the length of the `free` box that makes the file a PADMÉ length, if `n_bytes` follow."""
        return padding_bytes(self._start_bytes, self._plain_bytes + n_bytes)

    def end(self) -> None:
        """Write the last chunk, durably."""
        sealed = self._sealer.close()
        self._write(sealed, sealed)
        self.is_ended = True
        self._opened().sync()

    def drop_tail(self) -> None:
        """Remove the tail once all of the clip is sealed; before that, only one that was half written."""
        with suppress(NotOnDisk):
            self._disk.remove(f"{tail_name(self._clip)}.part")
        if self._has_tail and self.is_ended:
            with suppress(NotOnDisk):
                self._disk.remove(tail_name(self._clip))
            self._has_tail = False

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, sealed: bytes, payload: bytes) -> None:
        if not sealed:
            return
        self.is_intact = False
        self._opened().append(sealed)
        self.is_intact = True
        self._payload.update(payload)
        self.size_bytes += len(sealed)

    def _opened(self) -> DiskFile:
        if self._file is None:
            raise DiskError(f"clip {self._clip} has no file yet")
        return self._file

"""age v1 files: sealing as a clip is recorded, and opening.

Pure: bytes in, bytes out; randomness comes from the caller's `Entropy`. The file key lives in the
`Sealer` only and is dropped at `close`. Two sealers never share a file key or a nonce.
"""

import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from latchkey.clip.errors import HeaderDamaged, NoIdentityMatched, SealerClosed
from latchkey.clip.header import FILE_KEY_BYTES, Header, read_header, write_header
from latchkey.clip.keys import Take, parse_identity, parse_recipient
from latchkey.clip.stream import (
    CHUNK_BYTES,
    NONCE_BYTES,
    open_chunks,
    payload_key,
    read_fully,
    seal_chunk,
)
from latchkey.errors import OwnerKeyError


class Sealer:
    """Seals one file to some public keys, piece by piece, holding at most one chunk (64 KiB).

    `take` is `Entropy.take`; streams used are `clip/file-key`, `clip/nonce`, `clip/ephemeral`.
    Raises OwnerKeyError where a recipient is not a key, or there is none.
    """

    def __init__(self, recipients: Sequence[str], take: Take) -> None:
        parsed = [parse_recipient(text) for text in recipients]
        if not parsed:
            raise OwnerKeyError("there is no owner key to seal to", hint="`latchkey owner init` makes one")
        file_key = take("clip/file-key", FILE_KEY_BYTES)
        nonce = take("clip/nonce", NONCE_BYTES)
        stanzas = [recipient.wrap(file_key, take) for recipient in parsed]
        self._start = write_header(stanzas, file_key) + nonce
        self._key: bytes | None = payload_key(file_key, nonce)
        self._held = bytearray()
        self._number = 0

    def feed(self, data: bytes) -> bytes:
        """Take plaintext; give the bytes to append to the file (the first call: the header too).

        A full chunk is held back until more follows, because the last one is marked as such.
        Raises SealerClosed.
        """
        key = self._open_key()
        sealed = [self._take_start()]
        at = 0
        while len(self._held) + len(data) - at > CHUNK_BYTES:
            part = data[at : at + CHUNK_BYTES - len(self._held)]
            at += len(part)
            chunk = bytes(self._held) + part if self._held else part
            self._held.clear()
            sealed.append(seal_chunk(key, self._number, chunk, last=False))
            self._number += 1
        self._held += data[at:]
        return b"".join(sealed)

    def close(self) -> bytes:
        """Give the last bytes of the file and forget the key. Raises SealerClosed."""
        key = self._open_key()
        last = seal_chunk(key, self._number, bytes(self._held), last=True)
        self._key = None
        self._held.clear()
        return self._take_start() + last

    def _open_key(self) -> bytes:
        if self._key is None:
            raise SealerClosed
        return self._key

    def _take_start(self) -> bytes:
        start, self._start = self._start, b""
        return start


def seal(data: bytes, recipients: Sequence[str], take: Take) -> bytes:
    """Seal a small file at once. Raises OwnerKeyError."""
    sealer = Sealer(recipients, take)
    return sealer.feed(data) + sealer.close()


def decrypt(source: bytes | BinaryIO, identities: Sequence[str]) -> Iterator[bytes]:
    """Open a sealed file with secret keys `AGE-SECRET-KEY-1…`; gives plaintext in 64 KiB chunks.

    The header is checked at the call, chunks as they are drawn: what was given before an error
    is authentic but not complete. Memory is bounded whatever the source holds.
    Raises OwnerKeyError (not a key), NoIdentityMatched, HeaderDamaged, ClipArmored, and while
    drawing ClipTruncated, ClipDamaged, TrailingBytes.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    header = read_header(stream)
    file_key = _file_key(header, identities)
    header.verify(file_key)
    nonce = read_fully(stream, NONCE_BYTES)
    if len(nonce) < NONCE_BYTES:
        raise HeaderDamaged("the file ends before its nonce")
    return open_chunks(stream, payload_key(file_key, nonce))


def _file_key(header: Header, identities: Sequence[str]) -> bytes:
    for identity in [parse_identity(text) for text in identities]:
        for stanza in header.stanzas:
            file_key = identity.unwrap(stanza)
            if file_key is not None:
                return file_key
    raise NoIdentityMatched(len(header.stanzas))

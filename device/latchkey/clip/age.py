"""age v1 files: sealing as a clip is recorded, opening, and a new header for a sealed file.

Pure: bytes in, bytes out; randomness comes from the caller's `Entropy`, and a new header needs none.
The file key lives in the `Sealer` only and is dropped at `close`. Two sealers never share a file key or
a nonce.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from latchkey.clip.errors import HeaderDamaged, NoIdentityMatched, SealerClosed
from latchkey.clip.header import FILE_KEY_BYTES, Header, read_header, write_header
from latchkey.clip.keys import KEY_BYTES, Identity, Take, parse_identity, parse_recipient
from latchkey.clip.seek import PlainReader
from latchkey.clip.stream import (
    CHUNK_BYTES,
    NONCE_BYTES,
    open_chunks,
    payload_key,
    read_fully,
    seal_chunk,
)
from latchkey.errors import OwnerKeyError
from latchkey.ports import Entropy

NEW_HEADER = b"latchkey/new-header/1\n"


class Sealer:
    """Seals one file to some public keys, piece by piece, holding at most one chunk (64 KiB).

    Streams used of `entropy` are `clip/file-key`, `clip/nonce`, `clip/ephemeral`.
    Raises OwnerKeyError where a recipient is not a key, or there is none.
    """

    def __init__(self, recipients: Sequence[str], entropy: Entropy) -> None:
        file_key = entropy.take("clip/file-key", FILE_KEY_BYTES)
        nonce = entropy.take("clip/nonce", NONCE_BYTES)
        self._start = _header_for(recipients, file_key, lambda _text: entropy.take) + nonce
        self._key: bytes | None = payload_key(file_key, nonce)
        self._held = bytearray()
        self._number = 0

    def feed(self, data: bytes) -> bytes:
        """Take plaintext; give the bytes to append to the file (the first call: the header too).

        A full chunk is held back until more follows, because the last one is marked as such.
        Raises SealerClosed.
        """
        key = self._open_key()
        sealed = [self._take_start()] if self._start else []
        at = 0
        while len(self._held) + len(data) - at > CHUNK_BYTES:
            end = at + CHUNK_BYTES - len(self._held)
            chunk = self._fill(data[at:end])
            sealed.append(seal_chunk(key, self._number, chunk, last=False))
            self._number += 1
            at = end
        self._held += memoryview(data)[at:]
        return b"".join(sealed)  # of one chunk: that chunk, not a copy

    def close(self) -> bytes:
        """Give the last bytes of the file and forget the key. Raises SealerClosed."""
        key = self._open_key()
        last = seal_chunk(key, self._number, bytes(self._held), last=True)
        self._key = None
        self._held.clear()
        return self._take_start() + last

    @property
    def held(self) -> tuple[int, bytes]:
        """What is in no sealed chunk yet, at most 64 KiB: from which byte of the plaintext on, and
        the bytes.
        """
        return self._number * CHUNK_BYTES, bytes(self._held)

    def _open_key(self) -> bytes:
        if self._key is None:
            raise SealerClosed
        return self._key

    def _fill(self, part: bytes) -> bytes:
        """Complete the chunk that is held back, if any; copies nothing where none is."""
        if not self._held:
            return part
        self._held += part
        chunk = bytes(self._held)
        self._held.clear()
        return chunk

    def _take_start(self) -> bytes:
        start, self._start = self._start, b""
        return start


def seal(data: bytes, recipients: Sequence[str], entropy: Entropy) -> bytes:
    """Seal a small file at once. Raises OwnerKeyError."""
    sealer = Sealer(recipients, entropy)
    return sealer.feed(data) + sealer.close()


def decrypt(source: bytes | BinaryIO, identities: Sequence[str | Identity]) -> Iterator[bytes]:
    """Open a sealed file with secret keys (`AGE-SECRET-KEY-1…` or objects); gives plaintext in 64 KiB chunks.

    The header is checked at the call, chunks as they are drawn: what was given before an error
    is authentic but not complete. Memory is bounded whatever the source holds.
    Raises OwnerKeyError (not a key), NoIdentityMatched, HeaderDamaged, ClipArmored, and while
    drawing ClipTruncated, ClipDamaged, TrailingBytes.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    return open_chunks(stream, _payload_key(stream, identities))


def open_seekable(source: BinaryIO, identities: Sequence[str | Identity]) -> BinaryIO:
    """Give the plaintext of a sealed file for reading at any place, as a binary file with `seek`.

    `source` stands at the header and can seek; it is read as needed and stays the caller's to close.
    Header and last chunk are checked at the call, so a file that was cut short does not open; other
    chunks as they are read. Holds two chunks at most. Raises as `decrypt`, at the call or a read.
    """
    return io.BufferedReader(PlainReader(source, _payload_key(source, identities)), CHUNK_BYTES)


def take_header(source: BinaryIO) -> bytes:
    """Read the header of a sealed file, unchecked, and not a byte more: what follows is its payload.

    Raises HeaderDamaged, ClipArmored.
    """
    return read_header(source).raw


def new_header(old_header: bytes, identity: str | Identity, recipients: Sequence[str]) -> bytes:
    """Seal a file to other readers: give the header to put in place of `old_header` (of `take_header`).

    The payload (nonce and chunks) stays as it is, byte for byte. So does the file key: whoever opened
    the old file can open a copy of the new one. Nothing is drawn: equal arguments, equal bytes.
    Raises OwnerKeyError, NoIdentityMatched, HeaderDamaged, ClipArmored.
    """
    header = read_header(io.BytesIO(old_header))
    if header.raw != old_header:
        raise HeaderDamaged("something follows it")
    opener = parse_identity(identity) if isinstance(identity, str) else identity
    file_key = _file_key(header, [opener])
    return _header_for(recipients, file_key, lambda text: _derived(opener, file_key, old_header, text))


def _derived(opener: Identity, file_key: bytes, old_header: bytes, recipient: str) -> Take:
    """Give the ephemeral key that seals `file_key` to `recipient` in place of `old_header`, as a stream.

    It serves one recipient in one header, and there one plaintext. The opener's key is part of it: who
    knows the file key alone, as the other readers do, cannot try out for whom a stanza is.
    """
    secret = opener.derive(file_key, old_header, NEW_HEADER + recipient.encode("ascii"))

    def take(_stream: str, n_bytes: int) -> bytes:
        assert n_bytes == KEY_BYTES, "a second type of recipient needs a derivation of its own"
        return secret

    return take


def _header_for(recipients: Sequence[str], file_key: bytes, take_for: Callable[[str], Take]) -> bytes:
    """Write a header; `take_for` gives what the stanza of a recipient is made with."""
    if not recipients:
        raise OwnerKeyError("there is no owner key to seal to", hint="`latchkey owner init` makes one")
    parsed = [(parse_recipient(text), text) for text in recipients]
    return write_header([one.wrap(file_key, take_for(text)) for one, text in parsed], file_key)


def _payload_key(source: BinaryIO, identities: Sequence[str | Identity]) -> bytes:
    """Read and check the start of a file, up to its first chunk."""
    file_key = _file_key(read_header(source), identities)
    nonce = read_fully(source, NONCE_BYTES)
    if len(nonce) < NONCE_BYTES:
        raise HeaderDamaged("the file ends before its nonce")
    return payload_key(file_key, nonce)


def _file_key(header: Header, identities: Sequence[str | Identity]) -> bytes:
    """Find the file key; one that the header was not made with is refused."""
    for identity in [parse_identity(item) if isinstance(item, str) else item for item in identities]:
        for stanza in header.stanzas:
            file_key = identity.unwrap(stanza)
            if file_key is not None:
                header.verify(file_key)
                return file_key
    raise NoIdentityMatched(len(header.stanzas))

"""A sealed file in its parts, so that a vector can spoil one and leave all others sound."""

import hashlib
import hmac
from dataclasses import dataclass, field

from latchkey.clip import X25519Identity
from latchkey.clip.header import FILE_KEY_BYTES, FIRST_LINE, MAC_START, STANZA_START, Stanza, hkdf, to_base64
from latchkey.clip.stream import CHUNK_BYTES, NONCE_BYTES, TAG_BYTES, payload_key, seal_chunk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.vectors.spelling import Vector, hashed

_SEED = 20_260_101
READER = X25519Identity(hashlib.sha256(b"latchkey vectors, reader").digest())
OTHER = X25519Identity(hashlib.sha256(b"latchkey vectors, other").digest())
SMALL = b"a small clip"


@dataclass(slots=True)
class Draft:
    """The keys of one vector, drawn for its name, and the parts made with them."""

    name: str
    file_key: bytes = field(init=False)
    nonce: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.file_key = self.take("file-key", FILE_KEY_BYTES)
        self.nonce = self.take("nonce", NONCE_BYTES)

    def take(self, stream: str, n_bytes: int) -> bytes:
        """Give bytes that depend on the name and the stream alone."""
        return SeededEntropy(_SEED).take(f"{self.name}/{stream}", n_bytes)

    def stanza(self, reader: X25519Identity = READER, file_key: bytes = b"") -> bytes:
        """Give the lines that seal the file key, or another one, to a reader."""

        def take(stream: str, n_bytes: int) -> bytes:
            return self.take(f"{stream} {reader.recipient}", n_bytes)

        return spelled(reader.recipient.wrap(file_key or self.file_key, take))

    def signed(self, *stanzas: bytes) -> bytes:
        """Give a header up to its authentication code; without stanzas, that of the reader."""
        return FIRST_LINE + b"".join(stanzas or (self.stanza(),)) + MAC_START

    def mac(self, signed: bytes) -> bytes:
        """Give the authentication code that belongs to a header, 32 bytes."""
        return hmac.digest(hkdf(self.file_key, b"", b"header"), signed, hashlib.sha256)

    def header(self, *stanzas: bytes) -> bytes:
        """Give a sound header."""
        return self.closed(self.signed(*stanzas))

    def closed(self, signed: bytes) -> bytes:
        """Give a header with the authentication code that belongs to it, whatever it holds."""
        return signed + b" " + to_base64(self.mac(signed)) + b"\n"

    def chunk(self, number: int, data: bytes, *, last: bool) -> bytes:
        """Give a sealed chunk."""
        return seal_chunk(payload_key(self.file_key, self.nonce), number, data, last=last)

    def plain(self, number: int, n_bytes: int = CHUNK_BYTES, *, last: bool = False) -> bytes:
        """Give the plaintext whose ciphertext in this chunk is all zeros: such a file is short as text."""
        return self.chunk(number, bytes(n_bytes), last=last)[:-TAG_BYTES]

    @property
    def small(self) -> bytes:
        """A sound payload of a few bytes, nonce included."""
        return self.nonce + self.chunk(0, SMALL, last=True)

    def vector(
        self,
        comment: str,
        expect: str,
        file: bytes,
        *chunks: bytes,
        identities: tuple[X25519Identity, ...] = (READER,),
    ) -> Vector:
        """Give the vector; `chunks` are those that verify."""
        keys = tuple(identity.text for identity in identities)
        return Vector(self.name, comment, expect, keys, hashed(chunks), file)


def spelled(stanza: Stanza) -> bytes:
    """Write a stanza with a body of one line."""
    return STANZA_START + " ".join(stanza.words).encode("ascii") + b"\n" + to_base64(stanza.body) + b"\n"

"""Proof inside a clip: `uuid` boxes that sign what stands before them, with a key of that clip alone.

    ftyp moov | start | (moof mdat | fragment)* | free | final

Each box carries its number, its kind, a hash over all that came before and a signature over these and its
payload. The payload of `start` is the clip's public key, that of `final` the manifest; nothing follows it.
The key is drawn for the clip and forgotten with the writer, so no proof can be added after a crash.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from latchkey.clip.boxes import BoxWalker, box
from latchkey.clip.errors import BoxDamaged, ProofDamaged
from latchkey.clip.keys import Take
from latchkey.clip.signing import PUBLIC_BYTES, SEED_BYTES, SIGNATURE_BYTES, SigningKey, verify

PROOF_UUID = bytes.fromhex("8f3c1d5e6a274b90a1d70c52e9b4f863")
"""Marks a `uuid` box as one of ours: 8f3c1d5e-6a27-4b90-a1d7-0c52e9b4f863, drawn once."""

CONTEXT = b"latchkey/proof/1\n"
MARK_BYTES = 16
"""A random value of the clip that every signature in it covers; it stands in the clip alone."""

CHAIN_BYTES = 32
CHAIN_START = bytes(CHAIN_BYTES)
PAYLOAD_LIMIT_BYTES = 8192
"""Longest payload: a manifest takes about 900 bytes."""

_BODY = struct.Struct(f">16sBI{CHAIN_BYTES}s{SIGNATURE_BYTES}s")
PROOF_LIMIT_BYTES = 8 + _BODY.size + PAYLOAD_LIMIT_BYTES


class Kind(IntEnum):
    """What stands before a proof box: the head of the file, a fragment, or its end."""

    START = 0
    FRAGMENT = 1
    FINAL = 2


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof box, as it is written."""

    kind: Kind
    number: int
    chain: bytes
    signature: bytes
    payload: bytes

    def verify(self, public: bytes, mark: bytes) -> None:
        """Raise SignatureWrong unless the clip's key signed it."""
        message = _message(mark, self.number, self.kind, self.chain, self.payload)
        verify(public, CONTEXT, message, self.signature)

    def encode(self) -> bytes:
        """Write the whole box."""
        body = _BODY.pack(PROOF_UUID, self.kind, self.number, self.chain, self.signature)
        return box(b"uuid", body + self.payload)


def decode_proof(contents: bytes) -> Proof:
    """Read the contents of a `uuid` box. Raises ProofDamaged."""
    if len(contents) < _BODY.size or contents[:16] != PROOF_UUID:
        raise ProofDamaged("a box stands where a proof belongs")
    _, kind, number, chain, signature = _BODY.unpack_from(contents)
    if kind not in list(Kind):
        raise ProofDamaged("a proof is of a kind that this version does not know")
    return Proof(Kind(kind), number, chain, signature, contents[_BODY.size :])


def link(chain: bytes, since_hash: bytes) -> bytes:
    """Give the next hash of the chain, from the one before and the hash of the bytes since then."""
    return sha256(chain + since_hash).digest()


class ProofWriter:
    """Adds proof boxes to one video on its way to the sealer. Holds 7 bytes of it.

    Streams of `take`: `clip/proof-key`, `clip/proof-mark`. Raises BoxDamaged for what is no fragmented MP4.
    """

    def __init__(self, take: Take) -> None:
        self._key = SigningKey(take("clip/proof-key", SEED_BYTES))
        self._mark = take("clip/proof-mark", MARK_BYTES)
        self.public = self._key.public
        """The clip's public key, 32 bytes."""

        self._walker = BoxWalker()
        self._since = sha256()
        self._chain = CHAIN_START
        self._number = 0
        self._ends_whole = False
        self._closed = False

    def feed(self, video: bytes) -> bytes:
        """Take the next bytes of the video; give them back with the proof boxes that are due."""
        if self._closed:
            raise BoxDamaged("it goes on after its end")
        given = []
        for piece in self._walker.feed(video):
            given.append(piece.data)
            self._since.update(piece.data)
            self._ends_whole = False
            if piece.ends and piece.kind == (b"mdat" if self._number else b"moov"):
                given.append(self._prove(Kind.FRAGMENT if self._number else Kind.START))
                self._ends_whole = True
        return b"".join(given)

    def close(self, manifest: bytes, padding_bytes: Callable[[int], int]) -> bytes:
        """Give the last bytes: padding, then the final proof with the manifest.

        `padding_bytes` is told how long the final proof is and gives the length of the `free` box: 0, or 8
        and more.
        """
        if self._closed or not (self._walker.is_between and self._ends_whole):
            raise BoxDamaged("it does not end with a whole fragment")
        self._closed = True
        n_bytes = padding_bytes(
            len(Proof(Kind.FINAL, 0, CHAIN_START, bytes(SIGNATURE_BYTES), manifest).encode())
        )
        free = box(b"free", bytes(n_bytes - 8)) if n_bytes else b""
        self._since.update(free)
        return free + self._prove(Kind.FINAL, manifest)

    def _prove(self, kind: Kind, payload: bytes = b"") -> bytes:
        if kind is Kind.START:
            payload = self.public + self._mark
        self._chain = link(self._chain, self._since.digest())
        message = _message(self._mark, self._number, kind, self._chain, payload)
        proof = Proof(kind, self._number, self._chain, self._key.sign(CONTEXT, message), payload)
        self._since = sha256()
        self._number += 1
        return proof.encode()


def split_start(payload: bytes) -> tuple[bytes, bytes]:
    """Give public key and mark from the payload of `start`. Raises ProofDamaged."""
    if len(payload) != PUBLIC_BYTES + MARK_BYTES:
        raise ProofDamaged("the first proof holds no key")
    return payload[:PUBLIC_BYTES], payload[PUBLIC_BYTES:]


def _message(mark: bytes, number: int, kind: Kind, chain: bytes, payload: bytes) -> bytes:
    return mark + struct.pack(">IB", number, kind) + chain + sha256(payload).digest()

"""Checks the proof of a clip as it is read: complete, proved up to some second, or which check failed.

Streaming, in bounded memory. What was proved before a check failed stays proved: `Progress` says how far.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from latchkey.clip.boxes import HEADER_BYTES, BoxWalker, Piece, end_ticks, ticks_per_s
from latchkey.clip.errors import BoxDamaged, NoteDamaged, ProofDamaged, SignatureWrong
from latchkey.clip.manifest import Manifest, decode_manifest
from latchkey.clip.proof import (
    CHAIN_START,
    PROOF_LIMIT_BYTES,
    Kind,
    Proof,
    decode_proof,
    link,
    split_start,
)
from latchkey.errors import ClipError
from latchkey.units import MIB

INDEX_LIMIT_BYTES = 4 * MIB
"""Longest `moov` or `moof`: that of a second of video takes some hundred bytes."""

_ORDER = {
    Kind.START: ((b"ftyp", b"moov"),),
    Kind.FRAGMENT: ((b"moof", b"mdat"),),
    Kind.FINAL: ((), (b"free",)),
}
"""The boxes that may stand before a proof of each kind."""

_LONGEST = 2


@dataclass(slots=True)
class Progress:
    """How far a clip is proved, at any moment.

    `clip_key` is None before the first proof. `proved_bytes` and `proved_s` count from the beginning to the
    end of the last proof that holds; `manifest` is there once the clip is complete. `failure` is the check
    that failed, or the trouble with the file that ended it; None with a clip that is complete or just
    breaks off.
    """

    clip_key: bytes | None = None
    fragments: int = 0
    proved_bytes: int = 0
    proved_s: float = 0.0
    manifest: Manifest | None = None
    failure: ClipError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every byte of the clip, and its end, is proved."""
        return self.manifest is not None and self.failure is None


@dataclass(slots=True)
class _Open:
    """What was read since the last proof."""

    kinds: list[bytes] = field(default_factory=list)
    end_ticks: int = 0


class ProofReader:
    """Takes the plaintext of a clip in pieces; `progress` tells how far it is proved.

    Raises BoxDamaged, ProofDamaged; then nothing more can be fed.
    """

    def __init__(self) -> None:
        self.progress = Progress()
        self._walker = BoxWalker()
        self._since = sha256()
        self._chain = CHAIN_START
        self._next = 0
        self._mark = b""
        self._scale = 1
        self._read_bytes = 0
        self._open = _Open()
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        for piece in self._walker.feed(data):
            if self.progress.manifest is not None:
                raise ProofDamaged("something follows the final proof")
            self._read_bytes += len(piece.data)
            if piece.kind == b"uuid":
                self._hold(piece, PROOF_LIMIT_BYTES)
                if piece.ends:
                    self._check(decode_proof(self._contents()))
            else:
                self._take(piece)

    def close(self) -> None:
        """Tell that the stream has ended where it says it does. Raises ProofDamaged for rubbish at
        its end.
        """
        if self.progress.manifest is not None and not self._walker.is_between:
            raise ProofDamaged("something follows the final proof")

    def _take(self, piece: Piece) -> None:
        if piece.begins:
            self._open.kinds.append(piece.kind)
            if len(self._open.kinds) > _LONGEST:
                raise ProofDamaged("a fragment has no proof")
        self._since.update(piece.data)
        if piece.kind not in (b"moov", b"moof"):
            return
        self._hold(piece, INDEX_LIMIT_BYTES)
        if piece.ends and piece.kind == b"moov":
            self._scale = ticks_per_s(self._contents())
        elif piece.ends:
            self._open.end_ticks = end_ticks(self._contents())

    def _hold(self, piece: Piece, limit_bytes: int) -> None:
        self._held += piece.data
        if len(self._held) > limit_bytes:
            raise BoxDamaged(f"a box {piece.kind.decode('latin-1')} is over {limit_bytes} bytes")

    def _contents(self) -> bytes:
        contents = bytes(self._held[HEADER_BYTES:])
        self._held.clear()
        return contents

    def _check(self, proof: Proof) -> None:
        expected = proof.kind is Kind.START if self._next == 0 else proof.kind is not Kind.START
        if proof.number != self._next or not expected:
            raise ProofDamaged(f"proof {proof.number} stands where number {self._next} belongs")
        if tuple(self._open.kinds) not in _ORDER[proof.kind]:
            raise ProofDamaged(f"other boxes than ours stand before proof {proof.number}")
        chain = link(self._chain, self._since.digest())
        if proof.chain != chain:
            raise ProofDamaged(f"what stands before proof {proof.number} was changed, moved or left out")
        key, mark = self._key(proof)
        try:
            proof.verify(key, mark)
        except SignatureWrong as error:
            raise ProofDamaged(f"the signature of proof {proof.number} is not the clip's") from error
        if proof.kind is Kind.FINAL:
            self.progress.manifest = _manifest(proof.payload)
        elif proof.kind is Kind.FRAGMENT and proof.payload:
            raise ProofDamaged(f"proof {proof.number} holds more than it should")
        self._advance(proof, key, mark)

    def _key(self, proof: Proof) -> tuple[bytes, bytes]:
        known = self.progress.clip_key
        return split_start(proof.payload) if known is None else (known, self._mark)

    def _advance(self, proof: Proof, key: bytes, mark: bytes) -> None:
        progress = self.progress
        if proof.kind is Kind.FRAGMENT:
            progress.fragments += 1
            progress.proved_s = max(progress.proved_s, self._open.end_ticks / self._scale)
        progress.clip_key, self._mark = key, mark
        progress.proved_bytes = self._read_bytes
        self._chain = proof.chain
        self._next += 1
        self._since, self._open = sha256(), _Open()


def check_proof(chunks: Iterable[bytes]) -> Progress:
    """Read a clip to its end, and say how far it is proved.

    Trouble with the clip is told in `failure`: a check that failed, or what `chunks` raised of ClipError.
    Errors of other kinds rise.
    """
    reader = ProofReader()
    try:
        for chunk in chunks:
            reader.feed(chunk)
        reader.close()
    except ClipError as error:
        reader.progress.failure = error
    return reader.progress


def _manifest(payload: bytes) -> Manifest:
    try:
        return decode_manifest(payload)
    except NoteDamaged as error:
        raise ProofDamaged(str(error)) from error

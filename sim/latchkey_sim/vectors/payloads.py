"""Vectors of the payload: nonce and chunks. Headers are sound."""

from collections.abc import Iterator

from nacl.bindings import crypto_aead_chacha20poly1305_ietf_encrypt

from latchkey.clip.stream import CHUNK_BYTES, TAG_BYTES, payload_key
from latchkey_sim.vectors.draft import SMALL, Draft
from latchkey_sim.vectors.spelling import Vector

_END = 100
"""Bytes in a last chunk that is neither full nor empty."""


class _Clip(Draft):
    """Two full chunks and a short one, plain and sealed; chunks can be sealed otherwise too."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.start = self.header() + self.nonce
        self.plains = [self.plain(0), self.plain(1), self.plain(2, _END, last=True)]
        self.chunks = [self.chunk(n, data, last=n == 2) for n, data in enumerate(self.plains)]

    def full(self, number: int, *, last: bool) -> tuple[bytes, bytes]:
        """Give a full chunk, plain and sealed."""
        data = self.plain(number, last=last)
        return data, self.chunk(number, data, last=last)

    def under(self, nonce: bytes, data: bytes) -> bytes:
        """Seal a chunk under a nonce of one's own."""
        key = payload_key(self.file_key, self.nonce)
        return crypto_aead_chacha20poly1305_ietf_encrypt(data, None, nonce, key)


def payload_vectors() -> Iterator[Vector]:
    """Make all vectors of the payload."""
    yield from _sound()
    yield from _truncated()
    yield from _changed()
    yield from _moved()
    yield from _nonces()
    yield from _trailing()


def _sound() -> Iterator[Vector]:
    draft = Draft("small")
    yield draft.vector("one short chunk", "success", draft.header() + draft.small, SMALL)
    draft = Draft("nothing")
    file = draft.header() + draft.nonce + draft.chunk(0, b"", last=True)
    yield draft.vector("no plaintext: the one empty chunk that is legal", "success", file, b"")
    clip = _Clip("full")
    data, chunk = clip.full(0, last=True)
    yield clip.vector("one full chunk", "success", clip.start + chunk, data)
    clip = _Clip("three_chunks")
    yield clip.vector("three chunks", "success", clip.start + b"".join(clip.chunks), *clip.plains)


def _truncated() -> Iterator[Vector]:
    clip = _Clip("cut_before_chunks")
    yield clip.vector("nothing follows the nonce", "truncated", clip.start)
    clip = _Clip("cut_after_chunk_0")
    yield clip.vector("cut after the first chunk", "truncated", clip.start + clip.chunks[0], clip.plains[0])
    clip = _Clip("cut_after_chunk_1")
    file = clip.start + b"".join(clip.chunks[:2])
    yield clip.vector("cut after the second chunk", "truncated", file, *clip.plains[:2])
    clip = _Clip("cut_in_chunk_1")
    file = clip.start + clip.chunks[0] + clip.chunks[1][:1000]
    yield clip.vector("cut in the second chunk", "damaged", file, clip.plains[0])
    clip = _Clip("cut_in_tag")
    yield clip.vector(
        "cut in the last tag", "damaged", clip.start + b"".join(clip.chunks)[:-1], *clip.plains[:2]
    )
    clip = _Clip("cut_to_part_of_tag")
    file = clip.start + b"".join(clip.chunks[:2]) + clip.chunks[2][-TAG_BYTES + 1 :]
    yield clip.vector("a last chunk shorter than a tag", "damaged", file, *clip.plains[:2])


def _changed() -> Iterator[Vector]:
    for name, comment, at in [
        ("flip_first_byte", "the first byte changed", 0),
        ("flip_tag", "the last byte of the tag changed", len(SMALL) + TAG_BYTES - 1),
    ]:
        draft = Draft(name)
        chunk = bytearray(draft.chunk(0, SMALL, last=True))
        chunk[at] ^= 1
        yield draft.vector(comment, "damaged", draft.header() + draft.nonce + bytes(chunk))
    draft = Draft("flip_nonce")
    nonce = bytes([draft.nonce[0] ^ 1]) + draft.nonce[1:]
    yield draft.vector("the nonce changed", "damaged", draft.header() + nonce + draft.small[16:])
    clip = _Clip("flip_in_chunk_1")
    changed = clip.chunks[1][:-1] + bytes([clip.chunks[1][-1] ^ 1])
    file = clip.start + clip.chunks[0] + changed + clip.chunks[2]
    yield clip.vector("the second chunk changed", "damaged", file, clip.plains[0])
    draft, other = Draft("header_of_another"), Draft("header_of_another, the other")
    yield draft.vector("the header of another file", "damaged", other.header() + draft.small)


def _moved() -> Iterator[Vector]:
    for name, comment, order, verified in [
        ("chunks_swapped", "the first two chunks swapped", (1, 0, 2), 0),
        ("chunk_0_dropped", "the first chunk missing", (1, 2), 0),
        ("chunk_1_dropped", "the second chunk missing", (0, 2), 1),
        ("chunk_0_doubled", "the first chunk twice", (0, 0, 1, 2), 1),
        ("last_chunk_first", "the last chunk before all", (2, 0, 1), 0),
        ("last_chunk_alone", "the last chunk alone", (2,), 0),
    ]:
        clip = _Clip(name)
        file = clip.start + b"".join(clip.chunks[n] for n in order)
        yield clip.vector(comment, "damaged", file, *clip.plains[:verified])
    clip, other = _Clip("spliced"), _Clip("spliced, the other")
    file = clip.start + clip.chunks[0] + b"".join(other.chunks[1:])
    yield clip.vector("the end of another file", "damaged", file, clip.plains[0])


def _nonces() -> Iterator[Vector]:
    for name, comment, nonce in [
        ("flag_of_two", "a last chunk marked with 2", bytes(11) + b"\2"),
        ("count_from_one", "the first chunk has number 1", bytes(10) + b"\1\1"),
        ("count_little_endian", "a number in the wrong order of bytes", b"\1" + bytes(10) + b"\1"),
    ]:
        clip = _Clip(name)
        data = clip.under(nonce, bytes(_END))[:_END]
        first = clip.chunks[0] if name == "count_little_endian" else b""
        file = clip.start + first + clip.under(nonce, data)
        yield clip.vector(comment, "damaged", file, *clip.plains[: bool(first)])
    clip = _Clip("short_chunk_inside")
    short = clip.chunk(0, bytes(_END), last=False)
    data, chunk = clip.full(1, last=True)
    yield clip.vector("a short chunk before the last", "damaged", clip.start + short + chunk)
    clip = _Clip("short_chunk_unmarked")
    file = clip.start + clip.chunk(0, clip.plain(0, _END), last=False)
    yield clip.vector("a short chunk at the end without a mark", "damaged", file)
    clip = _Clip("last_chunk_empty")
    file = clip.start + clip.chunks[0] + clip.chunk(1, b"", last=True)
    yield clip.vector("an empty chunk after a full one", "damaged", file, clip.plains[0])
    clip = _Clip("no_chunk_key")
    file = clip.start + crypto_aead_chacha20poly1305_ietf_encrypt(
        SMALL, None, bytes(11) + b"\1", clip.file_key + bytes(16)
    )
    yield clip.vector("sealed under the file key itself", "damaged", file)


def _trailing() -> Iterator[Vector]:
    clip = _Clip("byte_after_end")
    data, chunk = clip.full(0, last=True)
    yield clip.vector("a byte after a full last chunk", "trailing", clip.start + chunk + b"x", data)
    clip = _Clip("chunk_after_end")
    data, chunk = clip.full(0, last=True)
    more = clip.chunk(1, clip.plain(1, _END, last=True), last=True)
    yield clip.vector("a second last chunk", "trailing", clip.start + chunk + more, data)
    clip = _Clip("clip_after_end")
    data, chunk = clip.full(0, last=True)
    file = clip.start + chunk + clip.header() + clip.small
    yield clip.vector("a whole file after the end", "trailing", file, data)
    draft = Draft("byte_after_short_end")
    file = draft.header() + draft.small + b"x"
    yield draft.vector("a byte after a short last chunk spoils its tag", "damaged", file)
    clip = _Clip("chunk_of_zeros_after_end")
    data, chunk = clip.full(0, last=True)
    file = clip.start + chunk + bytes(CHUNK_BYTES + TAG_BYTES)
    yield clip.vector("a chunk of zeros after the end", "trailing", file, data)

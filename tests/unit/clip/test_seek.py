"""Reading a sealed file at any place: what is opened, what is read, and what is refused."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.clip import (
    ClipDamaged,
    ClipTruncated,
    NoIdentityMatched,
    TrailingBytes,
    X25519Identity,
    decrypt,
    open_seekable,
    seal,
)
from latchkey.clip.header import write_header
from latchkey.clip.stream import CHUNK_BYTES, SEALED_CHUNK_BYTES, payload_key, seal_chunk
from latchkey.errors import ClipError
from latchkey_sim.entropy import SeededEntropy

ALICE = X25519Identity(b"a" * 32)
PLAIN = SeededEntropy(9).take("plain", 3 * CHUNK_BYTES + 4321)


def sealed(data: bytes) -> bytes:
    return seal(data, [str(ALICE.recipient)], SeededEntropy(1))


def payload_at(file: bytes) -> int:
    return file.index(b"\n--- ") + 49 + 16


FILE = sealed(PLAIN)
START = payload_at(FILE)
SPOT = st.one_of(
    st.integers(0, len(PLAIN) + 10),
    st.builds(int.__add__, st.integers(0, 3).map(CHUNK_BYTES.__mul__), st.integers(0, 2)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SPOT, st.integers(0, 2 * CHUNK_BYTES)), max_size=6))
def test_any_place_reads_as_the_plaintext_does(reads: list[tuple[int, int]]) -> None:
    reader = open_seekable(io.BytesIO(FILE), [ALICE])
    for at, n_bytes in reads:
        assert reader.seek(at) == at
        assert reader.read(n_bytes) == PLAIN[at : at + n_bytes]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_sizes_around_the_chunk_edges_have_the_right_length(size: int) -> None:
    reader = open_seekable(io.BytesIO(sealed(bytes(size))), [ALICE.text])
    assert reader.seek(0, io.SEEK_END) == size
    assert reader.read() == b""
    reader.seek(0)
    assert reader.read() == bytes(size)


def test_places_count_from_start_here_and_end_and_never_lie_before_the_start() -> None:
    reader = open_seekable(io.BytesIO(FILE), [ALICE])
    assert reader.seek(-100, io.SEEK_END) == len(PLAIN) - 100
    assert reader.read(10) == PLAIN[-100:-90]
    assert reader.seek(5, io.SEEK_CUR) == len(PLAIN) - 85
    with pytest.raises(ValueError, match="before the start"):
        reader.seek(-len(PLAIN) - 1, io.SEEK_END)


class Sparse(io.RawIOBase):
    """A huge file of zeros with a few written places; counts the bytes it gives."""

    def __init__(self, size_bytes: int, places: dict[int, bytes]) -> None:
        self._size_bytes, self._places = size_bytes, places
        self._at = self.given_bytes = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size_bytes)[whence]
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        n_bytes = max(0, min(len(buffer), self._size_bytes - self._at))
        buffer[:n_bytes] = bytes(n_bytes)
        for start, data in self._places.items():
            first, end = max(start, self._at), min(start + len(data), self._at + n_bytes)
            if first < end:
                buffer[first - self._at : end - self._at] = data[first - start : end - start]
        self._at += n_bytes
        self.given_bytes += n_bytes
        return n_bytes


def huge(last: bool) -> Sparse:
    """A clip of 10 GB whose last two chunks alone are there."""
    entropy = SeededEntropy(3)
    file_key, nonce = entropy.take("key", 16), entropy.take("nonce", 16)
    start = write_header([ALICE.recipient.wrap(file_key, entropy.take)], file_key) + nonce
    key, number = payload_key(file_key, nonce), 10_000_000_000 // CHUNK_BYTES
    ends = [
        seal_chunk(key, number - 1, b"y" * CHUNK_BYTES, last=False),
        seal_chunk(key, number, b"z" * CHUNK_BYTES, last=last),
    ]
    at = len(start) + (number - 1) * SEALED_CHUNK_BYTES
    return Sparse(at + 2 * SEALED_CHUNK_BYTES, {0: start, at: b"".join(ends)})


def test_the_end_of_a_clip_of_10_gb_opens_with_less_than_a_megabyte_read() -> None:
    source = huge(last=True)
    reader = open_seekable(io.BufferedReader(source), [ALICE])
    assert reader.seek(-CHUNK_BYTES - 3, io.SEEK_END) > 9_999_000_000
    assert reader.read(10) == b"yyyzzzzzzz"
    assert source.given_bytes < 1_000_000
    reader.seek(5_000_000_000)
    with pytest.raises(ClipDamaged):
        reader.read(1)


def test_a_clip_of_10_gb_that_was_cut_short_is_refused_at_once() -> None:
    source = huge(last=False)
    with pytest.raises(ClipTruncated):
        open_seekable(io.BufferedReader(source), [ALICE])
    assert source.given_bytes < 1_000_000


def outcome(job: Callable[[], object]) -> str:
    try:
        job()
    except ClipError as error:
        return f"{type(error).__name__}: {error}"
    return "opens"


@pytest.mark.parametrize("size", [0, 7, CHUNK_BYTES, CHUNK_BYTES + 7, 2 * CHUNK_BYTES])
def test_truncated_or_extended_it_fails_as_reading_from_the_start_does(size: int) -> None:
    file = sealed(bytes(size))
    start = payload_at(file)
    edges = [start + n * SEALED_CHUNK_BYTES for n in range(3)]
    cuts = {edge + by for edge in edges for by in (0, 9, 16) if edge + by < len(file)}
    for length in sorted({*cuts, start - 1, len(file) - 1, len(file) + 1, len(file) + 100}):
        changed = file[:length].ljust(length, b"x")

        def from_the_start(changed: bytes = changed) -> object:
            return list(decrypt(changed, [ALICE]))

        def seeking(changed: bytes = changed) -> object:
            return open_seekable(io.BytesIO(changed), [ALICE]).read()

        assert outcome(from_the_start) == outcome(seeking), length


def test_what_follows_the_end_mark_is_named() -> None:
    file = sealed(bytes(CHUNK_BYTES))
    with pytest.raises(TrailingBytes):
        open_seekable(io.BytesIO(file + b"x"), [ALICE])
    with pytest.raises(ClipDamaged):  # more than a chunk hides the mark from who looks at the end only
        open_seekable(io.BytesIO(file + bytes(2 * SEALED_CHUNK_BYTES)), [ALICE])


def test_a_damaged_chunk_spoils_its_own_place_only() -> None:
    file = bytearray(FILE)
    file[START + SEALED_CHUNK_BYTES + 5] ^= 1
    reader = open_seekable(io.BytesIO(bytes(file)), [ALICE])
    assert reader.read(CHUNK_BYTES) == PLAIN[:CHUNK_BYTES]
    with pytest.raises(ClipDamaged) as caught:
        reader.read(1)
    assert caught.value.chunk == 1
    reader.seek(2 * CHUNK_BYTES)
    assert reader.read() == PLAIN[2 * CHUNK_BYTES :]


def test_a_stranger_does_not_get_a_reader() -> None:
    with pytest.raises(NoIdentityMatched):
        open_seekable(io.BytesIO(FILE), [X25519Identity(b"e" * 32)])

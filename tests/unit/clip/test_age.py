"""Sealing and opening: roundtrips, truncation, tampering, absurd input, and the `age` tool."""

import io
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.clip import (
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    Sealer,
    SealerClosed,
    TrailingBytes,
    X25519Identity,
    decrypt,
    seal,
)
from latchkey.errors import ClipError, OwnerKeyError
from latchkey_sim.entropy import SeededEntropy

CHUNK = 65536
SEALED = CHUNK + 16
ALICE = X25519Identity(b"a" * 32)
BOB = X25519Identity(b"b" * 32)
PLAIN = bytes(range(256)) * 640  # 2.5 chunks


def sealed(data: bytes, *readers: X25519Identity, seed: int = 1) -> bytes:
    return seal(data, [str(reader.recipient) for reader in readers or (ALICE,)], SeededEntropy(seed).take)


def opened(file: bytes, reader: X25519Identity = ALICE) -> bytes:
    return b"".join(decrypt(file, [reader.text]))


def payload_at(file: bytes) -> int:
    """Where the first chunk begins."""
    return file.index(b"\n--- ") + 49 + 16


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 2 * CHUNK), max_size=4))
def test_what_is_fed_in_any_pieces_comes_out_whole(start: bytes, sizes: list[int]) -> None:
    pieces = [start, *(bytes(size) for size in sizes)]
    sealer = Sealer([str(ALICE.recipient)], SeededEntropy(3).take)
    file = b"".join([*(sealer.feed(piece) for piece in pieces), sealer.close()])
    assert opened(file) == b"".join(pieces)
    assert file == sealed(b"".join(pieces), seed=3)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1])
def test_sizes_around_the_chunk_edges_come_back(size: int) -> None:
    file = sealed(bytes(size))
    assert opened(file) == bytes(size)
    assert len(file) - payload_at(file) == size + 16 * max(1, -(-size // CHUNK))


def test_every_recipient_opens_and_nobody_else() -> None:
    file = sealed(PLAIN, ALICE, BOB)
    assert opened(file, ALICE) == opened(file, BOB) == PLAIN
    with pytest.raises(NoIdentityMatched) as caught:
        opened(file, X25519Identity(b"e" * 32))
    assert caught.value.stanza_count == 2


def test_the_sealer_holds_no_more_than_a_chunk() -> None:
    sealer = Sealer([str(ALICE.recipient)], SeededEntropy(1).take)
    tracemalloc.start()
    for _ in range(200):
        sealer.feed(bytes(50_000))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 8 * CHUNK


def test_a_closed_sealer_takes_nothing_more() -> None:
    sealer = Sealer([str(ALICE.recipient)], SeededEntropy(1).take)
    sealer.close()
    with pytest.raises(SealerClosed):
        sealer.feed(b"more")
    with pytest.raises(SealerClosed):
        sealer.close()


def test_two_sealers_of_one_source_share_neither_key_nor_nonce() -> None:
    take = SeededEntropy(1).take
    first, second = (seal(PLAIN, [str(ALICE.recipient)], take) for _ in range(2))
    assert first[payload_at(first) - 16 :][:16] != second[payload_at(second) - 16 :][:16]
    assert first[payload_at(first) :][:64] != second[payload_at(second) :][:64]


def test_sealing_for_nobody_is_refused() -> None:
    with pytest.raises(OwnerKeyError, match="no owner key"):
        Sealer([], SeededEntropy(1).take)


def test_truncation_at_every_chunk_edge_is_named_as_truncation() -> None:
    file = sealed(bytes(4 * CHUNK + 7))
    start = payload_at(file)
    for chunks in range(5):
        with pytest.raises(ClipTruncated) as caught:
            opened(file[: start + chunks * SEALED])
        assert caught.value.chunk == chunks


def test_truncation_at_every_byte_of_a_small_clip_fails() -> None:
    file = sealed(b"a small clip")
    for length in range(len(file)):
        with pytest.raises(ClipError):
            opened(file[:length])


def test_every_bit_of_a_small_clip_counts() -> None:
    file = sealed(b"a small clip")
    for at in range(len(file)):
        for bit in range(8):
            changed = bytearray(file)
            changed[at] ^= 1 << bit
            with pytest.raises(ClipError):
                opened(bytes(changed))


def test_a_flipped_bit_in_a_later_chunk_names_the_chunk_and_releases_the_sound_ones() -> None:
    file = bytearray(sealed(PLAIN))
    file[payload_at(bytes(file)) + SEALED + 5] ^= 1
    chunks = decrypt(bytes(file), [ALICE.text])
    assert next(chunks) == PLAIN[:CHUNK]
    with pytest.raises(ClipDamaged) as caught:
        next(chunks)
    assert caught.value.chunk == 1


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 2], [0, 0, 1, 2], [0, 1, 1, 2], [2], [1, 2]])
def test_chunks_reordered_dropped_or_doubled_do_not_verify(order: list[int]) -> None:
    file = sealed(PLAIN)
    start = payload_at(file)
    chunks = [file[start + n * SEALED : start + (n + 1) * SEALED] for n in range(3)]
    with pytest.raises(ClipError):
        opened(file[:start] + b"".join(chunks[n] for n in order))


def test_bytes_after_the_last_chunk_are_refused() -> None:
    full = sealed(bytes(CHUNK))
    with pytest.raises(TrailingBytes):
        opened(full + b"x")
    with pytest.raises(ClipError):
        opened(sealed(b"short") + b"x")


def test_the_end_of_one_clip_cannot_be_spliced_to_another() -> None:
    one, other = sealed(PLAIN, seed=1), sealed(PLAIN, seed=2)
    cut = payload_at(one) + SEALED
    with pytest.raises(ClipDamaged):
        opened(one[:cut] + other[cut:])


def test_a_header_of_another_clip_does_not_open_the_payload() -> None:
    one, other = sealed(PLAIN, seed=1), sealed(PLAIN, seed=2)
    with pytest.raises(ClipDamaged):
        opened(one[: payload_at(one)] + other[payload_at(other) :])


def test_a_recipient_cannot_be_stripped_added_or_replaced() -> None:
    file, other = sealed(PLAIN, ALICE, BOB), sealed(PLAIN, BOB, seed=2)
    first, alice, bob, rest = file.split(b"-> ")[0], *file.split(b"-> ")[1:3], file[file.index(b"--- ") :]
    bob = bob[: bob.index(b"--- ")]
    eve = other.split(b"-> ")[1]
    eve = eve[: eve.index(b"--- ")]
    for stanzas in ([alice], [alice, bob, eve], [alice, eve], [bob, alice]):
        with pytest.raises(HeaderDamaged, match="authentication code"):
            opened(first + b"".join(b"-> " + stanza for stanza in stanzas) + rest)


class Endless(io.RawIOBase):
    """A hostile file: a start, then one pattern for ever."""

    def __init__(self, start: bytes, pattern: bytes) -> None:
        self._start, self._pattern, self.given_bytes = start, pattern, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = (self._start + self._pattern * (len(buffer) // len(self._pattern) + 1))[: len(buffer)]
        rotated = len(data) % len(self._pattern) if not self._start else 0
        self._start = b""
        self._pattern = self._pattern[rotated:] + self._pattern[:rotated]
        buffer[: len(data)] = data
        self.given_bytes += len(data)
        return len(data)


@pytest.mark.parametrize(
    "pattern", [b"-> X25519 AAAA\n\n", b"-> a\n\n", b"-> a\n" + b"A" * 64, b"A", b"\n", b"-> "]
)
def test_an_endless_header_costs_little(pattern: bytes) -> None:
    source = Endless(b"age-encryption.org/v1\n", pattern)
    with pytest.raises(HeaderDamaged):
        decrypt(io.BufferedReader(source), [ALICE.text])
    assert source.given_bytes < 200_000


def test_a_million_recipients_are_refused_before_any_key_agreement() -> None:
    stanza = b"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n" + b"A" * 43 + b"\n"
    with pytest.raises(HeaderDamaged, match="more than 128 recipients"):
        decrypt(io.BytesIO(b"age-encryption.org/v1\n" + stanza * 10_000), [ALICE.text])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_noise_raises_only_clip_errors(noise: bytes) -> None:
    for file in (noise, b"age-encryption.org/v1\n" + noise, sealed(b"x")[:150] + noise):
        with pytest.raises(ClipError):
            opened(file)


class Trickle(io.RawIOBase):
    """A source that gives at most 1000 bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._data.read(min(1000, len(buffer)))
        buffer[: len(data)] = data
        return len(data)


def test_a_source_that_gives_little_at_a_time_is_read_to_the_end() -> None:
    assert b"".join(decrypt(Trickle(sealed(PLAIN)), [ALICE.text])) == PLAIN  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 11, CHUNK, 3 * CHUNK + 5])
def test_the_age_tool_opens_what_we_seal(need: Callable[[str], str], tmp_path: Path, size: int) -> None:
    key_file, clip = tmp_path / "key", tmp_path / "clip.age"
    key_file.write_text(BOB.text + "\n")
    clip.write_bytes(sealed(PLAIN[:1] * size, ALICE, BOB))
    run = subprocess.run([need("age"), "-d", "-i", key_file, clip], capture_output=True, check=True)
    assert run.stdout == PLAIN[:1] * size


@pytest.mark.parametrize("size", [0, 11, CHUNK, 3 * CHUNK + 5])
def test_we_open_what_the_age_tool_seals(need: Callable[[str], str], size: int) -> None:
    to = [flag for reader in (ALICE, BOB) for flag in ("-r", str(reader.recipient))]
    run = subprocess.run([need("age"), *to], input=bytes(size), capture_output=True, check=True)
    assert opened(run.stdout) == opened(run.stdout, BOB) == bytes(size)

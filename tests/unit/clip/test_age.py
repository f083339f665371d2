"""Sealing and opening: roundtrips, recipients, bounded memory, and the `age` tool."""

import io
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.clip import (
    NoIdentityMatched,
    Sealer,
    SealerClosed,
    X25519Identity,
    decrypt,
    seal,
)
from latchkey.errors import OwnerKeyError
from latchkey_sim.entropy import SeededEntropy

CHUNK = 65536
ALICE = X25519Identity(b"a" * 32)
BOB = X25519Identity(b"b" * 32)
PLAIN = bytes(range(256)) * 640  # 2.5 chunks


def sealed(data: bytes, *readers: X25519Identity, seed: int = 1) -> bytes:
    return seal(data, [str(reader.recipient) for reader in readers or (ALICE,)], SeededEntropy(seed))


def opened(file: bytes, reader: X25519Identity = ALICE) -> bytes:
    return b"".join(decrypt(file, [reader.text]))


def payload_at(file: bytes) -> int:
    """Where the first chunk begins."""
    return file.index(b"\n--- ") + 49 + 16


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 2 * CHUNK), max_size=4))
def test_what_is_fed_in_any_pieces_comes_out_whole(start: bytes, sizes: list[int]) -> None:
    pieces = [start, *(bytes(size) for size in sizes)]
    sealer = Sealer([str(ALICE.recipient)], SeededEntropy(3))
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
    sealer = Sealer([str(ALICE.recipient)], SeededEntropy(1))
    tracemalloc.start()
    for _ in range(200):
        sealer.feed(bytes(50_000))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 8 * CHUNK


def test_a_closed_sealer_takes_nothing_more() -> None:
    sealer = Sealer([str(ALICE.recipient)], SeededEntropy(1))
    sealer.close()
    with pytest.raises(SealerClosed):
        sealer.feed(b"more")
    with pytest.raises(SealerClosed):
        sealer.close()


def test_two_sealers_of_one_source_share_neither_key_nor_nonce() -> None:
    entropy = SeededEntropy(1)
    first, second = (seal(PLAIN, [str(ALICE.recipient)], entropy) for _ in range(2))
    assert first[payload_at(first) - 16 :][:16] != second[payload_at(second) - 16 :][:16]
    assert first[payload_at(first) :][:64] != second[payload_at(second) :][:64]


def test_sealing_for_nobody_is_refused() -> None:
    with pytest.raises(OwnerKeyError, match="no owner key"):
        Sealer([], SeededEntropy(1))


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

"""How fast clips are sealed and opened, beside PyNaCl's bare AEAD in the same run, on one core."""

import io
import time
from collections.abc import Callable

import pytest
from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
)

from latchkey.clip import Sealer, X25519Identity, decrypt, open_seekable, seal
from latchkey.clip.stream import CHUNK_BYTES
from latchkey.units import MIB
from latchkey_sim.entropy import SeededEntropy

SIZE_BYTES = 32 * MIB
ROUNDS = 7
RATIO_MIN = 0.6
RATE_MIN_MB_S = 400
OWNER = X25519Identity(b"o" * 32)
READERS = [str(OWNER.recipient)]
KEY = b"k" * 32

pytestmark = pytest.mark.bench


def cut(data: bytes, piece_bytes: int) -> list[bytes]:
    return [data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes)]


def bare_jobs(plain: bytes) -> dict[str, Callable[[], object]]:
    encrypt, decrypt = crypto_aead_chacha20poly1305_ietf_encrypt, crypto_aead_chacha20poly1305_ietf_decrypt
    chunks = [(chunk, n.to_bytes(12, "big")) for n, chunk in enumerate(cut(plain, CHUNK_BYTES))]
    sealed = [(encrypt(chunk, None, nonce, KEY), nonce) for chunk, nonce in chunks]
    return {
        "bare AEAD encrypt": lambda: [encrypt(chunk, None, nonce, KEY) for chunk, nonce in chunks],
        "bare AEAD decrypt": lambda: [decrypt(chunk, None, nonce, KEY) for chunk, nonce in sealed],
    }


def seal_in_pieces(plain: bytes, piece_bytes: int) -> Callable[[], object]:
    pieces = cut(plain, piece_bytes)

    def job() -> list[bytes]:
        sealer = Sealer(READERS, SeededEntropy(3))
        return [*map(sealer.feed, pieces), sealer.close()]

    return job


def open_at_places(file: bytes) -> list[bytes]:
    reader = open_seekable(io.BytesIO(file), [OWNER])
    return list(iter(lambda: reader.read(CHUNK_BYTES), b""))


def rates_mb_s(jobs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The best of some rounds for each job; rounds are interleaved, so that a busy machine slows all."""
    best_ns = dict.fromkeys(jobs, 1 << 62)
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            began_ns = time.perf_counter_ns()
            job()
            best_ns[name] = min(best_ns[name], time.perf_counter_ns() - began_ns)
    return {name: SIZE_BYTES / ns * 1000 for name, ns in best_ns.items()}


def test_sealing_and_opening_cost_little_beyond_the_bare_aead() -> None:
    plain = bytes(range(256)) * (SIZE_BYTES // 256)
    file = seal(plain, READERS, SeededEntropy(2))
    sealing = {
        "seal, pieces of 4 KiB": seal_in_pieces(plain, 4096),
        "seal, pieces of 20,000 B": seal_in_pieces(plain, 20_000),
        "seal, pieces of 64 KiB": seal_in_pieces(plain, CHUNK_BYTES),
        "seal, pieces of 1 MiB": seal_in_pieces(plain, MIB),
    }
    opening: dict[str, Callable[[], object]] = {
        "open from the start": lambda: list(decrypt(file, [OWNER])),
        "open at places": lambda: open_at_places(file),
    }
    rates = rates_mb_s({**bare_jobs(plain), **sealing, **opening})
    print(f"\n{'32 MiB, one core':<28}{'MB/s':>8}{'ratio':>8}")
    for name, rate in rates.items():
        floor = rates["bare AEAD decrypt" if name in opening else "bare AEAD encrypt"]
        print(f"{name:<28}{rate:8.0f}{rate / floor:8.2f}")
        assert rate / floor >= RATIO_MIN
        assert rate >= RATE_MIN_MB_S or floor < RATE_MIN_MB_S / RATIO_MIN

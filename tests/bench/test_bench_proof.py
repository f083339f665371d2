"""What proof costs: bytes beside a video of 1 Mbit/s, and time beside hashing and sealing the same bytes."""

import hashlib
import time
from collections.abc import Callable

import pytest

from latchkey.clip import ProofWriter, Sealer, X25519Identity, check_proof, encode_manifest
from latchkey.units import MIB
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.tinyclip import MANIFEST, tiny_fragment, tiny_head

BYTES_A_SECOND = 1_000_000 // 8
SECONDS = 60
OVERHEAD_LIMIT = 0.01
PIECE_BYTES = 256 << 10

pytestmark = pytest.mark.bench


def proved(video: list[bytes]) -> list[bytes]:
    writer = ProofWriter(SeededEntropy(1).take)
    return [*map(writer.feed, video), writer.close(encode_manifest(MANIFEST), lambda _: 0)]


def best_s(work: Callable[[], object], runs: int = 5) -> float:
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


@pytest.mark.parametrize("seconds", [5, SECONDS])
def test_proof_takes_a_hundredth_of_a_clip_at_most(seconds: int) -> None:
    video = [tiny_head(), *(tiny_fragment(n, bytes(BYTES_A_SECOND)) for n in range(seconds))]
    before, after = (sum(map(len, pieces)) for pieces in (video, proved(video)))
    share = (after - before) / before
    print(f"\nproof of {seconds} s at 1 Mbit/s: {after - before} bytes, {share:.2%} of it")
    assert share <= OVERHEAD_LIMIT


def test_proving_and_verifying_take_little_beside_hashing() -> None:
    video = [tiny_head(), *(tiny_fragment(n, bytes(MIB)) for n in range(64))]
    clip = b"".join(proved(video))
    pieces = [clip[at : at + PIECE_BYTES] for at in range(0, len(clip), PIECE_BYTES)]

    def sealed() -> None:
        sealer = Sealer([str(X25519Identity(b"o" * 32).recipient)], SeededEntropy(1))
        for piece in pieces:
            sealer.feed(piece)
        sealer.close()

    def hashed() -> None:
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)

    floor_s = best_s(hashed)
    assert check_proof(pieces).is_complete
    rows = {"proving": lambda: proved(video), "verifying": lambda: check_proof(pieces), "sealing": sealed}
    for name, work in rows.items():
        took_s = best_s(work)
        print(
            f"\n{name}: {len(clip) / took_s / 1e6:.0f} MB/s, {took_s / floor_s:.2f} times SHA-256 alone",
            end="",
        )
        assert took_s < 5 * floor_s
    print()

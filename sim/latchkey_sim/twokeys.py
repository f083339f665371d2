"""The attack that a bare AEAD allows: one sealed chunk that opens under two keys, to two contents.

ChaCha20-Poly1305 does not commit to its key. Poly1305 is linear in the blocks of the ciphertext, so two
free blocks suffice to give it the same tag under both keys: two equations, two unknowns.
"""

import struct

from latchkey.clip.stream import TAG_BYTES, chunk_nonce, seal_chunk

_PRIME = (1 << 130) - 5
_TOP = 1 << 128
_CLAMP = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
_BLOCK_BYTES = 16
_TRIES = 4096
"""Each try succeeds with a chance of about 1 in 16."""


def chunk_for_two_keys(keys: tuple[bytes, bytes], texts: tuple[bytes, bytes], number: int) -> bytes:
    """Give a last chunk that shows the first text under the first key, the second under the second.

    Each reader sees the own text in its place and noise elsewhere. Texts are whole blocks of 16 bytes.
    """
    n_bytes = sum(map(len, texts)) + 2 * _BLOCK_BYTES
    streams = [seal_chunk(key, number, bytes(n_bytes), last=True) for key in keys]
    border = len(texts[0])
    fixed = _xor(texts[0], streams[0]) + _xor(texts[1], streams[1][border:])
    lengths = struct.pack("<QQ", 0, n_bytes)
    halves = [_poly_key(key, chunk_nonce(number, last=True)) for key in keys]
    sums = [_sum(r, fixed + bytes(2 * _BLOCK_BYTES) + lengths) for r, _ in halves]
    for number_of_try in range(_TRIES):
        tag = pow(3, number_of_try + 1, _TOP)
        goals = [((tag - s) % _TOP - part) % _PRIME for (_, s), part in zip(halves, sums, strict=True)]
        free = _solve([r for r, _ in halves], goals)
        if all(0 <= block < _TOP for block in free):
            blocks = b"".join(block.to_bytes(_BLOCK_BYTES, "little") for block in free)
            return fixed + blocks + tag.to_bytes(TAG_BYTES, "little")
    raise AssertionError("no tag fits")


def _solve(r: list[int], goals: list[int]) -> tuple[int, int]:
    """Find x, y with x r³ + y r² = goal for both keys; beyond 128 bits if there is no such block."""
    scaled = [goal * pow(key, -2, _PRIME) for key, goal in zip(r, goals, strict=True)]
    x = (scaled[0] - scaled[1]) * pow(r[0] - r[1], -1, _PRIME) % _PRIME
    return x, (scaled[0] - x * r[0]) % _PRIME


def _sum(r: int, data: bytes) -> int:
    """Evaluate Poly1305 over whole blocks, before the second half of its key is added."""
    total = 0
    for at in range(0, len(data), _BLOCK_BYTES):
        block = int.from_bytes(data[at : at + _BLOCK_BYTES], "little") + _TOP
        total = (total + block) * r % _PRIME
    return total


def _poly_key(key: bytes, nonce: bytes) -> tuple[int, int]:
    first = _chacha20_block(key, nonce)
    return int.from_bytes(first[:16], "little") & _CLAMP, int.from_bytes(first[16:32], "little")


def _chacha20_block(key: bytes, nonce: bytes) -> bytes:
    """Give block 0 of ChaCha20 (RFC 8439), which no binding gives and the tag's key is taken from."""
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + bytes(4) + nonce))
    state = list(start)
    columns = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    diagonals = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for _ in range(10):
        for a, b, c, d in columns + diagonals:
            for into, of, turned, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                state[into] = (state[into] + state[of]) & 0xFFFFFFFF
                mixed = state[turned] ^ state[into]
                state[turned] = (mixed << bits | mixed >> 32 - bits) & 0xFFFFFFFF
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(start, state, strict=True)))


def _xor(one: bytes, other: bytes) -> bytes:
    """Combine as far as the first goes."""
    return bytes(a ^ b for a, b in zip(one, other, strict=False))

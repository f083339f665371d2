"""Chance that can be repeated: one seed, any number of named streams."""

import hashlib

_BLOCK_BYTES = 64


class SeededEntropy:
    """Streams of one seed: BLAKE2b over name and block number, keyed by the seed.

    What a stream gives depends on seed and name alone: not on other streams, nor on the sizes in
    which it is drawn. Never for real keys.
    """

    def __init__(self, seed: int) -> None:
        self._key = hashlib.blake2b(str(seed).encode("ascii")).digest()
        self._given_bytes: dict[str, int] = {}

    def take(self, stream: str, n_bytes: int) -> bytes:
        """Give the next `n_bytes` of `stream`. Raises ValueError for a negative number."""
        if n_bytes < 0:
            raise ValueError("cannot take a negative number of bytes")
        start = self._given_bytes.get(stream, 0)
        self._given_bytes[stream] = start + n_bytes
        first, offset = divmod(start, _BLOCK_BYTES)
        n_blocks = -(-(offset + n_bytes) // _BLOCK_BYTES)
        blocks = b"".join(self._block(stream, first + n) for n in range(n_blocks))
        return blocks[offset : offset + n_bytes]

    def _block(self, stream: str, number: int) -> bytes:
        message = number.to_bytes(8, "big") + stream.encode("utf-8")
        return hashlib.blake2b(message, key=self._key).digest()

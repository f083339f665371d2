"""PADMÉ (Nikitin et al., PETS 2019): sizes that say little, at a cost of at most 12 %.

A size keeps only about log2(log2 n) bits after its first, so that O(log log n) bits of a length show. It
hides that a clip is the only one of its size; how long it is, roughly, still shows.
"""

FREE_BOX_MIN_BYTES = 8
"""Padding is a `free` box, whose own head takes this much."""


def bare_padme_bytes(n_bytes: int) -> int:
    """Round a length up to the next PADMÉ size. Raises ValueError for a negative one."""
    if n_bytes < 0:
        raise ValueError("a length is not negative")
    if n_bytes < 2:
        return n_bytes
    exponent = n_bytes.bit_length() - 1
    dropped_bits = exponent - exponent.bit_length()
    mask = (1 << dropped_bits) - 1
    return (n_bytes + mask) & ~mask


def padme_bytes(n_bytes: int) -> int:
    """Give the PADMÉ size that a `free` box can fill up to: `n_bytes` itself, or at least 8 bytes more.

    Where less than a box would be missing, it is the first size that leaves room for one. So it
    rises with `n_bytes`, but for lengths up to 7 bytes below a size. Raises ValueError for a
    negative length.
    """
    size_bytes = bare_padme_bytes(n_bytes)
    if 0 < size_bytes - n_bytes < FREE_BOX_MIN_BYTES:
        return bare_padme_bytes(n_bytes + FREE_BOX_MIN_BYTES)
    return size_bytes

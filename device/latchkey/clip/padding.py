"""How much padding a clip needs so that its whole sealed file has a PADMÉ length."""

from latchkey.clip.padme import FREE_BOX_MIN_BYTES, padme_bytes
from latchkey.clip.stream import CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES


def sealed_bytes(start_bytes: int, plain_bytes: int) -> int:
    """Give the length of an age file: header and nonce of `start_bytes`, then chunks of `plain_bytes`."""
    return start_bytes + plain_bytes + TAG_BYTES * max(1, -(-plain_bytes // CHUNK_BYTES))


def padding_bytes(start_bytes: int, plain_bytes: int) -> int:
    """Give the length of the `free` box to add to `plain_bytes`: 0, or at least the 8 of its header.

    A gap of 1 to 7, and a length that no age file can have, go one size up.
    """
    target = padme_bytes(sealed_bytes(start_bytes, plain_bytes))
    while True:
        payload_bytes = target - start_bytes
        padded_bytes = payload_bytes - TAG_BYTES * -(-payload_bytes // SEALED_CHUNK_BYTES)
        gap = padded_bytes - plain_bytes
        if (gap == 0 or gap >= FREE_BOX_MIN_BYTES) and sealed_bytes(start_bytes, padded_bytes) == target:
            return gap
        target = padme_bytes(target + 1)

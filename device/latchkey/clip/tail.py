"""The tail of a clip: what was recorded but fills no sealed chunk yet, kept in a file of its own.

Its plaintext is a head of 32 bytes and then at most one chunk of the clip's plaintext.
"""

import struct
from dataclasses import dataclass

from latchkey.clip.errors import NoteDamaged
from latchkey.clip.stream import CHUNK_BYTES

MAGIC = b"LKTAIL01"
_HEAD = struct.Struct(">8s16sQ")
TAIL_LIMIT_BYTES = _HEAD.size + CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class Tail:
    """`data` of the clip `clip`, from byte `at` of its plaintext on."""

    clip: str
    at: int
    data: bytes


def encode_tail(tail: Tail) -> bytes:
    """Write the plaintext of a tail file."""
    return _HEAD.pack(MAGIC, bytes.fromhex(tail.clip), tail.at) + tail.data


def decode_tail(data: bytes, clip: str) -> Tail:
    """Read it. Raises NoteDamaged, also for the tail of another clip."""
    if not _HEAD.size <= len(data) <= TAIL_LIMIT_BYTES:
        raise NoteDamaged("tail", "its length is impossible")
    magic, owner, at = _HEAD.unpack_from(data)
    if magic != MAGIC or owner.hex() != clip:
        raise NoteDamaged("tail", "it belongs to another clip or version")
    if at % CHUNK_BYTES:
        raise NoteDamaged("tail", "it does not begin where a chunk does")
    return Tail(clip, at, data[_HEAD.size :])

"""Sealed clips: an age v1 file that anybody with the key and the `age` tool can open.

Pure: values in, values out. The format is described in device/CLIP.md.
"""

from latchkey.clip.age import Sealer, decrypt, new_header, open_seekable, seal, take_header
from latchkey.clip.errors import (
    ClipArmored,
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    SealerClosed,
    TrailingBytes,
)
from latchkey.clip.keys import (
    Identity,
    Recipient,
    Take,
    X25519Identity,
    X25519Recipient,
    parse_identity,
    parse_recipient,
)

__all__ = [
    "ClipArmored",
    "ClipDamaged",
    "ClipTruncated",
    "HeaderDamaged",
    "Identity",
    "NoIdentityMatched",
    "Recipient",
    "Sealer",
    "SealerClosed",
    "Take",
    "TrailingBytes",
    "X25519Identity",
    "X25519Recipient",
    "decrypt",
    "new_header",
    "open_seekable",
    "parse_identity",
    "parse_recipient",
    "seal",
    "take_header",
]

"""Sealed clips: an age v1 file that anybody with the key and the `age` tool can open.

Pure: values in, values out. The format is described in device/CLIP.md.
"""

from latchkey.clip.age import Sealer, decrypt, new_header, open_seekable, seal, take_header
from latchkey.clip.companion import (
    COMPANION_LIMIT_BYTES,
    SALT_BYTES,
    Companion,
    Link,
    commitment,
    decode_companion,
    encode_companion,
    payload_hash,
)
from latchkey.clip.errors import (
    BoxDamaged,
    ClipArmored,
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    NoteDamaged,
    ProofDamaged,
    SealerClosed,
    SignatureWrong,
    TrailingBytes,
)
from latchkey.clip.keys import (
    Identity,
    Recipient,
    Streams,
    Take,
    X25519Identity,
    X25519Recipient,
    parse_identity,
    parse_recipient,
)
from latchkey.clip.manifest import Manifest, decode_manifest, encode_manifest
from latchkey.clip.padding import padding_bytes
from latchkey.clip.padme import padme_bytes
from latchkey.clip.proof import ProofWriter
from latchkey.clip.proof_reader import Progress, ProofReader, check_proof
from latchkey.clip.signing import PUBLIC_BYTES, SEED_BYTES, SigningKey, verify
from latchkey.clip.stream import NONCE_BYTES
from latchkey.clip.tail import TAIL_LIMIT_BYTES, Tail, decode_tail, encode_tail

__all__ = [
    "COMPANION_LIMIT_BYTES",
    "NONCE_BYTES",
    "PUBLIC_BYTES",
    "SALT_BYTES",
    "SEED_BYTES",
    "TAIL_LIMIT_BYTES",
    "BoxDamaged",
    "ClipArmored",
    "ClipDamaged",
    "ClipTruncated",
    "Companion",
    "HeaderDamaged",
    "Identity",
    "Link",
    "Manifest",
    "NoIdentityMatched",
    "NoteDamaged",
    "Progress",
    "ProofDamaged",
    "ProofReader",
    "ProofWriter",
    "Recipient",
    "Sealer",
    "SealerClosed",
    "SignatureWrong",
    "SigningKey",
    "Streams",
    "Tail",
    "Take",
    "TrailingBytes",
    "X25519Identity",
    "X25519Recipient",
    "check_proof",
    "commitment",
    "decode_companion",
    "decode_manifest",
    "decode_tail",
    "decrypt",
    "encode_companion",
    "encode_manifest",
    "encode_tail",
    "new_header",
    "open_seekable",
    "padding_bytes",
    "padme_bytes",
    "parse_identity",
    "parse_recipient",
    "payload_hash",
    "seal",
    "take_header",
    "verify",
]

"""The companion of a clip: which device made it, and which clip came before. Sealed in a file of its own.

Canonical JSON and the signature of the device behind it. Whoever is given the clip alone learns nothing of
it; whoever is given both can check that they belong together: the manifest holds `commitment` of the
companion.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from latchkey.canonical import decode_record, encode_record, hexadecimal, whole
from latchkey.clip.errors import NoteDamaged, SignatureWrong
from latchkey.clip.header import read_header
from latchkey.clip.signing import PUBLIC_BYTES, SIGNATURE_BYTES, SigningKey, verify
from latchkey.clip.stream import CHUNK_BYTES

SCHEMA = 1
CONTEXT = b"latchkey/companion/1\n"
COMMITMENT_CONTEXT = b"latchkey/commitment/1\n"
COMPANION_LIMIT_BYTES = 4096
CLIP_BYTES, SALT_BYTES, HASH_BYTES = 16, 32, 32
SEQUENCE_LIMIT = 1 << 53
_FIELDS = ("schema", "clip", "clip_key", "device_key", "sequence", "previous", "salt")


@dataclass(frozen=True, slots=True)
class Link:
    """A clip of the chain: its number, and the SHA-256 of its sealed file after the header."""

    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Companion:
    """The facts. `clip` is the id in the vault's file names, `previous` the last clip before that was
    whole.
    """

    clip: str
    clip_key: bytes
    device_key: bytes
    sequence: int
    previous: Link | None
    salt: bytes


def encode_companion(companion: Companion, device: SigningKey) -> bytes:
    """Write and sign a companion; `device_key` must be the public half of `device`."""
    previous = companion.previous
    record = {
        "schema": SCHEMA,
        "clip": companion.clip,
        "clip_key": companion.clip_key.hex(),
        "device_key": companion.device_key.hex(),
        "sequence": companion.sequence,
        "previous": previous and {"sequence": previous.sequence, "payload": previous.payload.hex()},
        "salt": companion.salt.hex(),
    }
    message = encode_record(record)
    return message + device.sign(CONTEXT, message)


def decode_companion(data: bytes) -> Companion:
    """Read a companion, whose signature by the device that it names holds. Whether that device is to be
    trusted, the reader must know. Raises NoteDamaged.
    """
    message, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    try:
        record = decode_record(message, _FIELDS, COMPANION_LIMIT_BYTES)
        whole(record["schema"], SCHEMA, SCHEMA)
        companion = Companion(
            clip=hexadecimal(record["clip"], CLIP_BYTES).hex(),
            clip_key=hexadecimal(record["clip_key"], PUBLIC_BYTES),
            device_key=hexadecimal(record["device_key"], PUBLIC_BYTES),
            sequence=whole(record["sequence"], 1, SEQUENCE_LIMIT),
            previous=read_link(record["previous"]),
            salt=hexadecimal(record["salt"], SALT_BYTES),
        )
        verify(companion.device_key, CONTEXT, message, signature)
    except (ValueError, SignatureWrong) as error:
        raise NoteDamaged("companion", str(error)) from error
    return companion


def read_link(value: object) -> Link | None:
    """Read a link of the chain from its record; null is none. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"sequence", "payload"}:
        raise ValueError("a link of the chain has other fields than it should")
    return Link(whole(value["sequence"], 1, SEQUENCE_LIMIT), hexadecimal(value["payload"], HASH_BYTES))


def commitment(data: bytes) -> bytes:
    """Give the hash by which a manifest binds the companion `data`. Its salt makes it say nothing by
    itself.
    """
    return sha256(COMMITMENT_CONTEXT + data).digest()


def payload_hash(source: BinaryIO) -> bytes:
    """Give the SHA-256 of a sealed file after its header; a new header for other readers does not change it.

    Raises HeaderDamaged, ClipArmored.
    """
    read_header(source)
    digest = sha256()
    while data := source.read(CHUNK_BYTES):
        digest.update(data)
    return digest.digest()

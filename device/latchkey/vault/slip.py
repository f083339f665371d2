"""Two plain notes that a device signs: the slip beside each clip, and the head of all of them.

    slip   clip, day, the day on which it is deleted, its number: enough to rebuild the index without any key
    head   the last number given, and the last whole clip's number, id and hash: who holds it notices a
           clip that was deleted or put back

Both are canonical JSON and then a signature of 64 bytes. Signing and verifying is given by the caller.
"""

from collections.abc import Callable
from dataclasses import dataclass

from latchkey.canonical import decode_record, encode_record, hexadecimal, whole
from latchkey.errors import ClipError
from latchkey.vault.days import FIRST_DAY, LAST_DAY, day_text, parse_day

SCHEMA = 1
HEAD_SCHEMA = 2
SIGNATURE_BYTES = 64
SLIP_CONTEXT = b"latchkey/slip/1\n"
HEAD_CONTEXT = b"latchkey/head/1\n"
HEAD_NAME = "head.json"
SLIP_LIMIT_BYTES = HEAD_LIMIT_BYTES = 1024
NUMBER_LIMIT = 1 << 53
_ID_BYTES, _HASH_BYTES = 16, 32

Sign = Callable[[bytes, bytes], bytes]
"""Takes context and message, gives the signature."""

Check = Callable[[bytes, bytes, bytes], None]
"""Takes context, message and signature; raises ClipError where it does not verify."""


class SlipDamaged(ClipError):
    """A slip or head is not one that this version writes, or not signed by the device."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a note of the device cannot be used: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Slip:
    """Days are whole UTC days since 1970; `sequence` counts from 1 in the order of recording."""

    clip: str
    day: int
    expires_day: int
    sequence: int


@dataclass(frozen=True, slots=True)
class ChainHead:
    """`sequence` is the last number given to a clip, 0 before the first; `whole` the number, `clip` the id
    and `payload` the SHA-256 (of the sealed file after its header) of the last clip that was finished, 0
    and empty if none was. A head of schema 1 has no id, one that was told over the broker no hash.
    """

    sequence: int = 0
    whole: int = 0
    payload: bytes = b""
    clip: str = ""

    def is_newer_than(self, other: "ChainHead") -> bool:
        """Whether the device signed it later than `other`."""
        return (self.sequence, self.whole) > (other.sequence, other.whole)


def encode_slip(slip: Slip, sign: Sign) -> bytes:
    """Write and sign a slip."""
    record = {
        "schema": SCHEMA,
        "clip": slip.clip,
        "day": day_text(slip.day),
        "expires": day_text(slip.expires_day),
        "sequence": slip.sequence,
    }
    message = encode_record(record)
    return message + sign(SLIP_CONTEXT, message)


def decode_slip(data: bytes, check: Check) -> Slip:
    """Read a slip. Raises SlipDamaged."""
    message, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    try:
        fields = ("schema", "clip", "day", "expires", "sequence")
        record = decode_record(message, fields, SLIP_LIMIT_BYTES)
        whole(record["schema"], SCHEMA, SCHEMA)
        slip = Slip(
            clip=hexadecimal(record["clip"], _ID_BYTES).hex(),
            day=_day(record["day"]),
            expires_day=_day(record["expires"]),
            sequence=whole(record["sequence"], 1, NUMBER_LIMIT),
        )
        check(SLIP_CONTEXT, message, signature)
    except (ValueError, ClipError) as error:
        raise SlipDamaged(str(error)) from error
    return slip


def encode_chain_head(head: ChainHead, sign: Sign) -> bytes:
    """Write and sign a head."""
    record = {
        "schema": HEAD_SCHEMA,
        "sequence": head.sequence,
        "whole": head.whole,
        "clip": head.clip,
        "payload": head.payload.hex(),
    }
    message = encode_record(record)
    return message + sign(HEAD_CONTEXT, message)


def decode_chain_head(data: bytes, check: Check) -> ChainHead:
    """Read a head. Raises SlipDamaged."""
    message, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    try:
        is_first = b'"schema":1,' in message
        fields = ("schema", "sequence", "whole", "payload", *(() if is_first else ("clip",)))
        record = decode_record(message, fields, HEAD_LIMIT_BYTES)
        whole(record["schema"], 1 if is_first else HEAD_SCHEMA, HEAD_SCHEMA)
        sequence = whole(record["sequence"], 0, NUMBER_LIMIT)
        last = whole(record["whole"], 0, sequence)
        payload = hexadecimal(record["payload"], _HASH_BYTES if last else 0)
        clip = "" if is_first else record["clip"]
        hexadecimal(clip, _ID_BYTES if clip and last else 0)
        check(HEAD_CONTEXT, message, signature)
    except (ValueError, ClipError) as error:
        raise SlipDamaged(str(error)) from error
    return ChainHead(sequence, last, payload, clip)


def _day(value: object) -> int:
    day = parse_day(value) if isinstance(value, str) else None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("a day is none of the calendar")
    return day

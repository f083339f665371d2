"""The head as a device tells it over the broker: enough to notice later that clips are gone, and no hash.

    {"schema":1,"sequence":12,"whole":11,"clip":"<id>","signature":"<128 hexadecimal digits>"}

Who keeps the newest one can tell a vault whose newest clips were deleted, or that was put back to an older
day. The id is that of the clip's messages, so the broker learns nothing that ties a clip to a file
elsewhere; the hash of `head.json` would. What is signed is the record without its signature, in its one
spelling.
"""

import json
from typing import Any

from latchkey.canonical import encode_record, hexadecimal, whole
from latchkey.errors import ClipError
from latchkey.vault.slip import (
    HEAD_LIMIT_BYTES,
    NUMBER_LIMIT,
    SIGNATURE_BYTES,
    ChainHead,
    Check,
    Sign,
    SlipDamaged,
    decode_chain_head,
)

TOLD_CONTEXT = b"latchkey/told/1\n"
TOLD_SCHEMA = 1
_ID_BYTES = 16
_FIELDS = {"schema", "sequence", "whole", "clip", "signature"}


def sign_told(head: ChainHead, sign: Sign) -> bytes:
    """Give the signature of the message that tells of `head`, which names a clip."""
    return sign(TOLD_CONTEXT, _message(head.sequence, head.whole, head.clip))


def decode_held_head(data: bytes, check: Check) -> ChainHead:
    """Read a head that an owner holds: a `head.json`, or the message from the broker in any JSON spelling.

    Raises SlipDamaged.
    """
    try:
        record = json.loads(data) if len(data) <= HEAD_LIMIT_BYTES else None
    except (ValueError, RecursionError):  # 64 bytes of signature follow in a head.json
        record = None
    return decode_chain_head(data, check) if record is None else _told(record, check)


def _told(record: Any, check: Check) -> ChainHead:
    try:
        if not isinstance(record, dict) or set(record) != _FIELDS:
            raise ValueError("it has other fields than it should")
        whole(record["schema"], TOLD_SCHEMA, TOLD_SCHEMA)
        sequence = whole(record["sequence"], 1, NUMBER_LIMIT)
        last = whole(record["whole"], 1, sequence)
        clip = hexadecimal(record["clip"], _ID_BYTES).hex()
        signature = hexadecimal(record["signature"], SIGNATURE_BYTES)
        check(TOLD_CONTEXT, _message(sequence, last, clip), signature)
    except (ValueError, ClipError) as error:
        raise SlipDamaged(str(error)) from error
    return ChainHead(sequence, last, clip=clip)


def _message(sequence: int, last: int, clip: str) -> bytes:
    return encode_record({"schema": TOLD_SCHEMA, "sequence": sequence, "whole": last, "clip": clip})

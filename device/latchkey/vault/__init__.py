"""The rules of the vault: names, sealed records, what has to go, what a crash left behind.

Pure: values in, values out. The plain index holds id, UTC day, bytes and state of a clip and
nothing else; all else is in its sealed record.
"""

from latchkey.vault.days import day_text, parse_day
from latchkey.vault.meta import META_LIMIT_BYTES, ClipMeta, MetaDamaged, decode_meta, encode_meta
from latchkey.vault.names import (
    CLIPS,
    INDEX_NAME,
    check_disk_name,
    is_clip_id,
    meta_name,
    part_name,
    sealed_name,
)
from latchkey.vault.reconcile import Repair, reconcile
from latchkey.vault.retention import expired, expires_day, overflow, room_state

__all__ = [
    "CLIPS",
    "INDEX_NAME",
    "META_LIMIT_BYTES",
    "ClipMeta",
    "MetaDamaged",
    "Repair",
    "check_disk_name",
    "day_text",
    "decode_meta",
    "encode_meta",
    "expired",
    "expires_day",
    "is_clip_id",
    "meta_name",
    "overflow",
    "parse_day",
    "part_name",
    "reconcile",
    "room_state",
    "sealed_name",
]

"""The rules of the vault: names, sealed records, what has to go, what a crash left behind.

Pure: values in, values out. The plain index holds id, UTC day, bytes and state of a clip and
nothing else; all else is in its sealed record.
"""

from latchkey.vault.days import day_text, parse_day
from latchkey.vault.faces import (
    FaceRecord,
    LayerDamaged,
    LayerHead,
    LayerReader,
    encode_head,
    encode_record,
)
from latchkey.vault.meta import META_LIMIT_BYTES, ClipMeta, MetaDamaged, decode_meta, encode_meta
from latchkey.vault.names import (
    CLIPS,
    INDEX_NAME,
    check_disk_name,
    faces_name,
    faces_part_name,
    is_clip_id,
    meta_name,
    part_name,
    sealed_name,
)
from latchkey.vault.offering import sealed_clip
from latchkey.vault.reconcile import Repair, reconcile
from latchkey.vault.retention import (
    expired,
    expires_day,
    faces_left_ns,
    faces_surely_over,
    overflow,
    room_state,
)

__all__ = [
    "CLIPS",
    "INDEX_NAME",
    "META_LIMIT_BYTES",
    "ClipMeta",
    "FaceRecord",
    "LayerDamaged",
    "LayerHead",
    "LayerReader",
    "MetaDamaged",
    "Repair",
    "check_disk_name",
    "day_text",
    "decode_meta",
    "encode_head",
    "encode_meta",
    "encode_record",
    "expired",
    "expires_day",
    "faces_left_ns",
    "faces_name",
    "faces_part_name",
    "faces_surely_over",
    "is_clip_id",
    "meta_name",
    "overflow",
    "parse_day",
    "part_name",
    "reconcile",
    "room_state",
    "sealed_clip",
    "sealed_name",
]

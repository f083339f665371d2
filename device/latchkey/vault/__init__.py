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
    chain_name,
    check_disk_name,
    faces_name,
    faces_part_name,
    is_clip_id,
    meta_name,
    parse_name,
    part_name,
    rewrapped_name,
    sealed_name,
    slip_name,
    tail_name,
)
from latchkey.vault.offering import sealed_clip
from latchkey.vault.reconcile import Repair, reconcile
from latchkey.vault.retention import (
    crowding,
    expired,
    expires_day,
    faces_left_ns,
    faces_surely_over,
    overflow,
    room_state,
)
from latchkey.vault.slip import (
    HEAD_CONTEXT,
    HEAD_LIMIT_BYTES,
    HEAD_NAME,
    SLIP_CONTEXT,
    SLIP_LIMIT_BYTES,
    ChainHead,
    Slip,
    SlipDamaged,
    decode_chain_head,
    decode_slip,
    encode_chain_head,
    encode_slip,
)
from latchkey.vault.told import TOLD_CONTEXT, decode_held_head, sign_told
from latchkey.vault.trust import UNDATED

__all__ = [
    "CLIPS",
    "HEAD_CONTEXT",
    "HEAD_LIMIT_BYTES",
    "HEAD_NAME",
    "INDEX_NAME",
    "META_LIMIT_BYTES",
    "SLIP_CONTEXT",
    "SLIP_LIMIT_BYTES",
    "TOLD_CONTEXT",
    "UNDATED",
    "ChainHead",
    "ClipMeta",
    "FaceRecord",
    "LayerDamaged",
    "LayerHead",
    "LayerReader",
    "MetaDamaged",
    "Repair",
    "Slip",
    "SlipDamaged",
    "chain_name",
    "check_disk_name",
    "crowding",
    "day_text",
    "decode_chain_head",
    "decode_held_head",
    "decode_meta",
    "decode_slip",
    "encode_chain_head",
    "encode_head",
    "encode_meta",
    "encode_record",
    "encode_slip",
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
    "parse_name",
    "part_name",
    "reconcile",
    "rewrapped_name",
    "room_state",
    "sealed_clip",
    "sealed_name",
    "sign_told",
    "slip_name",
    "tail_name",
]

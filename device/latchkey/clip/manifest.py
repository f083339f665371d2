"""What a clip says of itself, signed with it: the payload of its final proof, closed canonical JSON.

It names neither device nor vault, so a clip that is given away leads to no other: what ties it to its
device is in the companion, of which the manifest holds a salted hash (`commitment`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from latchkey.canonical import decode_record, encode_record, hexadecimal, whole
from latchkey.clip.errors import NoteDamaged
from latchkey.events import Trigger
from latchkey.frames import Cause, FilterState

SCHEMA = 1
MANIFEST_LIMIT_BYTES = 8192
COMMITMENT_BYTES = 32
_COUNT_LIMIT = 1 << 53
"""Whole numbers beyond are not the same in every JSON reader."""

_NANOSECONDS_LIMIT = 1 << 63
_TEXT_LIMIT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest. `start_wall_ns` is UTC as the device believed it; `clock_trusted` tells whether anything
    vouched for that. The other fields are those of the sealed record (`ClipMeta`); `commitment` is 32 bytes.
    """

    trigger: Trigger
    triggers: tuple[Trigger, ...]
    start_wall_ns: int
    clock_trusted: bool
    span_ns: int
    frames: int
    frames_with_covers: int
    states: Mapping[str, int]
    causes: Mapping[str, int]
    detector: str
    failed_looks: int
    filter_version: int
    self_check: bool
    checked_groups: int
    repaired_groups: int
    commitment: bytes


_FIELDS = {spec.name for spec in fields(Manifest)}
_COUNTS = (
    "frames",
    "frames_with_covers",
    "failed_looks",
    "filter_version",
    "checked_groups",
    "repaired_groups",
)


def encode_manifest(manifest: Manifest) -> bytes:
    """Write a manifest: equal ones, equal bytes."""
    record = asdict(manifest)
    record |= {"schema": SCHEMA, "commitment": manifest.commitment.hex()}
    return encode_record(record)


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest. Raises NoteDamaged for anything that `encode_manifest` does not write."""
    try:
        record = decode_record(data, _FIELDS | {"schema"}, MANIFEST_LIMIT_BYTES)
        whole(record.pop("schema"), SCHEMA, SCHEMA)
        return _checked(record)
    except (ValueError, TypeError) as error:
        raise NoteDamaged("manifest", str(error)) from error


def _checked(record: dict[str, Any]) -> Manifest:
    for name in _COUNTS:
        whole(record[name], 0, _COUNT_LIMIT)
    whole(record["span_ns"], 0, _NANOSECONDS_LIMIT)
    whole(record["start_wall_ns"], -_NANOSECONDS_LIMIT, _NANOSECONDS_LIMIT)
    if not all(isinstance(record[name], bool) for name in ("clock_trusted", "self_check")):
        raise ValueError("yes or no is spelled otherwise")
    if not isinstance(record["detector"], str) or len(record["detector"]) > _TEXT_LIMIT_CHARS:
        raise ValueError("the detector has an impossible name")
    states = _tally(record["states"], {state.value for state in FilterState}, record["frames"])
    if set(states) != {state.value for state in FilterState} or sum(states.values()) != record["frames"]:
        raise ValueError("its frames do not add up")
    _tally(record["causes"], {cause.value for cause in Cause}, record["frames"])
    if record["frames_with_covers"] > record["frames"]:
        raise ValueError("its frames do not add up")
    record["commitment"] = hexadecimal(record["commitment"], COMMITMENT_BYTES)
    record["trigger"] = Trigger(record["trigger"])
    if not isinstance(record["triggers"], list):
        raise ValueError("its triggers are no list")
    record["triggers"] = tuple(Trigger(trigger) for trigger in record["triggers"])
    return Manifest(**record)


def _tally(value: object, names: set[str], most: int) -> dict[str, int]:
    """Give counts by name that come to `most` together at the most."""
    if not isinstance(value, dict) or not set(value) <= names:
        raise ValueError("a count has an unknown name")
    if sum(whole(count, 0, most) for count in value.values()) > most:
        raise ValueError("its frames do not add up")
    return value

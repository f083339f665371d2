"""What is known of a clip beyond its id, day and size. Sealed to the owner like the clip itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from latchkey.errors import ClipError
from latchkey.events import Trigger
from latchkey.frames import Cause, FilterState
from latchkey.units import KIB
from latchkey.vault.names import is_clip_id

SCHEMA = 3
"""2 counts causes and checked groups, 3 says whether the self-check was on; older records are read as having
no causes, and as made without the check."""

META_LIMIT_BYTES = 8 * KIB
"""Ten times the largest record; what is longer is refused before it is parsed."""

PADDED_BYTES = KIB
"""A record has a multiple of it; with all kinds of events and all causes it has 630 bytes by itself."""

_TEXT_LIMIT_CHARS = 200
_COUNTS = (
    "span_ns",
    "frames",
    "frames_with_covers",
    "failed_looks",
    "filter_version",
    "checked_groups",
    "repaired_groups",
)
_SINCE: Mapping[int, Mapping[str, object]] = {
    2: {"causes": {}, "checked_groups": 0, "repaired_groups": 0},
    3: {"self_check": False},
}


class MetaDamaged(ClipError):
    """The sealed record of a clip is not one that this version writes."""


@dataclass(frozen=True, slots=True)
class ClipMeta:
    """The record. `states` counts frames by what the filter did, one entry per `FilterState`.

    `causes` counts frames in which more was hidden than the faces found, by why (`Cause`); without zeros.
    `start_wall_ns` is UTC as the device believed it; `start_at_ns` the monotonic time of the
    first frame, and `span_ns` the time from the first frame to the last. `trigger` is the most
    important event of the clip, `triggers` are the kinds of all its events. `self_check` tells whether
    what was encoded was searched once more, `checked_groups` counts groups of pictures whose keyframe was
    (one that is covered whole is not), `repaired_groups` those that hide more for it.
    """

    clip: str
    trigger: Trigger
    triggers: tuple[Trigger, ...]
    start_wall_ns: int
    start_at_ns: int
    span_ns: int
    frames: int
    frames_with_covers: int
    states: Mapping[str, int]
    detector: str
    failed_looks: int
    filter_version: int
    causes: Mapping[str, int] = field(default_factory=dict)
    checked_groups: int = 0
    repaired_groups: int = 0
    self_check: bool = False

    @property
    def worst(self) -> FilterState:
        """The most covering thing that the filter did to any frame."""
        met = [state for state in FilterState if self.states.get(state.value)]
        return max(met, key=lambda state: state.severity, default=FilterState.OK)


def encode_meta(meta: ClipMeta) -> bytes:
    """Give the record as compact JSON, with spaces behind it: equal records, equal bytes, and one length for
    all that are alike but for what happened, so that a sealed one does not tell a ring from a motion.
    """
    record: dict[str, object] = {"schema": SCHEMA}
    record |= {spec.name: getattr(meta, spec.name) for spec in fields(meta)}
    record["states"], record["causes"] = dict(meta.states), dict(meta.causes)
    data = json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii")
    return data.ljust(-(-len(data) // PADDED_BYTES) * PADDED_BYTES)


def decode_meta(data: bytes) -> ClipMeta:
    """Read a record. Raises MetaDamaged for anything that `encode_meta` does not write."""
    if len(data) > META_LIMIT_BYTES:
        raise MetaDamaged(f"the record of a clip is over {META_LIMIT_BYTES} bytes")
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MetaDamaged("the record of a clip is not JSON") from error
    if not isinstance(record, dict):
        raise MetaDamaged("the record of a clip is not an object")
    schema = record.pop("schema", None)
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        raise MetaDamaged(
            f"the record of a clip has schema {schema!r}, this version reads 1 to {SCHEMA}",
            hint="a newer latchkey may have written it",
        )
    for newer in range(schema + 1, SCHEMA + 1):
        if _SINCE[newer].keys() & record.keys():
            raise MetaDamaged("the record of a clip has fields that its schema lacks")
        record |= _SINCE[newer]
    if set(record) != {spec.name for spec in fields(ClipMeta)}:
        raise MetaDamaged("the record of a clip has other fields than it should")
    return _checked(record)


def _checked(record: dict[str, Any]) -> ClipMeta:
    for name in (*_COUNTS, "start_wall_ns", "start_at_ns"):
        if type(record[name]) is not int or (name in _COUNTS and record[name] < 0):
            raise _wrong(name)
    for name in ("clip", "detector"):
        if not isinstance(record[name], str) or len(record[name]) > _TEXT_LIMIT_CHARS:
            raise _wrong(name)
    if not isinstance(record["self_check"], bool):
        raise _wrong("self_check")
    if not is_clip_id(record["clip"]):
        raise _wrong("clip")
    _check_states(record)
    _check_causes(record)
    record["trigger"] = _trigger(record["trigger"], "trigger")
    if not isinstance(record["triggers"], list):
        raise _wrong("triggers")
    record["triggers"] = tuple(_trigger(value, "triggers") for value in record["triggers"])
    return ClipMeta(**record)


def _check_states(record: dict[str, Any]) -> None:
    states = record["states"]
    if not isinstance(states, dict) or set(states) != {state.value for state in FilterState}:
        raise _wrong("states")
    if any(type(count) is not int or count < 0 for count in states.values()):
        raise _wrong("states")
    if sum(states.values()) != record["frames"] or record["frames_with_covers"] > record["frames"]:
        raise _wrong("frames")


def _check_causes(record: dict[str, Any]) -> None:
    causes = record["causes"]
    if not isinstance(causes, dict) or not set(causes) <= {cause.value for cause in Cause}:
        raise _wrong("causes")
    if any(type(count) is not int or count < 1 for count in causes.values()):
        raise _wrong("causes")
    if sum(causes.values()) > record["frames"]:
        raise _wrong("causes")


def _trigger(value: object, name: str) -> Trigger:
    if value not in list(Trigger):
        raise _wrong(name)
    return Trigger(str(value))


def _wrong(name: str) -> MetaDamaged:
    return MetaDamaged(f"{name} in the record of a clip has an impossible value")

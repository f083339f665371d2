"""The closed set of messages that cross between the capture side and the link side.

The capture side has the camera, the pixels and the vault; the link side has the bell and the
network. They share nothing but these messages, always as canonical bytes (compact JSON, keys
sorted, ASCII), whether they share a process or not.
Nothing here can hold a picture: fields are whole numbers, short strings, booleans and None.
"""

import json
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from latchkey.errors import LatchkeyError
from latchkey.frames import FilterState

MESSAGE_LIMIT_BYTES = 2048
"""Far above the largest legal message; what is longer is refused before it is parsed."""

TEXT_LIMIT_CHARS = 200


class MessageError(LatchkeyError):
    """Bytes that are not one message of the closed set."""


class Trigger(StrEnum):
    """What a clip was recorded for."""

    RING = "ring"
    MOTION = "motion"
    TEST = "test"


class CameraState(StrEnum):
    """What the capture side knows of its camera."""

    OK = "ok"
    LOST = "lost"
    FROZEN = "frozen"
    CLOSED = "closed"


class DiskState(StrEnum):
    """Whether the disk takes clips, in a word: exact figures would reveal the size of a clip.

    `failed` = it takes no files at all: read-only, no permission, broken, or not there. `no_keys` = nobody
    has a key for a clip of now: nothing is recorded.
    """

    OK = "ok"
    LOW = "low"
    FULL = "full"
    FAILED = "failed"
    NO_KEYS = "no_keys"


@dataclass(frozen=True, slots=True)
class BellRang:
    """Link to capture: somebody pressed the bell (or asked for a test ring)."""

    event: str
    at_ns: int
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class ModesSet:
    """Link to capture: what the camera may do from now on. `snoozed` mutes motion, not rings."""

    armed: bool
    shutter_closed: bool
    snoozed: bool


@dataclass(frozen=True, slots=True)
class MotionChanged:
    """Capture to link: something began or ceased to move."""

    moving: bool


@dataclass(frozen=True, slots=True)
class ClipStarted:
    """Capture to link: a clip is being recorded. `wall_s` is when its first event happened.

    What is said of the clip later is numbered by `seq` from 1, so that no side has to remember.
    """

    clip: str
    trigger: Trigger
    wall_s: int
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClipExtended:
    """Capture to link: a further event belongs to the clip; `wall_s` stays that of its start."""

    clip: str
    seq: int
    trigger: Trigger
    wall_s: int
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClipEnded:
    """Capture to link: the clip is sealed, whole and durable. Only now it may be announced."""

    clip: str
    seq: int
    trigger: Trigger
    wall_s: int
    zones: tuple[str, ...]
    filter: FilterState
    expires_day: int


@dataclass(frozen=True, slots=True)
class ClipLost:
    """Capture to link: a clip that had started could not be kept; `reason` is for the log."""

    clip: str
    reason: str


@dataclass(frozen=True, slots=True)
class HeadTold:
    """Capture to link: the head of the clips, signed. `clip` is the last whole one; 128 hexadecimal digits
    of `signature`. Said after the clip's end, and at the start.
    """

    sequence: int
    whole: int
    clip: str
    signature: str


@dataclass(frozen=True, slots=True)
class CaptureHealth:
    """Capture to link: how camera, filter and disk are. `fps_tenths` counts taken frames."""

    camera: CameraState
    filter: FilterState
    detector: str
    disk: DiskState
    fps_tenths: int


ToCapture = BellRang | ModesSet
ToLink = MotionChanged | ClipStarted | ClipExtended | ClipEnded | ClipLost | HeadTold | CaptureHealth
SideMessage = ToCapture | ToLink
TO_CAPTURE: tuple[type[SideMessage], ...] = get_args(ToCapture)
TO_LINK: tuple[type[SideMessage], ...] = get_args(ToLink)

_KINDS: dict[str, type[SideMessage]] = {kind.__name__: kind for kind in get_args(SideMessage)}
_HINTS: dict[type[SideMessage], dict[str, object]] = {kind: get_type_hints(kind) for kind in _KINDS.values()}


def encode(message: SideMessage) -> bytes:
    """Give the canonical bytes of a message: equal messages, equal bytes."""
    record: dict[str, object] = {"kind": type(message).__name__}
    record |= {field.name: getattr(message, field.name) for field in fields(message)}
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def decode(data: bytes) -> SideMessage:
    """Read one message back. Raises MessageError for anything but canonical bytes of the set."""
    if len(data) > MESSAGE_LIMIT_BYTES:
        raise MessageError(f"message of {len(data)} bytes is over the limit of {MESSAGE_LIMIT_BYTES}")
    try:
        record = json.loads(data)
        kind = _KINDS[record.pop("kind")]
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise MessageError("message is not one of the closed set") from error
    hints = _HINTS[kind]
    if set(record) != set(hints):
        raise MessageError(f"{kind.__name__} has other fields than {sorted(hints)}")
    values: dict[str, Any] = {name: _typed(kind, name, hints[name], value) for name, value in record.items()}
    message = kind(**values)
    if encode(message) != data:
        raise MessageError(f"{kind.__name__} is not in canonical form")
    return message


def _typed(kind: type, name: str, hint: object, value: object) -> object:
    """Check a JSON value against a field's type, and give it in that type."""
    wrong = MessageError(f"{kind.__name__}.{name} has a value of the wrong type")
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise wrong
        return tuple(_typed(kind, name, get_args(hint)[0], item) for item in value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if not isinstance(value, str) or value not in set(hint):
            raise wrong
        return hint(value)
    if not isinstance(hint, type) or type(value) is not hint:
        raise wrong
    if isinstance(value, str) and len(value) > TEXT_LIMIT_CHARS:
        raise wrong
    return value

"""The messages between the two sides: closed, canonical, bounded."""

import itertools
import json
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.events import (
    MESSAGE_LIMIT_BYTES,
    BellRang,
    CameraState,
    CaptureHealth,
    ClipEnded,
    ClipExtended,
    ClipLost,
    ClipStarted,
    DiskState,
    HeadTold,
    MessageError,
    ModesSet,
    MotionChanged,
    SideMessage,
    Trigger,
    decode,
    encode,
)
from latchkey.frames import FilterState

MESSAGES = st.one_of([st.from_type(kind) for kind in get_args(SideMessage)])


@given(MESSAGES)
def test_every_message_survives_the_boundary(message: SideMessage) -> None:
    try:
        data = encode(message)
        again = decode(data)
    except MessageError:
        assert len(encode(message)) > 200
        return
    assert again == message
    assert encode(again) == data


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_with_one_error(data: bytes) -> None:
    with pytest.raises(MessageError):
        decode(data)


def test_a_message_has_no_field_that_could_hold_a_picture() -> None:
    allowed = {int, str, bool, tuple[str, ...]}
    for kind in get_args(SideMessage):
        for name, hint in get_type_hints(kind).items():
            assert hint in allowed or issubclass(hint, str), (kind, name)


def test_unknown_missing_and_extra_fields_are_refused() -> None:
    record = json.loads(encode(BellRang("ab", 5, Trigger.RING)))
    for change in ({"kind": "Other"}, {"extra": 1}, {"at_ns": "5"}, {"at_ns": True}, {"trigger": "knock"}):
        wrong = json.dumps(record | change, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(MessageError):
            decode(wrong)
    for name in (field.name for field in fields(BellRang)):
        short = {key: value for key, value in record.items() if key != name}
        with pytest.raises(MessageError):
            decode(json.dumps(short, sort_keys=True, separators=(",", ":")).encode())


ODD: list[object] = [[], {}, [[]], [{}], {"a": []}, None, True, 1.5, "?", 10**400, ["x", []], "a" * 500]
EXAMPLES: list[SideMessage] = [
    BellRang("ab", 5, Trigger.RING),
    ModesSet(armed=True, shutter_closed=False, snoozed=False),
    MotionChanged(moving=True),
    ClipStarted("ab", Trigger.RING, 5, ("door",)),
    ClipExtended("ab", 1, Trigger.RING, 5, ("door",)),
    ClipEnded("ab", 1, Trigger.RING, 5, ("door",), FilterState.OK, 9),
    ClipLost("ab", "full"),
    HeadTold(2, 1, "ab", "cd"),
    CaptureHealth(CameraState.OK, FilterState.OK, "yunet", DiskState.OK, 150),
]


def test_a_value_of_any_shape_in_any_field_is_a_message_or_refused() -> None:
    """An exception of another kind would end the process that reads it."""
    assert {type(message) for message in EXAMPLES} == set(get_args(SideMessage))
    for message in EXAMPLES:
        record = json.loads(encode(message))
        for name, value in itertools.product(record, ODD):
            data = json.dumps(record | {name: value}, sort_keys=True, separators=(",", ":")).encode()
            try:
                again = decode(data)
            except MessageError:
                continue
            assert encode(again) == data, (message, name, value)


def test_another_spelling_of_the_same_message_is_refused() -> None:
    with pytest.raises(MessageError):
        decode(b'{"moving": true,"kind":"MotionChanged"}')
    assert decode(b'{"kind":"MotionChanged","moving":true}') == MotionChanged(moving=True)


def test_a_long_message_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MessageError, match="limit"):
        decode(b"[" * (MESSAGE_LIMIT_BYTES + 1))

"""The sealed record of a clip: strict both ways."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.events import Trigger
from latchkey.frames import Cause, FilterState
from latchkey.vault import ClipMeta, MetaDamaged, decode_meta, encode_meta

META = ClipMeta(
    clip="ab" * 16,
    trigger=Trigger.RING,
    triggers=(Trigger.RING, Trigger.MOTION),
    start_wall_ns=1_795_478_400_000_000_000,
    start_at_ns=-5,
    span_ns=20_000_000_000,
    frames=300,
    frames_with_covers=120,
    states={"ok": 298, "fallback_region": 2, "fallback_full": 0},
    detector="centerface",
    failed_looks=1,
    filter_version=1,
    causes={"looks": 2, "precaution": 40},
    self_check=True,
)


def test_a_record_comes_back_as_it_was() -> None:
    assert decode_meta(encode_meta(META)) == META


def test_the_length_of_a_record_does_not_tell_what_happened() -> None:
    kinds = list(Trigger)
    told = [
        replace(META, trigger=kind, triggers=triggers, causes=causes, frames=frames, states=states)
        for kind in kinds
        for triggers in ((kind,), tuple(kinds))
        for causes in ({}, dict.fromkeys((cause.value for cause in Cause), 1000))
        for frames, states in (
            (300, META.states),
            (99_999, {"ok": 33_333, "fallback_region": 33_333, "fallback_full": 33_333}),
        )
        if sum(causes.values()) <= frames
    ]
    assert len(told) > 8
    assert {len(encode_meta(meta)) for meta in told} == {1024}
    assert all(decode_meta(encode_meta(meta)) == meta for meta in told)


def test_a_record_from_before_it_was_filled_up_is_read() -> None:
    assert decode_meta(encode_meta(META).rstrip()) == META


def test_a_record_that_takes_more_is_filled_up_too() -> None:
    long = replace(META, triggers=(Trigger.MOTION,) * 99)
    assert len(encode_meta(long)) == 2048
    assert decode_meta(encode_meta(long)) == long


def test_a_record_from_before_causes_were_counted_is_read_as_having_none() -> None:
    record = json.loads(encode_meta(META))
    record["schema"] = 1
    for name in ("causes", "checked_groups", "repaired_groups", "self_check"):
        del record[name]
    assert decode_meta(json.dumps(record).encode()) == replace(META, causes={}, self_check=False)


def test_a_record_from_before_it_told_of_the_check_claims_none() -> None:
    record = json.loads(encode_meta(META))
    record["schema"] = 2
    with pytest.raises(MetaDamaged):
        decode_meta(json.dumps(record).encode())
    del record["self_check"]
    assert decode_meta(json.dumps(record).encode()) == replace(META, self_check=False)


def test_a_record_of_the_first_schema_cannot_have_causes() -> None:
    record = json.loads(encode_meta(META))
    record["schema"] = 1
    with pytest.raises(MetaDamaged):
        decode_meta(json.dumps(record).encode())


def test_a_record_names_the_most_covering_state() -> None:
    assert META.worst is FilterState.FALLBACK_REGION
    assert replace(META, states={"ok": 0, "fallback_region": 0, "fallback_full": 0}).worst is FilterState.OK


def test_equal_records_have_equal_bytes() -> None:
    backwards = dict(reversed(list(META.states.items())))
    assert encode_meta(replace(META, states=backwards)) == encode_meta(META)


WRONG: list[tuple[str, Any]] = [
    ("schema", 4),
    ("schema", True),
    ("schema", None),
    ("trigger", []),
    ("clip", "../../etc"),
    ("clip", 3),
    ("trigger", "visit"),
    ("trigger", 1),
    ("triggers", "ring"),
    ("triggers", ["visit"]),
    ("start_wall_ns", 1.5),
    ("span_ns", -1),
    ("start_wall_ns", True),
    ("frames", 299),
    ("frames_with_covers", 301),
    ("states", {"ok": 300}),
    ("states", []),
    ("detector", 7),
    ("detector", "x" * 300),
    ("states", {"ok": 301, "fallback_region": -1, "fallback_full": 0}),
    ("states", {"ok": 300.0, "fallback_region": 0, "fallback_full": 0}),
    ("filter_version", "1"),
    ("causes", []),
    ("causes", {"haste": 1}),
    ("causes", {"dark": 0}),
    ("causes", {"dark": True}),
    ("causes", {"dark": 301}),
    ("causes", {"dark": 200, "moved": 101}),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_an_impossible_value_is_refused(field: str, value: object) -> None:
    record = json.loads(encode_meta(META))
    record[field] = value
    with pytest.raises(MetaDamaged):
        decode_meta(json.dumps(record).encode())


def test_missing_and_further_fields_are_refused() -> None:
    record = json.loads(encode_meta(META))
    with pytest.raises(MetaDamaged):
        decode_meta(json.dumps(record | {"place": "home"}).encode())
    record.pop("frames")
    with pytest.raises(MetaDamaged):
        decode_meta(json.dumps(record).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b"[" * 5000, b" " * 9000, b'{"schema":NaN}'])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(MetaDamaged):
        decode_meta(data)


FIELDS = st.sampled_from(sorted(json.loads(encode_meta(META))))
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.none())


@given(FIELDS, VALUES)
def test_no_value_of_any_field_crashes_the_reader(field: str, value: object) -> None:
    record = json.loads(encode_meta(META))
    record[field] = value
    with suppress(MetaDamaged):
        meta = decode_meta(json.dumps(record).encode())
        assert decode_meta(encode_meta(meta)) == meta

"""The table of topics: closed, sized, and the same in code, discovery and WIRE.md."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey import wire
from latchkey.wire.discovery import document
from latchkey.wire.fields import fit_zones
from latchkey.wire.reference import reference
from latchkey.wire.table import PAYLOAD_LIMIT_BYTES

DEVICE = "00112233445566ff" * 2
RING: dict[str, wire.Value] = {"event_type": "ring", "id": "ab" * 16, "ts": "2026-01-31T12:00:00Z"}
CLIP: dict[str, wire.Value] = {
    "event_type": "end",
    "v": 1,
    "id": "ab" * 16,
    "seq": 2,
    "start": "2026-01-31T12:00:00Z",
    "trigger": "motion",
    "zones": ("porch",),
    "filter": "ok",
    "expires": "2026-02-01",
}
TOP_KEYS = {"device", "origin", "availability", "qos", "components"}
DEVICE_KEYS = {"identifiers", "name", "manufacturer", "model", "model_id", "sw_version"}
COMPONENT_KEYS = {
    "event": {"device_class", "event_types", "state_topic", "icon"},
    "binary_sensor": {
        "device_class",
        "state_topic",
        "off_delay",
        "value_template",
        "expire_after",
        "entity_category",
    },
    "switch": {"icon", "state_topic", "command_topic", "message_expiry_interval"},
    "number": {
        "icon",
        "state_topic",
        "command_topic",
        "message_expiry_interval",
        "unit_of_measurement",
        "min",
        "max",
        "step",
        "mode",
        "value_template",
    },
    "button": {"entity_category", "command_topic", "payload_press", "message_expiry_interval"},
    "sensor": {"device_class", "entity_category", "state_topic", "value_template"},
}


def discovered() -> dict[str, Any]:
    sent = wire.discovery(DEVICE, "Front door", "sim", "0.1.0")
    loaded: dict[str, Any] = json.loads(sent.payload)
    return loaded


def test_a_ring_says_what_the_table_says_and_is_never_retained() -> None:
    sent = wire.record(DEVICE, wire.DOORBELL, RING)
    assert sent.topic == f"latchkey/{DEVICE}/event/doorbell"
    assert json.loads(sent.payload) == RING
    assert (sent.qos, sent.retain, sent.expires_s) == (1, False, 30)


def test_a_missed_ring_does_not_expire() -> None:
    assert wire.record(DEVICE, wire.DOORBELL, RING | {"event_type": "missed"}).expires_s is None


@pytest.mark.parametrize("topic", [t for t in wire.TOPICS if t.direction == "out"])
def test_events_are_not_retained_and_states_are(topic: wire.Topic) -> None:
    assert topic.retain is not topic.suffix.startswith("event/")


@pytest.mark.parametrize(
    "spoiled",
    [
        RING | {"snapshot": "aGVsbG8="},
        {name: value for name, value in RING.items() if name != "id"},
        RING | {"id": "front-door-1"},
        RING | {"id": ("ab" * 16).upper()},
        RING | {"ts": "2026-01-31T12:00:00.123Z"},
        RING | {"ts": "2026-02-30T12:00:00Z"},
        RING | {"event_type": "press"},
        RING | {"event_type": "start"},
    ],
)
def test_a_ring_that_says_anything_else_is_refused(spoiled: dict[str, wire.Value]) -> None:
    with pytest.raises(wire.WireError):
        wire.record(DEVICE, wire.DOORBELL, spoiled)


@pytest.mark.parametrize(
    "spoiled",
    [
        CLIP | {"size": 12345},
        CLIP | {"sha256": "ab" * 32},
        CLIP | {"duration": 17},
        CLIP | {"zones": ("a",) * 9},
        CLIP | {"zones": ("x" * 25,)},
        CLIP | {"zones": ("<img src=x>",)},
        CLIP | {"seq": True},
        CLIP | {"filter": "off"},
        CLIP | {"event_type": "start"},
    ],
)
def test_a_clip_event_has_no_room_for_sizes_hashes_or_free_text(spoiled: dict[str, wire.Value]) -> None:
    with pytest.raises(wire.WireError):
        wire.record(DEVICE, wire.CLIP, spoiled)


def test_a_topic_outside_the_table_cannot_be_published() -> None:
    stray = wire.Topic("snapshot", "out", "a picture", wire.MOTION.variants)
    with pytest.raises(wire.WireError):
        wire.plain(DEVICE, stray, "ON")
    with pytest.raises(wire.WireError):
        wire.plain(DEVICE, wire.ARMED_SET, "ON")


@pytest.mark.parametrize("device", ["front-door", "", "../../etc", "00112233445566ff" * 2 + "a", "+", "#"])
def test_an_id_that_is_not_random_hex_makes_no_topic(device: str) -> None:
    with pytest.raises(wire.WireError):
        wire.topic_name(device, wire.STATUS)


@given(st.lists(st.text(max_size=40), max_size=40))
def test_whatever_zones_are_called_a_clip_event_stays_below_its_limit(names: list[str]) -> None:
    sent = wire.record(DEVICE, wire.CLIP, CLIP | {"zones": fit_zones(tuple(names)), "seq": 999})
    assert len(sent.payload) <= PAYLOAD_LIMIT_BYTES


@given(st.integers(-(1 << 62), 1 << 62))
def test_any_clock_can_be_written_down(wall_s: int) -> None:
    wire.record(DEVICE, wire.DOORBELL, RING | {"ts": wire.stamp(wall_s)})
    wire.record(DEVICE, wire.CLIP, CLIP | {"expires": wire.day(wall_s // 86_400)})


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)))
def test_moments_are_written_as_the_calendar_has_them(moment: datetime) -> None:
    seconds = int(moment.replace(tzinfo=UTC, microsecond=0).timestamp())
    assert wire.stamp(seconds) == moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    assert wire.day(seconds // 86_400) == moment.strftime("%Y-%m-%d").rjust(10, "0")


@pytest.mark.parametrize(
    "day", ["2026-00-01", "2026-13-01", "2026-04-31", "2100-02-29", "2026-1-1", "２026-01-01"]
)
def test_a_day_that_no_calendar_has_is_refused(day: str) -> None:
    with pytest.raises(wire.WireError):
        wire.record(DEVICE, wire.CLIP, CLIP | {"expires": day})
    wire.record(DEVICE, wire.CLIP, CLIP | {"expires": "2028-02-29"})


@pytest.mark.parametrize(
    ("suffix", "payload", "value"),
    [
        ("armed/set", b"OFF", "OFF"),
        ("shutter/set", b"ON", "ON"),
        ("snooze/set", b"30", 30),
        ("snooze/set", b"30.0", 30),
        ("snooze/set", b"0", 0),
        ("test/set", b"ring", "ring"),
    ],
)
def test_commands_are_read(suffix: str, payload: bytes, value: str | int) -> None:
    command = wire.read_command(DEVICE, f"latchkey/{DEVICE}/{suffix}", payload)
    assert (command.topic.suffix, command.value) == (suffix, value)


@pytest.mark.parametrize(
    ("suffix", "payload"),
    [
        ("armed/set", b"on"),
        ("armed/set", b""),
        ("snooze/set", b"1441"),
        ("snooze/set", b"-1"),
        ("snooze/set", b"1e9"),
        ("snooze/set", b"9" * 5000),
        ("snooze/set", "٣".encode()),
        ("snooze/set", b"30.5"),
        ("test/set", b"motion"),
        ("restart/set", b"PRESS"),
        ("armed/state", b"ON"),
        ("armed/set", b"\xff\xfe"),
    ],
)
def test_malformed_commands_are_refused(suffix: str, payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.read_command(DEVICE, f"latchkey/{DEVICE}/{suffix}", payload)


@given(st.binary(max_size=600))
def test_no_bytes_make_a_command_reader_stumble(payload: bytes) -> None:
    for topic in wire.TOPICS:
        try:
            command = wire.read_command(DEVICE, wire.topic_name(DEVICE, topic), payload)
        except wire.WireError:
            continue
        assert command.topic is topic


def test_we_never_listen_to_our_own_output() -> None:
    own = {wire.topic_name(DEVICE, topic) for topic in wire.TOPICS if topic.direction == "out"}
    assert not own & set(wire.subscriptions(DEVICE))
    assert not any("#" in name or "+" in name for name in wire.subscriptions(DEVICE))


def test_discovery_is_one_retained_message_of_legal_size() -> None:
    sent = wire.discovery(DEVICE, "Front door", "sim", "0.1.0")
    assert sent.topic == f"homeassistant/device/{DEVICE}/config"
    assert sent.retain
    assert sent.qos == 1
    assert len(sent.payload) <= 8192
    assert sent.expires_s is None


def test_discovery_has_every_key_that_home_assistant_requires_and_none_it_rejects() -> None:
    found = discovered()
    assert set(found) == TOP_KEYS
    assert set(found["device"]) == DEVICE_KEYS
    assert found["device"]["identifiers"] == [DEVICE]
    assert found["origin"]["name"] == "latchkey"
    assert len({component["unique_id"] for component in found["components"].values()}) == len(
        found["components"]
    )
    for component in found["components"].values():
        common = {"platform", "unique_id", "name"}
        assert {"platform", "unique_id"} <= set(component)
        assert set(component) <= common | COMPONENT_KEYS[component["platform"]]


def test_a_doorbell_event_lists_ring() -> None:
    doorbell = discovered()["components"]["doorbell"]
    assert doorbell["device_class"] == "doorbell"
    assert doorbell["event_types"] == ["ring", "missed"]
    assert doorbell["name"] is None


def test_home_assistant_is_offered_no_picture_and_no_restart() -> None:
    found = discovered()["components"]
    assert not {"camera", "image", "update"} & {component["platform"] for component in found.values()}
    assert not {"restart"} & {component.get("device_class") for component in found.values()}


def test_sensors_are_never_in_the_config_category() -> None:
    for component in discovered()["components"].values():
        if component["platform"] in {"sensor", "binary_sensor"}:
            assert component.get("entity_category") != "config"


def test_discovery_and_table_speak_of_the_same_topics() -> None:
    named = {
        component[key]
        for component in discovered()["components"].values()
        for key in ("state_topic", "command_topic")
        if key in component
    } | {entry["topic"] for entry in discovered()["availability"]}
    shown = [
        topic for topic in wire.TOPICS if topic is not wire.HEAD
    ]  # that is for the owner, not for a house
    assert named == {wire.topic_name(DEVICE, topic) for topic in shown}


def test_a_long_name_does_not_break_discovery() -> None:
    assert len(wire.discovery(DEVICE, "Tür 🚪" * 500, "b" * 5000, "0.1.0").payload) <= 8192
    assert document(DEVICE, "x" * 100, "sim", "0")["device"]["name"] == "x" * 64


def test_the_committed_reference_is_the_table() -> None:
    committed = Path(__file__).resolve().parents[2] / "device" / "WIRE.md"
    assert committed.read_text(encoding="utf-8") == reference(), (
        "run: python -m latchkey.wire > device/WIRE.md"
    )

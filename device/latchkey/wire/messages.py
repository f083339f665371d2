"""Build what is sent and read what is heard, by the table and by nothing else.

Whatever the table does not list raises `WireError` before a byte exists.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from latchkey.ports import Publication
from latchkey.wire.fields import Hex, Kind, Whole, WireError
from latchkey.wire.table import BASE, BIRTH_TOPIC, COMMANDS, STATUS, TOPICS, Topic, Variant

DEVICE_ID = Hex(32)
"""128 random bits, made by the device itself: neither a serial number nor a MAC address."""

Value = str | int | None | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A well-formed command: one of the `in` topics, and its value."""

    topic: Topic
    value: str | int


def topic_name(device_id: str, topic: Topic) -> str:
    """Give the full name of a topic. Raises WireError for an id that is not one."""
    if not DEVICE_ID.allows(device_id):
        raise WireError(f"device id {device_id!r} is not {DEVICE_ID.describe()}")
    return f"{BASE}/{device_id}/{topic.suffix}"


def plain(device_id: str, topic: Topic, value: str | int) -> Publication:
    """Build a message that is one word or number. Raises WireError if the table has no such."""
    variant = topic.variants[0]
    if variant.plain is None:
        raise WireError(f"{topic.suffix} carries a JSON object, not {value!r}")
    _check(topic, "payload", variant.plain, value)
    return _publication(device_id, topic, variant, str(value).encode())


def record(device_id: str, topic: Topic, values: Mapping[str, Value]) -> Publication:
    """Build a message that is a JSON object. Raises WireError if the table has no such."""
    variant = _variant(topic, values)
    if set(values) != set(variant.fields):
        raise WireError(f"{topic.suffix} has the fields {sorted(variant.fields)}, not {sorted(values)}")
    for name, kind in variant.fields.items():
        _check(topic, name, kind, values[name])
    ordered = {name: values[name] for name in variant.fields}
    payload = json.dumps(ordered, separators=(",", ":"), ensure_ascii=False).encode()
    return _publication(device_id, topic, variant, payload)


def will(device_id: str) -> Publication:
    """Give the last will: the broker says `offline` for us when we vanish."""
    return plain(device_id, STATUS, "offline")


def subscriptions(device_id: str) -> tuple[str, ...]:
    """Give the topics to listen on: each command by name (never our own output), and the birth."""
    return (*(topic_name(device_id, topic) for topic in COMMANDS), BIRTH_TOPIC)


def read_command(device_id: str, name: str, payload: bytes) -> Command:
    """Read a command. Raises WireError for an unknown topic or a payload that is not legal."""
    found = [topic for topic in COMMANDS if topic_name(device_id, topic) == name]
    if not found:
        raise WireError("a message came on a topic that is not a command")
    topic = found[0]
    if len(payload) > topic.limit_bytes:
        raise WireError(f"{topic.suffix}: payload of {len(payload)} bytes is too long")
    kind = topic.variants[0].plain
    value = _parse(payload, kind)
    if kind is None or value is None or not kind.allows(value):
        described = kind.describe() if kind is not None else "nothing"
        raise WireError(f"{topic.suffix}: expected {described}")
    return Command(topic, value)


def _parse(payload: bytes, kind: Kind | None) -> str | int | None:
    """Read a word, or digits where the kind wants a number; None = neither."""
    if not payload.isascii():
        return None
    text = payload.decode("ascii")
    if not isinstance(kind, Whole):
        return text
    digits = text.removesuffix(".0")  # Home Assistant sends numbers as 30 or 30.0
    return int(digits) if digits.isdigit() and len(digits) <= 6 else None


def _variant(topic: Topic, values: Mapping[str, Value]) -> Variant:
    for variant in topic.variants:
        if variant.fields and variant.event_type == values.get("event_type", ""):
            return variant
    raise WireError(f"{topic.suffix} has no message like {sorted(values)}")


def _check(topic: Topic, name: str, kind: Kind, value: object) -> None:
    if not kind.allows(value):
        raise WireError(f"{topic.suffix}: {name} must be {kind.describe()}")


def _publication(device_id: str, topic: Topic, variant: Variant, payload: bytes) -> Publication:
    if topic not in TOPICS or topic.direction != "out":
        raise WireError(f"{topic.suffix} is not a topic the device publishes")
    if len(payload) > topic.limit_bytes:
        raise WireError(f"{topic.suffix}: {len(payload)} bytes, the limit is {topic.limit_bytes}")
    return Publication(
        topic_name(device_id, topic), payload, topic.qos, topic.retain, expires_s=variant.expires_s
    )

"""What may be said on the broker, written down once more, by hand and apart from the device's own table.

A checker that asked that table would go wrong with it.
"""

import json
from dataclasses import dataclass, field

from latchkey.ports import Publication

DISCOVERY = "homeassistant/device/"
BASE = "latchkey/"
ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Rule:
    """How a topic is said: whether it is retained, and the words it may be, or the fields it may have.

    `expires_s` says for each `event_type` (that of a state is "") after how long a broker forgets it.
    """

    retain: bool
    words: frozenset[str] = frozenset()
    fields: tuple[frozenset[str], ...] = ()
    expires_s: dict[str, int] = field(default_factory=dict)


def _fields(*names: str) -> frozenset[str]:
    return frozenset(" ".join(names).split())


_ON_OFF = frozenset({"ON", "OFF"})
_CLIP = "event_type v id seq start trigger zones"

RULES: dict[str, Rule] = {
    "status": Rule(True, frozenset({"online", "offline"})),
    "event/doorbell": Rule(False, fields=(_fields("event_type id ts"),), expires_s={"ring": 30}),
    "event/clip": Rule(
        False,
        fields=(_fields(_CLIP), _fields(_CLIP, "filter expires")),
        expires_s={"start": 300, "update": 300},
    ),
    "motion/state": Rule(True, _ON_OFF),
    "armed/state": Rule(True, _ON_OFF),
    "shutter/state": Rule(True, _ON_OFF),
    "snooze/state": Rule(True, fields=(_fields("until minutes_left"),)),
    "health/state": Rule(True, fields=(_fields("filter camera disk boot"),), expires_s={"": 180}),
    "head/state": Rule(True, fields=(_fields("schema sequence whole clip signature"),)),
}
"""Below `latchkey/<device id>/`. All of it is said with QoS 1."""


COMMANDS = ("armed/set", "shutter/set", "snooze/set", "test/set")
BIRTH = "homeassistant/status"

_TOP = _fields("device origin availability qos components")
_DEVICE = {"manufacturer": "Latchkey", "model": "Doorbell", "model_id": "house"}
_DEVICE_FIELDS = _fields("identifiers name sw_version", *_DEVICE)
_COMPONENTS = _fields(
    "doorbell motion clip armed shutter snooze test_ring filter_problem camera_problem disk_problem boot"
)
_COMPONENT_FIELDS = _fields(
    "platform name icon device_class entity_category unique_id event_types state_topic command_topic",
    "off_delay expire_after message_expiry_interval value_template unit_of_measurement min max step mode",
    "payload_press",
)


def is_listed(said: Publication) -> bool:
    """Whether a message is of a topic that is listed, and said as it is listed."""
    if said.topic.startswith(DISCOVERY):
        return (said.qos, said.retain, said.expires_s) == (1, True, None) and _introduces(said)
    device_id, _, suffix = said.topic.removeprefix(BASE).partition("/")
    rule = RULES.get(suffix)
    if not said.topic.startswith(BASE) or len(device_id) != ID_DIGITS or rule is None:
        return False
    return (said.qos, said.retain) == (1, rule.retain) and _fits(rule, said)


def wanted(device_id: str) -> frozenset[str]:
    """Give the topics that a device may listen on."""
    return frozenset({BIRTH, *(f"{BASE}{device_id}/{command}" for command in COMMANDS)})


def _fits(rule: Rule, said: Publication) -> bool:
    try:
        if rule.words:
            return said.payload.decode("ascii") in rule.words and said.expires_s is None
        values = json.loads(said.payload)
        expires_s = rule.expires_s.get(values.get("event_type", ""))
        return frozenset(values) in rule.fields and said.expires_s == expires_s
    except (ValueError, TypeError, AttributeError):
        return False


def _introduces(said: Publication) -> bool:
    """Whether a device says of itself what it may, and no more."""
    device_id = said.topic.removeprefix(DISCOVERY).partition("/")[0]
    try:
        values = json.loads(said.payload)
        device, components = values["device"], values["components"]
        return (
            frozenset(values) == _TOP
            and frozenset(device) == _DEVICE_FIELDS
            and device["identifiers"] == [device_id]
            and all(device[name] == text for name, text in _DEVICE.items())
            and frozenset(values["origin"]) == _fields("name sw_version")
            and frozenset(components) == _COMPONENTS
            and all(frozenset(component) <= _COMPONENT_FIELDS for component in components.values())
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return False

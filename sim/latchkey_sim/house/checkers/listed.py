"""What may be said on the broker, written down once more, by hand and apart from the device's own table.

A checker that asked that table would go wrong with it.
"""

import json
from dataclasses import dataclass

from latchkey.ports import Publication

DISCOVERY = "homeassistant/device/"
BASE = "latchkey/"
ID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Rule:
    """How a topic is said: whether it is retained, and the words it may be, or the fields it may have."""

    retain: bool
    words: frozenset[str] = frozenset()
    fields: tuple[frozenset[str], ...] = ()


def _fields(*names: str) -> frozenset[str]:
    return frozenset(" ".join(names).split())


_ON_OFF = frozenset({"ON", "OFF"})
_CLIP = "event_type v id seq start trigger zones"

RULES: dict[str, Rule] = {
    "status": Rule(True, frozenset({"online", "offline"})),
    "event/doorbell": Rule(False, fields=(_fields("event_type id ts"),)),
    "event/clip": Rule(False, fields=(_fields(_CLIP), _fields(_CLIP, "filter expires"))),
    "motion/state": Rule(True, _ON_OFF),
    "armed/state": Rule(True, _ON_OFF),
    "shutter/state": Rule(True, _ON_OFF),
    "snooze/state": Rule(True, fields=(_fields("until minutes_left"),)),
    "health/state": Rule(True, fields=(_fields("filter camera disk boot"),)),
    "head/state": Rule(True, fields=(_fields("schema sequence whole clip signature"),)),
}
"""Below `latchkey/<device id>/`. All of it is said with QoS 1."""


def is_listed(said: Publication) -> bool:
    """Whether a message is of a topic that is listed, and said as it is listed."""
    if said.topic.startswith(DISCOVERY):
        return said.retain
    device_id, _, suffix = said.topic.removeprefix(BASE).partition("/")
    rule = RULES.get(suffix)
    if not said.topic.startswith(BASE) or len(device_id) != ID_DIGITS or rule is None:
        return False
    return said.qos == 1 and said.retain == rule.retain and _fits(rule, said.payload)


def _fits(rule: Rule, payload: bytes) -> bool:
    try:
        if rule.words:
            return payload.decode("ascii") in rule.words
        return frozenset(json.loads(payload)) in rule.fields
    except (ValueError, TypeError):
        return False

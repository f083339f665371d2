"""Home Assistant's discovery: one retained message makes the whole doorbell appear.

Rules read from Home Assistant 2024.11 to 2026.11: `device.identifiers`, `origin.name`, and
`platform` and `unique_id` of every component are required, or the whole device is refused; so it
is for an unknown key at the top or in `device`. An event of class `doorbell` must list `ring`.
Topics come from the table, so an entity without a topic, or the reverse, cannot be written.
There is no camera and no image entity: Home Assistant would pull pixels through the broker.
"""

import json
from typing import Any

from latchkey.ports import Publication
from latchkey.wire.fields import WireError
from latchkey.wire.messages import topic_name
from latchkey.wire.table import (
    ARMED,
    ARMED_SET,
    CLIP,
    DISCOVERY_LIMIT_BYTES,
    DISCOVERY_PREFIX,
    DOORBELL,
    HEALTH,
    HEALTH_EXPIRES_S,
    MOTION,
    SHUTTER,
    SHUTTER_SET,
    SNOOZE,
    SNOOZE_LIMIT_MIN,
    SNOOZE_SET,
    STATUS,
    TEST_SET,
    Topic,
)

MOTION_OFF_DELAY_S = 180
"""Only a net: the device says OFF itself, and repeats ON every minute while something moves."""

COMMAND_EXPIRES_S = 30
"""Home Assistant stamps commands with this, so that an old one does not arrive after an outage."""

NAME_LIMIT_CHARS = 64

_DIAGNOSTIC = "diagnostic"


def discovery(device_id: str, name: str, board: str, version: str) -> Publication:
    """Build the discovery message of a device called `name` in Home Assistant.

    Raises WireError for a device id that is not one, and above 8 KiB.
    """
    payload = json.dumps(document(device_id, name, board, version), separators=(",", ":")).encode()
    if len(payload) > DISCOVERY_LIMIT_BYTES:
        raise WireError(f"discovery of {len(payload)} bytes, the limit is {DISCOVERY_LIMIT_BYTES}")
    return Publication(discovery_topic(device_id), payload, qos=1, retain=True)


def discovery_topic(device_id: str) -> str:
    """Give the topic of the discovery message; publishing nothing there removes the device."""
    return f"{DISCOVERY_PREFIX}/device/{device_id}/config"


def document(device_id: str, name: str, board: str, version: str) -> dict[str, Any]:
    """Give the discovery message as Python values."""
    return {
        "device": {
            "identifiers": [device_id],
            "name": name[:NAME_LIMIT_CHARS],
            "manufacturer": "Latchkey",
            "model": "Doorbell",
            "model_id": board[:NAME_LIMIT_CHARS],
            "sw_version": version,
        },
        "origin": {"name": "latchkey", "sw_version": version},
        "availability": [{"topic": topic_name(device_id, STATUS)}],
        "qos": 1,
        "components": {
            key: {**component, "unique_id": f"latchkey_{device_id}_{key}"}
            for key, component in _components(device_id).items()
        },
    }


def _components(device_id: str) -> dict[str, dict[str, Any]]:
    return _events(device_id) | _controls(device_id) | _diagnostics(device_id)


def _events(device_id: str) -> dict[str, dict[str, Any]]:
    return {
        "doorbell": {
            "platform": "event",
            "name": None,
            "device_class": "doorbell",
            "event_types": _event_types(DOORBELL),
            "state_topic": topic_name(device_id, DOORBELL),
        },
        "motion": {
            "platform": "binary_sensor",
            "device_class": "motion",
            "state_topic": topic_name(device_id, MOTION),
            "off_delay": MOTION_OFF_DELAY_S,
        },
        "clip": {
            "platform": "event",
            "name": "Clip",
            "icon": "mdi:filmstrip",
            "event_types": _event_types(CLIP),
            "state_topic": topic_name(device_id, CLIP),
        },
    }


def _controls(device_id: str) -> dict[str, dict[str, Any]]:
    return {
        "armed": {
            "platform": "switch",
            "name": "Armed",
            "icon": "mdi:shield-home",
            **_both(device_id, ARMED, ARMED_SET),
        },
        "shutter": {
            "platform": "switch",
            "name": "Privacy shutter",
            "icon": "mdi:camera-off",
            **_both(device_id, SHUTTER, SHUTTER_SET),
        },
        "snooze": {
            "platform": "number",
            "name": "Snooze",
            "icon": "mdi:bell-sleep",
            "unit_of_measurement": "min",
            "min": 0,
            "max": SNOOZE_LIMIT_MIN,
            "step": 1,
            "mode": "box",
            "value_template": "{{ value_json.minutes_left }}",
            **_both(device_id, SNOOZE, SNOOZE_SET),
        },
        "test_ring": {
            "platform": "button",
            "name": "Test ring",
            "entity_category": _DIAGNOSTIC,
            "command_topic": topic_name(device_id, TEST_SET),
            "payload_press": "ring",
            "message_expiry_interval": COMMAND_EXPIRES_S,
        },
    }


def _diagnostics(device_id: str) -> dict[str, dict[str, Any]]:
    return {
        "filter_problem": _problem(device_id, "Privacy filter", "value_json.filter != 'ok'"),
        "camera_problem": _problem(device_id, "Camera", "value_json.camera in ['lost', 'frozen']"),
        "disk_problem": _problem(device_id, "Clip storage", "value_json.disk != 'ok'"),
        "boot": {
            "platform": "sensor",
            "name": "Last start",
            "device_class": "timestamp",
            "entity_category": _DIAGNOSTIC,
            "state_topic": topic_name(device_id, HEALTH),
            "value_template": "{{ value_json.boot }}",
        },
    }


def _problem(device_id: str, name: str, condition: str) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "name": name,
        "device_class": "problem",
        "entity_category": _DIAGNOSTIC,
        "state_topic": topic_name(device_id, HEALTH),
        "value_template": f"{{{{ 'ON' if {condition} else 'OFF' }}}}",
        "expire_after": HEALTH_EXPIRES_S,
    }


def _both(device_id: str, state: Topic, command: Topic) -> dict[str, Any]:
    return {
        "state_topic": topic_name(device_id, state),
        "command_topic": topic_name(device_id, command),
        "message_expiry_interval": COMMAND_EXPIRES_S,
    }


def _event_types(topic: Topic) -> list[str]:
    return [variant.event_type for variant in topic.variants]

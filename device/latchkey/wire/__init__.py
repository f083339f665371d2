"""The wire: what is said and heard over MQTT, closed, sized, and the same for everyone.

`table` is the one list of topics; `messages` builds and reads by it; `discovery` tells Home
Assistant; `reference` writes `device/WIRE.md`. All pure: values in, values out.
"""

from latchkey.wire.discovery import discovery, discovery_topic
from latchkey.wire.fields import WireError, day, fit_zones, stamp
from latchkey.wire.messages import (
    DEVICE_ID,
    Command,
    Value,
    plain,
    read_command,
    record,
    subscriptions,
    topic_name,
    will,
)
from latchkey.wire.table import (
    ARMED,
    ARMED_SET,
    BIRTH_TOPIC,
    CLIP,
    DOORBELL,
    HEAD,
    HEALTH,
    HEALTH_EVERY_S,
    MOTION,
    RING_FRESH_S,
    SHUTTER,
    SHUTTER_SET,
    SNOOZE,
    SNOOZE_LIMIT_MIN,
    SNOOZE_SET,
    STATUS,
    TEST_SET,
    TOPICS,
    Topic,
)

__all__ = [
    "ARMED",
    "ARMED_SET",
    "BIRTH_TOPIC",
    "CLIP",
    "DEVICE_ID",
    "DOORBELL",
    "HEAD",
    "HEALTH",
    "HEALTH_EVERY_S",
    "MOTION",
    "RING_FRESH_S",
    "SHUTTER",
    "SHUTTER_SET",
    "SNOOZE",
    "SNOOZE_LIMIT_MIN",
    "SNOOZE_SET",
    "STATUS",
    "TEST_SET",
    "TOPICS",
    "Command",
    "Topic",
    "Value",
    "WireError",
    "day",
    "discovery",
    "discovery_topic",
    "fit_zones",
    "plain",
    "read_command",
    "record",
    "stamp",
    "subscriptions",
    "topic_name",
    "will",
]

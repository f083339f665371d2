"""The one table of everything that is ever said or heard over MQTT.

Payloads, their checks, Home Assistant's discovery and `device/WIRE.md` are all made from it, so
they cannot disagree. Rules: events are never retained (a retained ring would ring again at every
restart of Home Assistant), states are; nothing is larger than its limit; there is no topic for a
picture, a size, a hash or a length, and a count is only in the number of the last clip.
"""

from dataclasses import dataclass, field
from typing import Literal

from latchkey.events import CameraState, DiskState, Trigger
from latchkey.frames import FilterState
from latchkey.wire.fields import Choice, Day, Hex, Kind, Stamp, Whole, ZoneNames

BASE = "latchkey"
DISCOVERY_PREFIX = "homeassistant"
BIRTH_TOPIC = f"{DISCOVERY_PREFIX}/status"
"""Where Home Assistant says `online` when it has started: it wants all states again then."""

PAYLOAD_LIMIT_BYTES = 512
DISCOVERY_LIMIT_BYTES = 8192

RING_FRESH_S = 30
"""A press older than this is told as `missed`: no automation shall chime for a ghost."""

HEALTH_EVERY_S = 60
HEALTH_EXPIRES_S = 3 * HEALTH_EVERY_S
SNOOZE_LIMIT_MIN = 1440
NUMBER_LIMIT = (1 << 53) - 1
"""What every reader of JSON takes for the same number."""

Direction = Literal["out", "in"]
ON_OFF = Choice(("ON", "OFF"))


@dataclass(frozen=True, slots=True)
class Variant:
    """One legal payload of a topic: a JSON object with exactly `fields`, or one `plain` value.

    `event_type` names the variant where a topic has several. `expires_s` is the MQTT 5 expiry.
    """

    event_type: str = ""
    plain: Kind | None = None
    fields: dict[str, Kind] = field(default_factory=dict)
    expires_s: int | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic below `latchkey/<device id>/`."""

    suffix: str
    direction: Direction
    meaning: str
    variants: tuple[Variant, ...]
    retain: bool = False
    qos: Literal[0, 1] = 1
    limit_bytes: int = PAYLOAD_LIMIT_BYTES


def _events(fields: dict[str, Kind], *named: tuple[str, dict[str, Kind], int | None]) -> tuple[Variant, ...]:
    """Give a variant for each (event type, further fields, expiry)."""
    return tuple(
        Variant(name, fields={"event_type": Choice((name,))} | fields | more, expires_s=expires_s)
        for name, more, expires_s in named
    )


def _plain(kind: Kind) -> tuple[Variant, ...]:
    return (Variant(plain=kind),)


_RING: dict[str, Kind] = {"id": Hex(32), "ts": Stamp()}
_CLIP: dict[str, Kind] = {
    "v": Whole(1, 1),
    "id": Hex(32),
    "seq": Whole(0, 999, "within this clip"),
    "start": Stamp(note="; when its first event happened, the same in all its messages"),
    "trigger": Choice(tuple(Trigger)),
    "zones": ZoneNames(),
}
_SEALED: dict[str, Kind] = {"filter": Choice(tuple(FilterState)), "expires": Day()}
_SNOOZE: dict[str, Kind] = {
    "until": Stamp(or_null=True),
    "minutes_left": Whole(0, SNOOZE_LIMIT_MIN),
}
_HEALTH: dict[str, Kind] = {
    "filter": Choice(tuple(FilterState)),
    "camera": Choice(tuple(CameraState)),
    "disk": Choice(tuple(DiskState)),
    "boot": Stamp(),
}
_HEAD: dict[str, Kind] = {
    "schema": Whole(1, 1),
    "sequence": Whole(1, NUMBER_LIMIT, "= the last number given to a clip"),
    "whole": Whole(1, NUMBER_LIMIT, "= the number of the last whole one"),
    "clip": Hex(32, "; its id, the same as in `event/clip`"),
    "signature": Hex(128, "; the device's, Ed25519"),
}

STATUS = Topic(
    "status",
    "out",
    "whether the doorbell is there; `offline` is its last will",
    _plain(Choice(("online", "offline"))),
    retain=True,
)
DOORBELL = Topic(
    "event/doorbell",
    "out",
    f"somebody pressed the bell; `missed` = it could not be told within {RING_FRESH_S} s",
    _events(_RING, ("ring", {}, RING_FRESH_S), ("missed", {}, None)),
)
CLIP = Topic(
    "event/clip",
    "out",
    "a clip begins, a further event joins it, it is sealed and durable",
    _events(_CLIP, ("start", {}, 300), ("update", {}, 300), ("end", _SEALED, None)),
)
MOTION = Topic("motion/state", "out", "whether something moves", _plain(ON_OFF), retain=True)
ARMED = Topic("armed/state", "out", "whether events are recorded", _plain(ON_OFF), retain=True)
SHUTTER = Topic(
    "shutter/state",
    "out",
    "`ON` = the privacy shutter was told to close; `camera` in `health/state` is `lost` if nobody heard it",
    _plain(ON_OFF),
    retain=True,
)
SNOOZE = Topic(
    "snooze/state",
    "out",
    "how long movement is ignored; the bell is not",
    (Variant(fields=_SNOOZE),),
    retain=True,
)
HEALTH = Topic(
    "health/state",
    "out",
    f"how filter, camera and disk are, every {HEALTH_EVERY_S} s and at each change",
    (Variant(fields=_HEALTH, expires_s=HEALTH_EXPIRES_S),),
    retain=True,
)
HEAD = Topic(
    "head/state",
    "out",
    "the signed head of the clips, after each clip's end; `latchkey clips verify --head` reads it",
    (Variant(fields=_HEAD),),
    retain=True,
)
ARMED_SET = Topic("armed/set", "in", "`OFF` stops recording; `ON` takes that back", _plain(ON_OFF))
SHUTTER_SET = Topic("shutter/set", "in", "`ON` closes the shutter; `OFF` takes that back", _plain(ON_OFF))
SNOOZE_SET = Topic(
    "snooze/set",
    "in",
    "ignore movement for so long; 0 ends it",
    _plain(Whole(0, SNOOZE_LIMIT_MIN, "minutes")),
)
TEST_SET = Topic(
    "test/set", "in", "do as if the bell were pressed, at most every 30 s", _plain(Choice(("ring",)))
)

TOPICS: tuple[Topic, ...] = (
    STATUS,
    DOORBELL,
    CLIP,
    MOTION,
    ARMED,
    SHUTTER,
    SNOOZE,
    HEALTH,
    HEAD,
    ARMED_SET,
    SHUTTER_SET,
    SNOOZE_SET,
    TEST_SET,
)
COMMANDS: tuple[Topic, ...] = tuple(topic for topic in TOPICS if topic.direction == "in")

"""`WIRE.md`, written from the table: every topic, every field, every bound."""

from latchkey.wire.discovery import discovery_topic, document
from latchkey.wire.fields import ZONES_LIMIT_BYTES
from latchkey.wire.messages import DEVICE_ID
from latchkey.wire.table import (
    BASE,
    BIRTH_TOPIC,
    DISCOVERY_LIMIT_BYTES,
    PAYLOAD_LIMIT_BYTES,
    TOPICS,
    Direction,
    Topic,
    Variant,
)

_HEAD = f"""# What the doorbell says and hears over MQTT

Written by `python -m latchkey.wire` from `device/latchkey/wire/table.py`; a test keeps the two equal.

All topics lie below `{BASE}/<device id>/`. The device id is {DEVICE_ID.describe()}, made by the
device at its first start: no serial number, no MAC address. MQTT 5, or 3.1.1 where the broker
speaks nothing newer (message expiry is lost then). Events are never retained, states are. A retained
command is ignored. Everything is QoS 1: it may arrive twice, after a break in the connection a
`ring` even once more as `missed`. The `id` tells; what acts on events should heed it.

No payload holds a picture, a clip's size, hash or length, a count of visitors, or a figure of the disk.
Clips are counted in `head/state` alone: who joins late learns from it how many there have ever been.
It names the last one by the id that `event/clip` has told already, and a clip that is given away has
neither. What is not in this table cannot be sent: building it raises an error. No payload is
larger than {PAYLOAD_LIMIT_BYTES} bytes, discovery {DISCOVERY_LIMIT_BYTES}; zone names take at most
{ZONES_LIMIT_BYTES} bytes together.

Commands can only make the camera more private than its owner set it, and take that back.
Anyone who may publish on the broker may send them; restrict `…/set` there if that is too many.
"""


def reference() -> str:
    """Give the whole text of `WIRE.md`."""
    parts = [
        _HEAD,
        "## What it says\n",
        *_section("out"),
        "## What it hears\n",
        *_section("in"),
        f"It also listens to `{BIRTH_TOPIC}`: at `online` it repeats discovery and all states within 5 s.\n",
        "## Home Assistant\n",
        *_entities(),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _section(direction: Direction) -> list[str]:
    return [_topic(topic) for topic in TOPICS if topic.direction == direction]


def _topic(topic: Topic) -> str:
    lines = [f"### `{topic.suffix}`\n", f"{topic.meaning[0].upper() + topic.meaning[1:]}. {_facts(topic)}\n"]
    if topic.variants[0].plain is not None:
        return "\n".join([*lines, f"Payload: {topic.variants[0].plain.describe()}\n"])
    lines += (
        ["| field | value | in |", "|---|---|---|"] if _several(topic) else ["| field | value |", "|---|---|"]
    )
    return "\n".join([*lines, *_rows(topic), ""])


def _facts(topic: Topic) -> str:
    if topic.direction == "in":
        return "Ignored if retained."
    return f"QoS {topic.qos}, {'retained' if topic.retain else 'not retained'}{_expiry(topic)}."


def _expiry(topic: Topic) -> str:
    told = [_told(variant) for variant in topic.variants if variant.expires_s is not None]
    return f", expires after {', '.join(told)}" if told else ""


def _told(variant: Variant) -> str:
    return f"{variant.expires_s} s" + (f" (`{variant.event_type}`)" if variant.event_type else "")


def _several(topic: Topic) -> bool:
    return len(topic.variants) > 1


def _rows(topic: Topic) -> list[str]:
    names = dict.fromkeys(name for variant in topic.variants for name in variant.fields)
    return [_row(topic, name) for name in names]


def _row(topic: Topic, name: str) -> str:
    holders = [variant for variant in topic.variants if name in variant.fields]
    kinds = dict.fromkeys(variant.fields[name].describe() for variant in holders)
    row = f"| `{name}` | {' or '.join(kinds)} |"
    if not _several(topic):
        return row
    everywhere = len(holders) == len(topic.variants)
    return row + (" all |" if everywhere else f" {', '.join(f'`{v.event_type}`' for v in holders)} |")


def _entities() -> list[str]:
    device_id = "0" * DEVICE_ID.digits
    lines = [
        f"One retained message on `{discovery_topic('<device id>')}` makes these entities; an empty one",
        "there removes them. There is no camera and no image entity.\n",
        "| entity | platform | topics |",
        "|---|---|---|",
    ]
    for key, component in document(device_id, "", "", "")["components"].items():
        topics = [component[name] for name in ("state_topic", "command_topic") if name in component]
        short = ", ".join(f"`{topic.removeprefix(f'{BASE}/{device_id}/')}`" for topic in topics)
        lines.append(f"| {component.get('name') or key} | {component['platform']} | {short} |")
    return lines

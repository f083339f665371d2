"""What a message was about, for checkers."""

import json
from typing import TYPE_CHECKING, Any

from latchkey.ports import Publication
from latchkey.wire import CLIP, DOORBELL, Topic
from latchkey_sim.house.doorbell import Doorbell

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


def door_of(house: "House", publication: Publication) -> int:
    """Give the door whose device a message is from, or -1."""
    parts = publication.topic.split("/")
    for number, bell in enumerate(house.doors):
        if set(parts) & set(bell.ids):
            return number
    return -1


def event_of(publication: Publication) -> tuple[Topic, dict[str, Any]] | None:
    """Give topic and values of an event; None for what is none."""
    for topic, suffix in ((DOORBELL, "/event/doorbell"), (CLIP, "/event/clip")):
        if publication.topic.endswith(suffix):
            values: dict[str, Any] = json.loads(publication.payload)
            return topic, values
    return None


def lag_ns(bell: Doorbell) -> int:
    """Say how much longer a slow disk takes to store something."""
    load = bell.load
    return 8 * (load.costs_ns.get("disk", 0) * load.factor + load.extra_ns.get("disk", 0))

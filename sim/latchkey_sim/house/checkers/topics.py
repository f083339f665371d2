"""Only listed topics, only legal payloads, retained and acknowledged as listed; only known clients."""

import json
from typing import TYPE_CHECKING

from latchkey import __version__, wire
from latchkey.ports import Publication
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of
from latchkey_sim.house.checkers.listed import is_listed, wanted
from latchkey_sim.house.doorbell import Life

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

STRANGERS = frozenset({"home"})
"""Who else may speak on the broker: those who send commands."""


class Topics(Checker):
    """Each message that reached the broker is one that the table of topics could make, to the last byte.

    That table is the device's; a shorter one, `listed`, is our own.
    """

    name = "topics"

    def __init__(self) -> None:
        self._opened: dict[int, Life] = {}

    def on_message(self, house: "House", heard: Heard) -> None:
        """Look at a message."""
        if heard.client in STRANGERS:
            return
        door = door_of(house, heard.publication)
        if door < 0:
            house.blame(self.name, 0, f"a message on {heard.publication.topic}, which is no device's")
            return
        legal = is_listed(heard.publication) and any(
            _is_legal(house, door, device_id, heard.publication) for device_id in house.doors[door].ids
        )
        if not legal:
            house.blame(self.name, door, f"{heard.publication.topic} is not in the table, or not as it says")

    def after_step(self, house: "House") -> None:
        """Look at who is connected, what they listen to, and what is to be said when they are gone."""
        for client in sorted(house.broker.clients - {bell.name for bell in house.doors}):
            house.blame(self.name, 0, f"{client} is connected, which is no door")
        for door, bell in enumerate(house.doors):
            if bell.life is not None and self._opened.get(door) is not bell.life:
                self._opened[door] = bell.life
                self._look(house, door, bell.life)

    def _look(self, house: "House", door: int, life: Life) -> None:
        strange = sorted(set(life.link.subscriptions) - wanted(life.device_id))
        if strange:
            house.blame(self.name, door, f"it listens to {strange[0]}")
        if life.link.will is not None and not is_listed(life.link.will):
            house.blame(self.name, door, "its last will is not as the table says")


def _is_legal(house: "House", door: int, device_id: str, said: Publication) -> bool:
    """Whether the table makes exactly this of what the message says."""
    if said.topic == wire.discovery_topic(device_id):
        name = house.doors[door].settings.device.name
        return said == wire.discovery(device_id, name, "house", __version__)
    for topic in wire.TOPICS:
        if topic.direction == "out" and said.topic == wire.topic_name(device_id, topic):
            return said == _made(device_id, topic, said.payload)
    return False


def _made(device_id: str, topic: wire.Topic, payload: bytes) -> Publication | None:
    try:
        if topic.variants[0].plain is not None:
            return wire.plain(device_id, topic, payload.decode("ascii"))
        values = json.loads(payload)
        if "zones" in values:
            values["zones"] = tuple(values["zones"])
        return wire.record(device_id, topic, values)
    except (ValueError, TypeError, AttributeError, wire.WireError):
        return None

"""A porch without a camera: the link side alone, its broker, and a capture side that only listens.

For tests of bell, broker, outbox and modes, in virtual time.
"""

import json
from typing import Any

from latchkey import wire
from latchkey.adapters.nolink import NoLink
from latchkey.adapters.uplink import NoUplink
from latchkey.device.link_side import LinkSide
from latchkey.events import SideMessage, decode, encode
from latchkey.ports import Link, LinkBoard, Publication
from latchkey.settings import BaselineSettings, MqttSettings, Settings
from latchkey.units import NS_PER_S
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.entropy import SeededEntropy
from latchkey_sim.journal import ListJournal
from latchkey_sim.simlink import SimLink
from latchkey_sim.workers import VirtualWorkers

DEVICE = "d0" * 16
WALL_NS = 1_790_000_000 * NS_PER_S
"""21 September 2026, when virtual time begins."""


class Porch:
    """A link side in virtual time, its broker, and what it told a capture side that says nothing."""

    def __init__(self, *, armed: bool = True, host: str = "broker.home") -> None:
        self.settings = Settings(mqtt=MqttSettings(host=host), baseline=BaselineSettings(armed=armed))
        self.clock = VirtualClock(WALL_NS)
        self.broker = MemoryBroker(self.clock)
        self.state = MemoryDisk()
        self.journal = ListJournal()
        self.workers = VirtualWorkers(self.clock, {})
        self.to_capture: list[SideMessage] = []
        self.live()

    def live(self) -> None:
        """Start anew on the same disk, as after a power cut."""
        self.bell = ScriptedBell(self.clock)
        link: Link = SimLink(self.broker, self.clock) if self.settings.mqtt.host else NoLink()
        board = LinkBoard(
            name="porch",
            clock=self.clock,
            entropy=SeededEntropy(self.clock.now_ns()),
            bell=self.bell,
            state=self.state,
            link=link,
            uplink=NoUplink(),
            workers=self.workers,
            journal=self.journal,
            traffic=list,
        )
        self.side = LinkSide(board, self.settings, DEVICE, self._tell)
        self.side.start()

    def _tell(self, data: bytes) -> None:
        self.to_capture.append(decode(data))

    def step(self, *messages: SideMessage) -> int:
        """Step once, with messages of the capture side."""
        return self.side.step([encode(message) for message in messages])

    def run(self, seconds: float) -> None:
        """Step until so much later, as the loop would: at its timers, and when something arrives."""
        until_ns = self.clock.now_ns() + round(seconds * NS_PER_S)
        while self.clock.now_ns() < until_ns:
            wake_ns = self.step()
            times = [wake_ns, until_ns, self.clock.now_ns() + NS_PER_S, self.broker.next_due_ns]
            self.clock.wait_until(min(at_ns for at_ns in times if at_ns is not None))
        self.step()

    def ring(self) -> None:
        """Press the bell, and step."""
        self.bell.press()
        self.step()

    def command(self, topic: wire.Topic, value: str, *, retain: bool = False) -> None:
        """Publish a command as anybody on the broker might, and step."""
        self.broker.publish(Publication(wire.topic_name(DEVICE, topic), value.encode(), retain=retain))
        self.step()

    def heard(self, topic: wire.Topic) -> list[Any]:
        """Give what reached the broker on a topic, JSON parsed."""
        name = wire.topic_name(DEVICE, topic)
        payloads = [h.publication.payload for h in self.broker.heard if h.publication.topic == name]
        return [_read(payload) for payload in payloads]

    def shown(self, topic: wire.Topic) -> Any:
        """Give the retained message of a topic, JSON parsed, or None."""
        payload = self.broker.retained(wire.topic_name(DEVICE, topic))
        return None if payload is None else _read(payload)

    def rings(self) -> list[tuple[str, str]]:
        """Give event type and id of each doorbell event that reached the broker."""
        return [(ring["event_type"], ring["id"]) for ring in self.heard(wire.DOORBELL)]

    def stored(self) -> list[str]:
        """Give the files of the outbox."""
        return self.state.names("outbox")

    def told(self, kind: type[SideMessage]) -> list[SideMessage]:
        """Give the messages of a kind that the capture side got."""
        return [message for message in self.to_capture if isinstance(message, kind)]

    def said(self, part: str = "link") -> str:
        """Give the journal's lines of a part as one text."""
        return "\n".join(line.text for line in self.journal.lines if line.part == part)


def _read(payload: bytes) -> Any:
    return json.loads(payload) if payload[:1] == b"{" else payload.decode()

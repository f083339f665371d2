"""Worlds to try a link in: a link, its broker, somebody else on that broker, and a network between them.

Simulated in virtual time, real on this machine, or real with a tap in between that makes the network bad.
Tests of what every link does run in each of them.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Literal, Protocol, TypeVar

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.mqtt import Pace, PahoLink
from latchkey.egress import Destination, Egress, Ledger
from latchkey.errors import LinkDown
from latchkey.ports import Clock, Delivered, Link, LinkLost, LinkNews, LinkUp, Publication
from latchkey.settings import MqttSettings
from latchkey.units import KIB, NS_PER_MS, NS_PER_S
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.brokers import Broker, Listener
from latchkey_sim.clock import VirtualClock
from latchkey_sim.simlink import SimLink
from latchkey_sim.tap import Tap
from latchkey_sim.tap_faults import GOOD, RETRANSMISSION_NS, Network

LIMIT_NS = 10 * NS_PER_S
NAP_NS = 10 * NS_PER_MS
CLIENT = "doorbell"
QUICK = Pace(first_s=0.05, cap_s=0.2, taken_over_s=0.05)

N = TypeVar("N", bound=LinkNews)
Said = tuple[str, str]
Trouble = Literal["delay", "slow", "loss", "partition", "reset", "half-open", "captive portal", "refused"]
"""What a network does. A reset and a half-open connection happen once, the others last until it is mended;
at a captive portal and where connections are refused, those there were are reset.
"""


class World(Protocol):
    """A link, its broker, and somebody else on that broker."""

    link: Link
    clock: Clock

    def heard(self) -> list[Said]:
        """Give topic and payload of all that the somebody else has heard so far."""
        ...

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Let the somebody else publish."""
        ...

    def push_out(self) -> None:
        """Let the broker push the link out."""
        ...


class BadWorld(World, Protocol):
    """A world whose network can go bad."""

    def spoil(self, trouble: Trouble) -> None:
        """Begin a trouble."""
        ...

    def mend(self) -> None:
        """Make the network good again."""
        ...


class SimWorld:
    """Everything in memory and virtual time."""

    def __init__(self, delay_ns: int = 0, seed: int = 1) -> None:
        virtual = VirtualClock(0)
        self.clock: Clock = virtual
        self.broker = MemoryBroker(self.clock)
        self.broker.delay_ns = self._delay_ns = delay_ns
        self._sim_link = SimLink(self.broker, self.clock, CLIENT)
        self.link: Link = self._sim_link
        self._chance = Random(seed)  # noqa: S311 -- a simulation, no keys

    def heard(self) -> list[Said]:
        """Give what reached the broker."""
        return [(h.publication.topic, h.publication.payload.decode()) for h in self.broker.heard]

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish past the network."""
        self.broker.publish(Publication(topic, payload, retain=retain))

    def push_out(self) -> None:
        """Let the broker do so."""
        self.broker.kick(CLIENT)

    def spoil(self, trouble: Trouble) -> None:
        """Begin a trouble."""
        broker = self.broker
        if trouble in ("delay", "slow"):
            broker.delay_ns = DELAY_NS if trouble == "delay" else 3 * DELAY_NS
        elif trouble == "loss":
            broker.stall_ns = lambda: RETRANSMISSION_NS if self._chance.random() < LOSS else 0
        elif trouble == "partition":
            broker.silent = True
        elif trouble == "half-open":
            broker.forget(CLIENT)
        elif trouble == "refused":
            broker.go_down()
        else:
            broker.captive = trouble == "captive portal"
            broker.drop(self._sim_link, "the connection to the broker broke", say_will=True)

    def mend(self) -> None:
        """Make the network good again."""
        self.broker.delay_ns, self.broker.stall_ns = self._delay_ns, None
        self.broker.silent = self.broker.captive = False
        if not self.broker.running:
            self.broker.come_up()


class _CuttableEgress(Egress):
    """An egress whose connections can be cut from outside, as by a router that restarts."""

    opened: list[socket.socket]

    def connect(
        self, host: str, port: int, purpose: str, timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> socket.socket:
        """Connect, and remember with what."""
        sock = super().connect(host, port, purpose, timeout_s, tls)
        self.opened = [sock]
        return sock

    def cut(self) -> None:
        """Cut the last connection."""
        self.opened[-1].shutdown(socket.SHUT_RDWR)


class RealWorld:
    """A real link to a real broker, and a subscriber beside it.

    `at` is where the link connects to, if not to the broker itself; with `ca_file`, in TLS.
    """

    def __init__(
        self, stack: ExitStack, broker: Broker, at: Broker | None = None, ca_file: Path | None = None
    ) -> None:
        self.broker = broker
        self._ca_file = ca_file
        self._at = at or broker
        self._listener = stack.enter_context(Listener(broker))
        self.clock: Clock = SystemClock()
        self.ledger = Ledger()
        self.link: Link = self._another(self.clock)

    def _another(self, clock: Clock) -> PahoLink:
        settings = MqttSettings(host=self._at.host, port=self._at.port, ca_file=self._ca_file)
        self._egress = _CuttableEgress(self.ledger, [Destination(self._at.host, self._at.port, "mqtt")])
        return PahoLink(settings, CLIENT, self._egress, clock, QUICK)

    def heard(self) -> list[Said]:
        """Give what the broker delivered to the subscriber."""
        return [(delivery.topic, delivery.payload) for delivery in self._listener.deliveries]

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish as the subscriber, past the network."""
        self._listener.publish(topic, payload, retain=retain)

    def push_out(self) -> None:
        """Connect with the same id, as a device with a copied card would; amqtt allows both."""
        if self.broker.name == "amqtt":
            self._egress.cut()
            return
        clock = SystemClock()
        thief = self._another(clock)
        thief.open(Publication("thief/status", b"offline"), ())
        wait_for(thief, clock, LinkUp)
        thief.close(None)


class TappedWorld(RealWorld):
    """A real link to a real broker through a tap; with `secure`, to another port of it, in TLS."""

    def __init__(
        self, stack: ExitStack, broker: Broker, secure: Broker | None = None, ca_file: Path | None = None
    ) -> None:
        self.tap = stack.enter_context(Tap(secure or broker))
        super().__init__(stack, broker, self.tap.broker, ca_file)

    def spoil(self, trouble: Trouble) -> None:
        """Begin a trouble."""
        if trouble in _NETWORKS:
            self.tap.set(_NETWORKS[trouble])
        if trouble == "half-open":
            self.tap.half_open()
        elif trouble in ("reset", "captive portal", "refused"):
            self.tap.reset()

    def mend(self) -> None:
        """Make the network good again."""
        self.tap.set(GOOD)


DELAY_NS = 60 * NS_PER_MS
LOSS = 0.2
_NETWORKS: dict[Trouble, Network] = {
    "delay": Network(delay_ns=DELAY_NS),
    "slow": Network(bytes_per_s=2 * KIB),
    "loss": Network(loss=LOSS),
    "partition": Network(partition=True),
    "captive portal": Network(portal=True),
    "refused": Network(closed=True),
}


def wait_for(link: Link, clock: Clock, kind: type[N], count: int = 1) -> list[N]:
    """Wait, in the world's own time, for news of a kind. Raises TimeoutError."""
    found: list[N] = []
    limit_ns = clock.now_ns() + LIMIT_NS
    while len(found) < count:
        if clock.now_ns() >= limit_ns:
            raise TimeoutError(f"no {kind.__name__} in time")
        found += [news for news in link.news() if isinstance(news, kind)]
        if len(found) < count:
            clock.wait_until(clock.now_ns() + NAP_NS)
    return found


def wait_until_heard(world: World, said: Said) -> None:
    """Wait until the somebody else has heard something. Raises TimeoutError."""
    limit_ns = world.clock.now_ns() + LIMIT_NS
    while said not in world.heard():
        if world.clock.now_ns() >= limit_ns:
            raise TimeoutError(f"{said} was not heard")
        world.link.news()
        world.clock.wait_until(world.clock.now_ns() + NAP_NS)


def publish_once_up(world: World, publication: Publication) -> int:
    """Publish as soon as the link lets us. Raises TimeoutError."""
    limit_ns = world.clock.now_ns() + LIMIT_NS
    while world.clock.now_ns() < limit_ns:
        world.link.news()
        try:
            return world.link.publish(publication)
        except LinkDown:
            world.clock.wait_until(world.clock.now_ns() + NAP_NS)
    raise TimeoutError("the link does not come back")


class Sender:
    """Publishes as the outbox does: what was not acknowledged when the link was lost is sent again."""

    def __init__(self, world: World, topic: str) -> None:
        self._world = world
        self._topic = topic
        self._waiting: dict[str, int | None] = {}
        self.acknowledged: list[str] = []
        self.news: list[LinkNews] = []

    @property
    def is_done(self) -> bool:
        """Whether all that was said is acknowledged."""
        return not self._waiting

    def say(self, payload: str) -> None:
        """Say something: now if the link is up, else once it is."""
        self._waiting[payload] = None
        self.step()

    def step(self) -> None:
        """Take news, and send what can be sent."""
        for news in self._world.link.news():
            self.news.append(news)
            if isinstance(news, LinkUp | LinkLost):
                self._waiting = dict.fromkeys(self._waiting)
            elif isinstance(news, Delivered):
                self._acknowledge(news.ticket)
        for payload, ticket in list(self._waiting.items()):
            if ticket is None:
                try:
                    sent = self._world.link.publish(Publication(self._topic, payload.encode()))
                except LinkDown:
                    return
                self._waiting[payload] = sent

    def run_until(self, enough: Callable[[], bool], limit_ns: int = 4 * LIMIT_NS) -> None:
        """Step until something holds. Raises TimeoutError."""
        clock = self._world.clock
        limit_ns += clock.now_ns()
        while not enough():
            if clock.now_ns() >= limit_ns:
                raise TimeoutError(f"{len(self._waiting)} wait; the last news: {self.news[-3:]}")
            clock.wait_until(clock.now_ns() + NAP_NS)
            self.step()

    def lost(self) -> int:
        """How often the link was lost, or could not be had."""
        return sum(isinstance(news, LinkLost) for news in self.news)

    def _acknowledge(self, ticket: int) -> None:
        for payload, sent in self._waiting.items():
            if sent == ticket:
                del self._waiting[payload]
                self.acknowledged.append(payload)
                return

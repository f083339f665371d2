"""What every link does, whether its broker is simulated, mosquitto or amqtt."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol, TypeVar

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.mqtt import Pace, PahoLink
from latchkey.egress import Destination, Egress, Ledger
from latchkey.errors import LinkDown
from latchkey.ports import (
    Clock,
    Delivered,
    Link,
    LinkLost,
    LinkNews,
    LinkUp,
    Publication,
    Received,
)
from latchkey.settings import MqttSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.broker import MemoryBroker, SimLink
from latchkey_sim.brokers import Broker, Listener, amqtt_broker, mosquitto_broker
from latchkey_sim.clock import VirtualClock

WILL = Publication("home/status", b"offline", retain=True)
COMMAND = "home/armed/set"
SUBSCRIPTIONS = (COMMAND, "home/snooze/set")
LIMIT_NS = 10 * NS_PER_S

N = TypeVar("N", bound=LinkNews)
Said = tuple[str, str]


class World(Protocol):
    """A link, its broker, and somebody else on that broker."""

    link: Link
    clock: Clock

    def heard(self) -> list[Said]: ...
    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None: ...
    def push_out(self) -> None: ...


class SimWorld:
    def __init__(self, delay_ns: int) -> None:
        self.virtual = VirtualClock(0)
        self.clock: Clock = self.virtual
        self.broker = MemoryBroker(self.clock)
        self.broker.delay_ns = delay_ns
        self.link: Link = SimLink(self.broker, self.clock, "doorbell")

    def heard(self) -> list[Said]:
        return [(h.publication.topic, h.publication.payload.decode()) for h in self.broker.heard]

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.broker.publish(Publication(topic, payload, retain=retain))

    def push_out(self) -> None:
        self.broker.kick("doorbell")


class CuttableEgress(Egress):
    """An egress whose connections can be cut from outside, as by a router that restarts."""

    opened: list[socket.socket]

    def connect(
        self, host: str, port: int, purpose: str, timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> socket.socket:
        sock = super().connect(host, port, purpose, timeout_s, tls)
        self.opened = [sock]
        return sock

    def cut(self) -> None:
        self.opened[-1].shutdown(socket.SHUT_RDWR)


class RealWorld:
    def __init__(self, stack: ExitStack, broker: Broker) -> None:
        self._stack = stack
        self._broker = broker
        self._listener = stack.enter_context(Listener(broker))
        self.clock: Clock = SystemClock()
        self.link: Link = self.another(self.clock)

    def another(self, clock: Clock) -> PahoLink:
        settings = MqttSettings(host=self._broker.host, port=self._broker.port)
        allowed = [Destination(self._broker.host, self._broker.port, "mqtt")]
        self._egress = CuttableEgress(Ledger(), allowed)
        return PahoLink(settings, "doorbell", self._egress, clock, Pace(first_s=0.05, taken_over_s=0.05))

    def heard(self) -> list[Said]:
        return [(delivery.topic, delivery.payload) for delivery in self._listener.deliveries]

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._listener.publish(topic, payload, retain=retain)

    def push_out(self) -> None:
        """Connect with the same id, as a device with a copied card would; amqtt allows both."""
        if self._broker.name == "amqtt":
            self._egress.cut()
            return
        clock = SystemClock()
        thief = self.another(clock)
        thief.open(Publication("thief/status", b"offline"), ())
        wait_for(thief, clock, LinkUp)
        thief.close(None)


def wait_for(link: Link, clock: Clock, kind: type[N], count: int = 1) -> list[N]:
    """Wait, in the world's own time, for news of a kind."""
    found: list[N] = []
    limit_ns = clock.now_ns() + LIMIT_NS
    while len(found) < count:
        assert clock.now_ns() < limit_ns, f"no {kind.__name__} in time"
        found += [news for news in link.news() if isinstance(news, kind)]
        if len(found) < count:
            clock.wait_until(clock.now_ns() + 10 * NS_PER_MS)
    return found


def wait_until_heard(world: World, said: Said) -> None:
    limit_ns = world.clock.now_ns() + LIMIT_NS
    while said not in world.heard():
        assert world.clock.now_ns() < limit_ns, f"{said} was not heard"
        world.link.news()
        world.clock.wait_until(world.clock.now_ns() + 10 * NS_PER_MS)


@pytest.fixture(
    params=["sim", "sim, slow network", "mosquitto", pytest.param("amqtt", marks=pytest.mark.slow)]
)
def world(request: pytest.FixtureRequest, need: Callable[[str], str]) -> Iterator[World]:
    with ExitStack() as stack:
        made: World
        if request.param.startswith("sim"):
            made = SimWorld(30 * NS_PER_MS if "slow" in request.param else 0)
        elif request.param == "mosquitto":
            need("mosquitto")
            made = RealWorld(stack, stack.enter_context(mosquitto_broker()))
        else:
            pytest.importorskip("amqtt")
            made = RealWorld(stack, stack.enter_context(amqtt_broker()))
        yield made
        made.link.close(None)


@pytest.fixture
def up(world: World) -> World:
    world.link.open(WILL, SUBSCRIPTIONS)
    wait_for(world.link, world.clock, LinkUp)
    return world


def test_before_the_link_is_up_nothing_can_be_published(world: World) -> None:
    with pytest.raises(LinkDown):
        world.link.publish(Publication("home/motion", b"ON"))
    assert world.link.news() == []


def test_a_publication_is_heard_and_acknowledged_by_its_ticket(up: World) -> None:
    ticket = up.link.publish(Publication("home/event", b"ring", expires_s=30))
    assert wait_for(up.link, up.clock, Delivered) == [Delivered(ticket)]
    wait_until_heard(up, ("home/event", "ring"))


def test_publications_keep_their_order(up: World) -> None:
    tickets = [up.link.publish(Publication("home/event", str(n).encode())) for n in range(30)]
    delivered = wait_for(up.link, up.clock, Delivered, 30)
    assert [news.ticket for news in delivered] == tickets
    wait_until_heard(up, ("home/event", "29"))
    assert [said for said in up.heard() if said[0] == "home/event"] == [
        ("home/event", str(n)) for n in range(30)
    ]


def test_a_command_arrives(up: World) -> None:
    up.send(COMMAND, b"OFF")
    assert wait_for(up.link, up.clock, Received) == [Received(COMMAND, b"OFF", retained=False)]


def test_a_retained_command_is_marked_as_such(world: World) -> None:
    world.send(COMMAND, b"OFF", retain=True)
    world.link.open(WILL, SUBSCRIPTIONS)
    got = wait_for(world.link, world.clock, Received)
    assert set(got) == {Received(COMMAND, b"OFF", retained=True)}  # amqtt says it twice


def test_only_what_was_subscribed_to_arrives(up: World) -> None:
    up.link.publish(Publication("home/event", b"ring"))
    up.send("home/other/set", b"ON")
    up.send(COMMAND, b"ON")
    assert [news.topic for news in wait_for(up.link, up.clock, Received)] == [COMMAND]


def test_a_clean_end_says_the_last_word_and_not_the_will(up: World) -> None:
    began_ns = up.clock.now_ns()
    up.link.close(Publication("home/status", b"bye", retain=True))
    assert up.clock.now_ns() - began_ns < 2 * NS_PER_S
    wait_until_heard(up, ("home/status", "bye"))
    assert ("home/status", "offline") not in up.heard()
    with pytest.raises(LinkDown):
        up.link.publish(Publication("home/motion", b"ON"))


def test_pushed_out_the_will_is_heard_and_the_link_comes_back_by_itself(up: World) -> None:
    up.push_out()
    [lost] = wait_for(up.link, up.clock, LinkLost)
    assert lost.reason
    wait_until_heard(up, WILL_SAID)
    ticket = publish_once_up(up)
    assert Delivered(ticket) in wait_for(up.link, up.clock, Delivered)
    wait_until_heard(up, ("home/status", "online"))


WILL_SAID: Said = ("home/status", "offline")


def publish_once_up(world: World) -> int:
    limit_ns = world.clock.now_ns() + LIMIT_NS
    while world.clock.now_ns() < limit_ns:
        world.link.news()
        try:
            return world.link.publish(Publication("home/status", b"online", retain=True))
        except LinkDown:
            world.clock.wait_until(world.clock.now_ns() + 10 * NS_PER_MS)
    raise AssertionError("the link does not come back")

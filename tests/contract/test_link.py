"""What every link does, whether its broker is simulated, mosquitto or amqtt, tapped or not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from latchkey.errors import LinkDown
from latchkey.ports import Delivered, LinkLost, LinkUp, Publication, Received
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.brokers import amqtt_broker, mosquitto_broker
from latchkey_sim.linkworlds import (
    RealWorld,
    Said,
    SimWorld,
    TappedWorld,
    World,
    publish_once_up,
    wait_for,
    wait_until_heard,
)

WILL = Publication("home/status", b"offline", retain=True)
WILL_SAID: Said = ("home/status", "offline")
ONLINE = Publication("home/status", b"online", retain=True)
COMMAND = "home/armed/set"
SUBSCRIPTIONS = (COMMAND, "home/snooze/set")
KINDS = [
    "sim",
    "sim, slow network",
    "mosquitto",
    "mosquitto, tapped",
    pytest.param("amqtt", marks=pytest.mark.slow),
    pytest.param("amqtt, tapped", marks=pytest.mark.slow),
]


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, need: Callable[[str], str]) -> Iterator[World]:
    name, _, how = request.param.partition(", ")
    with ExitStack() as stack:
        made: World
        if name == "sim":
            made = SimWorld(30 * NS_PER_MS if how else 0)
        else:
            need(name) if name == "mosquitto" else pytest.importorskip(name)
            broker = stack.enter_context(mosquitto_broker() if name == "mosquitto" else amqtt_broker())
            made = TappedWorld(stack, broker) if how else RealWorld(stack, broker)
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
    ticket = publish_once_up(up, ONLINE)
    assert Delivered(ticket) in wait_for(up.link, up.clock, Delivered)
    wait_until_heard(up, ("home/status", "online"))

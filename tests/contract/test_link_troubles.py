"""What every link does while the network is bad, whether simulated or real with a tap on the wire."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import get_args

import pytest

from latchkey.adapters import mqtt_session
from latchkey.ports import LinkLost, LinkUp, Publication
from latchkey.units import NS_PER_MS
from latchkey_sim.brokers import amqtt_broker, mosquitto_broker
from latchkey_sim.linkworlds import (
    BadWorld,
    Said,
    Sender,
    SimWorld,
    TappedWorld,
    Trouble,
    wait_for,
    wait_until_heard,
)

WILL = Publication("home/status", b"offline", retain=True)
WILL_SAID: Said = ("home/status", "offline")
COMMAND = "home/armed/set"
EVENTS = "home/event"
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
BREAKING: tuple[Trouble, ...] = ("partition", "reset", "half-open", "captive portal", "refused")
SAYING: tuple[Trouble, ...] = ("reset", "half-open", "captive portal")
"""The broker notices at once that the client is gone."""


@pytest.fixture(params=["sim", "mosquitto", pytest.param("amqtt", marks=pytest.mark.slow)])
def world(
    request: pytest.FixtureRequest, need: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[BadWorld]:
    """Give a link that is up, and impatient where time is real."""
    monkeypatch.setattr(mqtt_session, "ACK_LIMIT_S", 0.6)
    with ExitStack() as stack:
        made: BadWorld
        if request.param == "sim":
            made = SimWorld()
        elif request.param == "mosquitto":
            need("mosquitto")
            made = TappedWorld(stack, stack.enter_context(mosquitto_broker()))
        else:
            pytest.importorskip("amqtt")
            made = TappedWorld(stack, stack.enter_context(amqtt_broker()))
        made.link.open(WILL, (COMMAND,))
        wait_for(made.link, made.clock, LinkUp)
        monkeypatch.setattr(mqtt_session, "ANSWER_LIMIT_S", 0.5)
        yield made
        made.link.close(None)


def heard_events(world: BadWorld) -> set[str]:
    return {payload for topic, payload in world.heard() if topic == EVENTS}


def endure(world: BadWorld, sender: Sender, trouble: Trouble) -> None:
    """Say ten things while the trouble lasts, which is until the link has noticed, if it can."""
    world.spoil(trouble)
    for number in range(10):
        sender.say(f"during {number}")
    if trouble in BREAKING:
        sender.run_until(lambda: sender.lost() > 0)
    until_ns = world.clock.now_ns() + 300 * NS_PER_MS
    sender.run_until(lambda: world.clock.now_ns() >= until_ns)
    world.mend()


@pytest.mark.slow
@pytest.mark.parametrize("trouble", TROUBLES)
def test_nothing_acknowledged_is_lost_and_everything_has_its_effect_once(
    world: BadWorld, trouble: Trouble
) -> None:
    sender = Sender(world, EVENTS)
    sender.say("before")
    endure(world, sender, trouble)
    sender.say("after")
    sender.run_until(lambda: sender.is_done)
    said = {"before", "after", *(f"during {number}" for number in range(10))}
    assert sorted(sender.acknowledged) == sorted(said), "each is acknowledged once"
    for one in said:
        wait_until_heard(world, (EVENTS, one))
    assert heard_events(world) == said, "by its id, each has one effect, and nothing else has"


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["delay", "slow", "loss"])
def test_when_a_network_gets_better_nothing_overtakes_what_went_before(
    world: BadWorld, trouble: Trouble
) -> None:
    sender = Sender(world, EVENTS)
    world.spoil(trouble)
    for number in range(5):
        sender.say(f"before {number}")
    world.mend()
    for number in range(5):
        sender.say(f"then {number}")
    sender.run_until(lambda: sender.is_done)
    wait_until_heard(world, (EVENTS, "then 4"))
    said = [f"{when} {number}" for when in ("before", "then") for number in range(5)]
    heard = [payload for topic, payload in world.heard() if topic == EVENTS]
    assert list(dict.fromkeys(heard)) == said  # a slow machine may reconnect, and say some of it twice


@pytest.mark.slow
@pytest.mark.parametrize("trouble", BREAKING)
def test_the_link_tells_of_a_break_and_comes_back_by_itself_with_its_commands(
    world: BadWorld, trouble: Trouble
) -> None:
    sender = Sender(world, EVENTS)
    endure(world, sender, trouble)
    sender.run_until(lambda: sender.is_done)
    changes = [type(one) for one in sender.news if isinstance(one, LinkLost | LinkUp)]
    assert changes[0] is LinkLost
    assert changes[-1] is LinkUp
    assert all(one.reason for one in sender.news if isinstance(one, LinkLost))
    world.send(COMMAND, b"OFF")
    sender.run_until(lambda: any(getattr(one, "topic", "") == COMMAND for one in sender.news))


@pytest.mark.slow
@pytest.mark.parametrize("trouble", SAYING)
def test_the_will_is_said_when_the_broker_loses_us_and_the_last_word_is_that_we_are_back(
    world: BadWorld, trouble: Trouble
) -> None:
    sender = Sender(world, EVENTS)
    world.spoil(trouble)
    sender.run_until(lambda: WILL_SAID in world.heard())
    sender.say("hello")
    sender.run_until(lambda: sender.lost() > 0)
    world.mend()
    sender.run_until(lambda: sender.is_done)
    online = Sender(world, "home/status")
    online.say("online")
    online.run_until(lambda: online.is_done)
    wait_until_heard(world, ("home/status", "online"))
    assert [said for said in world.heard() if said[0] == "home/status"][-1] == ("home/status", "online")


@pytest.mark.slow
def test_after_a_partition_it_is_our_word_that_stands_and_not_the_will_of_the_connection_before(
    world: BadWorld,
) -> None:
    sender = Sender(world, "home/status")
    world.spoil("partition")
    sender.say("unheard")
    sender.run_until(lambda: sender.lost() > 0)
    world.mend()
    sender.run_until(lambda: sender.is_done)
    sender.say("online")
    sender.run_until(lambda: sender.is_done)
    wait_until_heard(world, ("home/status", "online"))
    until_ns = world.clock.now_ns() + 200 * NS_PER_MS
    sender.run_until(lambda: world.clock.now_ns() >= until_ns)
    assert [said for said in world.heard() if said[0] == "home/status"][-1] == ("home/status", "online")


@pytest.mark.slow
@pytest.mark.parametrize("world", ["mosquitto"], indirect=True)
@pytest.mark.parametrize("trouble", BREAKING)
def test_a_broker_that_speaks_mqtt_5_is_spoken_to_in_it_after_every_trouble(
    world: BadWorld, trouble: Trouble
) -> None:
    """A network that answers nothing, or nonsense, says nothing of what the broker speaks."""
    sender = Sender(world, EVENTS)
    for _ in range(3):
        endure(world, sender, trouble)
        sender.run_until(lambda: sender.is_done)
    assert {one.note for one in sender.news if isinstance(one, LinkUp)} == {"MQTT 5"}

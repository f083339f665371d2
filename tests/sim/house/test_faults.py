"""Every kind of fault: it has an effect, it ends, and a sound device keeps its promises meanwhile."""

from dataclasses import replace
from random import Random

import pytest

from latchkey.ports import LinkLost, LinkUp, Publication
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim import mqtt_bytes
from latchkey_sim.broker import Heard, MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.house import House, Report
from latchkey_sim.house.scenario import Fault
from latchkey_sim.house.tiny import tiny_scenario
from latchkey_sim.simlink import SimLink

SOUND_NS = {"look": 20 * NS_PER_MS, "film": 5 * NS_PER_MS, "disk": 3 * NS_PER_MS, "pack": 2 * NS_PER_MS}


def _run(fault: Fault) -> Report:
    return House(tiny_scenario(fault, costs_ns=SOUND_NS), 1, all_checkers()).run()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KINDS)
def test_a_fault_is_felt_and_survived(name: str) -> None:
    drawn = KINDS[name].draw(Random(3), 30 * NS_PER_S)
    nth = drawn.operation and min(drawn.operation, 4)
    report = _run(replace(drawn, at_ns=5 * NS_PER_S, for_ns=min(drawn.for_ns, 12 * NS_PER_S), operation=nth))
    assert report.verdicts == []
    assert report.faults_met == 1
    assert [e for e in report.trace.entries if e.kind == "fault" and "ends" in e.text]


@pytest.mark.parametrize("name", KINDS)
def test_a_fault_that_meets_nothing_is_not_counted(name: str) -> None:
    """Nobody is there, and it is over at once; only faults that nobody can be away from are felt then."""
    always = {"power-cut", "kill", "bit-rot", "clock", "bell-held", "broker-down", "broker-refuse"}
    always |= {"broker-takeover", "net-partition", "captive-portal", "camera-unplugged"}
    always |= {"stop", "disarm", "shutter"}
    drawn = KINDS[name].draw(Random(3), 30 * NS_PER_S)
    fault = replace(drawn, at_ns=20 * NS_PER_S, for_ns=1, operation=None)
    scenario = tiny_scenario(fault, passages_s=(), rings_s=())
    report = House(scenario, 1, []).run()
    assert report.faults_met == name.startswith(tuple(always)), report.trace.around(20 * NS_PER_S)


def test_power_goes_before_the_operation_that_is_named() -> None:
    report = _run(Fault("power-cut", 5 * NS_PER_S, 10 * NS_PER_S, value=NS_PER_S, operation=3))
    noted = [e.text for e in report.trace.entries if "power-cut before" in e.text]
    assert noted == [next(text for text in noted if "sync" in text)]


def _link(broker: MemoryBroker, clock: VirtualClock) -> SimLink:
    link = SimLink(broker, clock)
    link.open(Publication("will", b"gone"), ("home/set",))
    return link


def _at(clock: VirtualClock, seconds: float) -> None:
    clock.wait_until(round(seconds * NS_PER_S))
    clock.wait_until(round(seconds * NS_PER_S))


def test_a_portal_that_accepts_and_says_nothing_is_left_after_two_seconds_and_tried_again() -> None:
    clock = VirtualClock(0)
    broker = MemoryBroker(clock)
    broker.captive = True
    link = _link(broker, clock)
    assert link.news() == []
    _at(clock, 2.1)
    assert link.news() == [LinkLost("the broker does not answer")]
    broker.captive = False
    _at(clock, 4)
    assert link.news() == [LinkUp("simulated")]


def test_what_is_sent_into_a_partition_arrives_after_it_if_the_connection_lives() -> None:
    clock = VirtualClock(0)
    broker = MemoryBroker(clock)
    link = _link(broker, clock)
    broker.silent = True
    link.publish(Publication("a", b"1"))
    assert broker.heard == []
    broker.silent = False
    _at(clock, 5)
    broker.run_due()
    assert [heard.publication.payload for heard in broker.heard] == [b"1"]


def test_a_silent_broker_is_noticed_though_nothing_is_sent() -> None:
    clock = VirtualClock(0)
    broker = MemoryBroker(clock)
    link = _link(broker, clock)
    assert link.news() == [LinkUp("simulated")]
    broker.silent = True
    _at(clock, 31)
    assert LinkLost("the broker has gone silent") in link.news()


def test_loss_delays_and_keeps_the_order_and_shuffling_does_not() -> None:
    clock, chance = VirtualClock(0), Random(1)
    broker, heard = MemoryBroker(clock), list[Heard]()
    broker.listeners.append(heard.append)
    link = _link(broker, clock)
    broker.stall_ns = lambda: chance.choice((0, NS_PER_S))
    said = [str(number).encode() for number in range(12)]
    for payload in said:
        link.publish(Publication("a", payload))
    while broker.next_due_ns is not None:
        _at(clock, broker.next_due_ns / NS_PER_S)
        broker.run_due()
    assert [one.publication.payload for one in heard] == said
    heard.clear()
    broker.stall_ns, broker.shuffle = None, Random(2)
    for payload in said:
        link.publish(Publication("a", payload))
    _at(clock, 60)
    broker.run_due()
    assert sorted(one.publication.payload for one in heard) == sorted(said)
    assert [one.publication.payload for one in heard] != said


def test_the_packets_of_a_link_without_a_wire_are_those_of_mqtt_5() -> None:
    said = Publication("a/b", b"hi", qos=1, retain=True, expires_s=30)
    assert mqtt_bytes.publish(said, 6) == b"\x33\x0f\0\3a/b\0\7\5\2\0\0\0\x1ehi"
    assert mqtt_bytes.publish(replace(said, qos=0, retain=False, expires_s=None), 6) == b"\x30\x08\0\3a/b\0hi"
    long = mqtt_bytes.publish(replace(said, payload=bytes(200)), 6)
    assert long[1:3] == bytes([(len(long) - 3) % 128 | 128, (len(long) - 3) // 128])
    will = Publication("w", b"x", retain=True)
    assert mqtt_bytes.connect("me", will) == b"\x10\x16\0\4MQTT\5\x2e\0\x0f\0\0\2me\0\0\1w\0\1x"
    assert mqtt_bytes.subscribe(("a", "b"), 1) == b"\x82\x0b\0\1\0\0\1a\1\0\1b\1"
    assert mqtt_bytes.acknowledge(6) == b"\x40\2\0\7"
    assert mqtt_bytes.greeting(("a",)) == b"\x20\3\0\0\0\x90\4\0\0\0\1"
    assert mqtt_bytes.goodbye() == b"\xe0\0"

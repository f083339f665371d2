"""The checker of presence is content with a sound device, and complains of a false will, or of silence."""

import pytest

from latchkey import wire
from latchkey.device.link_side import LinkSide
from latchkey.ports import Publication
from latchkey.units import NS_PER_S
from latchkey_sim.house.checkers import Presence
from latchkey_sim.house.house import House
from latchkey_sim.house.scenario import Fault
from latchkey_sim.house.tiny import tiny_scenario

KILLED = Fault("kill", 7 * NS_PER_S, value=NS_PER_S)
TAKEN_OVER = Fault("broker-takeover", 6 * NS_PER_S, 8 * NS_PER_S, value=2)
DOWN = Fault("broker-down", 7 * NS_PER_S, 10 * NS_PER_S, value=1)
FAULTS = [KILLED, TAKEN_OVER, DOWN]


def _found(fault: Fault) -> list[str]:
    return [str(verdict) for verdict in House(tiny_scenario(fault), 1, [Presence()]).run().verdicts]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_a_device_that_is_lost_is_said_to_be_offline_and_online_when_it_is_back(fault: Fault) -> None:
    assert _found(fault) == []


def test_a_will_that_says_nothing_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "will", lambda device_id: wire.plain(device_id, wire.STATUS, "online"))
    assert "still said to be online" in _found(KILLED)[0]


def test_a_device_that_does_not_say_that_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    publish = LinkSide._publish

    def mute(self: LinkSide, publication: Publication | None) -> None:
        if publication is not None and not publication.topic.endswith("/status"):
            publish(self, publication)

    monkeypatch.setattr(LinkSide, "_publish", mute)
    assert "not said to be online" in _found(TAKEN_OVER)[0]


@pytest.mark.parametrize("kind", ["broker-down", "captive-portal"])
def test_a_broker_that_is_away_for_a_moment_says_no_will_and_nobody_is_blamed(kind: str) -> None:
    house = House(tiny_scenario(), 1, [Presence()])
    house.run_until(4 * NS_PER_S)
    house.fail(Fault(kind, 4 * NS_PER_S))()
    house.run_until(10 * NS_PER_S)
    assert house.finish().verdicts == []

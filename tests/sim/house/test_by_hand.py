"""A house that is played in pieces, with doings of one's own in between."""

from latchkey.units import NS_PER_S
from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.house import House
from latchkey_sim.house.scenario import Fault
from latchkey_sim.house.tiny import tiny_scenario


def tiny(*faults: Fault, rings_s: tuple[float, ...] = ()) -> House:
    return House(tiny_scenario(*faults, rings_s=rings_s), 1, all_checkers())


def kinds(house: House, kind: str) -> list[str]:
    return [entry.text for entry in house.trace.entries if entry.kind == kind]


def test_a_house_played_to_its_end_in_one_piece_and_by_its_parts_gives_the_same_trace() -> None:
    whole, parts = tiny(rings_s=(8.0,)), tiny(rings_s=(8.0,))
    parts.begin()
    parts.begin()
    parts.run_until(parts.scenario.span_ns)
    assert parts.finish().trace.sha256 == whole.run().trace.sha256
    assert parts.finish() is parts.finish()


def test_a_press_between_two_pieces_is_heard_and_recorded() -> None:
    house = tiny()
    house.run_until(7 * NS_PER_S)
    assert house.press(0)
    report = house.run()
    assert (report.rings, report.verdicts) == (1, [])
    assert any(heard.publication.topic.endswith("/event/doorbell") for heard in house.broker.heard)


def test_a_fault_begun_by_hand_lasts_until_it_is_ended() -> None:
    house = tiny(Fault("camera-black", 20 * NS_PER_S, NS_PER_S))
    house.run_until(2 * NS_PER_S)
    end = house.fail(Fault("net-partition", 0))
    house.run_until(4 * NS_PER_S)
    assert house.broker.silent
    end()
    end()
    assert not house.broker.silent
    assert house.run().verdicts == []
    assert kinds(house, "fault")[:2] == ["net-partition begins", "net-partition ends"]
    assert len(kinds(house, "fault")) == 4


def test_a_fault_that_nobody_ends_is_over_when_the_house_finishes_and_nothing_is_lost() -> None:
    house = tiny()
    house.run_until(5 * NS_PER_S)
    house.fail(Fault("broker-down", 0))
    house.press(0)
    report = house.run()
    assert (report.faults_met, report.verdicts) == (1, [])
    assert any(heard.publication.topic.endswith("/event/doorbell") for heard in house.broker.heard)


def test_a_closed_house_has_no_device_that_lives() -> None:
    house = tiny()
    house.run_until(7 * NS_PER_S)
    house.close()
    assert [bell.life for bell in house.doors] == [None]
    assert house.broker.clients == frozenset()
    assert [entry.state for entry in house.doors[0].index.rows()] == ["whole"]

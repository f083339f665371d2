"""A house that goes round in circles is stuck; a long run, or a busy one, is not."""

import pytest

from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.house import house as house_module
from latchkey_sim.house.house import House
from latchkey_sim.house.times import Stuck
from latchkey_sim.house.tiny import tiny_scenario


def test_an_action_that_sets_itself_again_for_now_is_stuck_and_leaves_its_trace() -> None:
    house = House(tiny_scenario(), 1, [])

    def again() -> None:
        house.agenda.at(house.clock.now_ns(), again)

    house.agenda.at(2 * NS_PER_S, again)
    with pytest.raises(Stuck, match=r"^\d+ actions of timers and faults at once, and it is still 2\.000 s$"):
        house.run()
    assert house.trace.entries


def poll(house: House, every_ns: int) -> None:
    def tick() -> None:
        house.agenda.at(house.clock.now_ns() + every_ns, tick)

    house.agenda.at(0, tick)


def test_a_timer_that_polls_may_do_so_for_as_long_as_the_house_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_module, "STEPS_LIMIT", 300)
    house = House(tiny_scenario(rings_s=()), 1, [])
    poll(house, 10 * NS_PER_MS)
    house.run_until(20 * NS_PER_S)
    assert house.steps > 2000


def test_steps_without_end_within_a_second_are_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_module, "STEPS_LIMIT", 300)
    house = House(tiny_scenario(rings_s=()), 1, [])
    poll(house, NS_PER_MS)
    with pytest.raises(Stuck, match=r"^301 steps, and it is still 0\.\d+ s$"):
        house.run_until(20 * NS_PER_S)

"""Bells: one that is scripted, and a Raspberry Pi's real driver on the bench; and the scripted lamp."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from latchkey.ports import Bell
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_pi.bell import BellButton
from latchkey_pi.pins import GpioPins
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.benchpi import Bench, BenchModules, until
from latchkey_sim.clock import VirtualClock
from latchkey_sim.journal import ListJournal
from latchkey_sim.lamp import RecordingLamp

Door = tuple[Bell, Callable[[], None], VirtualClock]
"""A bell, what presses it for as long as a finger takes, and its time."""


@pytest.fixture(params=["scripted", "pi"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    clock = VirtualClock(0)
    if request.param == "scripted":
        scripted = ScriptedBell(clock, ())
        yield scripted, scripted.press, clock
        return
    bench, rung = Bench(tmp_path), [0]

    def ring() -> None:
        rung[0] += 1

    def press() -> None:
        before = rung[0]
        bench.pins.put(17, high=False)
        until(lambda: _pass(clock, 5 * NS_PER_MS) or rung[0] > before)
        bench.pins.put(17, high=True)
        bench.pins.come_round()
        _pass(clock, 100 * NS_PER_MS)
        bench.pins.come_round()

    with BenchModules(bench):
        bell = BellButton(GpioPins().input(17, pull_up=True), clock, ListJournal(), ring, pulses=False)
        yield bell, press, clock
        bell.close()


def _pass(clock: VirtualClock, ns: int) -> bool:
    """Let time go by, whoever woke the clock meanwhile."""
    clock.wake()
    clock.wait_until(0)
    clock.wait_until(clock.now_ns() + ns)
    return False


def _told(bell: Bell, count: int) -> list[int]:
    """Ask until so many presses were told."""
    told: list[int] = []

    def enough() -> bool:
        told.extend(bell.presses())
        return len(told) >= count

    until(enough)
    return told


def test_a_press_is_told_once_at_its_own_time(door: Door) -> None:
    bell, press, clock = door
    assert bell.presses() == []
    _pass(clock, NS_PER_S)
    before_ns = clock.now_ns()
    press()
    (at_ns,) = _told(bell, 1)
    assert before_ns <= at_ns <= clock.now_ns()
    _pass(clock, NS_PER_S)
    assert bell.presses() == []


def test_presses_come_in_order_however_late_they_are_asked_for(door: Door) -> None:
    bell, press, clock = door
    for _ in range(3):
        _pass(clock, 3 * NS_PER_S)
        press()
    told = _told(bell, 3)
    assert told == sorted(set(told))
    assert len(told) == 3


def test_a_press_is_told_once_and_not_before_its_time() -> None:
    clock = VirtualClock(0)
    bell = ScriptedBell(clock, [3 * NS_PER_S, 1 * NS_PER_S])
    assert bell.presses() == []
    assert bell.next_ns == NS_PER_S
    clock.wait_until(2 * NS_PER_S)
    assert bell.presses() == [NS_PER_S]
    assert bell.presses() == []


def test_presses_that_were_not_asked_for_come_together_in_order() -> None:
    clock = VirtualClock(0)
    bell = ScriptedBell(clock, [3, 1, 2])
    clock.wait_until(10)
    bell.press()
    assert bell.presses() == [1, 2, 3, 10]
    assert bell.next_ns is None


def test_the_lamp_remembers_changes_with_their_time() -> None:
    clock = VirtualClock(0)
    lamp = RecordingLamp(clock)
    lamp.show("idle")
    clock.wait_until(7)
    lamp.show("idle")
    lamp.show("recording")
    assert lamp.shown == [(0, "idle"), (7, "recording")]

"""The scripted bell and lamp."""

from latchkey.units import NS_PER_S
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.clock import VirtualClock
from latchkey_sim.lamp import RecordingLamp


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

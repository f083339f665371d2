"""A worn button, its wires, and fingers: what counts as a press."""

from latchkey.pipeline.debounce import HELD_NS, LOCKOUT_NS, STABLE_NS, Debouncer, Push
from latchkey.units import NS_PER_MS, NS_PER_S


def _play(*edges_ms: int, until_ms: int) -> list[Push]:
    """Close and open the contact in turn at these times; give all that came of it."""
    bell, pushes = Debouncer(), []
    for number, at_ms in enumerate(edges_ms):
        pushes += bell.edge(down=number % 2 == 0, at_ns=at_ms * NS_PER_MS)
    return pushes + bell.settle(until_ms * NS_PER_MS)


def test_a_push_is_a_press_at_the_time_of_its_first_edge_once_it_has_held_for_50_ms() -> None:
    bell = Debouncer()
    bell.edge(down=True, at_ns=7)
    assert bell.wake_ns == 7 + STABLE_NS
    assert bell.settle(6 + STABLE_NS) == []
    assert bell.settle(7 + STABLE_NS) == [Push("press", 7)]
    assert bell.settle(8 + STABLE_NS) == []


def test_a_contact_that_bounces_at_both_ends_is_one_press() -> None:
    pushes = _play(0, 3, 5, 9, 12, 150, 153, 156, until_ms=400)
    assert pushes == [Push("press", 12 * NS_PER_MS)]


def test_a_spike_on_the_wire_is_no_press() -> None:
    assert _play(0, 20, 100, 149, until_ms=1000) == []


def test_a_nervous_finger_rings_once_in_two_seconds() -> None:
    pushes = _play(0, 100, 500, 600, 1900, 2000, 2100, 2200, until_ms=3000)
    assert [push.at_ns for push in pushes] == [0, 2100 * NS_PER_MS]
    assert LOCKOUT_NS == 2 * NS_PER_S


def test_a_button_that_is_held_is_one_press_and_is_told_of_once() -> None:
    bell = Debouncer()
    bell.edge(down=True, at_ns=0)
    said = [push for at_s in range(1, 60) for push in bell.settle(at_s * NS_PER_S)]
    assert said == [Push("press", 0), Push("held", HELD_NS)]
    assert bell.wake_ns is None


def test_a_button_that_is_let_go_in_time_is_not_held() -> None:
    assert [push.kind for push in _play(0, 9000, until_ms=60_000)] == ["press"]


def test_letting_go_of_a_button_that_was_down_at_the_start_is_no_press() -> None:
    bell = Debouncer()
    bell.edge(down=False, at_ns=5)
    assert bell.settle(NS_PER_S) == []
    assert bell.wake_ns is None

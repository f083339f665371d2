"""The wire of the bell: contacts that bounce, spikes, alternating current, edges that were lost."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from latchkey.pipeline.debounce import HELD_NS, LOCKOUT_NS, STABLE_NS, Debouncer, Push
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_pi.contacts import CONTACT_STABLE_NS, PULSE_GAP_NS, Contact, OffDelay
from latchkey_pi.presses import Presses

HALF_WAVE_MS = 10


def _settled(presses: Presses, until_ns: int) -> list[Push]:
    """Wake as the bell's thread does: whenever something becomes clear, and at the end."""
    pushes: list[Push] = []
    while presses.wake_ns is not None and presses.wake_ns <= until_ns:
        pushes += presses.settle(presses.wake_ns)
    return pushes + presses.settle(until_ns)


def _mains(presses: Presses, begin_ms: int, for_ms: int) -> list[Push]:
    """Hold the button of a chime on 50 Hz for so long: on for 10 ms in every 20."""
    pushes: list[Push] = []
    for number in range(for_ms // HALF_WAVE_MS):
        at_ns = (begin_ms + number * HALF_WAVE_MS) * NS_PER_MS
        pushes += _settled(presses, at_ns)
        pushes += presses.level(down=number % 2 == 0, at_ns=at_ns)
    return pushes


def test_a_push_on_alternating_current_is_one_press_at_its_first_half_wave() -> None:
    presses = Presses(down=False, at_ns=0, pulses=True)
    pushes = _mains(presses, begin_ms=1000, for_ms=300)
    pushes += _settled(presses, 5 * NS_PER_S)
    assert pushes == [Push("press", NS_PER_S)]


def test_without_the_delay_alternating_current_would_never_ring() -> None:
    presses = Presses(down=False, at_ns=0, pulses=False)
    assert _mains(presses, begin_ms=1000, for_ms=300) == []


def test_a_button_that_is_held_on_alternating_current_is_one_press_and_told_of() -> None:
    presses = Presses(down=False, at_ns=0, pulses=True)
    assert [push.kind for push in _mains(presses, 0, 12_000)] == ["press", "held"]


def test_a_button_that_is_down_at_the_start_rings_only_once_it_was_up() -> None:
    for pulses in (False, True):
        presses = Presses(down=True, at_ns=0, pulses=pulses)
        assert [push.kind for push in _settled(presses, HELD_NS)] == ["held"]
        presses.level(down=False, at_ns=20 * NS_PER_S)
        assert _settled(presses, 21 * NS_PER_S) == []
        presses.level(down=True, at_ns=22 * NS_PER_S)
        assert _settled(presses, 22 * NS_PER_S + STABLE_NS) == [Push("press", 22 * NS_PER_S)]


def test_an_edge_between_two_equal_levels_begins_the_wait_anew() -> None:
    presses = Presses(down=False, at_ns=0, pulses=False)
    presses.level(down=True, at_ns=0)
    assert presses.blip(down=True, at_ns=40 * NS_PER_MS) == []
    assert presses.settle(60 * NS_PER_MS) == []
    assert presses.settle(90 * NS_PER_MS) == [Push("press", 40 * NS_PER_MS)]


def test_a_blip_while_the_button_is_up_is_no_press() -> None:
    presses = Presses(down=False, at_ns=0, pulses=False)
    assert presses.blip(down=False, at_ns=5) == []
    assert _settled(presses, NS_PER_S) == []


Levels = st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=60)


def _times(steps: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    at_ns, timed = 0, []
    for wait_ms, down in steps:
        at_ns += wait_ms * NS_PER_MS
        timed.append((at_ns, down))
    return timed


@given(Levels, st.booleans())
def test_presses_are_never_closer_than_the_lockout_and_never_before_their_time(
    steps: list[tuple[int, bool]], pulses: bool
) -> None:
    presses, said = Presses(down=False, at_ns=0, pulses=pulses), []
    for at_ns, down in _times(steps):
        said += [(push, at_ns) for push in presses.level(down=down, at_ns=at_ns)]
        said += [(push, at_ns) for push in presses.settle(at_ns)]
    times = [push.at_ns for push, _ in said if push.kind == "press"]
    assert all(later - earlier >= LOCKOUT_NS for earlier, later in itertools.pairwise(times))
    assert all(push.at_ns + STABLE_NS <= now_ns for push, now_ns in said if push.kind == "press")


@given(Levels)
def test_only_what_was_down_for_50_ms_without_a_break_is_a_press(steps: list[tuple[int, bool]]) -> None:
    timed = [*_times(steps), (60_000 * NS_PER_MS, False)]
    bell = Debouncer()
    pushes = [push for at_ns, down in timed for push in bell.edge(down=down, at_ns=at_ns)]
    held_since = {}
    since_ns: int | None = None
    for (at_ns, down), (next_ns, _) in itertools.pairwise(timed):
        since_ns = (at_ns if since_ns is None else since_ns) if down else None
        if since_ns is not None and next_ns - since_ns >= STABLE_NS:
            held_since[since_ns] = True
    assert {push.at_ns for push in pushes if push.kind == "press"} <= set(held_since)
    assert bool(held_since) is any(push.kind == "press" for push in pushes)


@given(Levels)
def test_a_question_more_or_less_changes_no_press(steps: list[tuple[int, bool]]) -> None:
    """Who asks oftener is not rung oftener: `settle` between edges tells sooner, not more."""
    timed = [*_times(steps), (60_000 * NS_PER_MS, False)]
    seldom, often = (Presses(down=False, at_ns=0, pulses=False) for _ in range(2))
    once = [push for at_ns, down in timed for push in seldom.level(down=down, at_ns=at_ns)]
    more = []
    for at_ns, down in timed:
        more += _settled(often, at_ns)
        more += often.level(down=down, at_ns=at_ns)
    assert [push for push in more if push.kind == "press"] == [push for push in once if push.kind == "press"]


@given(Levels)
def test_the_off_delay_gives_levels_by_turns_in_time_order(steps: list[tuple[int, bool]]) -> None:
    delay = OffDelay()
    given = [one for at_ns, down in _times(steps) for one in delay.level(down=down, at_ns=at_ns)]
    assert [down for down, _ in given] == [number % 2 == 0 for number in range(len(given))]
    times = [at_ns for _, at_ns in given]
    assert times == sorted(times)
    ups = [at_ns for down, at_ns in given if not down]
    assert all(later - up >= PULSE_GAP_NS for up, later in zip(ups, times[2::2], strict=False))


def test_a_contact_counts_as_closed_until_it_has_been_open_for_a_while() -> None:
    shutter = Contact(unsure=True)
    assert shutter.see(closed=False, at_ns=0)
    assert shutter.see(closed=False, at_ns=CONTACT_STABLE_NS - 1)
    assert not shutter.see(closed=False, at_ns=CONTACT_STABLE_NS)
    assert not shutter.see(closed=True, at_ns=CONTACT_STABLE_NS + 1)
    assert not shutter.see(closed=False, at_ns=CONTACT_STABLE_NS + 2)
    assert not shutter.see(closed=True, at_ns=CONTACT_STABLE_NS + 3)
    assert shutter.see(closed=True, at_ns=2 * CONTACT_STABLE_NS + 3)

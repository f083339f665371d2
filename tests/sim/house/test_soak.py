"""Drawn scenarios: what is in them, that they repeat, and that they pass."""

import itertools
import multiprocessing
import signal
import time
from collections import Counter

import pytest

from latchkey_sim.house import soak
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.house import House
from latchkey_sim.house.soak import Outcome, SoakBroke, run, run_seed

SEEDS = range(20)
SOAKED, BLOCK = 300, 25


def test_a_drawn_scenario_is_long_enough_and_has_a_ring_and_one_to_three_faults_within_it() -> None:
    for seed in range(300):
        scenario = draw(seed)
        assert scenario.span_ns >= 30_000_000_000
        assert all(door.rings_ns and max(door.rings_ns) < scenario.span_ns for door in scenario.doors)
        assert 1 <= len(scenario.faults) <= 3
        assert all(fault.end_ns <= scenario.span_ns for fault in scenario.faults)


def test_every_kind_of_fault_is_drawn() -> None:
    drawn = Counter(fault.kind for seed in range(1000) for fault in draw(seed).faults)
    assert set(drawn) == set(KINDS)
    assert min(drawn.values()) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SOAKED, BLOCK))
def test_all_checkers_are_content_with_drawn_scenarios(first: int) -> None:
    """Each has a ring, a clip and a fault that was met, but for a few whose faults leave no clip."""
    soaked = run(range(first, first + BLOCK))
    assert soaked.failed == []
    assert soaked.with_all >= BLOCK - 2


def test_scenarios_differ() -> None:
    assert len({str((draw(seed).faults, draw(seed).doors[0].rings_ns)) for seed in range(1000)}) == 1000


@pytest.mark.slow
def test_twenty_seeds_pass_and_give_the_same_traces_three_times_over() -> None:
    first, *others = [[run_seed(seed) for seed in SEEDS] for _ in range(3)]
    assert [outcome.trouble for outcome in first] == [()] * len(SEEDS)
    assert all(other == first for other in others)
    assert sum(outcome.with_ring and outcome.with_clip and outcome.with_fault for outcome in first) >= 19


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing() -> None:
    alone, shared = run(range(12)), run(range(12), 2)
    assert alone.trace_sha256 == shared.trace_sha256
    assert (alone.scenarios, alone.failures, alone.with_all) == (12, 0, shared.with_all)


def test_what_a_device_raises_is_a_failure_that_names_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(self: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("latchkey.device.capture_side.CaptureSide._housekeep", fall)
    outcome = run_seed(1)
    assert outcome.trouble[-1].endswith("ZeroDivisionError: oh")
    assert "test_soak.py" in outcome.trouble[-1]


class Grumbler(Checker):
    """Is never content."""

    name = "grumbler"

    def at_end(self, house: House) -> None:
        """Complain."""
        house.blame(self.name, 0, "no")


def test_failures_are_counted_and_told_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "all_checkers", lambda: [Grumbler()])
    told: list[Outcome] = []
    result = run([3, 1], tell=told.append)
    assert [outcome.seed for outcome in told] == [3, 1]
    assert result.failures == 2
    listed = result.as_json()["failed"]
    assert isinstance(listed, list)
    assert [one["seed"] for one in listed] == [3, 1]
    assert "grumbler: no" in listed[0]["trouble"][0]


@pytest.mark.slow
def test_a_process_that_dies_ends_the_soak_instead_of_being_waited_for() -> None:
    def strike(_outcome: Outcome) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(SoakBroke, match="a process of the soak died"):
        run(itertools.count(), 2, tell=strike)


def test_a_seed_that_takes_too_long_in_real_time_is_a_failure() -> None:
    (failed,) = run([1], limit_s=0.001).failed
    assert failed.trouble == ("not at its end after 0.001 s of real time",)


def test_a_soak_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(range(1000), minutes=0).scenarios == 1


HANG: object = signal.sigtimedwait
"""Takes the place of playing `(seeds, limit_s)`: waits for signals of these numbers for so long."""

HANG_S = 60.0


def strike(_number: int, _frame: object) -> None:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.slow
def test_ctrl_c_ends_a_soak_whose_processes_hang_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "_run_chunk", HANG)
    began_s, before = time.monotonic(), signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(range(10, 30), 2, limit_s=HANG_S)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began_s < HANG_S / 3
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_the_minutes_end_a_soak_whose_processes_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "_run_chunk", HANG)
    began_s = time.monotonic()
    with pytest.raises(SoakBroke, match="no scenario came to its end"):
        run(range(10, 30), 2, minutes=0.05, limit_s=HANG_S)
    assert time.monotonic() - began_s < HANG_S / 3
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_each_seed_of_several_processes_tells_its_own_time() -> None:
    told: list[Outcome] = []
    whole = run(range(12), 2, tell=told.append)
    assert all(0.001 < outcome.seconds_wall < whole.seconds_wall for outcome in told)
    assert sum(outcome.seconds_wall for outcome in told) < 2 * whole.seconds_wall

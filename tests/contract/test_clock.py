"""Both clocks keep the promises of `ports.Clock`."""

import threading
from collections.abc import Callable

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.ports import Clock
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.clock import VirtualClock

WALL_NS = 1_700_000_000 * NS_PER_S
CLOCKS: list[Callable[[], Clock]] = [SystemClock, lambda: VirtualClock(WALL_NS)]


@pytest.fixture(params=CLOCKS, ids=["system", "virtual"])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_now_never_goes_back(clock: Clock) -> None:
    times = [clock.now_ns() for _ in range(100)]
    assert times == sorted(times)


def test_the_wall_clock_is_utc_since_1970(clock: Clock) -> None:
    assert clock.wall_ns() > 1_600_000_000 * NS_PER_S


def test_waiting_ends_once_the_time_has_come(clock: Clock) -> None:
    until_ns = clock.now_ns() + 5 * NS_PER_MS
    clock.wait_until(until_ns)
    assert clock.now_ns() >= until_ns


def test_waiting_for_the_past_returns_at_once(clock: Clock) -> None:
    before_ns = clock.now_ns()
    clock.wait_until(before_ns - NS_PER_S)
    assert clock.now_ns() - before_ns < NS_PER_S


def test_a_wake_before_the_wait_ends_it_early(clock: Clock) -> None:
    far_ns = clock.now_ns() + 3600 * NS_PER_S
    clock.wake()
    clock.wait_until(far_ns)
    assert clock.now_ns() < far_ns


def test_a_wake_is_used_up_by_one_wait(clock: Clock) -> None:
    clock.wake()
    clock.wait_until(clock.now_ns() + NS_PER_MS)
    until_ns = clock.now_ns() + 2 * NS_PER_MS
    clock.wait_until(until_ns)
    assert clock.now_ns() >= until_ns


def test_a_wake_from_another_thread_ends_a_wait_of_the_system_clock() -> None:
    clock = SystemClock()
    begin_ns = clock.now_ns()
    waker = threading.Timer(0.01, clock.wake)
    waker.start()
    clock.wait_until(begin_ns + 60 * NS_PER_S)
    waker.join()
    assert clock.now_ns() - begin_ns < 30 * NS_PER_S


def test_virtual_time_stands_still_until_somebody_waits() -> None:
    clock = VirtualClock(WALL_NS, start_ns=5)
    assert (clock.now_ns(), clock.wall_ns()) == (5, WALL_NS)
    clock.wait_until(3600 * NS_PER_S)
    assert (clock.now_ns(), clock.wall_ns()) == (3600 * NS_PER_S, WALL_NS + 3600 * NS_PER_S - 5)


def test_a_jump_of_the_wall_clock_leaves_monotonic_time_alone() -> None:
    clock = VirtualClock(WALL_NS)
    clock.wait_until(NS_PER_S)
    clock.shift_wall(-3600 * NS_PER_S)
    assert clock.now_ns() == NS_PER_S
    assert clock.wall_ns() == WALL_NS - 3599 * NS_PER_S

"""Looks: close enough together, in order, and every way to fail covers the whole picture."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cause, Cover, FilterState, RawFrame
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.pipeline.looks import Looker
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import MAX_LOOK_GAP_NS, CoverPlanner, Motion
from latchkey_sim.clock import VirtualClock
from latchkey_sim.finder import awake
from latchkey_sim.workers import VirtualWorkers

STILL = Motion(moving=False, share=0.0, boxes=(), zones=())
PLACE = (Cover(20, 16, 36, 28),)


class Watcher:
    """A finder that counts its looks and answers as told."""

    name = "watcher"
    long_side_px = 64

    def __init__(self, answer: Callable[[], list[Box]]) -> None:
        self.looks = 0
        self._answer = answer

    @awake
    def find(self, bgr: Bgr) -> list[Box]:
        self.looks += 1
        return self._answer()


class _Noting(CoverPlanner):
    """A planner that notes which frames were looked at."""

    def __init__(self, settings: PrivacySettings, looked: list[int]) -> None:
        super().__init__(settings, has_finder=True)
        self._noted = looked

    def add_look(self, at_ns: int, boxes: list[Box] | None) -> None:
        self._noted.append(at_ns)
        super().add_look(at_ns, boxes)


class Bench:
    """A looker with its planner, queue and workers in virtual time."""

    def __init__(self, answer: Callable[[], list[Box]] = list, every: int = 0, cost_ns: int = 0) -> None:
        settings = PrivacySettings(look_every=every)
        self.clock = VirtualClock(0)
        self.workers = VirtualWorkers(self.clock, {"look": cost_ns})
        self.looked: list[int] = []
        self.planner = _Noting(settings, self.looked)
        self.finder = Watcher(answer)
        self.looker = Looker(self.finder, self.planner, settings, self.clock, self.workers)
        self.queue = FrameQueue(self.workers)

    def play(self, times_ns: list[int], sudden: int = -1) -> None:
        """Play frames of changing light, so that each look asks the finder; one may be sudden."""
        for number, at_ns in enumerate(times_ns):
            motion = replace(STILL, sudden=PLACE if number == sudden else ())
            gray = np.full((48, 64), 50 + number * 31 % 140, np.uint8)
            self.clock.wait_until(at_ns)
            self.queue.push(Held(RawFrame(gray, gray[::2, ::2], gray[::2, ::2], at_ns), motion))
            self.planner.add_motion(at_ns, motion)
            self.looker.advance(self.queue, last=False)
            self.looker.settle(at_ns)
        self.looker.advance(self.queue, last=True)

    def state(self, at_ns: int) -> FilterState:
        return self.planner.plan(at_ns, 64, 48).state


def _steady(fps: int, seconds: float) -> list[int]:
    return [number * NS_PER_S // fps for number in range(int(fps * seconds))]


@pytest.mark.parametrize("fps", [5, 10, 15, 25, 30, 60])
def test_every_frame_lies_between_looks_close_together(fps: int) -> None:
    bench = Bench(every=3)
    times = _steady(fps, 2)
    bench.play(times)
    bench.looker.settle(times[-1])
    assert {bench.state(at_ns) for at_ns in times} == {FilterState.OK}


@given(st.lists(st.integers(1, 400), min_size=2, max_size=40), st.integers(0, 8))
def test_frames_at_any_times_are_seen(gaps_ms: list[int], every: int) -> None:
    bench = Bench(every=every)
    times, now_ns = [], 0
    for gap in gaps_ms:
        times.append(now_ns)
        now_ns += gap * NS_PER_MS
    bench.play(times)
    for _ in times:
        bench.looker.settle(times[-1])
        bench.looker.advance(bench.queue, last=True)
    assert bench.looker.seen_ns == times[-1]
    assert {bench.state(at_ns) for at_ns in times} == {FilterState.OK}


@pytest.mark.parametrize("step_ns", [1, NS_PER_MS, 4 * NS_PER_MS])
@pytest.mark.parametrize("every", [0, 8])
def test_frames_whose_times_are_too_dense_are_looked_at_by_number(step_ns: int, every: int) -> None:
    bench = Bench(every=every)
    times = [number * step_ns for number in range(60)]
    bench.play(times)
    for _ in times:
        bench.looker.settle(times[-1])
        bench.looker.advance(bench.queue, last=True)
    assert len(bench.looked) >= 60 // 3
    assert {bench.state(at_ns) for at_ns in times} == {FilterState.OK}


def test_a_fast_detector_looks_at_every_frame_and_a_slow_one_at_fewer() -> None:
    fast, slow = Bench(cost_ns=5 * NS_PER_MS), Bench(cost_ns=45 * NS_PER_MS)
    times = _steady(30, 2)
    for bench in (fast, slow):
        bench.play(times)
    assert fast.finder.looks > 1.8 * slow.finder.looks
    assert slow.finder.looks >= 2 * NS_PER_S / MAX_LOOK_GAP_NS - 3


@pytest.mark.parametrize(("cost_ns", "looked"), [(NS_PER_MS, True), (NS_PER_S // 10, False)])
def test_a_sudden_frame_is_looked_at_where_the_worker_keeps_up_or_covered_there(
    cost_ns: int, looked: bool
) -> None:
    bench = Bench(every=3, cost_ns=cost_ns)
    times = _steady(30, 1)
    bench.play(times, sudden=22)
    for _ in times:
        bench.looker.settle(times[-1])
        bench.looker.advance(bench.queue, last=True)
    assert (times[22] in bench.looked) is looked
    plan = bench.planner.plan(times[22], 64, 48)
    if looked:
        assert plan.state is FilterState.OK
        return
    assert (plan.state, plan.cause) == (FilterState.FALLBACK_REGION, Cause.SUDDEN)
    assert any(c.x0 <= 20 and c.y0 <= 16 and c.x1 >= 36 and c.y1 >= 28 for c in plan.covers)
    after = next(at_ns for at_ns in bench.looked if at_ns > times[22])
    assert bench.state(after) is FilterState.OK


def _raise(error: BaseException) -> list[Box]:
    raise error


@pytest.mark.parametrize(
    "answer",
    [
        lambda: _raise(FinderError("broken")),
        lambda: _raise(ValueError("a bug")),
        lambda: _raise(MemoryError()),
        lambda: _raise(SystemExit(0)),
        lambda: [Box(float("nan"), 0, 1, 1)],
        lambda: [Box(1e20, 0, 1e21, 1)],
        lambda: [Box(0, 0, 9, 9, 7.0)],
        lambda: [Box(9, 9, 9, 9)],
    ],
)
def test_a_detector_that_breaks_covers_everything(answer: Callable[[], list[Box]]) -> None:
    bench = Bench(answer)
    times = _steady(15, 1)
    bench.play(times)
    bench.looker.settle(times[-1])
    assert {bench.state(at_ns) for at_ns in times} == {FilterState.FALLBACK_FULL}
    assert bench.looker.failures > 0
    assert bench.looker.last_error


def test_a_late_answer_covers_everything_around_it_within_a_second() -> None:
    bench = Bench()
    bench.workers.hang("look")
    times = _steady(15, 3)
    bench.play(times)
    bench.looker.settle(times[-1])
    assert bench.looker.failures > 0
    assert bench.looker.last_error == "the detector is too slow"
    second = times[len(times) // 3]
    assert bench.looker.seen_ns >= times[-1] - NS_PER_S - MAX_LOOK_GAP_NS * 4
    assert bench.state(second) is FilterState.FALLBACK_FULL


def test_giving_up_on_a_backlog_covers_it_whole() -> None:
    bench = Bench(every=2)
    times = _steady(15, 2)
    bench.play(times[:10])
    bench.looker.settle(times[9])
    bench.looker.give_up_before(times[20])
    assert bench.looker.seen_ns == times[20] - 1
    assert bench.state(times[15]) is FilterState.FALLBACK_FULL
    assert bench.state(times[4]) is FilterState.OK

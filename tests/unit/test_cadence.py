"""How often is looked: live as often as the machine affords, offline as told, never rarer than is safe.

What a look costs is injected through the virtual workers, in time of the virtual clock. The number of
each frame is its hue, so the detector knows which one it is shown, and nothing moves.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from latchkey.frames import Bgr, Box, FilterState, Plane, RawFrame
from latchkey.pipeline.filtering import Filtering
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.settings import PrivacySettings, Settings
from latchkey.units import NS_PER_MS, NS_PER_S, to_ns
from latchkey.vision import ALL_PARTS, MAX_LOOK_GAP_NS, Motion
from latchkey_sim.clock import VirtualClock
from latchkey_sim.finder import awake
from latchkey_sim.workers import VirtualWorkers

STILL = Motion(moving=False, share=0.0, boxes=(), zones=())
HUES, FIRST, STEP = 8, 121, 2
"""So many hues (levels of U) tell frames apart that follow each other; too alike for motion to see."""

LUMA = 128
ALWAYS_WHOLE = replace(ALL_PARTS, attention=False)
"""Each look asks the detector, though nothing changes."""

SECONDS = 6
LOOK_NS = 20 * NS_PER_MS
"""What a look costs on the machine that the others are slower than."""


class Counting:
    """A detector that notes the hue of each frame it is shown, and finds nobody."""

    name, long_side_px = "counting", 64

    def __init__(self) -> None:
        self.hues: list[int] = []

    @awake
    def find(self, bgr: Bgr) -> list[Box]:
        u = (float(bgr[..., 0].mean()) - 1.164 * (LUMA - 16)) / 2.018 + 128
        self.hues.append(round((u - FIRST) / STEP))
        return []

    def numbers(self, count: int) -> list[int]:
        """Give the numbers of the frames that were shown: hues only ever go up, by a round at most."""
        found: list[int] = []
        for hue in self.hues:
            least = found[-1] + 1 if found else 0
            found.append(least + (hue - least) % HUES)
        assert found[-1] < count
        return found


def _frames(fps: int) -> Iterator[RawFrame]:
    for number in range(SECONDS * fps):
        y: Plane = np.full((48, 64), LUMA, np.uint8)
        u: Plane = np.full((24, 32), FIRST + STEP * (number % HUES), np.uint8)
        yield RawFrame(y, u, np.full_like(u, 128), number * NS_PER_S // fps)


def _live(fps: int, look_ns: int, every: int = 0) -> tuple[list[FilterState], list[int]]:
    """Play a recording in virtual time; give the state of each frame, and the numbers looked at."""
    clock, finder = VirtualClock(0), Counting()
    workers = VirtualWorkers(clock, {"look": look_ns})
    queue = FrameQueue(workers)
    settings = PrivacySettings(look_every=every, survey=False)
    filtering = Filtering(finder, settings, clock, workers, parts=ALWAYS_WHOLE)
    states: list[FilterState] = []
    for frame in _frames(fps):
        clock.wait_until(frame.at_ns)
        queue.push(Held(frame, STILL))
        while filtering.ready(queue, final=False):
            states.append(filtering.next(queue)[1].state)
    while len(queue):
        clock.wait_until(clock.now_ns() + NS_PER_MS)
        while filtering.ready(queue, final=True):
            states.append(filtering.next(queue)[1].state)
    return states, finder.numbers(SECONDS * fps)


def _assert_close_or_covered(states: list[FilterState], looked: list[int], fps: int) -> None:
    """Each frame that is not covered whole was looked at, or lies between two looks close together."""
    assert len(states) == SECONDS * fps
    gaps = list(itertools.pairwise(looked))
    for number, state in enumerate(states):
        if state is FilterState.OK and number not in looked:
            gap = next(last - first for first, last in gaps if first < number < last)
            assert gap * NS_PER_S // fps <= MAX_LOOK_GAP_NS, number


@pytest.mark.parametrize("fps", [10, 15, 25, 30])
@pytest.mark.parametrize("slower", [1, 2, 4])
def test_a_machine_that_is_up_to_four_times_slower_looks_less_often_and_often_enough(
    fps: int, slower: int
) -> None:
    states, looked = _live(fps, slower * LOOK_NS)
    assert set(states) == {FilterState.OK}
    _assert_close_or_covered(states, looked, fps)
    gap_ms = (looked[-1] - looked[0]) / (len(looked) - 1) * 1000 / fps
    assert gap_ms >= min(2 * slower * LOOK_NS / NS_PER_MS, 1000 / fps) - 2


def test_looks_follow_what_they_cost() -> None:
    counts = [len(_live(30, slower * LOOK_NS)[1]) for slower in (1, 2, 4)]
    assert counts[0] > 1.4 * counts[1] > 1.4 * 1.1 * counts[2]


@pytest.mark.parametrize("fps", [10, 15, 25, 30])
@pytest.mark.parametrize("slower", [8, 16, 40, 75, 200])
def test_a_machine_that_falls_behind_looks_often_enough_or_covers_frames_whole(fps: int, slower: int) -> None:
    """Behind by less than the deadline of a look, frames wait; from there on they are covered."""
    states, looked = _live(fps, slower * LOOK_NS)
    _assert_close_or_covered(states, looked, fps)
    late = slower * LOOK_NS > to_ns(PrivacySettings().look_deadline_s)
    if late:
        assert set(states) == {FilterState.FALLBACK_FULL}


@pytest.mark.parametrize("every", [1, 2, 3, 4])
def test_a_fixed_cadence_is_kept_whatever_a_look_costs(every: int) -> None:
    for cost_ns in (0, LOOK_NS, 2 * LOOK_NS):
        _, looked = _live(30, cost_ns // max(3 - every, 1), every)
        assert {last - first for first, last in itertools.pairwise(looked[:-1])} == {every}


@pytest.mark.parametrize(
    ("every", "fps", "apart"), [(1, 25, 1), (2, 25, 2), (3, 25, 3), (8, 25, 3), (8, 15, 2), (8, 60, 8)]
)
def test_every_kth_frame_of_a_recording_is_looked_at_unless_that_is_too_rare(
    every: int, fps: int, apart: int
) -> None:
    """What `latchkey redact --every K` does."""
    finder = Counting()
    settings = Settings(privacy=PrivacySettings(look_every=every, survey=False))
    workers = VirtualWorkers(FrameClock(), {})
    safe = list(Redaction(finder, settings, workers, ALWAYS_WHOLE).frames(_frames(fps)))
    looked = finder.numbers(len(safe))
    assert {last - first for first, last in itertools.pairwise(looked[:-1])} == {apart}
    assert {frame.state for frame in safe} == {FilterState.OK}

"""The queue between camera and film: bounded raw memory, frames in order, nothing lost on the way."""

import numpy as np

from latchkey.frames import Plane, RawFrame
from latchkey.pipeline.frame_queue import RAW_NS, FrameQueue, Held
from latchkey.units import NS_PER_MS
from latchkey.vision import Motion
from latchkey_sim.clock import VirtualClock
from latchkey_sim.workers import VirtualWorkers

STILL = Motion(moving=False, share=0.0, boxes=(), zones=())
STEP_NS = 100 * NS_PER_MS
RAW_FRAMES = RAW_NS // STEP_NS + 1


def _held(number: int) -> Held:
    ramp: Plane = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8) + np.uint8(number)
    return Held(RawFrame(ramp, ramp[::2, ::2], ramp[1::2, 1::2], number * STEP_NS), STILL)


def _queue() -> FrameQueue:
    return FrameQueue(VirtualWorkers(VirtualClock(0), {}))


def test_only_the_newest_frames_stay_raw() -> None:
    queue = _queue()
    for number in range(40):
        queue.push(_held(number))
    raw = [held.is_raw for held in queue]
    assert raw == [False] * (39 - RAW_FRAMES) + [True] * (RAW_FRAMES + 1)


def test_a_queue_that_is_emptied_in_time_packs_nothing() -> None:
    workers = VirtualWorkers(VirtualClock(0), {}, queue_limit=0)
    workers.hang("pack")
    queue = FrameQueue(workers)
    for number in range(40):
        queue.push(_held(number))
        if number > 3:
            assert queue.pop().is_raw


def test_a_packed_frame_comes_back_nearly_as_it_was() -> None:
    queue = _queue()
    for number in range(10):
        queue.push(_held(number))
    for number in range(10):
        held = queue.pop()
        picture = held.picture()
        assert picture.at_ns == held.at_ns == number * STEP_NS
        assert np.abs(picture.y.astype(int) - _held(number).picture().y).mean() < 4


def test_old_frames_are_forgotten() -> None:
    queue = _queue()
    for number in range(10):
        queue.push(_held(number))
    queue.drop_before(7 * STEP_NS)
    assert [held.at_ns for held in queue] == [7 * STEP_NS, 8 * STEP_NS, 9 * STEP_NS]
    queue.clear()
    assert len(queue) == 0
    assert queue.newest_ns is None


def test_a_hanging_packer_loses_no_frame() -> None:
    workers = VirtualWorkers(VirtualClock(0), {}, queue_limit=3)
    workers.hang("pack")
    queue = FrameQueue(workers)
    for number in range(20):
        queue.push(_held(number))
    assert [queue.pop().picture().at_ns for _ in range(20)] == [number * STEP_NS for number in range(20)]

"""The queue between camera and film: bounded raw memory, frames in order, nothing lost on the way."""

import numpy as np

from latchkey.frames import Plane, RawFrame
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.vision import Motion
from latchkey_sim.clock import VirtualClock
from latchkey_sim.workers import VirtualWorkers

STILL = Motion(moving=False, share=0.0, boxes=(), zones=())
FRAME_BYTES = 64 * 48 * 3 // 2


def _held(number: int) -> Held:
    ramp: Plane = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8) + np.uint8(number)
    return Held(RawFrame(ramp, ramp[::2, ::2], ramp[1::2, 1::2], number * 100), STILL)


def _queue(raw_frames: int) -> FrameQueue:
    return FrameQueue(VirtualWorkers(VirtualClock(0), {}), raw_limit_bytes=raw_frames * FRAME_BYTES)


def test_raw_frames_stay_within_their_limit() -> None:
    queue = _queue(raw_frames=4)
    for number in range(40):
        queue.push(_held(number))
        assert sum(held.packable for held in queue) <= 4
    assert len(queue) == 40


def test_the_newest_frames_are_the_raw_ones() -> None:
    queue = _queue(raw_frames=4)
    for number in range(20):
        queue.push(_held(number))
    assert [held.packable for held in queue][-4:] == [True] * 4


def test_a_packed_frame_comes_back_nearly_as_it_was() -> None:
    queue = _queue(raw_frames=1)
    for number in range(10):
        queue.push(_held(number))
    for number in range(10):
        held = queue.pop()
        picture = held.picture()
        assert picture.at_ns == held.at_ns == number * 100
        assert np.abs(picture.y.astype(int) - _held(number).picture().y).mean() < 4


def test_old_frames_are_forgotten() -> None:
    queue = _queue(raw_frames=4)
    for number in range(10):
        queue.push(_held(number))
    queue.drop_before(700)
    assert [held.at_ns for held in queue] == [700, 800, 900]
    queue.clear()
    assert len(queue) == 0
    assert queue.newest_ns is None


def test_a_hanging_packer_loses_no_frame() -> None:
    workers = VirtualWorkers(VirtualClock(0), {}, queue_limit=3)
    workers.hang("pack")
    queue = FrameQueue(workers, raw_limit_bytes=FRAME_BYTES)
    for number in range(20):
        queue.push(_held(number))
    assert [queue.pop().picture().at_ns for _ in range(20)] == [number * 100 for number in range(20)]

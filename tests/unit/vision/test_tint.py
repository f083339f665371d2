"""Colour in the motion gate: seen where brightness tells nothing, and no more restless for it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import Cover, Plane, RawFrame
from latchkey.settings import MotionSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import Gaze, Motion, MotionGate
from latchkey_sim.finder import PAINT_BGR, PaintFinder

WIDTH, HEIGHT = 1280, 720
STEP_NS = 200 * NS_PER_MS
SKIN = (-14, 18)
"""By how much skin in daylight differs from grey, in U and V."""


def wall(number: int, level: int = 120) -> RawFrame:
    """A grey wall; with structure in luma, so that the light can be told from things."""
    y = np.full((HEIGHT, WIDTH), level, np.uint8)
    y[::40] = y[:, ::40] = level // 2
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return RawFrame(y, grey, grey.copy(), number * STEP_NS)


def tinted(frame: RawFrame, x0: int, y0: int, x1: int, y1: int, tint: tuple[int, int] = SKIN) -> RawFrame:
    for plane, levels in zip((frame.u, frame.v), tint, strict=True):
        plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] += np.int8(levels).view(np.uint8)
    return frame


def watch(*frames: RawFrame) -> list[Motion]:
    gate = MotionGate(MotionSettings())
    return [gate.see(frame) for frame in frames]


@pytest.mark.parametrize("side", [60, 80, 200])
def test_a_face_as_bright_as_the_wall_behind_it_is_sudden_motion(side: int) -> None:
    seen = watch(wall(0), wall(1), tinted(wall(2), 400, 200, 400 + side, 200 + side))
    assert not seen[1].boxes
    (box,) = seen[2].boxes
    assert box.x0 <= 400 < 400 + side <= box.x1
    assert box.y0 <= 200 < 200 + side <= box.y1
    assert seen[2].sudden == (box,)


def test_a_face_as_bright_as_the_wall_is_searched_in_the_very_look_in_which_it_shows() -> None:
    paint = cv2.cvtColor(np.full((2, 2, 3), PAINT_BGR, np.uint8), cv2.COLOR_BGR2YUV_I420).reshape(-1)
    gaze = Gaze(PaintFinder(), with_survey=False)
    for number in range(3):
        frame = wall(0, int(paint[0]))
        frame.y[:] = paint[0]
        shows = number == 2
        if shows:
            frame = tinted(frame, 400, 200, 700, 500, tint=(int(paint[4]) - 128, int(paint[5]) - 128))
        moving = (Cover(400, 200, 700, 500),) if shows else ()
        found = gaze.look(replace(frame, at_ns=NS_PER_S + number * 66 * NS_PER_MS), moving)
        assert bool(found) is shows


def test_a_small_face_as_bright_as_the_wall_is_sudden_too() -> None:
    assert watch(wall(0), tinted(wall(1), 400, 200, 432, 240))[1].sudden


def test_what_is_there_from_the_first_picture_on_is_no_motion() -> None:
    seen = watch(*(tinted(wall(number), 400, 200, 480, 300) for number in range(5)))
    assert not any(motion.boxes for motion in seen)


@pytest.mark.parametrize("level", [120, 40])
def test_noise_of_a_sensor_in_all_planes_is_not_movement(level: int) -> None:
    rng = np.random.default_rng(5)

    def noisy(plane: Plane) -> Plane:
        return np.clip(plane + rng.normal(0, 6, plane.shape), 0, 255).astype(np.uint8)

    frames = [wall(number, level) for number in range(25)]
    seen = watch(*(RawFrame(noisy(f.y), noisy(f.u), noisy(f.v), f.at_ns) for f in frames))
    assert not any(motion.moving or motion.sudden for motion in seen)


def test_somebody_of_another_colour_stays_noticed_and_is_background_after_a_minute() -> None:
    last = 70 * NS_PER_S // STEP_NS
    seen = watch(wall(0), *(tinted(wall(number), 400, 200, 480, 300) for number in range(1, last)))
    assert all(motion.boxes for motion in seen[1 : 55 * NS_PER_S // STEP_NS])
    assert not any(motion.boxes for motion in seen[63 * NS_PER_S // STEP_NS :])


def test_colours_that_go_slowly_are_not_movement() -> None:
    whole = (0, 0, WIDTH, HEIGHT)
    seen = watch(*(tinted(wall(number), *whole, tint=(number // 15, -number // 15)) for number in range(450)))
    assert not any(motion.moving for motion in seen)


def test_a_lamp_of_another_colour_is_told_once_and_then_learned() -> None:
    lit = (tinted(wall(number), 0, 0, WIDTH, HEIGHT, tint=(-20, 12)) for number in range(2, 60))
    seen = watch(wall(0), wall(1), *lit)
    assert seen[2].moving
    assert not seen[-1].moving


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 300), height=st.integers(1, 300), seed=st.integers(0, 99))
def test_pictures_of_any_shape_and_colour_are_taken(width: int, height: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    gate = MotionGate(MotionSettings())
    for number in range(4):
        y = rng.integers(0, 256, (2 * height, 2 * width), np.uint8)
        u, v = rng.integers(0, 256, (2, height, width), np.uint8)
        assert 0 <= gate.see(RawFrame(y, u, v, number * STEP_NS)).share <= 1

"""Cuts and flicker: what counts as another picture, and when two of them in turn are not believed."""

from collections.abc import Iterable

import numpy as np
import pytest

from latchkey.frames import Cause, FilterState, Plane, RawFrame
from latchkey.settings import MotionSettings, PrivacySettings
from latchkey.units import NS_PER_S
from latchkey.vision import CoverPlanner, MotionGate

WIDTH, HEIGHT, FPS = 320, 180, 30


def view(seed: int) -> Plane:
    rng = np.random.default_rng(seed)
    blocks = rng.integers(60, 180, (HEIGHT // 10, WIDTH // 10))
    return np.asarray(blocks.repeat(10, axis=0).repeat(10, axis=1), np.uint8)


A, B = view(1), view(2)
LIT = np.asarray(np.clip(A.astype(int) + 60, 0, 255), np.uint8)


def unclear(pictures: Iterable[Plane]) -> list[Cause | None]:
    gate, grey = MotionGate(MotionSettings()), np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return [
        gate.see(RawFrame(y, grey, grey, number * NS_PER_S // FPS)).unclear
        for number, y in enumerate(pictures)
    ]


def turns(each: int, count: int, *views: Plane) -> list[Plane]:
    return [views[number // each % len(views)] for number in range(count)]


@pytest.mark.parametrize("each", [1, 2, 3, 5])
def test_two_views_in_turn_are_a_flicker_until_they_rest_for_a_second(each: int) -> None:
    seen = unclear([*[A] * 10, *turns(each, 60, B, A), *[A] * 90])
    first = seen.index(Cause.FLICKER)
    assert first == 10 + 4 * each
    last = len(seen) - seen[::-1].index(Cause.FLICKER)
    assert set(seen[first:70]) == {Cause.FLICKER}
    assert 70 <= last <= 70 + FPS
    assert Cause.FLICKER not in seen[last:]


@pytest.mark.parametrize(
    "pictures",
    [
        [*[A] * 20, LIT, *[A] * 20],
        [*[A] * 20, *[LIT] * 3, *[A] * 3, LIT, *[A] * 20],
        [*[A] * 20, *[LIT] * 60, *[A] * 60],
        [*[A] * 20, *[B] * 60],
        [view(number // 2) for number in range(60)],
        [np.roll(A, 17 * number, axis=1) for number in range(40)],
    ],
    ids=["a flash", "two flashes", "a lamp", "a cut", "cuts to ever new views", "a camera that turns"],
)
def test_what_does_not_return_again_and_again_is_no_flicker(pictures: list[Plane]) -> None:
    assert Cause.FLICKER not in unclear(pictures)


def test_bricks_at_dusk_before_a_camera_that_shakes_by_a_pixel_are_one_view() -> None:
    rng = np.random.default_rng(7)
    wall = np.full((722, 1282), 64, np.uint8)
    for row in range(41):
        for column in range(37):
            x, y = column * 36 - row % 2 * 18, row * 18
            wall[y + 1 : y + 17, max(x + 1, 0) : max(x + 35, 0)] = rng.integers(28, 48)
    shakes = rng.integers(0, 3, (40, 2))
    gate, grey = MotionGate(MotionSettings()), np.full((360, 640), 128, np.uint8)
    for number, (x, y) in enumerate(shakes):
        frame = RawFrame(wall[y : y + 720, x : x + 1280], grey, grey, number * NS_PER_S // FPS)
        assert gate.see(frame).unclear is None


@pytest.mark.parametrize(("width", "height"), [(2, 720), (640, 2), (322, 182), (1278, 718)])
def test_pictures_of_any_shape_are_told_apart(width: int, height: int) -> None:
    gate, grey = MotionGate(MotionSettings()), np.full((height // 2, width // 2), 128, np.uint8)
    levels = [60, 180] * 8
    seen = [
        gate.see(RawFrame(np.full((height, width), level, np.uint8), grey, grey, number * NS_PER_S // FPS))
        for number, level in enumerate(levels)
    ]
    assert seen[-1].unclear is Cause.FLICKER


def test_a_flicker_covers_all_from_its_first_cut_on() -> None:
    planner = CoverPlanner(PrivacySettings(), has_finder=True)
    gate, grey = MotionGate(MotionSettings()), np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    times = [number * NS_PER_S // FPS for number in range(60)]
    for at_ns, y in zip(times, [*[A] * 20, *turns(2, 20, B, A), *[A] * 20], strict=True):
        planner.add_motion(at_ns, gate.see(RawFrame(y, grey, grey, at_ns)))
        planner.add_look(at_ns, [])
    made = [planner.plan(at_ns, WIDTH, HEIGHT) for at_ns in times]
    assert {(plan.state, plan.cause) for plan in made[20:40]} == {(FilterState.FALLBACK_FULL, Cause.FLICKER)}
    assert made[5].state is FilterState.OK

"""The survey: all of the picture closely when a recording begins, spread so that no look takes long."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from latchkey.frames import Box, Cover, RawFrame
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import Gaze
from latchkey.vision.survey import (
    LOOKS,
    REACHED_LOOKS,
    STAY_NS,
    TILES,
    TILES_TURNED,
    WHOLE_NS,
    Survey,
)
from latchkey.vision.windows import optics, survey
from latchkey_sim.finder import PAINT_BGR, PaintFinder

STEP_NS = 120 * NS_PER_MS
WIDTH, HEIGHT = 1920, 1080
FAR = (1400, 300, 16, 18)
"""Somebody far away: x, y, width, height."""

LEAST_PX = 11
"""Least face that the detector finds: 15 px of the frame in tiles of Full HD, 28 at 1.6 times the whole."""

PASSER = Cover(1300, 180, 1500, 900)


def first_round(view_size: tuple[int, int], long_side_px: int) -> list[tuple[float | None, list[Cover]]]:
    """Give what is searched with looks, none of them whole, until there is nothing more."""
    made = Survey(optics(*view_size, long_side_px))
    given = []
    while any(one := made.next(whole=False)):
        given.append(one)
    return given


@pytest.mark.parametrize("long_side_px", [480, 640])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1080, 1920), (2592, 1944)])
def test_the_first_round_takes_every_tile_once_and_few_with_each_look(
    size: tuple[int, int], long_side_px: int
) -> None:
    given = first_round(size, long_side_px)
    tiles = [tile for _, some in given for tile in some]
    assert sorted(tiles) == sorted(survey(optics(*size, long_side_px)))
    for degrees, some in given:
        assert len(some) <= (TILES if degrees is None else TILES_TURNED)


@pytest.mark.parametrize("long_side_px", [480, 640])
def test_the_first_round_is_over_before_the_first_frame_leaves(long_side_px: int) -> None:
    assert len(first_round((1280, 720), long_side_px)) == LOOKS
    assert len(first_round((1920, 1080), long_side_px)) <= REACHED_LOOKS
    assert len(first_round((1080, 1920), long_side_px)) <= REACHED_LOOKS


def test_the_picture_is_turned_to_either_side_once() -> None:
    made = Survey(optics(1280, 720, 480))
    assert [made.next(whole=False)[0] for _ in range(4)] == [35.0, -35.0, None, None]


def test_after_the_first_round_a_tile_is_searched_with_each_look_at_the_whole() -> None:
    view = optics(1920, 1080, 640)
    made = Survey(view)
    for _ in range(REACHED_LOOKS):
        made.next(whole=True)
    assert made.next(whole=False) == (None, [])
    again = [tile for _ in survey(view) for tile in made.next(whole=True)[1]]
    assert sorted(again) == sorted(survey(view))


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1920, 1080), (2592, 1944)])
def test_a_face_stays_until_its_tile_has_come_again(size: tuple[int, int]) -> None:
    view = optics(*size, 480)
    assert Survey(view).stay_ns >= max(STAY_NS, len(survey(view)) * WHOLE_NS)


def picture(at_ns: int, *, passer: bool = False) -> RawFrame:
    """Full HD: a grey wall, somebody far before it, and perhaps somebody near who hides them."""
    bgr = np.full((HEIGHT, WIDTH, 3), 190, np.uint8)
    x, y, w, h = FAR
    bgr[y : y + h, x : x + w] = PAINT_BGR
    if passer:
        bgr[PASSER.y0 : PASSER.y1, PASSER.x0 : PASSER.x1] = 60
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return RawFrame(planes[:HEIGHT], u, v, at_ns)


def finds(boxes: Sequence[Box]) -> bool:
    x, y, w, h = FAR
    return any(np.allclose(box[:4], (x, y, x + w, y + h), atol=6) for box in boxes)


def test_in_full_hd_somebody_small_who_stands_there_is_found_before_the_first_frame_leaves() -> None:
    gaze = Gaze(PaintFinder(least_px=LEAST_PX))
    looks = [gaze.look(picture(number * STEP_NS)) for number in range(12)]
    assert all(finds(boxes) for boxes in looks[REACHED_LOOKS - 1 :])


def test_somebody_small_is_found_again_once_who_hid_them_has_passed() -> None:
    gaze = Gaze(PaintFinder(least_px=LEAST_PX))
    for number in range(14):
        gaze.look(picture(number * STEP_NS))
    hidden = [gaze.look(picture(number * STEP_NS, passer=True), [PASSER]) for number in range(14, 40)]
    assert not finds(hidden[-1])
    again = [gaze.look(picture(number * STEP_NS)) for number in range(40, 40 + 2 * WHOLE_NS // STEP_NS)]
    assert finds(again[-1])
    assert 40 * STEP_NS < 5 * NS_PER_S

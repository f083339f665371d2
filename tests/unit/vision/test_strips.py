"""Strips: pictures much longer than wide are searched as closely as others, or not believed."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from latchkey.errors import FinderError
from latchkey.frames import Box, RawFrame
from latchkey.units import NS_PER_MS
from latchkey.vision import Gaze, search_whole
from latchkey.vision.look import PART, SEAM, STRIP_LIMIT, parts_of
from latchkey.vision.survey import REACHED_LOOKS
from latchkey.vision.windows import optics, survey
from latchkey_sim.finder import PAINT_BGR, PaintFinder

STEP_NS = 120 * NS_PER_MS
STRIPS = [(3840, 640), (2560, 720), (2160, 720), (1280, 400), (5760, 720), (720, 2080), (640, 3840)]
LEAST_PX = 11
"""Least face that the detector finds."""


def strip(size: tuple[int, int], at_ns: int, *places: tuple[int, int, int]) -> RawFrame:
    """A grey wall with faces (x, y, size)."""
    width, height = size
    bgr = np.full((height, width, 3), 190, np.uint8)
    for x, y, px in places:
        bgr[y : y + px, x : x + px] = PAINT_BGR
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = planes[height:].reshape(2, height // 2, width // 2)
    return RawFrame(planes[:height], u, v, at_ns)


def finds(boxes: list[Box], place: tuple[int, int, int]) -> bool:
    """Whether a box holds the face, within a few pixels, and is no more than twice as large."""
    x, y, px = place
    return any(
        x0 <= x + 5 and y0 <= y + 5 and x1 >= x + px - 5 and y1 >= y + px - 5 and x1 - x0 <= 2 * px
        for x0, y0, x1, y1, _ in boxes
    )


@pytest.mark.parametrize("size", STRIPS)
def test_parts_hold_the_picture_and_are_no_strips(size: tuple[int, int]) -> None:
    parts, short = parts_of(*size), min(size)
    assert len(parts) > 1
    assert min(part.x0 for part in parts) == min(part.y0 for part in parts) == 0
    assert (max(part.x1 for part in parts), max(part.y1 for part in parts)) == size
    assert len({(part.x1 - part.x0, part.y1 - part.y0) for part in parts}) == 1
    for part, after in pairwise(parts):
        assert max(part.x1 - part.x0, part.y1 - part.y0) <= PART * short + 2
        assert max(part.x1 - after.x0 if size[0] > size[1] else part.y1 - after.y0, 0) >= SEAM * short - 4


def test_other_pictures_are_one_part() -> None:
    assert [len(parts_of(*size)) for size in ((1280, 720), (720, 1280), (1920, 800), (640, 480))] == [1] * 4


@pytest.mark.parametrize("long_side_px", [480, 640])
@pytest.mark.parametrize("size", [size for size in STRIPS if min(size) >= 640])
def test_strips_have_windows_and_a_survey_no_coarser_than_a_common_picture(
    size: tuple[int, int], long_side_px: int
) -> None:
    view, short = optics(*size, long_side_px), min(size)
    common = optics(short * 16 // 9, short, long_side_px)
    assert view.has_windows
    assert survey(view)[0].y1 <= 1.15 * survey(common)[0].y1


@pytest.mark.parametrize("size", STRIPS)
def test_somebody_small_who_stands_there_is_found_before_the_first_frame_leaves(
    size: tuple[int, int],
) -> None:
    face = (size[0] * 3 // 4, size[1] * 2 // 3, round(20 * max(min(size) / 720, 1)))
    gaze = Gaze(PaintFinder(least_px=LEAST_PX))
    looks = [gaze.look(strip(size, number * STEP_NS, face)) for number in range(REACHED_LOOKS)]
    assert finds(looks[-1], face)


@pytest.mark.parametrize("size", STRIPS)
def test_somebody_who_walks_is_found_with_every_look(size: tuple[int, int]) -> None:
    gaze, px = Gaze(PaintFinder(least_px=LEAST_PX), with_survey=False), min(size) // 18
    for number in range(8):
        along = max(size) // 3 + number * px
        face = (along, size[1] // 2, px) if size[0] > size[1] else (size[0] // 2, along, px)
        assert finds(gaze.look(strip(size, number * STEP_NS, face)), face)


def test_a_face_as_high_as_the_strip_is_found_too() -> None:
    face = (1000, 20, 600)
    assert finds(search_whole(PaintFinder(), strip((3840, 640), 0, face)), face)


@pytest.mark.parametrize("size", [(4096, 256), (256, 4096)])
def test_a_picture_longer_than_any_camera_gives_is_not_searched(size: tuple[int, int]) -> None:
    assert max(size) > STRIP_LIMIT * min(size)
    with pytest.raises(FinderError):
        Gaze(PaintFinder()).look(strip(size, 0))
    with pytest.raises(FinderError):
        search_whole(PaintFinder(), strip(size, 0))


def test_one_detector_is_asked_for_two_shapes_at_most_when_a_strip_is_searched_whole() -> None:
    finder = PaintFinder()
    search_whole(finder, strip((3840, 640), 0))
    assert len(finder.shapes) == len(parts_of(3840, 640)) + 1
    assert len(set(finder.shapes)) == 2

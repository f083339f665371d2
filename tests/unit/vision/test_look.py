"""A look: the small picture the detector gets, and answers that are refused."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cover, Plane, RawFrame
from latchkey.ports import FaceFinder
from latchkey.vision.look import search, search_turned, small_bgr, small_size
from latchkey_sim.finder import PAINT_BGR, Fault, PaintFinder, TruthFinder


def grey(width: int = 1280, height: int = 720) -> RawFrame:
    half = np.full((height // 2, width // 2), 128, np.uint8)
    return RawFrame(np.full((height, width), 100, np.uint8), half, half, 0)


def look(finder: FaceFinder, frame: RawFrame) -> list[Box]:
    """Search the whole frame."""
    size = small_size(frame.width, frame.height, finder.long_side_px)
    return search(finder, frame, Cover(0, 0, frame.width, frame.height), size)


class Answering:
    """A detector with one answer, right or wrong."""

    name = "answering"
    long_side_px = 480

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.shapes: list[tuple[int, ...]] = []

    def find(self, bgr: Bgr) -> list[Box]:
        self.shapes.append(bgr.shape)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer  # type: ignore[return-value]


def test_boxes_come_back_in_pixels_of_the_frame() -> None:
    finder = TruthFinder([[Box(0.25, 0.5, 0.5, 1.0, 0.7)]])
    (box,) = look(finder, grey())
    assert box == pytest.approx((320, 360, 640, 720, 0.7))


def test_boxes_of_a_window_come_back_in_pixels_of_the_frame() -> None:
    finder = TruthFinder([[Box(0.25, 0.5, 0.5, 1.0, 0.7)]])
    (box,) = search(finder, grey(), Cover(200, 100, 360, 260), (64, 64))
    assert box == pytest.approx((240, 180, 280, 260, 0.7))


@pytest.mark.parametrize("degrees", [35.0, -35.0, 180.0])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (1180, 0), (600, 300), (1180, 640)])
def test_a_turned_search_shows_all_of_the_picture_and_tells_the_place(
    degrees: float, left: int, top: int
) -> None:
    bgr = np.full((720, 1280, 3), 100, np.uint8)
    bgr[top : top + 80, left : left + 80] = PAINT_BGR
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = planes[720:].reshape(2, 360, 640)
    whole = Cover(0, 0, 1280, 720)
    (box,) = search_turned(PaintFinder(), RawFrame(planes[:720], u, v, 0), whole, (480, 256), degrees)
    slack = 8  # three pixels of the small picture
    assert box.x0 <= left + slack
    assert left + 80 <= box.x1 + slack
    assert box.y0 <= top + slack
    assert top + 80 <= box.y1 + slack
    assert box.x1 - box.x0 <= 80 * 2 + 2 * slack


def test_the_detector_gets_a_small_picture_with_sides_of_whole_strides() -> None:
    finder = Answering([])
    look(finder, grey(1280, 720))
    look(finder, grey(720, 1280))
    look(finder, grey(16, 4096))
    assert finder.shapes == [(256, 480, 3), (480, 256, 3), (480, 32, 3)]


@given(width=st.integers(1, 4096), height=st.integers(1, 4096), long_side=st.sampled_from([320, 480, 640]))
def test_the_small_picture_keeps_its_longer_side_and_about_its_shape(
    width: int, height: int, long_side: int
) -> None:
    across, down = small_size(width, height, long_side)
    assert max(across, down) == long_side
    assert across % 32 == down % 32 == 0
    assert min(across, down) >= 32
    ideal = long_side / max(width, height)
    assert abs(across - width * ideal) <= 32
    assert abs(down - height * ideal) <= 32


def test_the_small_picture_has_the_colours_of_the_frame() -> None:
    bgr = np.full((96, 160, 3), (40, 90, 200), np.uint8)
    i420 = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    u, v = i420[96:].reshape(2, 48, 80)
    small = small_bgr(RawFrame(np.asarray(i420[:96]), u, v, 0), 64, 32)
    assert abs(small.astype(int) - (40, 90, 200)).max() <= 3


def _noisy(level: int) -> RawFrame:
    noise = np.random.default_rng(5)

    def plane(height: int, width: int, level: int) -> Plane:
        return np.asarray((level + 6 * noise.standard_normal((height, width))).clip(0, 255), np.uint8)

    return RawFrame(plane(704, 1280, level), plane(352, 640, 128), plane(352, 640, 128), 0)


def _grain(bgr: Bgr) -> float:
    return float(bgr.std(axis=(0, 1)).mean())


def test_a_dark_picture_is_shown_brighter_with_less_noise_and_one_by_day_as_it_is() -> None:
    dark, day = _noisy(45), _noisy(120)
    as_it_is, shown = (small_bgr(dark, 640, 352, brighten=brighten) for brighten in (False, True))
    assert shown.mean() > 2 * as_it_is.mean()
    assert _grain(shown) < 1.2 * _grain(as_it_is)
    assert (small_bgr(day, 640, 352) == small_bgr(day, 640, 352, brighten=False)).all()


GOOD = Box(10.0, 10.0, 20.0, 20.0, 0.5)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (GOOD,),
        [GOOD] * 101,
        ["face"],
        [(1.0, 2.0, 3.0)],
        [Box(None, 1, 2, 3)],  # type: ignore[arg-type]
        [GOOD._replace(x0=float("nan"))],
        [GOOD._replace(y1=float("inf"))],
        [GOOD._replace(score=float("nan"))],
        [GOOD._replace(score=1.5)],
        [GOOD._replace(score=-0.1)],
        [GOOD._replace(x1=1e20)],
        [GOOD._replace(x0=-481.0)],
        [GOOD._replace(x0=30.0)],
        [GOOD, GOOD._replace(y0=21.0)],
        cv2.error("native trouble"),
        FinderError("it says so itself"),
    ],
)
def test_an_answer_that_cannot_be_true_is_an_error_and_not_a_frame_without_faces(answer: object) -> None:
    with pytest.raises(FinderError):
        look(Answering(answer), grey())


def test_nonsense_of_the_twin_is_refused_too() -> None:
    finder = TruthFinder([[GOOD]] * 3, faults={0: Fault.NONSENSE, 1: Fault.RAISES, 2: Fault.BLIND})
    for _ in range(2):
        with pytest.raises(FinderError):
            look(finder, grey())
    assert look(finder, grey()) == []

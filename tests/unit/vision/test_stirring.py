"""Faint likenesses of faces in picture parts that never changed, and that all else is believed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cover, RawFrame
from latchkey.units import NS_PER_MS
from latchkey.vision import Gaze
from latchkey.vision.stirring import CLEAR_SCORE, DUSK_CLEAR_SCORE, Stirring

WIDTH, HEIGHT = 1280, 720
STEP_NS = 120 * NS_PER_MS
POSTER = Box(600, 300, 660, 380, 0.18)
"""What a detector faintly takes for a face."""


def test_a_faint_large_box_is_not_believed_where_nothing_has_changed() -> None:
    stirring = Stirring(WIDTH, HEIGHT)
    stirring.take([Cover(0, 0, 500, HEIGHT)])
    assert not stirring.believes(POSTER)


def test_only_a_few_small_faces_that_are_not_clear_are_worth_a_closer_look() -> None:
    small = [Box(x, 10, x + 20, 35, score) for x, score in ((0, 0.17), (50, 0.29), (100, 0.19), (150, 0.16))]
    others = [Box(200, 10, 220, 35, 0.3), Box(300, 10, 340, 60, 0.25)]
    assert Stirring(WIDTH, HEIGHT).doubtful([*others, *small]) == [small[1], small[2]]


@pytest.mark.parametrize(
    "box",
    [POSTER._replace(score=CLEAR_SCORE), POSTER._replace(x1=630, y1=331), POSTER._replace(x0=480)],
    ids=["clear", "small", "in part where something changed"],
)
def test_somebody_who_never_moved_is_believed(box: Box) -> None:
    stirring = Stirring(WIDTH, HEIGHT)
    stirring.take([Cover(0, 0, 500, HEIGHT)])
    assert stirring.believes(box)


def test_at_dusk_more_is_asked_of_a_large_box_where_nothing_has_changed() -> None:
    dusk, day = Stirring(WIDTH, HEIGHT, dusk=True), Stirring(WIDTH, HEIGHT)
    between = POSTER._replace(score=(CLEAR_SCORE + DUSK_CLEAR_SCORE) / 2)
    assert day.believes(between)
    assert not dusk.believes(between)
    assert dusk.believes(POSTER._replace(score=DUSK_CLEAR_SCORE))
    dusk.take([Cover(650, 370, 700, 400)])
    assert dusk.believes(between)


def test_what_has_stirred_once_is_believed_for_good_and_so_is_all_where_all_changed() -> None:
    there, everywhere = Stirring(WIDTH, HEIGHT), Stirring(WIDTH, HEIGHT)
    there.take([Cover(650, 370, 700, 400)])
    there.take([])
    everywhere.take(None)
    assert there.believes(POSTER)
    assert everywhere.believes(POSTER)


side = st.floats(-2000, 3000)


@given(x=side, y=side, wide=st.floats(33, 900), tall=st.floats(33, 900))
def test_a_box_anywhere_is_believed_where_a_change_shares_a_pixel_with_it(
    x: float, y: float, wide: float, tall: float
) -> None:
    stirring, box = Stirring(WIDTH, HEIGHT), Box(x, y, x + wide, y + tall, 0.18)
    assert not stirring.believes(box)
    stirring.take([Cover(max(int(x), 0), max(int(y), 0), int(x + wide) + 1, int(y + tall) + 1)])
    if x + wide > 0 and y + tall > 0 and x < WIDTH and y < HEIGHT:
        assert stirring.believes(box)


class Faint:
    """Finds the same faint face in the middle of every picture; fails when told to."""

    name = "faint"
    long_side_px = 480
    fails = False

    def find(self, bgr: Bgr) -> list[Box]:
        """Answer, or raise."""
        if self.fails:
            raise FinderError("blind")
        height, width = bgr.shape[:2]
        return [Box(width * 0.4, height * 0.3, width * 0.6, height * 0.7, 0.18)]


def picture(at_ns: int, *, patch: int = 0) -> RawFrame:
    """A grey picture, with a light patch of that side in its middle."""
    luma = np.full((HEIGHT, WIDTH), 90, np.uint8)
    luma[300 : 300 + patch, 600 : 600 + patch] = 220
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return RawFrame(luma, chroma, chroma, at_ns)


def gaze() -> Gaze:
    return Gaze(Faint(), with_survey=False)


def test_a_gaze_reports_a_faint_face_from_the_first_change_on() -> None:
    looking = gaze()
    assert [looking.look(picture(number * STEP_NS)) for number in range(6)] == [[]] * 6
    assert looking.look(picture(6 * STEP_NS, patch=80))
    assert looking.look(picture(7 * STEP_NS))


def test_a_faint_face_that_differs_from_the_background_is_reported_at_once() -> None:
    assert gaze().look(picture(0), [Cover(620, 340, 700, 480)])
    assert gaze().look(picture(0), [Cover(0, 0, 400, 200)]) == []


def test_after_a_look_that_failed_every_faint_face_is_reported() -> None:
    finder = Faint()
    looking = Gaze(finder, with_survey=False)
    assert looking.look(picture(0)) == []
    finder.fails = True
    with pytest.raises(FinderError):
        looking.look(picture(STEP_NS * 5))
    finder.fails = False
    assert looking.look(picture(STEP_NS * 6))

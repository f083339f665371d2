"""Which boxes are the same face, and when a face in the turned picture is believed."""

import pytest

from latchkey.frames import Box
from latchkey.vision.likeness import FAIR_SCORE, LARGE_SCORE, distinct, is_rolled
from latchkey.vision.windows import optics

VIEW = optics(1280, 720, 480)
ROLLED = Box(500, 300, 600, 410, 0.6)
FAR = Box(500, 300, 550, 355, 0.6)
"""The upright boxes around faces of 72 x 90 and 36 x 45 that were found in the turned picture."""


@pytest.mark.parametrize(
    ("turned", "upright", "believed"),
    [
        pytest.param(ROLLED, [], True, id="nothing upright"),
        pytest.param(ROLLED, [Box(514, 310, 586, 400, 0.6)], False, id="the same face, as sure"),
        pytest.param(ROLLED, [Box(514, 310, 586, 400, 0.5)], True, id="the same face, less sure"),
        pytest.param(ROLLED, [Box(575, 370, 605, 408, 0.9)], True, id="somebody small in its corner"),
        pytest.param(ROLLED, [Box(570, 310, 642, 400, 0.9)], True, id="somebody beside it"),
        pytest.param(ROLLED, [Box(535, 332, 565, 376, 0.9)], False, id="a small face before its middle"),
        pytest.param(ROLLED, [Box(535, 332, 565, 376, 0.65)], True, id="what may be one, before its middle"),
        pytest.param(FAR, [Box(507, 305, 543, 350, 0.9)], True, id="the same face, far away"),
    ],
)
def test_a_turned_face_is_believed_unless_somebody_near_was_found_upright_as_surely(
    turned: Box, upright: list[Box], believed: bool
) -> None:
    assert is_rolled(turned, VIEW, upright) is believed


def test_a_faint_turned_face_and_a_large_one_that_is_not_sure_are_not_believed() -> None:
    assert not is_rolled(ROLLED._replace(score=FAIR_SCORE - 0.01), VIEW, [])
    large = Box(400, 100, 800, 500, LARGE_SCORE)
    assert is_rolled(large, VIEW, [])
    assert not is_rolled(large._replace(score=LARGE_SCORE - 0.01), VIEW, [])


def test_at_dusk_more_is_asked_of_turned_faces_that_are_not_small() -> None:
    assert is_rolled(ROLLED._replace(score=0.4), VIEW, [])
    assert not is_rolled(ROLLED._replace(score=0.4), VIEW, [], dusk=True)
    assert is_rolled(ROLLED._replace(score=0.5), VIEW, [], dusk=True)
    assert is_rolled(FAR._replace(score=0.4), VIEW, [], dusk=True)


def test_boxes_of_one_face_become_one_that_reaches_as_far_and_is_as_sure_as_any() -> None:
    whole, cut, other = Box(0, 0, 40, 50, 0.4), Box(-4, 0, 20, 50, 0.8), Box(30, 0, 70, 50, 0.5)
    assert distinct([whole, cut, other]) == [Box(-4, 0, 40, 50, 0.8), other]

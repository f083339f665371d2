"""A face that the detector loses is followed by its pixels, for a while and no further."""

import cv2
import numpy as np
import pytest

from latchkey.frames import Box, Plane
from latchkey.units import NS_PER_MS
from latchkey.vision.follow import FOLLOW_NS, LOST_LIMIT, Follower

STEP_NS = 120 * NS_PER_MS
RNG = np.random.default_rng(3)
WALL = cv2.resize(RNG.integers(90, 160, (60, 100), np.uint8), (800, 480), interpolation=cv2.INTER_CUBIC)
FACE = cv2.resize(RNG.integers(0, 255, (6, 5), np.uint8), (40, 48), interpolation=cv2.INTER_CUBIC)


def picture(*places: tuple[int, int]) -> Plane:
    """Luma of a wall with the same face at each (x, y), cut by the edges."""
    y = np.array(WALL, np.uint8)
    for left, top in places:
        x0, y0 = max(left, 0), max(top, 0)
        part = FACE[y0 - top :, x0 - left :][: 480 - y0, : 800 - x0]
        y[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]] = part
    return y


def box(left: int, top: int, score: float = 0.6) -> Box:
    """The box of a face there."""
    return Box(left, top, left + 40, top + 48, score)


def walked(*places: tuple[int, int], score: float = 0.6) -> Follower:
    """A follower that was told of a face at these places, look by look."""
    follower = Follower()
    for number, place in enumerate(places):
        follower.keep(picture(place), number * STEP_NS, [box(*place, score)], [])
    return follower


def test_a_lost_face_is_where_its_pixels_went() -> None:
    (trace,) = walked((100, 100), (120, 104)).lost(picture((146, 103)), 2 * STEP_NS, [])
    assert trace.box[:4] == pytest.approx((146, 103, 186, 151), abs=2)


def test_a_face_that_is_found_again_needs_nobody_to_follow_it() -> None:
    follower = walked((100, 100), (120, 104))
    assert follower.lost(picture((146, 103)), 2 * STEP_NS, [box(148, 101)]) == []


def test_a_face_seen_once_is_found_three_of_its_sizes_away() -> None:
    (trace,) = walked((100, 100)).lost(picture((230, 110)), STEP_NS, [])
    assert trace.box.x0 == pytest.approx(230, abs=2)


def test_a_face_that_has_run_on_is_followed_nowhere_else() -> None:
    alike_and_ahead = picture((190, 110), (300, 100))
    assert walked((100, 100)).lost(alike_and_ahead, STEP_NS, [box(300, 100)]) == []


def test_a_face_that_has_run_on_is_expected_further_on() -> None:
    follower = walked((100, 100), (300, 100))
    (trace,) = follower.lost(picture((500, 110)), 2 * STEP_NS, [])
    assert trace.box.x0 == pytest.approx(500, abs=2)


def test_whoever_stays_is_followed_though_a_stranger_shows_far_away() -> None:
    (trace,) = walked((100, 100)).lost(picture((110, 100), (300, 100)), STEP_NS, [box(300, 100)])
    assert trace.box.x0 == pytest.approx(110, abs=2)


def test_a_face_that_is_gone_is_followed_nowhere() -> None:
    assert walked((100, 100), (120, 104)).lost(picture(), 2 * STEP_NS, []) == []


def test_a_face_is_followed_for_two_seconds() -> None:
    follower = walked((100, 100), (104, 100))
    number, still = 2, follower.lost(picture((108, 100)), 2 * STEP_NS, [])
    while still:
        follower.keep(picture((100 + 4 * number, 100)), number * STEP_NS, [], still)
        number += 1
        still = follower.lost(picture((100 + 4 * number, 100)), number * STEP_NS, [])
    assert FOLLOW_NS <= (number - 1) * STEP_NS <= FOLLOW_NS + STEP_NS


def test_a_mark_on_the_wall_with_a_low_score_is_not_followed_and_what_moves_is() -> None:
    assert walked((100, 100), (100, 100), score=0.2).lost(picture((100, 100)), 2 * STEP_NS, []) == []
    assert walked((100, 100), (120, 100), score=0.2).lost(picture((140, 100)), 2 * STEP_NS, [])


@pytest.mark.parametrize(("dx", "dy"), [(-12, 0), (0, -12), (12, 0), (0, 12)])
def test_a_face_that_leaves_is_followed_over_the_edge(dx: int, dy: int) -> None:
    x, y = (4 if dx < 0 else 800 - 44), (4 if dy < 0 else 480 - 52)
    follower = walked((x - dx, y - dy), (x, y))
    (trace,) = follower.lost(picture((x + dx, y + dy)), 2 * STEP_NS, [])
    assert trace.box[:2] == pytest.approx((x + dx, y + dy), abs=3)


def test_plain_patches_boxes_outside_and_crowds_do_no_harm() -> None:
    follower, plain = Follower(), np.full((480, 800), 90, np.uint8)
    follower.keep(plain, 0, [box(100, 100), box(-700, 100), box(1500, 900), box(780, 440)], [])
    assert follower.lost(plain, STEP_NS, []) == []
    places = [(x, y) for x in range(0, 760, 60) for y in range(0, 430, 60)]
    follower.keep(picture(*places), 0, [box(*place) for place in places], [])
    assert len(follower.lost(picture(*places), STEP_NS, [])) == LOST_LIMIT

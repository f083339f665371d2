"""Where to look: changed parts again, the whole now and then, and never a face lost by looking less."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cover, RawFrame
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import Gaze
from latchkey.vision.gaze import AGAIN_NS, ROWS
from latchkey.vision.survey import WHOLE_NS
from latchkey.vision.windows import optics
from latchkey_sim.finder import PAINT_BGR, PaintFinder

WIDTH, HEIGHT = 1280, 720
VIEW = optics(WIDTH, HEIGHT, 480)
STEP_NS = 120 * NS_PER_MS
RNG = np.random.default_rng(5)
WALL = cv2.resize(RNG.integers(160, 215, (45, 80), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
Patch = tuple[int, int, int, int]


def scene(at_ns: int, *patches: Patch, light: int = 0) -> RawFrame:
    """A grey wall with painted patches (x, y, width, height)."""
    bgr = cv2.cvtColor(np.asarray(cv2.add(WALL, light), np.uint8), cv2.COLOR_GRAY2BGR)
    for x, y, w, h in patches:
        bgr[max(y, 0) : y + h, max(x, 0) : x + w] = PAINT_BGR
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return RawFrame(planes[:HEIGHT], u, v, at_ns)


def plain(finder: PaintFinder) -> Gaze:
    """A gaze without its survey."""
    return Gaze(finder, with_survey=False)


def searched(finder: PaintFinder) -> list[tuple[int, int]]:
    """Shapes of the pictures that the finder was given since the last call."""
    shapes, finder.shapes = finder.shapes, []
    return shapes


def finds(boxes: Sequence[Box], patch: Patch) -> bool:
    """Whether a box lies on the patch, within three pixels of the small picture and one sampled row."""
    x, y, w, h = patch
    slack = 3 * WIDTH / 480 + HEIGHT / ROWS
    return any(
        np.allclose(box[:4], (max(x, 0), max(y, 0), min(x + w, WIDTH), min(y + h, HEIGHT)), atol=slack)
        for box in boxes
    )


def test_a_still_picture_is_searched_whole_twice_a_second_and_its_faces_stay() -> None:
    finder = PaintFinder()
    gaze, face = plain(finder), (600, 300, 60, 80)
    looks = [gaze.look(scene(number * STEP_NS, face)) for number in range(12)]
    assert all(finds(boxes, face) and len(boxes) == 1 for boxes in looks)
    assert searched(finder) == [(256, 480)] * (1 + 11 * STEP_NS // (WHOLE_NS + STEP_NS // 2))


def test_a_face_that_moves_is_followed_in_a_small_window() -> None:
    finder = PaintFinder()
    gaze = plain(finder)
    for number in range(4):
        face = (500 + 25 * number, 300 - 9 * number, 70, 90)
        assert finds(gaze.look(scene(number * STEP_NS, face)), face)
    assert searched(finder) == [(256, 480), (96, 96), (96, 96), (96, 96)]


def test_a_face_that_moves_is_searched_finely_if_it_is_not_found_cheaply_or_something_else_moves() -> None:
    class Fussy(PaintFinder):
        def find(self, bgr: Bgr) -> list[Box]:
            found = super().find(bgr)
            return [] if bgr.shape[0] == 96 else found

    finder, face = Fussy(), (500, 300, 70, 90)
    gaze = plain(finder)
    gaze.look(scene(0, face))
    assert finds(gaze.look(scene(STEP_NS, (520, 300, 70, 90))), (520, 300, 70, 90))
    assert searched(finder) == [(256, 480), (96, 96), (160, 160)]
    beside = (650, 330, 24, 32)
    assert finds(gaze.look(scene(2 * STEP_NS, (530, 300, 70, 90), beside)), beside)
    assert searched(finder) == [(160, 160)]


def test_a_face_that_appears_anywhere_is_found_in_the_same_look() -> None:
    for x, y in ((0, 0), (1230, 0), (0, 650), (1225, 645), (640, 360)):
        gaze, face = plain(PaintFinder()), (x, y, 55, 70)
        gaze.look(scene(0))
        assert finds(gaze.look(scene(STEP_NS, face)), face)


def test_what_stays_is_kept_while_something_else_moves() -> None:
    gaze, stays = plain(PaintFinder()), (100, 200, 60, 80)
    for number in range(4):
        moves = (700 + 30 * number, 300, 60, 80)
        boxes = gaze.look(scene(number * STEP_NS, stays, moves))
        assert finds(boxes, stays)
        assert finds(boxes, moves)
        assert len(boxes) == 2


def test_a_face_that_has_gone_is_gone() -> None:
    gaze = plain(PaintFinder())
    gaze.look(scene(0, (600, 300, 60, 80)))
    assert gaze.look(scene(STEP_NS)) == []


def test_a_face_lost_at_the_fine_scale_is_searched_half_as_large() -> None:
    finder = PaintFinder(most_px=40)
    gaze, face = plain(finder), (600, 300, 60, 80)
    gaze.look(scene(0, face))
    moved = (680, 300, 60, 80)
    assert finds(gaze.look(scene(STEP_NS, moved)), moved)
    assert searched(finder) == [(256, 480), (160, 160), (160, 160)]


def test_a_face_the_detector_loses_is_followed_while_it_walks_and_not_once_it_has_gone() -> None:
    class Losing(PaintFinder):
        loses = False

        def find(self, bgr: Bgr) -> list[Box]:
            return [] if self.loses else super().find(bgr)

    finder = Losing()
    gaze = plain(finder)
    for number in range(9):
        finder.loses = number > 1
        face = (500 + 25 * number, 300 - 9 * number, 70, 90)
        assert finds(gaze.look(scene(number * STEP_NS, face)), face)
    assert gaze.look(scene(9 * STEP_NS)) == []


def test_another_light_is_looked_at_whole() -> None:
    finder = PaintFinder()
    gaze, face = plain(finder), (600, 300, 60, 80)
    gaze.look(scene(0, face))
    assert finds(gaze.look(scene(STEP_NS, face, light=40)), face)
    assert searched(finder) == [(256, 480), (256, 480)]


def test_what_moves_and_is_small_gets_a_closer_look() -> None:
    finder = PaintFinder(least_px=10)
    gaze, far = plain(finder), (600, 300, 14, 18)
    assert not plain(PaintFinder(least_px=10)).look(scene(0, far))
    assert finds(gaze.look(scene(0, far), [Cover(590, 290, 640, 420)]), far)
    assert searched(finder) == [(256, 480), (160, 160)]


def test_what_begins_to_move_gets_a_closer_look_at_once_and_not_each_time() -> None:
    finder = PaintFinder(least_px=10)
    gaze, far, moving = plain(finder), (600, 300, 14, 18), [Cover(590, 290, 640, 420)]
    assert not gaze.look(scene(0, far))
    assert finds(gaze.look(scene(STEP_NS, far), moving), far)
    assert searched(finder) == [(256, 480), (160, 160)]
    gaze.look(scene(2 * STEP_NS, far), moving)
    assert searched(finder) == []


def test_what_changes_and_is_too_faint_for_movement_gets_a_closer_look_beside_the_whole() -> None:
    finder = PaintFinder(least_px=10, most_px=100)
    gaze, far = plain(finder), (1000, 550, 14, 18)
    van, moved = (50, 100, 700, 300), (70, 100, 700, 300)
    gaze.look(scene(0, van))
    assert finds(gaze.look(scene(STEP_NS, moved, far), [Cover(40, 90, 780, 410)]), far)
    assert searched(finder) == [(256, 480), (256, 480), (160, 160)]


class OnlyTurned(PaintFinder):
    """Sees nothing unless the picture is turned."""

    def find(self, bgr: Bgr) -> list[Box]:
        found = super().find(bgr)
        return found if bgr.shape[:2] not in ((256, 480), (160, 160)) else []


def test_the_first_looks_search_the_picture_turned_to_either_side() -> None:
    face = (600, 300, 60, 80)
    gaze = Gaze(OnlyTurned())
    for number in range(2):
        (box,) = gaze.look(scene(number * STEP_NS, face))
        assert box.x0 <= 608
        assert box.x1 >= 652
        assert box.y0 <= 308
        assert box.y1 >= 372
    assert not plain(OnlyTurned()).look(scene(0, face))


def test_a_face_found_upright_keeps_its_box_where_the_turned_picture_shows_it_too() -> None:
    face = (600, 300, 60, 80)
    gaze = Gaze(PaintFinder())
    for number in range(3):
        boxes = gaze.look(scene(number * STEP_NS, face))
        assert len(boxes) == 1
        assert finds(boxes, face)


def test_an_empty_close_up_is_not_repeated_until_it_moves_or_a_second_has_passed() -> None:
    finder = PaintFinder()
    gaze = plain(finder)
    there, elsewhere = [Cover(590, 290, 640, 420)], [Cover(650, 290, 700, 420)]
    for at_ns, moving, close in (
        (0, there, 1),
        (WHOLE_NS, there, 0),
        (2 * WHOLE_NS, elsewhere, 1),
        (AGAIN_NS + WHOLE_NS, there, 1),
    ):
        gaze.look(scene(at_ns), moving)
        assert len(searched(finder)) == 1 + close


def test_after_an_error_the_whole_is_looked_at_again() -> None:
    class Failing(PaintFinder):
        fails = False

        def find(self, bgr: Bgr) -> list[Box]:
            if self.fails:
                raise FinderError("no")
            return super().find(bgr)

    finder = Failing()
    gaze, face = plain(finder), (600, 300, 60, 80)
    gaze.look(scene(0))
    finder.fails = True
    with pytest.raises(FinderError):
        gaze.look(scene(STEP_NS, face))
    finder.fails = False
    searched(finder)
    assert finds(gaze.look(scene(2 * STEP_NS, face)), face)
    assert searched(finder) == [(256, 480)]


def test_a_new_size_or_time_going_back_is_looked_at_whole() -> None:
    finder = PaintFinder()
    gaze = plain(finder)
    gaze.look(scene(NS_PER_S))
    gaze.look(scene(0))
    frame = scene(STEP_NS)
    gaze.look(RawFrame(frame.y[:360, :640], frame.u[:180, :320], frame.v[:180, :320], STEP_NS))
    assert searched(finder) == [(256, 480)] * 3


def test_somebody_small_who_stands_there_is_found_within_three_looks_and_stays() -> None:
    finder = PaintFinder(least_px=9)
    gaze, far = Gaze(finder), (1100, 80, 18, 22)
    looks = [gaze.look(scene(number * STEP_NS, far)) for number in range(20)]
    assert all(finds(boxes, far) for boxes in looks[2:])
    assert max(len(boxes) for boxes in looks) == 1


def test_somebody_small_of_whom_the_survey_is_not_sure_is_searched_closer_and_stays() -> None:
    class Unsure(PaintFinder):
        def find(self, bgr: Bgr) -> list[Box]:
            return [
                box._replace(
                    score=0.25 if box.x1 - box.x0 < 14 else 0.9
                )  # 18 px of the frame at the tile's scale
                for box in super().find(bgr)
            ]

    gaze, far = Gaze(Unsure(least_px=9)), (1100, 80, 18, 22)
    looks = [gaze.look(scene(number * STEP_NS, far)) for number in range(20)]
    assert all(finds(boxes, far) for boxes in looks[2:])


def test_without_the_survey_nobody_would_have_found_them() -> None:
    gaze = plain(PaintFinder(least_px=9))
    assert not any(gaze.look(scene(number * STEP_NS, (1100, 80, 18, 22))) for number in range(20))


def test_who_stood_there_and_left_does_not_stay() -> None:
    gaze, far = Gaze(PaintFinder(least_px=9)), (1100, 80, 18, 22)
    for number in range(6):
        gaze.look(scene(number * STEP_NS, far))
    assert gaze.look(scene(6 * STEP_NS)) == []


def dim(at_ns: int, x: int) -> RawFrame:
    """At dusk, somebody small as light as the wall behind: no difference in luma shows them."""
    bgr = np.full((HEIGHT, WIDTH, 3), 46, np.uint8)
    bgr[80:102, x : x + 18] = np.multiply(PAINT_BGR, 0.42).astype(np.uint8)
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return RawFrame(planes[:HEIGHT], u, v, at_ns)


def test_at_dusk_somebody_small_who_creeps_unnoticed_stays_covered() -> None:
    gaze = Gaze(PaintFinder(least_px=9))
    for number in range(60):
        x = 1100 - number // 2
        boxes = gaze.look(dim(number * STEP_NS, x))
        if number > 2:
            assert any(box.x0 - 6 <= x and x + 18 <= box.x1 + 6 for box in boxes)


patches = st.tuples(
    st.integers(0, WIDTH - 100), st.integers(0, HEIGHT - 120), st.integers(40, 90), st.integers(50, 110)
)
strides = st.tuples(st.integers(-40, 40), st.integers(-30, 30))


@settings(deadline=None)  # a busy machine draws slowly
@given(patches, strides, patches, strides)
def test_two_faces_on_any_ways_are_found_in_every_look(
    first: Patch, step: tuple[int, int], second: Patch, other: tuple[int, int]
) -> None:
    gaze = plain(PaintFinder())
    for number in range(5):
        now = [
            (x + dx * number, y + dy * number, w, h)
            for (x, y, w, h), (dx, dy) in ((first, step), (second, other))
        ]
        if any(_overlap(now[0], now[1])) or any(
            x < 0 or y < 0 or x + w > WIDTH or y + h > HEIGHT for x, y, w, h in now
        ):
            return
        boxes = gaze.look(scene(number * STEP_NS, *now))
        assert all(finds(boxes, patch) for patch in now)


def _overlap(a: Patch, b: Patch) -> list[bool]:
    near = 12
    apart = a[0] > b[0] + b[2] + near or b[0] > a[0] + a[2] + near
    apart = apart or a[1] > b[1] + b[3] + near or b[1] > a[1] + a[3] + near
    return [not apart]

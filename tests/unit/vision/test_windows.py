"""Which windows are searched: they hold what they are for, lie in the picture, and are few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.frames import Cover
from latchkey.vision.windows import CLOSE_UPS, WINDOWS, close_ups, gathered, optics, survey

WIDTH, HEIGHT = 1280, 720
VIEW = optics(WIDTH, HEIGHT, 480)


def test_windows_go_from_full_resolution_to_the_scale_of_the_whole() -> None:
    assert VIEW.whole == (480, 256)
    assert (VIEW.window, VIEW.finest_px, VIEW.widest_px) == (160, 160, 426)
    small = optics(160, 120, 480)
    assert small.widest_px <= 160 // 3


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (720, 1280), (1000, 1000)])
@pytest.mark.parametrize("long_side_px", [480, 640])
def test_tiles_of_the_survey_hold_every_small_face_whole(width: int, height: int, long_side_px: int) -> None:
    view = optics(width, height, long_side_px)
    tiles = survey(view)
    for x in range(0, width - 20, 13):
        for y in range(0, height - 24, 17):
            assert any(t.x0 <= x and x + 20 <= t.x1 and t.y0 <= y and y + 24 <= t.y1 for t in tiles)
    assert all(0 <= t.x0 < t.x1 <= width and 0 <= t.y0 < t.y1 <= height for t in tiles)


def test_in_weak_light_tiles_are_finer() -> None:
    by_day, at_dusk = survey(VIEW), survey(VIEW, dusk=True)
    assert (by_day[0].x1, at_dusk[0].x1) == (266, 200)


@pytest.mark.parametrize(("long_side_px", "scale"), [(640, 0.85), (480, 0.7)])
@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (2592, 1944)])
def test_tiles_of_large_pictures_are_nearly_as_fine_as_the_frame(
    size: tuple[int, int], long_side_px: int, scale: float
) -> None:
    view = optics(*size, long_side_px)
    for dusk in (False, True):
        assert all(scale * (tile.x1 - tile.x0) <= view.window for tile in survey(view, dusk=dusk))


def test_a_picture_no_larger_than_the_detector_wants_needs_no_survey() -> None:
    assert survey(optics(480, 270, 480)) == []


regions = st.lists(
    st.tuples(st.integers(0, 1270), st.integers(0, 710), st.integers(2, 600), st.integers(2, 600)).map(
        lambda b: Cover(b[0], b[1], min(b[0] + b[2], WIDTH), min(b[1] + b[3], HEIGHT))
    ),
    max_size=6,
)


@given(regions)
def test_gathered_windows_hold_every_region(boxes: list[Cover]) -> None:
    windows = gathered(boxes, VIEW)
    if windows is None:
        return
    assert len(windows) <= WINDOWS
    for window in windows:
        _check(window)
    for box in boxes:
        assert any(
            w.x0 <= box.x0 and w.y0 <= box.y0 and w.x1 >= box.x1 - 1 and w.y1 >= box.y1 - 1 for w in windows
        )


@given(regions)
def test_close_ups_lie_in_the_picture(boxes: list[Cover]) -> None:
    windows = close_ups(boxes, VIEW)
    assert len(windows) <= CLOSE_UPS
    for window in windows:
        _check(window)


def _check(window: Cover) -> None:
    assert all(corner % 2 == 0 for corner in window)
    assert 0 <= window.x0 < window.x1 <= WIDTH
    assert 0 <= window.y0 < window.y1 <= HEIGHT
    assert window.x1 - window.x0 == window.y1 - window.y0 <= VIEW.widest_px
    assert window.x1 - window.x0 >= VIEW.finest_px


def test_a_visitor_at_the_gate_is_seen_at_full_resolution() -> None:
    (window,) = close_ups([Cover(600, 300, 720, 700)], VIEW)
    assert window.x1 - window.x0 == VIEW.finest_px
    assert window.y0 < 300 < 400 < window.y1


def test_legs_alone_point_to_the_head_above_them() -> None:
    higher, lower = close_ups([Cover(968, 576, 1112, 708)], VIEW)
    assert higher.y0 <= 250
    assert lower.y0 <= 340 < 376 <= lower.y1


def test_a_visitor_who_fills_the_picture_needs_no_closer_look() -> None:
    assert close_ups([Cover(100, 0, 1200, 720)], VIEW) == []
    assert close_ups([], VIEW) == []
    assert gathered([Cover(100, 0, 1200, 720)], VIEW) is None


def test_two_people_apart_get_a_window_each_and_a_crowd_no_more() -> None:
    people = [Cover(100 + 380 * n, 300, 180 + 380 * n, 600) for n in range(3)]
    assert len(close_ups(people[::2], VIEW)) == 2
    assert len(close_ups(people, VIEW)) == CLOSE_UPS

"""Closer looks: which windows of the picture are worth one."""

from hypothesis import given
from hypothesis import strategies as st

from latchkey.frames import Cover
from latchkey.vision.look import AGAIN_NS, CLOSE_UPS, EmptyWindows, close_ups

WIDTH, HEIGHT, SIZE = 1280, 720, (480, 256)


def _close_ups(*boxes: Cover) -> list[Cover]:
    return close_ups(boxes, WIDTH, HEIGHT, SIZE)


def test_a_visitor_at_the_gate_is_seen_at_full_resolution() -> None:
    (window,) = _close_ups(Cover(600, 300, 720, 700))
    assert (window.x1 - window.x0, window.y1 - window.y0) == SIZE
    assert window.y0 < 300 < 400 < window.y1


def test_legs_alone_point_to_the_head_above_them() -> None:
    (window,) = _close_ups(Cover(968, 576, 1112, 708))
    assert window.y0 <= 340
    assert window.y1 >= 376


def test_a_visitor_who_fills_the_picture_needs_no_closer_look() -> None:
    assert _close_ups(Cover(100, 0, 1200, 720)) == []
    assert _close_ups() == []


def test_two_people_apart_get_a_window_each_and_a_crowd_no_more() -> None:
    people = [Cover(100 + 380 * n, 300, 180 + 380 * n, 600) for n in range(3)]
    assert len(_close_ups(*people[::2])) == 2
    assert len(_close_ups(*people)) == CLOSE_UPS


@given(
    st.lists(
        st.tuples(st.integers(0, 1270), st.integers(0, 710), st.integers(2, 600), st.integers(2, 600)).map(
            lambda b: Cover(b[0], b[1], min(b[0] + b[2], WIDTH), min(b[1] + b[3], HEIGHT))
        ),
        max_size=6,
    )
)
def test_windows_lie_in_the_picture_on_even_corners(boxes: list[Cover]) -> None:
    for window in _close_ups(*boxes):
        assert all(corner % 2 == 0 for corner in window)
        assert 0 <= window.x0 < window.x1 <= WIDTH
        assert 0 <= window.y0 < window.y1 <= HEIGHT


def test_an_empty_window_is_not_looked_at_again_until_it_moves_or_a_second_has_passed() -> None:
    empty, window = EmptyWindows(), Cover(100, 100, 580, 356)
    assert not empty.is_known(window, 0)
    empty.add(window, 0)
    assert empty.is_known(window, AGAIN_NS - 1)
    assert not empty.is_known(Cover(126, 100, 606, 356), AGAIN_NS - 1)
    assert not empty.is_known(window, AGAIN_NS)

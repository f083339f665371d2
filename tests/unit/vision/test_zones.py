"""Privacy zones: nothing of them is left for anybody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import RawFrame
from latchkey.settings import Zone
from latchkey.vision import PrivacyZones

BLACK = (16, 128, 128)


def noise(width: int, height: int, seed: int = 0) -> RawFrame:
    rng = np.random.default_rng(seed)
    luma, *chroma = (rng.integers(140, 256, (height // part, width // part), np.uint8) for part in (1, 2, 2))
    return RawFrame(luma, chroma[0], chroma[1], 5)


def test_without_zones_the_frame_is_passed_on_untouched() -> None:
    frame = noise(64, 48)
    assert PrivacyZones(()).blank(frame) is frame


def test_a_zone_is_black_in_all_planes_and_the_rest_is_untouched() -> None:
    frame = noise(64, 48)
    zone = Zone("window", ((0.25, 0.25), (0.5, 0.25), (0.5, 0.5), (0.25, 0.5)))
    blank = PrivacyZones((zone,)).blank(frame)
    for was, now, black, half in zip(
        (frame.y, frame.u, frame.v), (blank.y, blank.u, blank.v), BLACK, (1, 2, 2), strict=True
    ):
        assert (now[12 // half : 24 // half, 16 // half : 32 // half] == black).all()
        assert (now[30 // half :] == was[30 // half :]).all()
        assert (now[:, 38 // half :] == was[:, 38 // half :]).all()
    assert blank.at_ns == frame.at_ns
    assert (frame.y >= 140).all(), "the camera's own planes are not written to"


corner = st.tuples(st.floats(0, 1), st.floats(0, 1))


@settings(max_examples=80, deadline=None)
@given(a=corner, b=corner, c=corner, width=st.integers(2, 60), height=st.integers(2, 60))
def test_no_pixel_that_a_triangle_touches_keeps_its_value(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], width: int, height: int
) -> None:
    frame = noise(2 * width, 2 * height)
    blank = PrivacyZones((Zone("x", (a, b, c)),)).blank(frame)
    rng = np.random.default_rng(3)
    weights = rng.dirichlet((1, 1, 1), 200)
    for x, y in weights @ np.array([a, b, c]):
        column, row = min(int(x * frame.width), frame.width - 1), min(int(y * frame.height), frame.height - 1)
        assert blank.y[row, column] == BLACK[0]
        assert blank.u[row // 2, column // 2] == BLACK[1]
        assert blank.v[row // 2, column // 2] == BLACK[2]


def test_zones_follow_a_camera_that_changes_its_size() -> None:
    zones = PrivacyZones((Zone("all", ((0, 0), (1, 0), (1, 1), (0, 1))),))
    for width, height in ((64, 48), (32, 20), (64, 48)):
        assert (zones.blank(noise(width, height)).y == BLACK[0]).all()


STAR = ((0.5, 0.05), (0.78, 0.9), (0.05, 0.35), (0.95, 0.35), (0.22, 0.9))
SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))


@pytest.mark.parametrize("points", [STAR, SQUARE + SQUARE])
def test_a_zone_whose_line_crosses_itself_or_goes_round_twice_has_no_hole(
    points: tuple[tuple[float, float], ...],
) -> None:
    blank = PrivacyZones((Zone("window", points),)).blank(noise(64, 48))
    assert (blank.y[20:28, 28:36] == BLACK[0]).all()


def test_a_place_between_zones_stays_visible() -> None:
    bars = [(0.1, 0.1, 0.9, 0.3), (0.1, 0.7, 0.9, 0.9), (0.1, 0.1, 0.3, 0.9), (0.7, 0.1, 0.9, 0.9)]
    zones = [
        Zone(f"bar {number}", ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
        for number, (x0, y0, x1, y1) in enumerate(bars)
    ]
    frame = noise(64, 48)
    blank = PrivacyZones(zones).blank(frame)
    assert (blank.y[18:30, 24:40] == frame.y[18:30, 24:40]).all()

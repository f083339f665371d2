"""CenterFace's answer, decoded by hand-made maps."""

import numpy as np
import pytest
from numpy.typing import NDArray

from latchkey.adapters.finders.centerface import CenterFaceFinder, decode
from latchkey.adapters.finders.yunet import YuNetFinder
from latchkey.errors import FinderError

Maps = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def maps(*faces: tuple[int, int, float, float, float]) -> Maps:
    """Make heat, size and offset maps; each face is (row, column, height px, width px, score)."""
    heat = np.zeros((64, 120), np.float32)
    size, offset = np.zeros((2, 64, 120), np.float32), np.zeros((2, 64, 120), np.float32)
    for row, column, high, wide, score in faces:
        heat[row, column] = score
        size[:, row, column] = np.log(high / 4), np.log(wide / 4)
        offset[:, row, column] = 0.25, -0.25
    return heat, size, offset


def test_a_peak_becomes_a_box_about_its_centre() -> None:
    (box,) = decode(*maps((10, 20, 40, 32, 0.8)), threshold=0.15)
    assert box == pytest.approx((20.25 * 4 - 16, 10.75 * 4 - 20, 20.25 * 4 + 16, 10.75 * 4 + 20, 0.8))


def test_two_peaks_on_one_face_become_one_box_the_better_one() -> None:
    found = decode(*maps((10, 20, 40, 32, 0.5), (10, 21, 40, 32, 0.8), (40, 90, 40, 32, 0.3)), threshold=0.15)
    assert [round(box.score, 2) for box in found] == [0.8, 0.3]


def test_what_is_below_the_threshold_is_no_face() -> None:
    assert decode(*maps((10, 20, 40, 32, 0.14)), threshold=0.15) == []


def test_a_score_just_above_one_is_one() -> None:
    (box,) = decode(*maps((10, 20, 40, 32, 1.0001)), threshold=0.15)
    assert box.score == 1


@pytest.mark.parametrize("broken", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_maps_that_are_not_finite_are_an_error_even_where_no_face_is(broken: int, value: float) -> None:
    parts = maps((10, 20, 40, 32, 0.8))
    parts[broken].flat[5] = value
    with pytest.raises(FinderError):
        decode(*parts, threshold=0.15)


def test_a_size_beyond_all_measure_does_not_overflow() -> None:
    heat, size, offset = maps((10, 20, 40, 32, 0.8))
    size[:, 10, 20] = 500
    (box,) = decode(heat, size, offset, threshold=0.15)
    assert np.isfinite(box).all()


@pytest.mark.parametrize("finder", [CenterFaceFinder, YuNetFinder])
@pytest.mark.parametrize("model", [b"", b"not a network", bytes(4096)])
def test_bytes_that_are_no_network_are_an_error_of_ours(
    finder: type[CenterFaceFinder | YuNetFinder], model: bytes
) -> None:
    with pytest.raises(FinderError):
        finder(lambda: model, 0.15)

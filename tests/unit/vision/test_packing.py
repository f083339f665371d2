"""Packing: smaller in memory, and the same picture again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.errors import FilterError
from latchkey.frames import Colour, RawFrame
from latchkey.vision import PackedFrame, pack, unpack


def gradient(width: int, height: int) -> RawFrame:
    y = np.add.outer(np.linspace(16, 120, height), np.linspace(0, 110, width)).astype(np.uint8)
    u = np.full((height // 2, width // 2), 90, np.uint8)
    v = np.full((height // 2, width // 2), 170, np.uint8)
    return RawFrame(y, u, v, 123, Colour(matrix=6, full_range=True))


@settings(max_examples=40, deadline=None)
@given(wide=st.integers(1, 80), high=st.integers(1, 80))
def test_a_frame_comes_back_up_to_a_small_loss_with_its_time_and_colour(wide: int, high: int) -> None:
    frame = gradient(2 * wide, 2 * high)
    back = unpack(pack(frame))
    for was, now in ((frame.y, back.y), (frame.u, back.u), (frame.v, back.v)):
        assert was.shape == now.shape
        assert abs(was.astype(int) - now).mean() < 12
    assert (back.at_ns, back.colour) == (frame.at_ns, frame.colour)


def test_the_loss_on_a_real_size_is_invisible_and_the_gain_is_large() -> None:
    frame = gradient(1280, 720)
    packed = pack(frame)
    assert packed.size_bytes < frame.size_bytes / 10
    assert abs(frame.y.astype(int) - unpack(packed).y).max() <= 4


def test_damaged_data_is_refused() -> None:
    packed = pack(gradient(64, 48))
    for data in (b"", b"no picture", packed.data[:20]):
        with pytest.raises(FilterError):
            unpack(PackedFrame(data, 64, 48, 0, Colour()))
    with pytest.raises(FilterError):
        unpack(PackedFrame(packed.data, 128, 48, 0, Colour()))


def test_planes_that_do_not_belong_together_are_refused() -> None:
    half = np.zeros((5, 5), np.uint8)
    with pytest.raises(FilterError):
        pack(RawFrame(np.zeros((48, 64), np.uint8), half, half, 0))


def test_neither_form_tells_its_pixels_to_a_log() -> None:
    assert "data" not in repr(pack(gradient(8, 8)))

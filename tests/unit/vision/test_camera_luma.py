"""A camera that scales luma down by itself: the motion gate takes that, and judges as by its own."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from latchkey.frames import Plane, RawFrame
from latchkey.settings import MotionSettings, Zone
from latchkey.units import NS_PER_S
from latchkey.vision import MotionGate, PrivacyZones
from latchkey.vision.motion import small_size
from latchkey_sim.scene import SHORT_VISIT, Lens, Scene

SIZE = (640, 360)


def _with_small(frame: RawFrame) -> RawFrame:
    """Give a frame as a camera does whose chip scales: means of areas."""
    scaled = cv2.resize(frame.y, small_size(frame.width, frame.height), interpolation=cv2.INTER_AREA)
    return replace(frame, small=np.asarray(scaled, np.uint8))


@pytest.mark.slow
def test_a_visit_is_seen_alike_in_the_cameras_own_luma() -> None:
    scene = Scene(1, SHORT_VISIT, Lens(*SIZE))
    plain, scaled = MotionGate(MotionSettings()), MotionGate(MotionSettings())
    said = []
    for number in range(0, 135, 2):
        frame = scene.render(number)
        said.append((plain.see(frame), scaled.see(_with_small(frame))))
    moving = [(one.moving, other.moving) for one, other in said]
    assert any(one for one, _ in moving)
    assert not all(one for one, _ in moving)
    assert sum(one is not other for one, other in moving) <= 2
    assert [one.unclear for one, _ in said] == [other.unclear for _, other in said]


def _flat(level: int) -> Plane:
    return np.full((SIZE[1], SIZE[0]), level, np.uint8)


def _frame(level: int, small: Plane | None, at_ns: int = 0) -> RawFrame:
    half: Plane = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    return RawFrame(_flat(level), half, half, at_ns, small=small)


def test_a_luma_of_another_size_is_not_taken() -> None:
    gate, odd = MotionGate(MotionSettings()), np.full((10, 10), 250, np.uint8)
    gate.see(_frame(90, None))
    assert gate.see(_frame(90, odd, NS_PER_S)).share == 0


def test_what_a_privacy_zone_hides_is_in_no_luma() -> None:
    width, height = small_size(*SIZE)
    zone = Zone("neighbour", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    hidden = PrivacyZones([zone]).blank(_frame(200, np.full((height, width), 200, np.uint8)))
    assert hidden.small is not None
    assert set(np.unique(hidden.small[:, : width // 2])) == {16}
    assert set(np.unique(hidden.small[:, width // 2 + 2 :])) == {200}
    gate = MotionGate(MotionSettings(), [zone])
    gate.see(hidden)
    bright = _frame(200, np.full((height, width), 200, np.uint8), NS_PER_S)
    assert bright.small is not None
    bright.small[:, : width // 2 - 2] = 20
    assert gate.see(PrivacyZones([zone]).blank(bright)).share == 0


def test_a_frame_counts_its_small_luma_as_memory() -> None:
    assert _frame(90, np.zeros((180, 320), np.uint8)).size_bytes - _frame(90, None).size_bytes == 180 * 320

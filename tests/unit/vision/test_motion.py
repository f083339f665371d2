"""The motion gate: what counts as movement, and what is learned away."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import Cover, Plane, RawFrame
from latchkey.settings import MotionSettings, Zone
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import Motion, MotionGate
from latchkey.vision.light import contrast

WIDTH, HEIGHT = 320, 180
STEP_NS = 200 * NS_PER_MS


def picture(y: Plane, at_ns: int) -> RawFrame:
    half = (y.shape[0] // 2, y.shape[1] // 2)
    return RawFrame(y, np.full(half, 128, np.uint8), np.full(half, 128, np.uint8), at_ns)


def street(seed: int = 1, width: int = WIDTH, height: int = HEIGHT) -> Plane:
    """A still scene with structure of several sizes."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(60, 180, (height // 10, width // 10))
    return np.asarray(blocks.repeat(10, axis=0).repeat(10, axis=1)[:height, :width], np.uint8)


def with_patch(scene: Plane, x0: int, y0: int, x1: int, y1: int, level: int = 250) -> Plane:
    changed = scene.copy()
    changed[y0:y1, x0:x1] = level
    return changed


def watch(gate: MotionGate, scenes: list[Plane], start_ns: int = 0) -> list[Motion]:
    return [gate.see(picture(scene, start_ns + i * STEP_NS)) for i, scene in enumerate(scenes)]


def seconds(count: float) -> int:
    return round(count * NS_PER_S / STEP_NS)


def test_the_first_frame_is_background_and_a_still_scene_does_not_move() -> None:
    seen = watch(MotionGate(MotionSettings()), [street()] * 20)
    assert not any(motion.moving or motion.boxes for motion in seen)


def test_sensor_noise_is_not_movement() -> None:
    rng = np.random.default_rng(7)
    noisy = [
        np.clip(street() + rng.normal(0, 6, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8) for _ in range(50)
    ]
    assert not any(motion.moving for motion in watch(MotionGate(MotionSettings()), noisy))


@settings(max_examples=60, deadline=None)
@given(before=st.integers(0, 255), after=st.integers(0, 255))
def test_any_difference_above_the_threshold_moves_and_none_below_no_matter_how_large(
    before: int, after: int
) -> None:
    gate = MotionGate(MotionSettings(threshold=30))
    flat = np.full((HEIGHT, WIDTH), before, np.uint8)
    _, motion = watch(gate, [flat, with_patch(flat, 40, 40, 120, 120, after)])
    assert motion.moving is (abs(after - before) > 30 * contrast(before))


def test_at_dusk_a_smaller_difference_counts_but_never_as_little_as_noise() -> None:
    assert [contrast(level) for level in (255, 90, 53, 16, 0)] == pytest.approx([1, 1, 0.5, 0.4, 0.4])


@settings(max_examples=50, deadline=None)
@given(
    x0=st.integers(0, 1100), y0=st.integers(0, 560), wide=st.integers(110, 400), high=st.integers(110, 400)
)
def test_boxes_hold_all_of_what_changed_in_pixels_of_the_frame(
    x0: int, y0: int, wide: int, high: int
) -> None:
    scene = np.full((720, 1280), 90, np.uint8)
    x1, y1 = min(x0 + wide, 1280), min(y0 + high, 720)
    gate = MotionGate(MotionSettings())
    _, motion = watch(gate, [scene, with_patch(scene, x0, y0, x1, y1)])
    (box,) = motion.boxes
    assert box.x0 <= x0 + 4
    assert box.y0 <= y0 + 4
    assert box.x1 >= x1 - 4
    assert box.y1 >= y1 - 4
    assert 0 <= box.x0 < box.x1 <= 1280
    assert 0 <= box.y0 < box.y1 <= 720
    assert not any(side % 2 for side in box)


def test_what_is_smaller_than_the_least_area_does_not_move() -> None:
    gate = MotionGate(MotionSettings(min_area=0.01))
    assert not watch(gate, [street(), with_patch(street(), 100, 100, 112, 112)])[-1].moving


def test_movement_holds_for_as_long_as_it_is_told_to() -> None:
    gate = MotionGate(MotionSettings(hold_s=1.0))
    seen = watch(gate, [street(), with_patch(street(), 50, 50, 100, 150), *[street()] * 8])
    assert [motion.moving for motion in seen] == [False, True, *[True] * 5, *[False] * 3]


def test_a_visitor_who_stands_still_for_half_a_minute_stays_visible_and_leaves_no_ghost() -> None:
    gate = MotionGate(MotionSettings(hold_s=0.2))
    there = with_patch(street(), 100, 20, 200, 180, 10)
    seen = watch(gate, [street(), *[there] * seconds(30)])
    assert all(motion.moving and motion.boxes for motion in seen[1:])
    gone = watch(gate, [street()] * 10, start_ns=40 * NS_PER_S)
    assert not any(motion.boxes for motion in gone)


def test_a_parcel_is_background_after_a_minute() -> None:
    gate = MotionGate(MotionSettings())
    parcel = with_patch(street(), 100, 120, 150, 170, 230)
    seen = watch(gate, [street(), *[parcel] * seconds(70)])
    assert seen[seconds(50)].moving
    assert not seen[-1].moving


def test_a_visitor_who_fills_the_view_is_motion_and_is_not_taken_for_a_lamp() -> None:
    gate = MotionGate(MotionSettings())
    near = with_patch(street(seed=9), 0, 0, 10, 10)
    seen = watch(gate, [street(), *[near] * seconds(20)])
    assert all(motion.moving and motion.share > 0.4 for motion in seen[1:])


def test_a_lamp_that_goes_on_is_reported_and_then_learned() -> None:
    gate = MotionGate(MotionSettings(hold_s=1.0))
    lit = np.clip(street().astype(np.int16) + 60, 0, 255).astype(np.uint8)
    seen = watch(gate, [street(), *[lit] * seconds(6)])
    assert seen[1].moving
    assert seen[1].share > 0.9
    assert not seen[-1].moving
    assert seen[-1].share == 0


def test_dusk_is_not_movement() -> None:
    dusk = [np.asarray(street() - min(i // 8, 50), np.uint8) for i in range(seconds(120))]
    assert not any(motion.moving for motion in watch(MotionGate(MotionSettings()), dusk))


def test_only_movement_inside_a_zone_counts_but_its_boxes_are_told_anyway() -> None:
    left = Zone("path", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    gate = MotionGate(MotionSettings(zones=(left,), hold_s=0.2))
    outside = with_patch(street(), 200, 50, 260, 150)
    inside = with_patch(street(), 50, 50, 110, 150)
    far, near = watch(gate, [street(), outside, inside])[1:]
    assert (far.moving, far.zones) == (False, ())
    assert far.boxes
    assert (near.moving, near.zones) == (True, ("path",))


def test_zones_that_are_hit_together_are_all_named_in_the_order_of_the_settings() -> None:
    top = Zone("top", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.6), (0.0, 0.6)))
    step = Zone("a step", ((0.3, 0.4), (0.6, 0.4), (0.6, 1.0), (0.3, 1.0)))
    gate = MotionGate(MotionSettings(zones=(top, step)))
    assert watch(gate, [street(), with_patch(street(), 100, 20, 180, 170)])[-1].zones == ("top", "a step")


def test_a_zone_smaller_than_the_least_area_can_still_be_hit() -> None:
    bell = Zone("bell", ((0.5, 0.5), (0.53, 0.5), (0.53, 0.55), (0.5, 0.55)))
    gate = MotionGate(MotionSettings(zones=(bell,), min_area=0.05))
    assert watch(gate, [street(), with_patch(street(), 100, 50, 250, 150)])[-1].zones == ("bell",)


def test_a_new_frame_size_starts_afresh() -> None:
    gate = MotionGate(MotionSettings(hold_s=0.2))
    gate.see(picture(street(), 0))
    other = gate.see(picture(street(width=640, height=360), NS_PER_S))
    assert not other.moving
    assert gate.see(picture(with_patch(street(width=640, height=360), 0, 0, 99, 99), 2 * NS_PER_S)).moving


@pytest.mark.parametrize("gap_ns", [1, NS_PER_MS, 7 * NS_PER_S, 3600 * NS_PER_S])
def test_frames_may_come_at_any_distance(gap_ns: int) -> None:
    gate = MotionGate(MotionSettings())
    assert not gate.see(picture(street(), 0)).moving
    assert gate.see(picture(with_patch(street(), 50, 50, 150, 150), gap_ns)).moving


@pytest.mark.parametrize(("width", "height"), [(2, 2), (16, 4096), (4096, 16), (64, 64)])
def test_pictures_of_any_shape_are_taken(width: int, height: int) -> None:
    gate = MotionGate(MotionSettings())
    dark, light = (np.full((height, width), level, np.uint8) for level in (20, 200))
    assert [motion.moving for motion in watch(gate, [dark, dark])] == [False, False]
    assert watch(gate, [light], start_ns=NS_PER_S)[0].share == 1


def test_what_comes_in_one_step_is_sudden_and_what_moves_on_is_not() -> None:
    walk = [with_patch(street(), 40 + 8 * step, 60, 100 + 8 * step, 160) for step in range(10)]
    seen = watch(MotionGate(MotionSettings()), [street(), *walk, street()])
    assert [bool(motion.sudden) for motion in seen] == [False, True, *[False] * 10]
    (place,) = seen[1].sudden
    assert place.x0 <= 40 < 100 <= place.x1 <= 120
    assert place.y0 <= 60 < 160 <= place.y1 <= 180


def test_what_is_too_small_to_move_can_still_be_sudden() -> None:
    seen = watch(MotionGate(MotionSettings(min_area=0.01)), [street(), with_patch(street(), 40, 60, 46, 67)])
    assert seen[1].sudden
    assert not seen[1].boxes


def test_another_picture_is_sudden_also_at_dusk() -> None:
    scenes = [street(seed) for seed in (1, 1, 2, 2, 3)]
    whole = (Cover(0, 0, WIDTH, HEIGHT),)
    wanted = [(), (), whole, (), whole]
    gate = MotionGate(MotionSettings())
    assert [motion.sudden for motion in watch(gate, scenes)] == wanted
    dusk = [np.asarray(scene // 4, np.uint8) for scene in scenes]
    assert [motion.sudden for motion in watch(MotionGate(MotionSettings()), dusk)] == wanted

"""Sight: a camera that does not see is noticed, and one that sees is left alone."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import Cause, Colour, Plane, RawFrame
from latchkey.settings import MotionSettings, Zone
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import MotionGate
from latchkey.vision.zones import PrivacyZones
from latchkey_sim.footage import decoded
from latchkey_sim.scene import VISIT, Lens, Scene

WIDTH, HEIGHT = 320, 180
STEP_NS = 200 * NS_PER_MS
WARM = 60
"""Frames until it is known what is usual: 12 s."""

Change = Callable[[Plane], Plane]


def street(seed: int = 1) -> Plane:
    """A picture with structure of all sizes, 40..190."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.integers(0, 150 // parts, (9 * k, 16 * k)).astype(np.float32), (WIDTH, HEIGHT))
        for parts, k in ((2, 1), (3, 4), (3, 10))
    ]
    return np.asarray(np.clip(sum(layers) + 20, 40, 190), np.uint8)


def noisy(picture: Plane, number: int) -> Plane:
    noise = np.random.default_rng(number).normal(0, 2, picture.shape)
    return np.asarray(np.clip(picture + noise, 16, 235), np.uint8)


def frame(y: Plane, number: int, colour: Colour = Colour()) -> RawFrame:  # noqa: B008 -- immutable
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return RawFrame(y, chroma, chroma, number * STEP_NS, colour)


def watch(pictures: Iterable[Plane], zones: tuple[Zone, ...] = ()) -> list[Cause | None]:
    """Give what is unclear about each picture, `STEP_NS` apart."""
    gate = MotionGate(MotionSettings(), zones)
    return [
        gate.see(frame(noisy(picture, number), number)).unclear for number, picture in enumerate(pictures)
    ]


def after_warming_up(pictures: Iterable[Plane], scene: Plane | None = None) -> list[Cause | None]:
    still = street() if scene is None else scene
    verdicts = watch([*[still] * WARM, *pictures])
    assert set(verdicts[:WARM]) == {None}
    return verdicts[WARM:]


def lit(share: float) -> Change:
    """Light as a share of daylight, through the camera's gamma, in limited range."""

    def change(picture: Plane) -> Plane:
        signal = np.clip((picture.astype(np.float32) - 16) / 219, 0, 1)
        return np.asarray(16 + 219 * np.clip(signal**2.2 * share, 0, 1) ** (1 / 2.2), np.uint8)

    return change


def smeared(picture: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 9), np.uint8)


def behind_a_hand(picture: Plane) -> Plane:
    glow = np.add.outer(np.linspace(0, 20, HEIGHT), np.linspace(0, 30, WIDTH))
    return np.asarray(30 + glow, np.uint8)


def taped(picture: Plane) -> Plane:
    return np.full_like(picture, 120)


def test_a_street_is_clear() -> None:
    assert set(watch([street()] * 100)) == {None}


@pytest.mark.parametrize("share", [1.0, 0.5, 1 / 8, 0.12, 0.05])
def test_light_in_which_faces_are_still_found_is_no_reason_to_hide_everything(share: float) -> None:
    assert set(watch([lit(share)(street())] * 20)) == {None}
    assert set(after_warming_up([lit(share)(street())] * 40)) == {None}


@pytest.mark.parametrize("share", [0.008, 0.002, 0.0])
def test_the_dark_in_which_detectors_are_blind_is_told_at_once(share: float) -> None:
    assert set(watch([lit(share)(street())] * 3)) == {Cause.DARK}
    assert set(after_warming_up([lit(share)(street())] * 20)) == {Cause.DARK}


def test_glare_is_told_and_a_bright_day_is_not() -> None:
    assert set(watch([np.full((HEIGHT, WIDTH), 235, np.uint8)] * 3)) == {Cause.GLARE}
    assert set(watch([lit(2.0)(street())] * 3)) == {None}


@pytest.mark.parametrize("change", [smeared, behind_a_hand, taped])
def test_an_obstructed_lens_is_told_within_a_second_and_for_as_long_as_it_lasts(change: Change) -> None:
    for_minutes = 600
    verdicts = after_warming_up([*[change(street())] * for_minutes, *[street()] * 10])
    assert set(verdicts[4:for_minutes]) == {Cause.OBSTRUCTED}
    assert set(verdicts[for_minutes + 1 :]) == {None}


def test_what_was_in_the_first_picture_and_leaves_is_no_obstruction() -> None:
    blank = np.full((HEIGHT, WIDTH), 90, np.uint8)
    guest = blank.copy()
    guest[20:160, 100:200] = street()[20:160, 100:200]
    assert set(watch([guest, *[blank] * WARM])) == {None}


def test_an_insect_on_the_lens_is_no_obstruction() -> None:
    assert set(after_warming_up([taped(street()), *[street()] * 10])) == {None}


def shifted(picture: Plane, across: int, down: int) -> Plane:
    return np.roll(picture, (down, across), axis=(0, 1))


@pytest.mark.parametrize("view", [street(2), shifted(street(), 30, 4), shifted(street(), 0, 25)])
def test_a_camera_that_was_moved_is_told_at_once_and_for_a_minute(view: Plane) -> None:
    verdicts = after_warming_up([view] * 400)
    assert set(verdicts[: 60 * 5]) == {Cause.MOVED}
    assert set(verdicts[60 * 5 + 1 :]) == {None}


BAND = Zone("across the street", ((0.2, 0.3), (1.0, 0.3), (1.0, 0.6), (0.2, 0.6)))


def without_band(picture: Plane) -> Plane:
    blanked = PrivacyZones((BAND,)).blank(frame(picture, 0))
    return np.asarray(blanked.y, np.uint8)


@pytest.mark.parametrize("cause", [Cause.MOVED, Cause.OBSTRUCTED])
def test_the_borders_of_a_privacy_zone_which_stay_where_they_are_hide_no_change(cause: Cause) -> None:
    """Scene `knocked`: every cell that a border crossed looked like before, and the camera never `moved`."""
    view = shifted(street(), 30, 4) if cause is Cause.MOVED else smeared(street())
    pictures = [without_band(picture) for picture in (*[street()] * WARM, *[view] * 40)]
    assert watch(pictures, (BAND,))[WARM + 4 :] == [cause] * 36


def test_a_camera_that_was_turned_along_a_wall_is_told_once_it_stands_still() -> None:
    bricks = np.tile(street()[:, :64], (1, 5))
    edge = street(5)
    half = np.concatenate([bricks[: HEIGHT // 3], edge[HEIGHT // 3 :]])
    view = np.concatenate([bricks[: HEIGHT // 3], shifted(edge, 32, 0)[HEIGHT // 3 :]])
    verdicts = after_warming_up([view] * 300, half)
    assert set(verdicts[8 : 60 * 5]) == {Cause.MOVED}


def test_a_camera_that_is_being_turned_is_unclear_all_the_while() -> None:
    turning = [shifted(street(), 10 * step, 0) for step in range(2, 20)]
    assert set(after_warming_up(turning)) == {Cause.MOVED}


def test_a_visitor_who_fills_most_of_the_view_is_no_moved_camera() -> None:
    def visitor(step: int) -> Plane:
        picture = street()
        picture[20:, 40:290] = shifted(street(3), 3 * step, step)[20:, 40:290]
        return picture

    assert set(after_warming_up([visitor(step) for step in range(100)])) == {None}


def test_leaves_in_the_wind_are_no_moved_camera() -> None:
    assert set(watch([street(number) for number in range(200)])) == {None}


def test_where_there_is_nothing_to_see_nothing_is_said_of_it() -> None:
    blank = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert set(watch([*[blank] * WARM, *[blank + 30] * 20])) == {None}


def test_what_a_privacy_zone_blacks_out_neither_hides_the_dark_nor_makes_it() -> None:
    zone = Zone("left", ((0.0, 0.0), (0.97, 0.0), (0.97, 1.0), (0.0, 1.0)))
    day = street()
    day[:, : int(0.98 * WIDTH)] = 16
    assert set(watch([day] * 3, (zone,))) == {None}
    assert set(watch([day] * 3)) == {Cause.DARK}


def test_full_range_pictures_are_judged_by_their_own_black() -> None:
    dim = np.full((HEIGHT, WIDTH), 34, np.uint8)
    limited, full = (
        MotionGate(MotionSettings()).see(frame(dim, 0, Colour(full_range=full))).unclear
        for full in (False, True)
    )
    assert (limited, full) == (Cause.DARK, None)


@pytest.mark.slow
def test_a_simulated_visit_is_clear_from_beginning_to_end() -> None:
    scene, gate = Scene(1, VISIT, Lens(640, 360)), MotionGate(MotionSettings())
    assert {gate.see(scene.render(number)).unclear for number in range(scene.frame_count)} == {None}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["room_one_by_one_768x432.mp4", "hallway_walk_480x270.gif"])
def test_real_footage_is_clear(shared_data: Path, name: str) -> None:
    gate = MotionGate(MotionSettings())
    frames = list(decoded(shared_data / "data" / "video" / name))[::2]
    unclear = [frame.at_ns for frame in frames if gate.see(frame).unclear]
    assert len(unclear) <= 0.03 * len(frames)


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 40), height=st.integers(1, 40), levels=st.lists(st.integers(0, 255), max_size=8))
def test_pictures_of_any_shape_and_level_are_judged(width: int, height: int, levels: list[int]) -> None:
    gate = MotionGate(MotionSettings())
    chroma = np.full((height, width), 128, np.uint8)
    for number, level in enumerate(levels):
        y = np.full((2 * height, 2 * width), level, np.uint8)
        verdict = gate.see(RawFrame(y, chroma, chroma, number * NS_PER_S)).unclear
        assert verdict is (Cause.DARK if level < 40 else Cause.GLARE if level >= 230 else None)

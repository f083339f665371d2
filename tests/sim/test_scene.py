"""The scene: same seed same pixels, and a truth that one can rely on."""

import time

import numpy as np
import pytest

from latchkey.units import NS_PER_S
from latchkey_sim.scene import SHORT_VISIT, VISIT, Lens, Scene, Track, bgr
from latchkey_sim.scene.truth import LOST_DEG, face_box


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(1)


def numbers_with_faces(scene: Scene) -> list[int]:
    return [number for number in range(scene.frame_count) if scene.truth(number)]


def test_frames_are_planar_720p_and_carry_the_time_they_were_asked_for(scene: Scene) -> None:
    frame = scene.render(7)
    assert (frame.width, frame.height) == (1280, 720)
    assert frame.u.shape == frame.v.shape == (360, 640)
    assert frame.at_ns == round(7 * NS_PER_S / 15)
    assert scene.render(7, at_ns=123).at_ns == 123


@pytest.mark.slow
def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(scene: Scene) -> None:
    again, other = Scene(1).render(160), Scene(2).render(160)
    frame = scene.render(160)
    assert np.array_equal(frame.y, again.y)
    assert np.array_equal(frame.u, again.u)
    assert not np.array_equal(frame.y, other.y)


def test_a_frame_does_not_depend_on_which_were_drawn_before(scene: Scene) -> None:
    first = scene.render(200).y.copy()
    scene.render(350)
    assert np.array_equal(scene.render(200).y, first)


def test_the_visitor_is_seen_coming_ringing_and_waiting_but_not_leaving(scene: Scene) -> None:
    seen = np.array(numbers_with_faces(scene)) / scene.fps
    assert seen.min() < 6
    assert VISIT.rings_s[0] in np.round(seen, 1)
    assert 22.5 < seen.max() < 24, "once she has turned round there is no face"
    assert len(seen) > 240


def test_every_truth_box_is_tight_and_inside_the_picture(scene: Scene) -> None:
    for number in numbers_with_faces(scene):
        (face,) = scene.truth(number)
        assert 0 <= face.box.x0 < face.box.x1 <= 1280
        assert 0 <= face.box.y0 < face.box.y1 <= 720
        assert abs(face.yaw) <= LOST_DEG


def test_the_face_comes_close_enough_to_fill_a_good_part_of_the_picture(scene: Scene) -> None:
    widest = max(face.box.x1 - face.box.x0 for n in numbers_with_faces(scene) for face in scene.truth(n))
    assert 160 < widest < 240


def test_where_truth_says_face_there_is_skin(scene: Scene) -> None:
    frame = scene.render(12 * 15)
    (face,) = scene.truth(12 * 15)
    x0, y0, x1, y1, _ = face.box
    middle = frame.v[
        int(y0 * 0.25 + y1 * 0.25) : int(y1 / 2) - 6, int((x0 + x1) / 4) - 9 : int((x0 + x1) / 4) + 9
    ]
    assert middle.mean() > 136, "skin is redder than grey"


def test_the_empty_porch_stays_below_the_motion_threshold(scene: Scene) -> None:
    still = np.stack([scene.render(number).y[::4, ::4].astype(np.int16) for number in range(0, 60, 15)])
    spread = still.max(axis=0) - still.min(axis=0)
    assert 0 < spread.mean() < 12
    assert (spread > 30).mean() < 0.0005


def test_a_face_half_outside_the_picture_is_clipped_and_a_sliver_is_none() -> None:
    size = (640, 360)
    whole = face_box((320, 200), 0.4, 0, 0, size)
    half = face_box((640, 200), 0.4, 0, 0, size)
    assert whole is not None
    assert half is not None
    assert half.x1 == 640
    assert half.x1 - half.x0 == pytest.approx((whole.x1 - whole.x0) / 2, abs=1)
    assert face_box((672, 200), 0.4, 0, 0, size) is None


@pytest.mark.parametrize(
    ("yaw", "seen"),
    [(0, True), (-60, True), (-90, True), (110, True), (121, False), (180, False), (-170, False)],
)
def test_a_profile_is_a_face_as_long_as_an_eye_shows_and_the_back_of_a_head_is_none(
    yaw: float, seen: bool
) -> None:
    assert (face_box((320, 200), 0.4, yaw, 0, (640, 360)) is not None) is seen


def test_turning_the_head_narrows_the_face() -> None:
    front, turned = (face_box((320, 200), 0.4, yaw, 0, (640, 360)) for yaw in (0, 60))
    assert front is not None
    assert turned is not None
    assert turned.x1 - turned.x0 < 0.8 * (front.x1 - front.x0)
    assert turned.x0 > front.x0, "a positive yaw turns the face to the right of the picture"


def test_a_track_rests_outside_its_keys_and_eases_between() -> None:
    track = Track(((1.0, 0.0), (2.0, 10.0)))
    values = track.at(np.array([0.0, 1.0, 1.25, 1.5, 2.0, 9.0]))
    assert values.tolist() == pytest.approx([0, 0, 1.5625, 5, 10, 10])


def test_scenes_come_in_other_sizes() -> None:
    small = Scene(3, SHORT_VISIT, Lens(320, 180))
    frame = small.render(45)
    assert frame.y.shape == (180, 320)
    assert bgr(frame).shape == (180, 320, 3)
    assert numbers_with_faces(small)


@pytest.mark.slow
def test_rendering_keeps_ahead_of_the_pipeline(scene: Scene) -> None:
    """The floor is 150 frames per CPU second (300 measured); half of it allows for a slow machine."""
    begin = time.process_time()
    for number in range(150, 450, 3):
        scene.render(number)
    assert 100 / (time.process_time() - begin) > 75

"""A camera that moves: the place it moves with is nobody, and somebody stays somebody."""

import cv2
import numpy as np
import pytest

from latchkey.frames import Cover, Plane, RawFrame
from latchkey.settings import MotionSettings
from latchkey.units import NS_PER_MS
from latchkey.vision import Motion, MotionGate

WIDTH, HEIGHT = 640, 360
STEP_NS = 66 * NS_PER_MS


def place(seed: int = 3) -> Plane:
    """A still scene, larger than what is seen of it, with structure of several sizes."""
    rng = np.random.default_rng(seed)
    scene = np.full((HEIGHT + 80, WIDTH + 80), 120.0)
    for px in (4, 12, 40):
        rough = rng.uniform(-60, 60, (scene.shape[0] // px + 2, scene.shape[1] // px + 2))
        scene += rough.repeat(px, axis=0).repeat(px, axis=1)[: scene.shape[0], : scene.shape[1]]
    return np.asarray(cv2.GaussianBlur(np.clip(scene, 16, 235).astype(np.uint8), (5, 5), 0), np.uint8)


def seen(scene: Plane, shift: float, zoom: float = 1.0) -> Plane:
    """What a camera shows that has been moved by `shift` pixels, and zooms."""
    way = np.array([[zoom, 0, -40 - shift], [0, zoom, -40 - shift / 2]])
    return np.asarray(cv2.warpAffine(scene, way, (WIDTH, HEIGHT)), np.uint8)


def watch(pictures: list[Plane]) -> list[Motion]:
    gate = MotionGate(MotionSettings())
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    return [gate.see(RawFrame(y, grey, grey, i * STEP_NS)) for i, y in enumerate(pictures)]


def holds(motion: Motion, place: Cover) -> bool:
    return any(
        blob.x0 <= place.x0 and blob.y0 <= place.y0 and blob.x1 >= place.x1 and blob.y1 >= place.y1
        for blob in motion.blobs
    )


def person(y: Plane, x: int, seed: int = 5) -> Plane:
    """The same with somebody in it, in clothes with structure of their own."""
    rng = np.random.default_rng(seed)
    coat = rng.integers(16, 235, (22, 9), dtype=np.uint8).repeat(10, axis=0).repeat(10, axis=1)
    with_them = y.copy()
    with_them[100:320, x : x + 90] = coat
    return with_them


@pytest.mark.parametrize("noise", [0, 4])
def test_a_camera_that_pans_and_zooms_makes_nobody_of_the_place(noise: float) -> None:
    rng = np.random.default_rng(1)
    pictures = [
        np.clip(seen(place(), 5 * i, 1 + 0.008 * i) + rng.normal(0, noise, (HEIGHT, WIDTH)), 0, 255)
        for i in range(8)
    ]
    motions = watch([picture.astype(np.uint8) for picture in pictures])
    assert all(motion.boxes and motion.moving for motion in motions[1:])
    assert not any(blob.y1 - blob.y0 > 40 < blob.x1 - blob.x0 for one in motions[1:] for blob in one.blobs)


def test_whoever_comes_while_the_camera_moves_is_seen() -> None:
    motions = watch([seen(place(), 0), *(person(seen(place(), 3 * i), 60 * i) for i in range(1, 8))])
    for i, motion in enumerate(motions[1:], start=1):
        assert motion.apart is not None
        assert holds(motion, Cover(60 * i + 8, 108, 60 * i + 82, 312))


def test_what_comes_into_view_is_no_known_place() -> None:
    *_, last = watch([seen(place(), shift) for shift in (0, -12, -24, -36)])
    assert last.apart is not None
    assert any(blob.x0 == 0 and blob.y1 - blob.y0 > HEIGHT / 2 for blob in last.blobs)


@pytest.mark.parametrize("share", [0.6, 0.8, 1.0])
def test_a_visitor_close_to_the_lens_is_not_taken_for_a_camera_that_moves(share: float) -> None:
    near = seen(place(seed=9), 0)
    pictures = [seen(place(), 0)]
    for i in range(1, 8):
        left = round((1 - share) * WIDTH / 2)
        before_the_lens = pictures[0].copy()
        before_the_lens[:, left : WIDTH - left] = np.roll(near, 5 * i, axis=1)[:, left : WIDTH - left]
        pictures.append(before_the_lens)
    assert all(motion.apart is None and motion.boxes for motion in watch(pictures)[1:])


def test_somebody_near_who_was_there_from_the_start_and_moves_before_a_still_place_is_seen() -> None:
    coat = seen(place(seed=9), 0)[:, :400]
    pictures = []
    for i in range(8):
        with_them = seen(place(), 0)
        with_them[:, 100 + 8 * i : 500 + 8 * i] = coat
        pictures.append(with_them)
    assert all(motion.apart is None and motion.boxes for motion in watch(pictures)[1:])


def test_an_even_place_tells_nothing_about_the_camera() -> None:
    grey, white = (np.full((HEIGHT, WIDTH), level, np.uint8) for level in (60, 200))
    assert all(motion.apart is None and motion.boxes for motion in watch([grey, white, white])[1:])

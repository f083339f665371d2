"""Walks drawn at random: a seed repeats them, and their truth is where the face is."""

import hashlib
import json
import math
import pickle
from argparse import ArgumentParser
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.frames import Box, RawFrame
from latchkey_sim.faces.actors import Cutout, Dress, Portrait, coat_boxes, photo_box, photo_faces
from latchkey_sim.faces.command import COMMAND
from latchkey_sim.faces.courses import (
    FACE_TALL,
    KINDS,
    LARGEST_PX,
    PACES_M_S,
    Course,
    Leg,
    draw_course,
    draw_poses,
    followed,
)
from latchkey_sim.faces.draws import FRAMES, Draw, draws
from latchkey_sim.faces.people import FACE_M, Looks, Pose, face_box
from latchkey_sim.faces.truth import seen_part
from latchkey_sim.scene.planar import Canvas, bgr

DRESS = Dress((90, 90, 90), (70, 70, 70))
FACE = (120.0, 60.0, 176.0, 130.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photograph with a red face that can be cut out, one at the edge, and two too close together."""
    (tmp_path / "images").mkdir()
    picture = np.full((300, 500, 3), 90, np.uint8)
    faces = [FACE, (0.0, 200.0, 50.0, 260.0), (300.0, 60.0, 350.0, 120.0), (360.0, 60.0, 410.0, 120.0)]
    for x0, y0, x1, y1 in faces:
        middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2)
        cv2.ellipse(picture, [round(v) for v in middle], [round(v) for v in half], 0, 0, 360, (0, 0, 255), -1)
    cv2.imwrite(str(tmp_path / "images" / "a.png"), picture)
    boxes = {"images": {"a.png": {"faces": faces, "ignore": []}}}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    return tmp_path


def digest(walk: Draw, count: int = 2) -> str:
    total = hashlib.sha256()
    for frame in islice(walk.frames(), count):
        for plane in (frame.y, frame.u, frame.v):
            total.update(np.ascontiguousarray(plane).tobytes())
    return total.hexdigest()


def grey() -> Canvas:
    chroma = np.full((120, 160), 128, np.uint8)
    return Canvas(np.full((240, 320), 90, np.uint8), chroma, chroma.copy())


@pytest.mark.slow
def test_the_same_seed_and_number_draw_the_same_walk_in_any_company() -> None:
    walk, again = draws(5, 2)[1], pickle.loads(pickle.dumps(draws(5, 9)[1]))
    assert again.moments() == walk.moments()
    assert digest(again) == digest(walk)
    assert walk.name == "drawn/5-1"


@pytest.mark.slow
def test_another_seed_or_number_is_another_walk() -> None:
    walks = [*draws(5, 2), *draws(6, 2)]
    assert len({digest(walk, 1) for walk in walks}) == len(walks)
    assert len({walk.name for walk in walks}) == len(walks)


def test_a_name_repeats_its_walk_on_the_command_line() -> None:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    assert parser.parse_args(["--draw", "7:3"]).draw == (7, 3)
    assert parser.parse_args(["--draw", "7"]).draw == (7, 60)
    for wrong in ("", "x", "7:", "7:-1"):
        with pytest.raises(SystemExit):
            parser.parse_args(["--draw", wrong])


@pytest.mark.slow
def test_frames_come_at_the_times_and_sizes_that_the_truth_has() -> None:
    for walk in draws(5, 2):
        frames, moments = list(walk.frames()), walk.moments()
        assert [frame.at_ns for frame in frames] == [moment.at_ns for moment in moments]
        assert all(b > a for a, b in pairwise(frame.at_ns for frame in frames))
        assert len(frames) <= FRAMES
        for moment in moments:
            for face in moment.faces or ():
                assert 0 <= face.box.x0 <= face.box.x1 <= frames[0].width
                assert 0 <= face.box.y0 <= face.box.y1 <= frames[0].height


@pytest.mark.slow
def test_many_walks_vary_in_everything() -> None:
    walks = draws(3, 80)
    marks = {key: {walk.marks[key] for walk in walks} for key in walks[0].marks}
    assert {key: len(values) for key, values in marks.items()} == {
        "picture": 5,
        "rate": 5,
        "light": 5,
        "blur": 2,
        "rain": 2,
    }
    faces = [f for walk in walks for moment in walk.moments() for f in moment.faces or () if not f.ignore]
    assert {face.marks["tone"] for face in faces} == {"light", "medium", "dark"}
    assert {face.marks["wear"] for face in faces} == {"nothing", "hat", "mask", "sunglasses"}
    assert min(face.size_px for face in faces) < 20
    assert max(face.size_px for face in faces) > 300


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_faster_than_a_runner_or_larger_than_half_the_picture(kind: str) -> None:
    size, times_s = (1280, 720), np.arange(90) / 15
    for seed in range(8):
        way = KINDS[kind](np.random.default_rng(seed), 6.0)
        x, width_px, _ = followed(way, times_s, size)
        away_m = 640 * FACE_M / width_px
        across_m = (x - 0.5) * 1280 * away_m / 640
        pace = np.hypot(np.diff(across_m), np.diff(away_m)) * 15
        assert pace.max() <= PACES_M_S[1] + 1e-6
    rng = np.random.default_rng(1)
    courses = [draw_course(rng, 6.0, size) for _ in range(200)]
    widest = max(leg.to[1] for course in courses for leg in course.legs)
    assert 300 < widest <= LARGEST_PX


def test_somebody_goes_straight_in_the_world_and_stays_at_the_end() -> None:
    way = Course((0.5, 20.0), 1.0, (Leg((0.5, 60.0), 2.0),))
    times_s = np.array([0.0, 1.0, 1.5, 9.0])
    x, width_px, heading = followed(way, times_s, (1280, 720))
    assert np.allclose(x, 0.5)
    far_m = 640 * FACE_M / 20
    assert np.allclose(width_px, [20, 20, 640 * FACE_M / (far_m - 1.0), 60])
    assert np.allclose(heading[2:], 0)


def test_chins_stay_in_the_picture() -> None:
    for seed in range(40):
        poses = draw_poses(np.random.default_rng(seed), np.arange(60) / 15, (1280, 720))
        assert all(0.3 * FACE_TALL * pose.width_px < pose.y < 720 for pose in poses)


def test_only_whole_separate_faces_are_cut_out(folder: Path) -> None:
    (photo,) = photo_faces(folder)
    assert photo.box == FACE


@pytest.mark.parametrize("roll", [0, 30, -45])
@pytest.mark.parametrize("width_px", [40, 90])
def test_the_box_of_a_cut_out_holds_its_face(folder: Path, width_px: float, roll: float) -> None:
    (photo,) = photo_faces(folder)
    pose, picture = Pose(160, 150, width_px, roll=roll), grey()
    Cutout(photo, DRESS).draw(picture, pose)
    blue, _, red = cv2.split(bgr(RawFrame(picture.y, picture.u, picture.v, 0)))
    rows, columns = np.nonzero((red > 180) & (blue < 90))
    seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert np.allclose(seen, photo_box(photo, pose)[:4], atol=4)


@pytest.mark.slow
def test_sunglasses_are_dark_where_eyes_were() -> None:
    pictures = []
    for wear in ("", "sunglasses"):
        picture = grey()
        Portrait(Looks("light", wear, 1), DRESS).draw(picture, Pose(160, 180, 110))
        pictures.append(picture.y)
    darker = pictures[0].astype(int) - pictures[1]
    box = face_box(Pose(160, 180, 110))
    rows, columns = np.nonzero(darker > 30)
    assert box.x0 < columns.min() < columns.max() < box.x1
    assert box.y0 < rows.min() < rows.max() < (box.y0 + box.y1) / 2


@pytest.mark.parametrize(
    ("hiding", "left"),
    [
        (Box(50, 50, 60, 60), Box(0, 0, 20, 20)),
        (Box(12, -5, 60, 60), Box(0, 0, 12, 20)),
        (Box(-5, 6, 60, 60), Box(0, 0, 20, 6)),
        (Box(-5, -5, 60, 60), Box(0, 0, 0, 20)),
    ],
)
def test_of_a_face_behind_somebody_the_truth_is_what_can_be_seen(hiding: Box, left: Box) -> None:
    assert seen_part(Box(0, 0, 20, 20), hiding) == left


@pytest.mark.parametrize("pose", [Pose(160, 20, 40, yaw, roll) for yaw in (0, 63) for roll in (0, -40)])
def test_what_is_taken_to_be_behind_a_coat_is_hidden_by_it_and_little_else_is(pose: Pose) -> None:
    dark, light = (Canvas(np.full_like(grey().y, level), grey().u, grey().v) for level in (40, 200))
    for target in (dark, light):
        Portrait(Looks(), DRESS).draw(target, pose)
    hidden, told = light.y - dark.y < 80, np.zeros(light.y.shape, bool)
    for box in coat_boxes(pose):
        told[math.ceil(box.y0) : int(box.y1), math.ceil(box.x0) : int(box.x1)] = True
    assert not (told & ~hidden).any()
    shoulders = slice(round(pose.y + 0.3 * pose.width_px), round(pose.y + 3.9 * pose.width_px))
    assert (hidden & ~told)[shoulders].sum(axis=1).max() <= 0.3 * pose.width_px

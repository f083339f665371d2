"""Generated walks: the same again from the same seed, and a truth that is where the face is."""

import hashlib
import pickle
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
import pytest

from latchkey.frames import RawFrame
from latchkey_sim.faces.paths import Cross, RunPast, Stage, Stand
from latchkey_sim.faces.people import FACE_M, TONES, Looks, Person, Pose, face_box, toned
from latchkey_sim.faces.truth import SEEN_SHARE, bucket
from latchkey_sim.faces.walks import WALKS, Script, Walk, walks
from latchkey_sim.scene.planar import Canvas, bgr

SMALL = Script("small", (Stand(40, roll=45, yaw=30),), (320, 180), seconds=1.0)


def digest(walk: Walk, count: int = 3) -> str:
    total = hashlib.sha256()
    for frame in islice(walk.frames(), count):
        for plane in (frame.y, frame.u, frame.v):
            total.update(np.ascontiguousarray(plane).tobytes())
    return total.hexdigest()


def grey(size: tuple[int, int] = (320, 180)) -> Canvas:
    width, height = size
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return Canvas(np.full((height, width), 90, np.uint8), chroma, chroma.copy())


def test_the_same_seed_draws_the_same_bytes_and_another_seed_others() -> None:
    assert digest(Walk(SMALL, 3)) == digest(Walk(SMALL, 3))
    assert digest(Walk(SMALL, 3)) != digest(Walk(SMALL, 9))


def test_a_walk_that_was_sent_to_another_process_is_still_the_same() -> None:
    walk = Walk(SMALL, 3)
    again = pickle.loads(pickle.dumps(walk))
    assert digest(again) == digest(walk)
    assert again.moments() == walk.moments()


@pytest.mark.parametrize("roll", [0, 30, -45])
@pytest.mark.parametrize("yaw", [0, 35, -50])
def test_the_truth_box_holds_the_skin_and_little_else(yaw: int, roll: int) -> None:
    pose = Pose(160, 110, 64, yaw, roll)
    picture = grey()
    Person(Looks("light", "hat", 2)).draw(picture, pose)
    seen = bgr(RawFrame(picture.y, picture.u, picture.v, 0))
    hue, saturation, value = cv2.split(cv2.cvtColor(seen, cv2.COLOR_BGR2HSV))
    skin = ((hue < 16) & (saturation > 60) & (value > 120)).astype(np.uint8)
    box = face_box(pose)
    inside = skin[int(box.y0) - 2 : int(box.y1) + 3, int(box.x0) - 2 : int(box.x1) + 3]
    assert inside.sum() > 0.97 * skin.sum()
    assert inside.sum() > 0.3 * inside.size


def test_a_face_that_leaves_the_picture_is_ignored_before_it_is_gone() -> None:
    walk = Walk(Script("leaving", (Cross(24),), (320, 180), seconds=4.0), 1)
    faces = [face for moment in walk.moments() for face in moment.faces or ()]
    slivers = [face for face in faces if face.ignore]
    assert slivers
    assert all(face.box.x0 == 0 or face.box.x1 == 320 for face in slivers)
    assert all(face.box.x1 - face.box.x0 < 24 * SEEN_SHARE + 1 for face in slivers)


@dataclass(frozen=True)
class At:
    """A path that stays where it is."""

    x: float
    width_px: float

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        return [Pose(self.x, 100, self.width_px)] * stage.count


@pytest.mark.parametrize(("x", "ignored"), [(160, True), (60, False)])
def test_a_face_behind_somebody_nearer_is_ignored(x: float, ignored: bool) -> None:
    walk = Walk(Script("two", (At(x, 24), At(160, 60)), (320, 180), seconds=0.2), 1)
    behind, before = walk.moments()[0].faces or ()
    assert behind.ignore is ignored
    assert not before.ignore


def test_tones_differ_in_lightness_and_nothing_else_moves() -> None:
    picture = np.full((20, 20, 3), (120, 150, 210), np.float32)
    light, medium, dark = (
        float(cv2.cvtColor(toned(picture, tone) / 255, cv2.COLOR_BGR2LAB)[..., 0].mean()) for tone in TONES
    )
    assert light > medium + 10 > dark + 20
    ones = [Walk(SMALL, 3, tone) for tone in TONES]
    assert len({tuple(moment.faces[0].box for moment in one.moments() if moment.faces) for one in ones}) == 1
    assert len({digest(one, 1) for one in ones}) == 3


def test_grey_things_keep_their_colour_in_every_tone() -> None:
    grey_drawing = np.full((8, 8, 3), 120, np.float32)
    assert np.allclose(toned(grey_drawing, "dark"), grey_drawing, atol=1)


def test_there_are_enough_faces_and_every_tone_has_as_many() -> None:
    counts = dict.fromkeys(TONES, 0)
    clips = [walk for walk in walks() if walk.set_name == "walks"]
    for walk in clips:
        counts[walk.tone] += sum(not f.ignore for moment in walk.moments() for f in moment.faces or ())
    assert len(clips) >= 30
    assert sum(counts.values()) >= 5000
    assert len(set(counts.values())) == 1


def test_a_quick_run_takes_a_part_of_the_walks_in_every_tone() -> None:
    quick = walks(quick=True)
    assert len(quick) < len(walks()) / 5
    assert {walk.tone for walk in quick} == set(TONES)
    assert {walk.set_name for walk in quick} == {"walks", "dark", "empty"}


def test_names_tell_walks_apart() -> None:
    assert len({walk.name for walk in walks()}) == len(walks())
    assert len({script.name for script in WALKS}) == len(WALKS)


@pytest.mark.parametrize(("value", "name"), [(3, "<16 px"), (16, "16-24 px"), (200, ">=24 px")])
def test_a_bucket_begins_at_its_lower_edge(value: float, name: str) -> None:
    assert bucket(value, (16.0, 24.0), " px") == name


def test_somebody_runs_past_at_the_pace_that_is_told_and_leaves_the_picture() -> None:
    stage = Stage(1280, 720, 25.0, 60)
    poses = RunPast(50, 6.0).poses(stage, np.random.default_rng(1))
    shown = [pose.x for pose in poses if 0 <= pose.x <= 1280]
    step = abs(shown[1] - shown[0])
    assert step * stage.fps / 50 * FACE_M == pytest.approx(6.0)
    assert len(shown) == pytest.approx(1280 / step, abs=1)
    assert not 0 <= poses[0].x <= 1280
    assert not 0 <= poses[-1].x <= 1280


def test_people_who_run_and_cycle_past_are_among_the_walks() -> None:
    paces = [path.pace_mps for script in WALKS for path in script.people if isinstance(path, RunPast)]
    assert min(paces) <= 4
    assert max(paces) >= 7

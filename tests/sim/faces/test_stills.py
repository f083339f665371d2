"""Photographs made into clips, and footage with boxes: truth moves with the pixels."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.errors import UsageError
from latchkey_sim.faces.stills import VARIANTS, Still, known_marks, stills
from latchkey_sim.faces.videos import draw, videos
from latchkey_sim.footage import moving_face, write_video

SPOT = (120, 60, 160, 110)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photograph with one white ellipse where its only face is said to be."""
    (tmp_path / "images").mkdir()
    picture = np.full((200, 301, 3), 60, np.uint8)
    middle = ((SPOT[0] + SPOT[2]) // 2, (SPOT[1] + SPOT[3]) // 2)
    cv2.ellipse(picture, middle, (20, 25), 0, 0, 360, (255, 255, 255), -1)
    cv2.imwrite(str(tmp_path / "images" / "a.png"), picture)
    entry = {"width": 301, "height": 200, "faces": [SPOT], "ignore": [(0, 0, 12, 12)]}
    (tmp_path / "boxes.json").write_text(json.dumps({"images": {"a.png": entry}}))
    return tmp_path


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.name)
def test_the_box_stays_on_the_face_in_every_variant(folder: Path, variant: object) -> None:
    (still,) = [one for one in stills(folder) if one.variant == variant]
    slack = 12 if still.variant.blur else 3
    for frame, moment in zip(still.frames(), still.moments(), strict=True):
        assert frame.at_ns == moment.at_ns
        bright = cv2.medianBlur(frame.y, 5) > (int(frame.y.min()) + int(np.percentile(frame.y, 99.9))) // 2
        rows, columns = np.nonzero(bright)
        face = next(face for face in moment.faces or () if not face.ignore)
        seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert np.allclose(seen, face.box[:4], atol=slack)


def test_a_clip_moves_and_keeps_what_is_ignored_ignored(folder: Path) -> None:
    still = stills(folder)[0]
    first, last = still.moments()[0], still.moments()[-1]
    assert first.faces
    assert last.faces
    assert first.faces[0].box != last.faces[0].box
    assert [face.ignore for face in first.faces] == [False, True]


def test_known_pictures_carry_the_tone_of_every_face_and_unknown_ones_none(folder: Path) -> None:
    still = stills(folder)[0]
    assert still.moments()[0].faces[0].marks["tone"] == "unknown"  # type: ignore[index]  # there is one
    known = Still(still.path, still.boxes, (), VARIANTS[0], "d", ((0, "mask"),))
    assert known.moments()[0].faces[0].marks == {"tone": "dark", "wear": "mask"}  # type: ignore[index]


def test_the_marks_are_of_known_kinds() -> None:
    for marks in known_marks().values():
        assert set(marks["tone"]) <= set("lmd?")
        assert all(int(index) < len(marks["tone"]) for index in marks.get("wear", {}))


@pytest.mark.parametrize("text", ["", "[]", '{"images": 3}', '{"images": {"gone.png": {"faces": []}}}'])
def test_a_folder_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(UsageError):
        stills(tmp_path)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    write_video(tmp_path / "walk.mp4", moving_face(160, 96, 10, 0.5), 10)
    return tmp_path


def test_loose_boxes_are_used_and_make_a_set_of_their_own(footage: Path) -> None:
    boxes = [[[10, 10, 30, 40]], [], [[10, 10, 30, 40], [50, 50, 60, 60]], [], []]
    (footage / "reference_boxes.json").write_text(json.dumps({"walk.mp4": boxes}))
    (video,) = videos(footage)
    assert video.name == "video-unchecked/walk"
    assert [len(moment.faces or ()) for moment in video.moments()] == [1, 0, 2, 0, 0]
    assert video.fps == pytest.approx(10)


def test_footage_without_boxes_has_no_truth(footage: Path) -> None:
    (video,) = videos(footage)
    assert {moment.faces for moment in video.moments()} == {None}


def test_boxes_can_be_drawn_for_checking(footage: Path, tmp_path: Path) -> None:
    (footage / "reference_boxes.json").write_text(json.dumps({"walk.mp4": [[[10, 10, 30, 40]]] * 5}))
    assert draw(footage / "walk.mp4", tmp_path / "drawn") == 5
    assert len(list((tmp_path / "drawn").iterdir())) == 5

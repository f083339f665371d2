"""Boxes that somebody wrote by hand: whatever makes no sense in them is one error that names the place."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.errors import UsageError
from latchkey_sim.faces.references import footage, photographs
from latchkey_sim.faces.stills import stills
from latchkey_sim.faces.videos import videos
from latchkey_sim.footage import moving_face, write_video

BOX = "is not a box"
WRONG_BOXES = [
    ("[[1, 2, 3]]", BOX),
    ("[[1, 2, 3, 4, 5]]", BOX),
    ('["abcd"]', BOX),
    ("[5]", BOX),
    ('[["1", "2", "3", "4"]]', BOX),
    ("[[true, 0, 3, 4]]", BOX),
    ("[[NaN, 0, 3, 4]]", BOX),
    ("[[0, 0, Infinity, 4]]", BOX),
    ("[[0, 0, 1e9, 4]]", BOX),
    (f"[[0, 0, 1{'0' * 400}, 4]]", BOX),
    ("[[9, 0, 3, 4]]", BOX),
    ("[[3, 9, 4, 9]]", BOX),
    ('"abc"', "is not a list of boxes"),
    ("null", "is not a list of boxes"),
    ("{}", "is not a list of boxes"),
]


@pytest.mark.parametrize(("boxes", "said"), WRONG_BOXES)
@pytest.mark.parametrize("key", ["faces", "ignore"])
def test_a_box_of_a_photograph_that_is_none_names_file_and_place(
    tmp_path: Path, boxes: str, said: str, key: str
) -> None:
    path = tmp_path / "boxes.json"
    path.write_text(f'{{"images": {{"x.jpg": {{"{key}": {boxes}}}}}}}')
    with pytest.raises(UsageError, match=said) as caught:
        photographs(path)
    assert f"{path}: x.jpg: {key}" in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(path))


@pytest.mark.parametrize(("boxes", "said"), WRONG_BOXES)
def test_a_box_of_a_video_that_is_none_names_file_and_frame(tmp_path: Path, boxes: str, said: str) -> None:
    path = tmp_path / "reference_boxes.json"
    path.write_text(f'{{"one.gif": [[], {boxes}]}}')
    with pytest.raises(UsageError, match=said) as caught:
        footage(path)
    assert f"{path}: one.gif: frame 1" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"images": []}', '{"images": {"x.jpg": 5}}', "\xff", "[" * 200_000]
)
def test_a_file_of_another_form_is_a_usage_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "boxes.json"
    path.write_text(text, "latin-1")
    with pytest.raises(UsageError, match=r"boxes\.json"):
        photographs(path)


@pytest.mark.parametrize("text", ["[]", '{"one.gif": 5}', '{"one.gif": {}}', "nonsense"])
def test_frames_of_another_form_are_a_usage_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "reference_boxes.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"reference_boxes\.json"):
        footage(path)


@pytest.mark.parametrize("box", [[70, 10, 90, 30], [-20, 0, 0, 9], [0, 0, 60000, 20]])
def test_a_box_that_is_not_of_its_picture_is_not_measured(tmp_path: Path, box: list[int]) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "x.png"), np.full((48, 64, 3), 90, np.uint8))
    for boxes, fits in (([[-4, -4, 20, 20]], True), ([[-4, -4, 20, 20], box], False)):
        (tmp_path / "boxes.json").write_text(json.dumps({"images": {"x.png": {"faces": boxes}}}))
        (still, *_) = stills(tmp_path)
        if fits:
            assert len(still.moments()[0].faces or ()) == 1
        else:
            with pytest.raises(UsageError, match="does not fit a picture of 64x48 pixels"):
                still.moments()


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([[[900, 10, 930, 40]]], "frame 0: .* does not fit"),
        ([[]] * 9 + [[[1, 1, 9, 9]]], "frame 9, and it has 3"),
    ],
)
def test_boxes_that_are_not_of_their_video_are_not_measured(
    tmp_path: Path, frames: list[object], said: str
) -> None:
    write_video(tmp_path / "one.mp4", moving_face(160, 96, 3, 1), 25)
    (tmp_path / "reference_boxes.json").write_text(json.dumps({"one.mp4": frames}))
    (video,) = videos(tmp_path)
    with pytest.raises(UsageError, match=said):
        video.moments()

"""What every face detector promises: the shipped ones that are installed, and the simulated twin."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.adapters.finders import open_finder
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings
from latchkey.vision import drawn_face
from latchkey.vision.look import small_bgr
from latchkey_sim.finder import TruthFinder

FACE = Box(0.35, 0.20, 0.70, 0.56, 0.9)
"""Where the face of the photo is, in 0..1 of the picture."""

THRESHOLD = 0.15

Opener = Callable[[list[list[Box]]], FaceFinder]
"""Opens a detector; the truth of each look is for the twin, real ones see for themselves."""


@pytest.fixture(scope="module", params=["centerface", "centerface onnx", "yunet", "yunet onnx", "truth"])
def opened(request: pytest.FixtureRequest, absent: Callable[[str, str], None]) -> Opener:
    name: str = request.param
    if name == "truth":
        return TruthFinder
    name, _, runtime = name.partition(" ")
    if runtime and find_spec("onnxruntime") is None:
        absent("onnxruntime", "it is not installed")
    found = open_finder(PrivacySettings(detector=name, threshold=THRESHOLD), with_onnx=bool(runtime))
    if found.finder is None:
        absent(name, found.note)
    assert ("onnxruntime" in found.note) is bool(runtime)
    finder = found.finder
    assert finder is not None
    return lambda _truth: finder


@pytest.fixture(scope="module")
def photo() -> Bgr:
    """A public-domain portrait (United States Navy) that matplotlib's wheel carries."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        pytest.skip("matplotlib is not installed")
    path = Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"
    return np.asarray(cv2.imread(str(path)), np.uint8)


def at_size(photo: Bgr, width: int, height: int) -> Bgr:
    return np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def best(boxes: list[Box]) -> Box:
    return max(boxes, key=lambda box: box.score)


def overlap(box: Box, width: int, height: int, truth: Box = FACE) -> float:
    """Intersection over union with the true face."""
    real = (truth.x0 * width, truth.y0 * height, truth.x1 * width, truth.y1 * height)
    wide = min(box.x1, real[2]) - max(box.x0, real[0])
    high = min(box.y1, real[3]) - max(box.y0, real[1])
    both = max(wide, 0.0) * max(high, 0.0)
    areas = (box.x1 - box.x0) * (box.y1 - box.y0) + (real[2] - real[0]) * (real[3] - real[1])
    return both / (areas - both)


@pytest.mark.parametrize(("width", "height"), [(416, 480), (320, 384), (480, 256), (544, 640)])
def test_a_face_is_found_at_any_size_of_picture(opened: Opener, photo: Bgr, width: int, height: int) -> None:
    found = best(opened([[FACE]]).find(at_size(photo, width, height)))
    assert overlap(found, width, height) > 0.6
    assert found.score > 0.5


@pytest.mark.parametrize("name", ["centerface", "yunet"])
def test_both_runtimes_find_the_same_faces(name: str, photo: Bgr, absent: Callable[[str, str], None]) -> None:
    if find_spec("onnxruntime") is None:
        absent("onnxruntime", "it is not installed")
    settings = PrivacySettings(detector=name, threshold=THRESHOLD)
    opened = [open_finder(settings, with_onnx=with_onnx) for with_onnx in (False, True)]
    finders = [found.finder for found in opened if found.finder is not None]
    if len(finders) < len(opened):
        absent(name, opened[0].note)
    several = np.hstack([at_size(photo, 224, 256), at_size(photo, 416, 480)[64:320, 128:288]])
    one, other = (sorted(finder.find(np.ascontiguousarray(several))) for finder in finders)
    assert len(one) >= 2
    assert np.array(one)[:, :4] == pytest.approx(np.array(other)[:, :4], abs=0.5)
    assert np.array(one)[:, 4] == pytest.approx(np.array(other)[:, 4], abs=0.01)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_has_no_face(opened: Opener, level: int) -> None:
    assert opened([[]]).find(np.full((256, 480, 3), level, np.uint8)) == []


@pytest.mark.parametrize("size", [(64, 64), (480, 256), (640, 352), (352, 640), (288, 480), (640, 480)])
def test_the_face_that_is_drawn_for_it_is_found_surely_in_any_size_of_picture(
    opened: Opener, size: tuple[int, int]
) -> None:
    frame, face = drawn_face(*size)
    found = best(opened([]).find(small_bgr(frame, *size, brighten=False)))
    assert found.score > 0.8
    assert np.abs(np.subtract(found[:4], face[:4])).max() <= 4


def test_answers_are_boxes_of_plain_numbers_and_nothing_else(opened: Opener, photo: Bgr) -> None:
    for box in opened([[FACE]]).find(at_size(photo, 416, 480)):
        assert type(box) is Box
        assert [type(side) for side in box] == [float] * 5
        assert THRESHOLD <= box.score <= 1
        assert box.x0 < box.x1
        assert box.y0 < box.y1


def test_the_box_goes_where_the_face_goes(opened: Opener, photo: Bgr) -> None:
    wide = np.zeros((480, 832, 3), np.uint8)
    wide[:, 416:] = at_size(photo, 416, 480)
    moved = Box((FACE.x0 + 1) / 2, FACE.y0, (FACE.x1 + 1) / 2, FACE.y1, FACE.score)
    assert overlap(best(opened([[moved]]).find(wide)), 832, 480, moved) > 0.6


def test_answers_do_not_depend_on_the_sizes_of_pictures_seen_before(opened: Opener, photo: Bgr) -> None:
    """OpenCV 4.14 answers garbage without an error where a network is fed a second shape."""
    sizes = [(416, 480), (480, 256), (320, 384), (256, 480), (544, 640), (416, 480), (320, 384)]
    finder = opened([[FACE]] * len(sizes))
    first: dict[tuple[int, int], list[Box]] = {}
    for width, height in sizes:
        found = finder.find(at_size(photo, width, height))
        assert overlap(best(found), width, height) > 0.6
        again = first.setdefault((width, height), found)
        assert np.array(found) == pytest.approx(np.array(again), abs=1e-2)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((256, 480), np.uint8),
        np.zeros((256, 480, 4), np.uint8),
        np.zeros((256, 480, 3), np.float32),
        np.zeros((0, 480, 3), np.uint8),
        np.zeros((32, 8192, 3), np.uint8),
    ],
    ids=["grey", "four channels", "float", "empty", "too large"],
)
def test_what_is_no_picture_is_refused(opened: Opener, picture: Bgr) -> None:
    with pytest.raises(FinderError):
        opened([[FACE]]).find(picture)


def test_it_has_a_name_and_says_what_picture_it_wants(opened: Opener) -> None:
    finder = opened([])
    assert finder.name.isalpha()
    assert 320 <= finder.long_side_px <= 1280
    assert finder.long_side_px % 32 == 0

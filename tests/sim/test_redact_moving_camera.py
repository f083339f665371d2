"""`latchkey redact` where the camera moves: much is hidden, and whoever runs it is told why."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.adapters.finders import open_finder
from latchkey.cli import main
from latchkey.errors import EXIT_OK
from latchkey.frames import Plane, RawFrame
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_S
from latchkey_sim.footage import moving_face, write_video

FPS = 15


def _walked_through() -> Iterator[RawFrame]:
    """A place of many edges that comes nearer and sways, as in a walker's hand."""
    place = np.random.default_rng(3).integers(40, 210, (45, 80), np.uint8)
    large = cv2.resize(place, (1280, 720), interpolation=cv2.INTER_NEAREST)
    chroma: Plane = np.full((180, 320), 128, np.uint8)
    for number in range(3 * FPS):
        left = 40 + round(200 * abs(np.sin(number / 3)))
        width = 900 - 14 * number
        part = large[60 : 60 + width * 9 // 16, left : left + width]
        yield RawFrame(np.asarray(cv2.resize(part, (640, 360))), chroma, chroma, number * NS_PER_S // FPS)


@pytest.mark.slow
@pytest.mark.parametrize("moves", [True, False])
def test_that_a_moving_camera_hides_much_is_told_once_and_a_still_one_is_not_blamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], moves: bool
) -> None:
    if open_finder(PrivacySettings()).finder is None:
        pytest.skip("no detector is installed")
    path = tmp_path / "in.mp4"
    write_video(path, _walked_through() if moves else moving_face(640, 352, FPS, 3), FPS)
    assert main(["redact", str(path), "-o", str(tmp_path / "out.mp4"), "--json"]) == EXIT_OK
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["hidden_area"] > 0.2) is told["much_hidden"] is moves
    warned = [line for line in err.splitlines() if "of the picture is hidden on average" in line]
    assert len(warned) == moves
    assert all("docs/redact.md" in line for line in warned)


@pytest.mark.parametrize("words", [["--mode", "everything"], ["--mode", "motion"], ["--detector", "none"]])
def test_hiding_as_much_as_was_asked_for_is_no_surprise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    path = tmp_path / "in.mp4"
    write_video(path, moving_face(160, 96, FPS, 1), FPS)
    assert main(["redact", str(path), "-o", str(tmp_path / "out.mp4"), "--json", *words]) == EXIT_OK
    out, err = capsys.readouterr()
    assert json.loads(out)["hidden_area"] > 0.2
    assert not json.loads(out)["much_hidden"]
    assert "on average" not in err

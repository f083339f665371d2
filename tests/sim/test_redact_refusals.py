"""What `latchkey redact` refuses before it touches anything."""

import sys
from pathlib import Path

import pytest

from latchkey.cli import main
from latchkey.errors import EXIT_DETECTOR, EXIT_OK, EXIT_USAGE
from latchkey_sim.footage import moving_face, write_video


def redact(*words: object) -> int:
    return main(["redact", *map(str, words)])


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    write_video(path, moving_face(160, 96, 25, 1), 25)
    return path


@pytest.mark.parametrize("name", ["o.webm", "o.mkv", "o", "o.mp4x"])
def test_an_output_that_is_not_called_an_mp4_is_refused(
    video: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redact(video, "-o", tmp_path / name, "--detector", "none") == EXIT_USAGE
    assert "becomes an MP4" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_an_output_may_be_called_as_apple_does(video: Path, tmp_path: Path) -> None:
    for name in ("o.MOV", "o.m4v"):
        assert redact(video, "-o", tmp_path / name, "--detector", "none") == EXIT_OK


@pytest.mark.parametrize("detector", ["yunet", "centerface"])
def test_a_detector_that_was_asked_for_and_is_not_there_is_an_error(
    video: Path,
    tmp_path: Path,
    detector: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "bare"))
    assert redact(video, "-o", tmp_path / "o.mp4", "--detector", detector) == EXIT_DETECTOR
    told = capsys.readouterr().err
    assert f"error: {detector} is not installed" in told
    assert f"hint: `latchkey models install {detector}`" in told
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
    assert redact(video, "-o", tmp_path / "o.mp4", "--detector", detector, "--mode", "motion") == EXIT_OK

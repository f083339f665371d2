"""Pixels that are not square: detectors and written files get the proportions that are shown."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from latchkey.adapters.cameras import VideoCamera
from latchkey.adapters.video_file import VideoFile
from latchkey.cli import main
from latchkey.errors import EXIT_OK
from latchkey.frames import RawFrame
from latchkey_sim.clock import VirtualClock

SHOWN = (320, 192)
SQUARE = slice(64, 128), slice(96, 160)
"""A bright square, as it is to be seen."""


def squeezed(path: Path, size: tuple[int, int], aspect: Fraction) -> Path:
    """Write a square on grey in pictures of `size`, whose pixels are shown `aspect` times as wide as high."""
    drawn = np.full((SHOWN[1], SHOWN[0]), 60, np.uint8)
    drawn[SQUARE] = 200
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for number in range(3):
            picture = av.VideoFrame.from_ndarray(drawn, format="gray").reformat(*size, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def square_of(frame: RawFrame) -> tuple[int, int]:
    """How wide and high the bright square is."""
    rows, columns = np.nonzero(frame.y > 130)
    return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


@pytest.mark.parametrize(
    ("size", "aspect", "shown"),
    [
        ((80, 192), Fraction(4), SHOWN),
        ((106, 192), Fraction(3), (318, 192)),
        ((320, 48), Fraction(1, 4), SHOWN),
        ((240, 192), Fraction(4, 3), SHOWN),
        ((320, 192), Fraction(201, 200), SHOWN),
    ],
)
def test_pictures_come_in_the_proportions_in_which_they_are_shown(
    tmp_path: Path, size: tuple[int, int], aspect: Fraction, shown: tuple[int, int]
) -> None:
    path = squeezed(tmp_path / "in.mp4", size, aspect)
    with VideoFile(path) as video:
        frame = next(video.frames(lambda _: None))
        assert video.notes == []
    camera = VideoCamera(path, VirtualClock(0))
    played = camera.read()
    camera.close()
    assert isinstance(played, RawFrame)
    for one in (frame, played):
        assert (one.width, one.height) == shown
        assert max(abs(side - 64) for side in square_of(one)) <= 6


def test_the_written_file_and_its_list_have_square_pixels(tmp_path: Path) -> None:
    path, out, covers = (
        squeezed(tmp_path / "in.mp4", (80, 192), Fraction(4)),
        tmp_path / "o.mp4",
        tmp_path / "c",
    )
    assert (
        main(["redact", str(path), "-o", str(out), "--covers", str(covers), "--mode", "everything"])
        == EXIT_OK
    )
    listed = json.loads(covers.read_text())
    assert (listed["width"], listed["height"]) == SHOWN
    assert listed["frames"][0]["covers"] == [[0, 0, *SHOWN]]
    with av.open(str(out)) as made:
        stream = made.streams.video[0]
        assert (stream.width, stream.height) == SHOWN
        assert stream.sample_aspect_ratio in (None, 0, 1)


def test_a_side_grows_no_further_than_pictures_may_be(tmp_path: Path) -> None:
    with VideoFile(squeezed(tmp_path / "in.mp4", (1600, 96), Fraction(4))) as video:
        frame = next(video.frames(lambda _: None))
    assert (frame.width, frame.height) == (4096, 60)


@pytest.mark.parametrize("aspect", [Fraction(9), Fraction(1, 9), Fraction(30)])
def test_a_shape_that_cannot_be_meant_is_ignored_with_a_warning(
    tmp_path: Path, aspect: Fraction, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = squeezed(tmp_path / "in.mp4", (80, 192), aspect), tmp_path / "out.mp4"
    assert main(["redact", str(path), "-o", str(out), "--mode", "everything"]) == EXIT_OK
    assert "are not believed: taken as square" in capsys.readouterr().err
    with av.open(str(out)) as made:
        assert (made.streams.video[0].width, made.streams.video[0].height) == (80, 192)

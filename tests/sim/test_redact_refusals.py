"""What `latchkey redact` refuses before it touches anything, and what it does not pass off as good."""

import io
import struct
import sys
from argparse import ArgumentParser
from pathlib import Path

import av
import pytest

from latchkey.cli import Stop, Terminal, main
from latchkey.cli.redact import COMMAND
from latchkey.errors import EXIT_CAMERA, EXIT_DETECTOR, EXIT_OK, EXIT_PARTIAL, EXIT_USAGE, UsageError
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


def test_a_link_to_nothing_is_refused_as_what_it_is(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o.mp4").symlink_to("nowhere.mp4")
    assert redact(video, "-o", tmp_path / "o.mp4", "--force", "--detector", "none") == EXIT_USAGE
    assert "standard output" not in capsys.readouterr().err


def test_outputs_do_not_go_to_standard_output(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["-o", "-"], ["-o", "o.mp4", "--covers", "-"]):
        assert redact(video, *words) == EXIT_USAGE
        assert "not standard output" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mode", "motion"], None),
        (["--mode", "everything"], None),
        (["--detector", "none"], "warning: covered whole, 25 of 25 frames: no face detector"),
    ],
)
def test_frames_covered_whole_are_told_with_the_reason_and_what_was_asked_for_is_not(
    video: Path, tmp_path: Path, words: list[str], said: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redact(video, "-o", tmp_path / "o.mp4", *words) == EXIT_OK
    told = capsys.readouterr().err
    assert said in told if said else "warning" not in told


def test_a_single_picture_is_one_frame_and_has_no_speed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "one.mp4", moving_face(160, 96, 1, 1), 25)
    assert redact(tmp_path / "one.mp4", "-o", tmp_path / "o.mp4", "--mode", "everything") == EXIT_OK
    assert "o.mp4: 1 frame, 100.0% hidden, detector none; readable" in capsys.readouterr().err


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


def test_pictures_decoded_from_damaged_data_are_told(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(video.read_bytes())
    middle = data.index(b"mdat") + 2000
    data[middle : middle + 40] = bytes(value ^ 0x55 for value in data[middle : middle + 40])
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    assert redact(damaged, "-o", tmp_path / "o.mp4", "--detector", "none") == EXIT_PARTIAL
    assert "1 of its pictures is damaged" in capsys.readouterr().err


def test_a_second_video_stream_is_left_out_and_that_is_told(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    double, out = tmp_path / "double.mkv", tmp_path / "o.mp4"
    with av.open(str(video)) as source, av.open(str(double), "w") as target:
        streams = [target.add_stream_from_template(source.streams.video[0]) for _ in range(2)]
        for packet in source.demux(video=0):
            if packet.dts is not None:
                data, pts, dts, base = bytes(packet), packet.pts, packet.dts, packet.time_base
                for stream in streams:
                    copy = av.Packet(data)
                    copy.pts, copy.dts, copy.time_base, copy.stream = pts, dts, base, stream
                    target.mux(copy)
    assert redact(double, "-o", out, "--detector", "none") == EXIT_OK
    assert "only the first of its video streams is kept" in capsys.readouterr().err
    with av.open(str(out)) as kept:
        assert len(kept.streams) == 1


@pytest.mark.parametrize("mode", ["motion", "everything"])
def test_covering_what_the_owner_asked_for_is_no_warning(
    video: Path, tmp_path: Path, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert redact(video, "-o", tmp_path / "o.mp4", "--mode", mode) == EXIT_OK
    assert "warning" not in capsys.readouterr().err


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def test_an_animated_webp_is_refused_as_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixel = _chunk(b"VP8L", bytes.fromhex("2f00000000071011fd0f4444ff03"))
    moves = _chunk(b"ANIM", bytes(6)) + _chunk(b"ANMF", bytes(16) + pixel) * 2
    body = b"WEBP" + _chunk(b"VP8X", b"\x02" + bytes(9)) + moves
    (tmp_path / "in.webp").write_bytes(_chunk(b"RIFF", body))
    assert redact(tmp_path / "in.webp", "-o", tmp_path / "o.mp4") == EXIT_CAMERA
    told = capsys.readouterr().err
    assert "in.webp: an animated WebP, which FFmpeg does not decode" in told
    assert "0x0" not in told


def test_a_dash_names_no_pipe_and_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert redact("-", "-o", "o.mp4") == EXIT_CAMERA
    assert "error: `-` names no pipe" in capsys.readouterr().err


class _Spoiling(Stop):
    """Puts a folder in the way of an output once the work is under way."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def check(self) -> None:
        self._path.mkdir(exist_ok=True)


@pytest.mark.parametrize("name", ["o.mp4", "o.json"])
def test_where_one_output_cannot_get_its_name_the_other_does_not_appear(
    video: Path, tmp_path: Path, name: str
) -> None:
    parser = ArgumentParser()
    COMMAND.configure(parser)
    words = [video, "-o", tmp_path / "o.mp4", "--covers", tmp_path / "o.json", "--detector", "none"]
    options = parser.parse_args(list(map(str, words)))
    terminal = Terminal(io.StringIO(), io.StringIO(), _Spoiling(tmp_path / name))
    with pytest.raises(UsageError, match="not an ordinary file"):
        COMMAND.run(options, terminal)
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4", name}

"""What `latchkey redact` says of damage that FFmpeg conceals, and of files that are whole and look odd."""

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from latchkey.adapters.video_file import VideoFile
from latchkey.cli import main
from latchkey.errors import EXIT_OK, EXIT_PARTIAL

COUNT = 50
KINDS = {
    "in.avi": ("mjpeg", "yuvj420p", {}),
    "in.mov": ("mjpeg", "yuvj420p", {"movflags": "faststart"}),
    "in.apng": ("apng", "rgb24", {}),
    "in.nut": ("ffv1", "yuv420p", {}),
    "in.ogv": ("libvpx", "yuv420p", {}),
    "in.wmv": ("wmv2", "yuv420p", {}),
    "in.gif": ("gif", "rgb8", {}),
    "live.mkv": ("mpeg4", "yuv420p", {"live": "1"}),
}


def write(path: Path) -> bytes:
    """Write moving noise; give the file's bytes."""
    codec, pixels, options = KINDS[path.name]
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 96, pixels
        for number in range(COUNT):
            noise = np.random.default_rng(number).integers(60, 200, (96, 160), np.uint8)
            picture = av.VideoFrame.from_ndarray(noise, format="gray").reformat(format=pixels)
            picture.pts, picture.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path.read_bytes()


def read(path: Path) -> tuple[int, list[str]]:
    """How many pictures come out of a file, and what is said of it."""
    with VideoFile(path) as video:
        return sum(1 for _ in video.frames(lambda _: None)), video.damage


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_file_is_not_called_damaged(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert read(tmp_path / name) == (COUNT, [])


@pytest.mark.parametrize("name", [name for name in KINDS if name != "in.mov"])
def test_a_file_that_ends_in_the_middle_is_called_damaged(tmp_path: Path, name: str) -> None:
    data = write(tmp_path / name)
    (tmp_path / name).write_bytes(data[: len(data) * 3 // 5])
    count, damage = read(tmp_path / name)
    assert count < COUNT
    assert damage


@pytest.mark.parametrize("name", ["in.avi", "in.mov", "in.wmv", "in.gif"])
def test_damage_that_the_decoder_conceals_is_told(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, chance = bytearray(write(tmp_path / name)), random.Random(5)
    for _ in range(40):
        data[chance.randrange(len(data) // 3, len(data) * 2 // 3)] ^= 0x55
    (tmp_path / name).write_bytes(data)
    out = tmp_path / "out.mp4"
    assert redact(tmp_path / name, out) == EXIT_PARTIAL
    assert "latchkey: warning: " in capsys.readouterr().err
    assert out.exists()


def redact(path: Path, out: Path) -> int:
    return main(["redact", str(path), "-o", str(out), "--mode", "everything", "--force"])


def test_a_complaint_about_one_file_is_not_told_of_the_next(tmp_path: Path) -> None:
    data = write(tmp_path / "in.gif")
    (tmp_path / "cut.gif").write_bytes(data[: len(data) // 2])
    assert redact(tmp_path / "cut.gif", tmp_path / "out.mp4") == EXIT_PARTIAL
    assert redact(tmp_path / "in.gif", tmp_path / "out.mp4") == EXIT_OK


def test_sound_whose_times_do_not_rise_is_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "in.mkv", tmp_path / "out.mp4"
    with av.open(str(path), "w") as made:
        video, sound = made.add_stream("mpeg4", rate=25), made.add_stream("aac", rate=48000)
        assert isinstance(video, VideoStream)
        video.width, video.height = 160, 96
        for _ in range(25):
            made.mux(video.encode(av.VideoFrame(160, 96, "yuv420p")))
        hum = av.AudioFrame.from_ndarray(np.zeros((1, 20 * 1024), np.float32), "fltp", "mono")
        hum.sample_rate = 48000
        for number, packet in enumerate([*sound.encode(hum), *sound.encode(None)]):
            packet.pts = packet.dts = number // 5 * 5 * 1024
            made.mux(packet)
        made.mux(video.encode(None))
    words = ["redact", str(path), "-o", str(out), "--mode", "everything"]
    assert main(words) == EXIT_OK
    assert main([*words, "--force", "--keep-audio"]) == EXIT_PARTIAL
    with av.open(str(path)) as before, av.open(str(out)) as after:
        lost = sum(bool(packet.size) for packet in before.demux(audio=0)) - sum(
            bool(packet.size) for packet in after.demux(audio=0)
        )
    assert lost > 10
    assert f"left out of its sound: {lost} packets whose times do not rise" in capsys.readouterr().err


def test_an_avi_whose_writer_did_not_come_back_to_say_its_length_is_whole(tmp_path: Path) -> None:
    data = bytearray(write(tmp_path / "in.avi"))
    length_at = data.index(b"strh") + 8 + 32
    data[length_at : length_at + 4] = (1 << 30).to_bytes(4, "little")
    (tmp_path / "in.avi").write_bytes(data)
    assert read(tmp_path / "in.avi") == (COUNT, [])

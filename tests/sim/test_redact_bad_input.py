"""`latchkey redact` on videos that are unusual, damaged or absurd: an answer or one clear error.

Whatever the input, no picture shows that should be hidden, and nothing half-made lies under the name.
"""

import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorTrc
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latchkey.adapters.cameras import open_video
from latchkey.adapters.planes import raw_frame, turn_of
from latchkey.cli import main
from latchkey.errors import EXIT_CAMERA, EXIT_OK, EXIT_PARTIAL, EXIT_USAGE
from latchkey.frames import RawFrame
from latchkey.vision import COVER_YUV
from latchkey_sim.scoring import TOLERANCE

FRAMES = 20


def redact(*words: object) -> int:
    return main(["redact", *map(str, words)])


def write(
    path: Path,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    size: tuple[int, int] = (160, 96),
    count: int = FRAMES,
    hdr: bool = False,
) -> None:
    """Write a video of noise that has no face."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        if hdr:
            stream.codec_context.color_primaries = ColorPrimaries.BT2020
            stream.codec_context.color_trc = ColorTrc.SMPTE2084
        for number in range(count):
            tile = np.random.default_rng(number).integers(60, 200, (32, 32, 4), np.uint8)
            tile[..., 3] = 255 * (tile[..., 3] > 130)
            noise = np.tile(tile, (size[1] // 32 + 1, size[0] // 32 + 1, 1))[: size[1], : size[0]]
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(noise), format="rgba").reformat(
                format=pixels
            )
            if hdr:
                picture.color_primaries, picture.color_trc = ColorPrimaries.BT2020, ColorTrc.SMPTE2084
            picture.pts, picture.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


def frames(path: Path) -> list[RawFrame]:
    container, stream = open_video(path)
    with container:
        return [raw_frame(picture, 0, turn_of(picture)) for picture in container.decode(stream)]


def hidden(path: Path) -> list[bool]:
    """Whether each picture of a file is the fill alone."""
    return [
        all(
            np.abs(plane.astype(int) - value).max() <= TOLERANCE
            for plane, value in zip((frame.y, frame.u, frame.v), COVER_YUV, strict=True)
        )
        for frame in frames(path)
    ]


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def patched(source: Path, target: Path, old: bytes, new: bytes) -> None:
    data = source.read_bytes()
    assert old in data
    target.write_bytes(data.replace(old, new))


UNUSUAL: dict[str, dict[str, Any]] = {
    "hdr.mkv": {"codec": "libx265", "pixels": "yuv420p10le", "hdr": True},
    "deep.mov": {"codec": "prores_ks", "pixels": "yuv444p10le"},
    "deep12.mkv": {"codec": "ffv1", "pixels": "yuv420p12le"},
    "palette.gif": {"codec": "gif", "pixels": "bgr8"},
    "alpha.mov": {"codec": "png", "pixels": "rgba"},
    "odd.mkv": {"codec": "ffv1", "pixels": "yuv420p", "size": (161, 97)},
    "odd.gif": {"codec": "gif", "pixels": "bgr8", "size": (33, 17)},
    "narrow.mkv": {"codec": "ffv1", "pixels": "gray", "size": (16, 720)},
    "full.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "4k.mkv": {"codec": "mjpeg", "pixels": "yuvj420p", "size": (3840, 2160), "count": 2},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_video_is_covered_in_every_picture(tmp_path: Path, name: str) -> None:
    path, out, covers = tmp_path / name, tmp_path / "out.mp4", tmp_path / "c.json"
    write(path, **UNUSUAL[name])
    assert redact(path, "-o", out, "--mode", "everything", "--covers", covers) == EXIT_OK
    count = UNUSUAL[name].get("count", FRAMES)
    assert hidden(out) == [True] * count
    listed = json.loads(covers.read_text())
    whole = [0, 0, listed["width"], listed["height"]]
    assert listed["frames"] == [{"state": "ok", "covers": [whole]}] * count


def _transparent_gif(side: int, count: int) -> bytes:
    """A GIF of pictures in which every second pixel is transparent."""
    pixels = [4, 1, 2] * (side * side // 2)  # 4 clears the table, so that codes stay 3 bits wide
    bits = "".join(f"{code:03b}"[::-1] for code in [*pixels, 5])
    packed = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    blocks = b"".join(
        bytes([len(part)]) + part for part in (packed[at : at + 255] for at in range(0, len(packed), 255))
    )
    size, colours = struct.pack("<HH", side, side), bytes([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    control = b"\x21\xf9\x04\x09\x04\x00\x02\x00"  # shown for 40 ms; colour 2 is transparent
    picture = control + b"\x2c" + b"\0" * 4 + size + b"\0" + b"\x02" + blocks + b"\0"
    return b"GIF89a" + size + b"\x81\0\0" + colours + picture * count + b";"


def test_a_gif_with_transparent_pixels_is_covered_in_every_picture(tmp_path: Path) -> None:
    path, out = tmp_path / "alpha.gif", tmp_path / "out.mp4"
    path.write_bytes(_transparent_gif(32, 6))
    with av.open(str(path)) as video:
        pictures = [picture.to_ndarray(format="rgba") for picture in video.decode(video=0)]
    assert {0, 255} == set(np.unique(pictures[0][..., 3]))
    assert redact(path, "-o", out, "--mode", "everything") == EXIT_OK
    assert hidden(out) == [True] * len(pictures)


@pytest.mark.slow
def test_hdr_stays_hdr(tmp_path: Path) -> None:
    """Eight bits, but with the colours' meaning: a player that knew it still does."""
    path, out = tmp_path / "hdr.mkv", tmp_path / "out.mp4"
    write(path, "libx265", "yuv420p10le", hdr=True)
    assert redact(path, "-o", out, "--mode", "everything") == EXIT_OK
    with av.open(str(out)) as video:
        picture = next(video.decode(video=0))
        assert (picture.color_primaries, picture.color_trc) == (ColorPrimaries.BT2020, ColorTrc.SMPTE2084)
        assert picture.format.name == "yuv420p"


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (15, 200), (7680, 4320), (4098, 16)])
def test_pictures_too_small_or_too_large_are_one_clear_error(
    tmp_path: Path, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.mkv"
    write(path, "ffv1", "gray", size, count=1)
    assert redact(path, "-o", tmp_path / "out.mp4", "--covers", tmp_path / "c.json") == EXIT_CAMERA
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert f"pictures of {size[0]}x{size[1]} pixels; sides of 16..4096 work" in line
    assert left(tmp_path) == {"in.mkv"}


def test_a_video_that_no_decoder_knows_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "in.mp4")
    patched(tmp_path / "in.mp4", tmp_path / "odd.mp4", b"avc1", b"zz01")
    assert redact(tmp_path / "odd.mp4", "-o", tmp_path / "out.mp4", "--mode", "everything") == EXIT_CAMERA
    assert "no decoder knows its video" in capsys.readouterr().err
    assert left(tmp_path) == {"in.mp4", "odd.mp4"}


def test_sound_that_no_decoder_knows_cannot_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loud, odd, out = tmp_path / "loud.mkv", tmp_path / "odd.mkv", tmp_path / "out.mp4"
    with av.open(str(loud), "w") as made:
        video, sound = made.add_stream("libx264", rate=25), made.add_stream("aac", rate=48000)
        assert isinstance(video, VideoStream)
        video.width, video.height = 160, 96
        for _ in range(5):
            made.mux(video.encode(av.VideoFrame(160, 96, "yuv420p")))
        hum = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.float32), "fltp", "mono")
        hum.sample_rate = 48000
        made.mux([*sound.encode(hum), *sound.encode(None), *video.encode(None)])
    patched(loud, odd, b"A_AAC", b"A_ZZZ")
    assert redact(odd, "-o", out, "--mode", "everything", "--keep-audio") == EXIT_USAGE
    assert "there is no sound to keep" in capsys.readouterr().err
    assert redact(odd, "-o", out, "--mode", "everything") == EXIT_OK
    assert "warning" not in capsys.readouterr().err


def _flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[max(chance.randrange(len(data)), 1) :]


def _drop(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 400)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at, source = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
    data[at:at] = data[source : source + chance.randint(1, 400)]


def _lie(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(min(len(data), 2000))
    data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1"])


HARMS: list[Callable[[bytearray, random.Random], None]] = [_flip, _cut, _drop, _repeat, _lie]
WELL = {
    "a.mp4": ("libx264", "yuv420p"),
    "b.mkv": ("libx264", "yuv420p"),
    "c.avi": ("mpeg4", "yuv420p"),
    "d.gif": ("gif", "bgr8"),
    "e.ts": ("libx264", "yuv420p"),
}


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(WELL)),
    seed=st.integers(0, 1 << 30),
    harm=st.lists(st.sampled_from(HARMS), min_size=1, max_size=4),
)
def test_a_damaged_file_gives_hidden_pictures_or_one_clear_error(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    seed: int,
    harm: list[Callable[[bytearray, random.Random], None]],
) -> None:
    well, out = tmp_path / name, tmp_path / "out.mp4"
    if not well.exists():
        write(well, *WELL[name])
    data, chance = bytearray(well.read_bytes()), random.Random(seed)
    for one in harm:
        one(data, chance)
        data = data or bytearray(b"\0")
    damaged = tmp_path / f"damaged-{name}"
    damaged.write_bytes(data)
    out.unlink(missing_ok=True)
    code = redact(damaged, "-o", out, "--mode", "everything")
    told = capsys.readouterr().err
    if code in (EXIT_OK, EXIT_PARTIAL):
        assert all(hidden(out))
        assert hidden(out)
    else:
        assert code == EXIT_CAMERA
        assert not out.exists()
        assert sum(line.startswith("latchkey: error: ") for line in told.splitlines()) == 1
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_killed_at_once_it_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    """What is left is a hidden file, readable by its owner alone, in which no picture is bare."""
    path, out = tmp_path / "long.h264", tmp_path / "out.mp4"
    write(path, count=100)
    path.write_bytes(path.read_bytes() * 40)
    words = [sys.executable, "-m", "latchkey", "redact", str(path), "-o", str(out), "--detector", "none"]
    run = subprocess.Popen([*words, "--covers", str(tmp_path / "c.json")], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not any(p.stat().st_size > 4096 for p in tmp_path.glob(".c.json*")) and time.monotonic() < until:
        os.sched_yield()
    run.send_signal(signal.SIGKILL)
    assert run.wait(timeout=60) == -signal.SIGKILL
    hidden_files = left(tmp_path) - {"long.h264"}
    assert hidden_files
    assert all(name.startswith(".") and name.endswith(".part") for name in hidden_files)
    assert all((tmp_path / name).stat().st_mode & 0o777 == 0o600 for name in hidden_files)

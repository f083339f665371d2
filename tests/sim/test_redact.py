"""`latchkey redact` from file to file: on good videos, on bad ones, and when it is stopped."""

import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from latchkey.adapters.cameras import open_video
from latchkey.adapters.finders import open_finder
from latchkey.adapters.planes import raw_frame, turn_of
from latchkey.cli import main
from latchkey.errors import EXIT_CAMERA, EXIT_OK, EXIT_PARTIAL, EXIT_USAGE, EXIT_VAULT
from latchkey.frames import Plane, RawFrame
from latchkey.settings import PrivacySettings
from latchkey.vision import COVER_YUV
from latchkey_sim.footage import face_box, moving_face, write_video
from latchkey_sim.scoring import TOLERANCE, cover_mask

Shown = list[tuple[Fraction, RawFrame]]
SIZE = (160, 96)


def redact(*words: object) -> int:
    return main(["redact", *map(str, words)])


def shown(path: Path) -> Shown:
    """Decode a file: each picture and the second at which it is shown."""
    container, stream = open_video(path)
    with container:
        return [
            (
                Fraction(picture.pts or 0) * Fraction(picture.time_base or 0),
                raw_frame(picture, 0, turn_of(picture)),
            )
            for picture in container.decode(stream)
        ]


def write(
    path: Path,
    ticks: Sequence[int],
    scale: int = 1000,
    size: tuple[int, int] = SIZE,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: int = 0,
    options: dict[str, str] | None = None,
) -> None:
    """Write a small moving video with pictures at given times, and so many seconds of sound."""
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.codec_context.time_base = Fraction(1, scale)
        audio = out.add_stream("aac", rate=48000) if sound else None
        for number, tick in enumerate(ticks):
            grey = av.VideoFrame.from_ndarray(_drawing(number, size), format="gray")
            picture = grey.reformat(format=pixels)
            picture.pts, picture.time_base = tick, Fraction(1, scale)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
        if audio is not None:
            hum(out, audio, sound)


def hum(out: OutputContainer, stream: AudioStream, seconds: int = 1) -> None:
    """Write some sound."""
    samples = av.AudioFrame.from_ndarray(np.zeros((1, 48000 * seconds), np.float32), "fltp", "mono")
    samples.sample_rate = 48000
    out.mux(stream.encode(samples))
    out.mux(stream.encode(None))


def _drawing(number: int, size: tuple[int, int]) -> Plane:
    width, height = size
    ramp = np.add.outer(np.arange(height), np.arange(width))
    grain = np.random.default_rng(number).integers(0, 40, (height, width))
    return np.asarray(60 + (ramp + 2 * number) % 120 + grain, np.uint8)


def turned(source: Path, target: Path, matrix: tuple[int, int, int, int]) -> None:
    """Copy an MP4 with another display matrix (a b, c d) in its track header."""
    data = bytearray(source.read_bytes())
    a, b, c, d = matrix
    place = data.index(b"tkhd") + 44
    struct.pack_into(">9i", data, place, a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    target.write_bytes(data)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    write(path, [40 * number for number in range(30)])
    return path


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("face") / "face.mp4"
    write_video(path, moving_face(640, 352, 25, 2), 25)
    return path


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("detector", ["yunet", "centerface"])
def test_a_face_is_hidden_in_the_written_file_and_nothing_else_changes(
    face: Path, tmp_path: Path, detector: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if open_finder(PrivacySettings(detector=detector)).finder is None:
        pytest.skip(f"{detector} is not installed")
    out, covers = tmp_path / "out.mp4", tmp_path / "covers.json"
    assert redact(face, "-o", out, "--covers", covers, "--json", "--detector", detector) == EXIT_OK
    told, listed = json.loads(capsys.readouterr().out), json.loads(covers.read_text())
    before, after = shown(face), shown(out)
    assert [at for at, _ in before] == [at for at, _ in after]
    assert told["frames"] == len(before) == len(listed["frames"])
    assert told["states"] == {"ok": len(before), "fallback_region": 0, "fallback_full": 0}
    assert 0.02 < told["hidden_area"] < 0.13
    for number, ((at, raw), (_, safe)) in enumerate(zip(before, after, strict=True)):
        assert listed["pts"][number] * Fraction(listed["time_base"]) == at
        assert listed["frames"][number]["state"] == "ok"
        inside = np.zeros(safe.y.shape, bool)
        for x0, y0, x1, y1 in listed["frames"][number]["covers"]:
            inside[y0:y1, x0:x1] = True
        filled = cover_mask(safe) > 0
        assert filled[inside].mean() > 0.97
        x0, y0, x1, y1 = (round(side) for side in face_box(number, 25, 640, 352)[:4])
        assert filled[y0:y1, x0:x1].mean() >= 0.95
        assert np.abs(raw.y.astype(int) - safe.y)[~inside].mean() < 6


@hypothesis_settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    gaps=st.lists(st.integers(1, 700), min_size=1, max_size=25),
    start=st.integers(0, 5000),
    scale=st.sampled_from([600, 1000, 12_800, 90_000, 1_000_000]),
)
def test_every_frame_keeps_its_time(tmp_path: Path, gaps: list[int], start: int, scale: int) -> None:
    ticks = [start + sum(gaps[:end]) * scale // 600 for end in range(len(gaps) + 1)]
    path, out = tmp_path / "any.mkv", tmp_path / "out.mp4"
    write(path, ticks, scale, codec="ffv1")
    assert redact(path, "-o", out, "--detector", "none", "--force") in (EXIT_OK, EXIT_PARTIAL)
    assert [at for at, _ in shown(out)] == [at for at, _ in shown(path)]


@pytest.mark.parametrize(
    ("matrix", "size", "degrees"),
    [((0, 1, -1, 0), (96, 160), 270), ((-1, 0, 0, -1), (160, 96), 180), ((0, -1, 1, 0), (96, 160), 90)],
)
def test_a_turned_video_comes_out_upright(
    video: Path, tmp_path: Path, matrix: tuple[int, int, int, int], size: tuple[int, int], degrees: int
) -> None:
    lying, out, covers = tmp_path / "lying.mp4", tmp_path / "out.mp4", tmp_path / "covers.json"
    turned(video, lying, matrix)
    assert redact(lying, "-o", out, "--covers", covers, "--detector", "none") == EXIT_OK
    listed = json.loads(covers.read_text())
    assert (listed["width"], listed["height"], listed["rotation"]) == (*size, degrees)
    frames = [frame for _, frame in shown(out)]
    assert {(frame.width, frame.height) for frame in frames} == {size}
    assert listed["frames"][0]["covers"] == [[0, 0, *size]]


@pytest.mark.parametrize(
    ("matrix", "undo"),
    [
        ((0, 1, -1, 0), lambda y: np.rot90(y, -1)),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
        ((0, 1, 1, 0), np.transpose),
    ],
)
def test_quarter_turns_and_mirrors_show_what_a_player_shows(
    video: Path, tmp_path: Path, matrix: tuple[int, int, int, int], undo: object
) -> None:
    """A detector that gets faces upside down finds none."""
    path = tmp_path / "turned.mp4"
    turned(video, path, matrix)
    assert callable(undo)
    plain, shown_as = shown(video)[0][1], shown(path)[0][1]
    assert np.array_equal(undo(plain.y), shown_as.y)
    assert np.array_equal(undo(plain.u), shown_as.u)


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "size"),
    [
        ("odd.mkv", "ffv1", "yuv444p", (161, 97)),
        ("deep.mkv", "ffv1", "yuv420p10le", SIZE),
        ("palette.gif", "gif", "rgb8", SIZE),
        ("alpha.mkv", "ffv1", "bgra", SIZE),
        ("grey.mkv", "ffv1", "gray", SIZE),
    ],
)
def test_pictures_of_any_make_are_taken(
    tmp_path: Path, name: str, codec: str, pixels: str, size: tuple[int, int]
) -> None:
    path, out, covers = tmp_path / name, tmp_path / "out.mp4", tmp_path / "covers.json"
    write(path, [40 * number for number in range(12)], size=size, codec=codec, pixels=pixels)
    assert redact(path, "-o", out, "--covers", covers, "--detector", "none") == EXIT_OK
    listed = json.loads(covers.read_text())
    assert (listed["width"], listed["height"]) == (size[0] & ~1, size[1] & ~1)
    assert len(shown(out)) == len(listed["frames"]) == len(shown(path))
    assert all(frame["state"] != "ok" for frame in listed["frames"])


def test_without_a_detector_the_file_shows_the_fill_alone_until_something_moves(
    video: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    assert redact(video, "-o", out, "--detector", "none") == EXIT_OK
    first = shown(out)[0][1]
    for plane, value in zip((first.y, first.u, first.v), COVER_YUV, strict=True):
        assert np.abs(plane.astype(int) - value).max() <= TOLERANCE


@pytest.mark.parametrize(
    ("ticks", "seconds"),
    [([40 * number for number in range(25)], 1), ([0, 40, 80, 9000, 9040], 9)],
    ids=["steady", "hundreds of packets between two frames"],
)
def test_sound_is_dropped_unless_it_is_asked_for(tmp_path: Path, ticks: list[int], seconds: int) -> None:
    path, out = tmp_path / "in.mp4", tmp_path / "out.mp4"
    write(path, ticks, sound=seconds)
    assert redact(path, "-o", out, "--detector", "none") == EXIT_OK
    with av.open(str(out)) as quiet:
        assert [stream.type for stream in quiet.streams] == ["video"]
    assert redact(path, "-o", out, "--detector", "none", "--keep-audio", "--force") == EXIT_OK
    with av.open(str(path)) as before, av.open(str(out)) as after:
        assert [stream.type for stream in after.streams] == ["video", "audio"]
        copied = [bytes(packet) for packet in after.demux(audio=0) if packet.size]
        assert copied == [bytes(packet) for packet in before.demux(audio=0) if packet.size]


def test_titles_places_and_makers_stay_behind(tmp_path: Path) -> None:
    path, out = tmp_path / "in.mkv", tmp_path / "out.mp4"
    write(path, [0, 40, 80])
    with av.open(str(path)) as source, av.open(str(tmp_path / "named.mkv"), "w") as named:
        stream = named.add_stream_from_template(source.streams.video[0])
        named.metadata["title"], stream.metadata["comment"] = "SECRET", "SECRET"
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                named.mux(packet)
    assert redact(tmp_path / "named.mkv", "-o", out, "--detector", "none") == EXIT_OK
    for trace in (b"SECRET", b"x264", b"Lavf", b"Lavc"):
        assert trace not in out.read_bytes()


def _gif(width: int, height: int) -> bytes:
    """A GIF whose one picture covers its first pixel only."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes([0, 0, 0, 255, 255, 255])
    return head + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"


BROKEN = {
    "empty.mp4": b"",
    "text.mp4": b"this is no video\n" * 100,
    "text.txt": b"this is no video\n" * 100,
    "dot.gif": _gif(1, 1),
    "huge.gif": _gif(8000, 16),
    "list.m3u8": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
}


@pytest.mark.parametrize(
    ("name", "content"), list(BROKEN.items()), ids=lambda part: part if isinstance(part, str) else ""
)
def test_what_is_no_usable_video_is_one_clear_error_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert redact(path, "-o", tmp_path / "out.mp4", "--covers", tmp_path / "c.json") == EXIT_CAMERA
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("latchkey: error: ")]
    assert left(tmp_path) == {name}


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mka"
    with av.open(str(path), "w") as out:
        hum(out, out.add_stream("aac", rate=48000))
    assert redact(path, "-o", tmp_path / "out.mp4") == EXIT_CAMERA
    assert left(tmp_path) == {"sound.mka"}


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.avi", "cut.gif"])
def test_a_cut_off_file_gives_what_it_holds_and_says_that_it_is_cut(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut, out = tmp_path / f"whole{name[3:]}", tmp_path / name, tmp_path / "out.mp4"
    gif, avi = name.endswith("gif"), name.endswith("avi")
    codec, pixels = ("gif", "rgb8") if gif else ("mpeg4", "yuv420p") if avi else ("libx264", "yuv420p")
    options = {"movflags": "faststart"} if name.endswith("mp4") else {}
    write(whole, range(100), 25, codec=codec, pixels=pixels, options=options)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert redact(cut, "-o", out, "--detector", "none") == EXIT_PARTIAL
    assert "latchkey: warning: " in capsys.readouterr().err
    assert 0 < len(shown(out)) < 100


def test_pictures_of_changing_size_are_scaled_to_the_first(tmp_path: Path) -> None:
    small, large, joined = tmp_path / "a.ts", tmp_path / "b.ts", tmp_path / "joined.ts"
    write(small, [40 * number for number in range(10)])
    write(large, [400 + 40 * number for number in range(10)], size=(320, 192))
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    out = tmp_path / "out.mp4"
    assert redact(joined, "-o", out, "--detector", "none") in (EXIT_OK, EXIT_PARTIAL)
    assert {(frame.width, frame.height) for _, frame in shown(out)} == {SIZE}
    assert len(shown(out)) == len(shown(joined))


def test_names_that_would_destroy_something_are_refused(video: Path, tmp_path: Path) -> None:
    before = video.read_bytes()
    (tmp_path / "link.mp4").symlink_to(video)
    (tmp_path / "hard.mp4").hardlink_to(video)
    (tmp_path / "there.mp4").write_bytes(b"mine")
    for name in ("in.mp4", "link.mp4", "hard.mp4"):
        assert redact(video, "-o", tmp_path / name, "--force") == EXIT_USAGE
    assert redact(video, "-o", tmp_path / "o.mp4", "--covers", video, "--force") == EXIT_USAGE
    assert redact(video, "-o", tmp_path / "there.mp4") == EXIT_USAGE
    assert redact(video, "-o", tmp_path) == EXIT_USAGE
    assert redact(video, "-o", "/dev/full", "--force") == EXIT_USAGE
    assert redact(video, "-o", tmp_path / "nowhere" / "o.mp4") == EXIT_USAGE
    assert video.read_bytes() == before
    assert (tmp_path / "there.mp4").read_bytes() == b"mine"
    assert left(tmp_path) == {"in.mp4", "link.mp4", "hard.mp4", "there.mp4"}


def _start(video: Path, out: Path, **options: object) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "latchkey", "redact", str(video), "-o", str(out), "--detector", "none"]
    return subprocess.Popen(words, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.slow
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(video: Path, tmp_path: Path) -> None:
    run = _start(
        video,
        tmp_path / "out.mp4",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
    )
    _, err = run.communicate(timeout=60)
    assert run.returncode == EXIT_VAULT
    assert b"latchkey: error: cannot write" in err
    assert left(tmp_path) == {"in.mp4"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("times", [1, 2])
def test_stopping_it_leaves_nothing(tmp_path: Path, number: signal.Signals, times: int) -> None:
    path = tmp_path / "long.mp4"
    write(path, [40 * number for number in range(3000)])
    run = _start(path, tmp_path / "out.mp4")
    until = time.monotonic() + 30
    while left(tmp_path) == {"long.mp4"} and time.monotonic() < until:
        os.sched_yield()
    for _ in range(times):
        run.send_signal(number)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert (b"interrupted" if number == signal.SIGINT else b"ended by SIGTERM") in err
    assert left(tmp_path) == {"long.mp4"}

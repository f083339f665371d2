"""`latchkey redact` on files made to hurt: they end in time, in bounded memory, and with a reason."""

import json
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from latchkey.cli import main
from latchkey.errors import EXIT_CAMERA, EXIT_OK, EXIT_PARTIAL
from latchkey_sim.footage import moving_face, write_video

FPS = 25


def redact(*words: object) -> int:
    return main(["redact", *map(str, words)])


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    write_video(path, moving_face(160, 96, FPS, 0.4), FPS)
    return path


def _hum(path: Path, seconds: int) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48000)
        assert isinstance(stream, AudioStream)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 48000 * seconds), np.float32), "fltp", "mono")
        samples.sample_rate = 48000
        out.mux([*stream.encode(samples), *stream.encode(None)])


def _joined(path: Path, parts: Iterable[Path]) -> None:
    """Write the first stream of each file one after the other, not woven together."""
    with av.open(str(path), "w") as out:
        opened = [av.open(str(part)) for part in parts]
        streams: list[Stream] = [out.add_stream_from_template(one.streams[0]) for one in opened]
        out.start_encoding()
        for one, stream in zip(opened, streams, strict=True):
            packets: Iterable[Packet[Stream]] = one.demux()
            for packet in packets:
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux_one(packet)
            one.close()


@pytest.mark.parametrize("sound_first", [False, True])
def test_sound_in_one_piece_before_or_after_all_pictures_is_kept_whole(
    video: Path, tmp_path: Path, sound_first: bool
) -> None:
    sound, both, out = tmp_path / "a.mka", tmp_path / "both.mkv", tmp_path / "out.mp4"
    _hum(sound, 8)
    _joined(both, [sound, video] if sound_first else [video, sound])
    assert redact(both, "-o", out, "--detector", "none", "--keep-audio") == EXIT_OK
    with av.open(str(sound)) as before, av.open(str(out)) as after:
        kept = [bytes(packet) for packet in after.demux(audio=0) if packet.size]
        assert kept == [bytes(packet) for packet in before.demux(audio=0) if packet.size]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("endless.m3u8", "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nin.ts\n"),
        ("whole.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nin.ts\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile in.mp4\nfile in.ts\n"),
    ],
)
def test_a_playlist_is_refused_and_nobody_waits_for_its_end(
    video: Path, tmp_path: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _joined(tmp_path / "in.ts", [video])
    (tmp_path / name).write_text(text)
    assert redact(tmp_path / name, "-o", tmp_path / "out.mp4", "--detector", "none") == EXIT_CAMERA
    assert "a list of other files" in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


def test_a_picture_far_larger_than_the_file_says_is_not_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "in.avi", tmp_path / "out.mp4"
    grey = [np.full((side, side), 90, np.uint8) for side in (64, 6000, *[64] * FPS)]
    with av.open(str(path), "w") as made:
        stream = made.add_stream("png", rate=FPS)
        stream.width = stream.height = 64
        stream.pix_fmt = "gray"
        for number, picture in enumerate(grey):
            packet = av.Packet(cv2.imencode(".png", picture)[1].tobytes())
            packet.pts = packet.dts = number
            packet.time_base, packet.stream = Fraction(1, FPS), stream
            made.mux(packet)
    assert redact(path, "-o", out, "--mode", "everything") == EXIT_PARTIAL
    assert "1 of its packets cannot be decoded" in capsys.readouterr().err
    with av.open(str(out)) as kept:
        assert sum(1 for _ in kept.decode(video=0)) == 1 + FPS


@pytest.mark.parametrize("gap_ms", [10 * 86_400_000, 1 << 60])
def test_after_a_gap_of_days_or_of_ages_the_file_still_has_the_times_that_are_listed(
    tmp_path: Path, gap_ms: int
) -> None:
    path, out, covers = tmp_path / "in.nut", tmp_path / "out.mp4", tmp_path / "c.json"
    with av.open(str(path), "w") as made:
        stream = made.add_stream("ffv1", rate=FPS)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for pts in (0, 40, 40 + gap_ms, 80 + gap_ms, 80 + 2 * gap_ms):
            picture = av.VideoFrame(64, 64, "yuv420p")
            picture.pts, picture.time_base = pts, Fraction(1, 1000)
            made.mux(stream.encode(picture))
        made.mux(stream.encode(None))
    assert redact(path, "-o", out, "--mode", "everything", "--covers", covers) == EXIT_OK
    with av.open(str(out)) as kept:
        assert [picture.pts for picture in kept.decode(video=0)] == json.loads(covers.read_text())["pts"]

"""H.264 in fragmented MP4: what goes in comes out, in closed groups, without a trace of anything else."""

import io
import struct
from collections.abc import Iterator

import av
import numpy as np
import pytest

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.planes import rows_of
from latchkey.errors import EncoderError
from latchkey.frames import Colour, FilterState, Plane, RawFrame, SafeFrame
from latchkey.pipeline.groups import GROUP_NS, Groups
from latchkey.ports import ClipSpec
from latchkey.settings import RecordingSettings
from latchkey.units import NS_PER_S
from latchkey.vision import CoverPlan, redact

SIZE = (192, 112)
START_NS = 5 * NS_PER_S


def _frames(count: int, fps: float = 15) -> Iterator[SafeFrame]:
    ramp: Plane = np.add.outer(np.arange(SIZE[1]), np.arange(SIZE[0])).astype(np.uint8)
    for number in range(count):
        y = np.ascontiguousarray(np.roll(ramp, 3 * number, 1))
        raw = RawFrame(y, y[::2, ::2], y[1::2, 1::2], START_NS + round(number * NS_PER_S / fps))
        yield redact(raw, CoverPlan(FilterState.OK, ()))


def _start() -> Groups:
    return Groups(H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, 15, Colour())), None)


def _encode(frames: Iterator[SafeFrame]) -> tuple[bytes, list[bytes]]:
    clip = _start()
    pieces = [clip.feed(frame).data for frame in frames]
    pieces.append(clip.close().data)
    return b"".join(pieces), pieces


def _boxes(data: bytes) -> list[str]:
    names, offset = [], 0
    while offset < len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        names.append(name.decode())
        offset += length
    return names


def test_every_frame_comes_back_at_its_time() -> None:
    data, _ = _encode(_frames(40))
    with av.open(io.BytesIO(data), "r") as video:
        decoded = list(video.decode(video=0))
        assert video.streams.video[0].codec_context.name == "h264"
    assert [round((picture.time or 0) * 15) for picture in decoded] == list(range(40))
    for picture, frame in zip(decoded, _frames(40), strict=True):
        y = rows_of(picture.planes[0])[:, : SIZE[0]]
        assert np.abs(y.astype(int) - frame.y).mean() < 8


@pytest.mark.parametrize("height", [112, 114, 270])
def test_colour_stays_where_it_was_at_any_even_height(height: int) -> None:
    y, u, v = np.full((height, 192), 100, np.uint8), *np.full((2, height // 2, 96), 128, np.uint8)
    u[: height // 4], v[height // 4 :] = 200, 60
    frame = redact(RawFrame(y, u, v, START_NS), CoverPlan(FilterState.OK, ()))
    clip = Groups(H264Encoder(RecordingSettings()).start(ClipSpec(192, height, 15, Colour())), None)
    data = clip.feed(frame).data + clip.close().data
    with av.open(io.BytesIO(data), "r") as video:
        (picture,) = video.decode(video=0)
    assert picture.height == height
    for plane, pixels in zip(picture.planes, (y, u, v), strict=True):
        shown = rows_of(plane)[:, : pixels.shape[1]].astype(int)
        inside = [row for row in range(len(pixels)) if abs(row - height // 4) > 4]
        assert np.abs(shown - pixels)[inside].max() < 8


def test_a_fragment_is_one_closed_group_of_at_most_a_second() -> None:
    data, pieces = _encode(_frames(50))
    assert _boxes(data) == ["ftyp", "moov"] + ["moof", "mdat"] * 4
    for piece in pieces:
        assert _boxes(piece)[::2] in ([], ["ftyp"], ["moof"], ["moof", "moof"])
    with av.open(io.BytesIO(data), "r") as video:
        keys = [
            packet.pts * packet.time_base
            for packet in video.demux(video=0)
            if packet.is_keyframe and packet.pts is not None
        ]
    assert [float(key) for key in keys] == [0, 1, 2, 3]


def test_slow_cameras_get_groups_by_time_too() -> None:
    data, _ = _encode(_frames(6, fps=2))
    with av.open(io.BytesIO(data), "r") as video:
        keys = [packet.pts for packet in video.demux(video=0) if packet.is_keyframe]
    assert len(keys) == 3
    assert GROUP_NS == NS_PER_S


def test_same_frames_give_the_same_bytes() -> None:
    assert _encode(_frames(30))[0] == _encode(_frames(30))[0]


def test_the_file_names_no_encoder_and_no_time() -> None:
    data, _ = _encode(_frames(20))
    for trace in (b"x264", b"Lavf", b"Lavc", b"crf="):
        assert trace not in data
    moov = data.index(b"mvhd")
    assert data[moov + 8 : moov + 16] == bytes(8)


def test_a_raw_frame_is_refused() -> None:
    clip = H264Encoder(RecordingSettings()).start(ClipSpec(*SIZE, 15, Colour()))
    y = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    with pytest.raises(TypeError):
        clip.feed(RawFrame(y, y[::2, ::2], y[::2, ::2], 0), key=True)  # type: ignore[arg-type]
    clip.close()


def test_a_frame_of_another_size_is_refused() -> None:
    clip = H264Encoder(RecordingSettings()).start(ClipSpec(64, 64, 15, Colour()))
    with pytest.raises(EncoderError):
        clip.feed(next(_frames(1)), key=True)
    clip.close()


def test_an_impossible_size_is_one_error() -> None:
    with pytest.raises(EncoderError):
        H264Encoder(RecordingSettings()).start(ClipSpec(0, 0, 15, Colour()))


def test_two_frames_of_one_time_still_make_a_legal_file() -> None:
    same = list(_frames(2))
    clip = _start()
    data = b"".join(one.data for one in (*map(clip.feed, (same[0], same[0], same[1])), clip.close()))
    with av.open(io.BytesIO(data), "r") as video:
        assert len(list(video.decode(video=0))) == 3

"""The chip's encoder: used only where a trial shows that it keeps the rules of clips, x264 otherwise.

There is no such chip here. libx264 stands in for it, made to write its headers into its pictures as the chip
does; FFmpeg's own h264_v4l2m2m is there, and fails for want of a device, as it does on a Pi 5.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from threading import Event

import av
import numpy as np
import pytest

from latchkey.adapters.encoder import H264Encoder
from latchkey.adapters.h264 import Codec, frame_for, parameter_sets, units
from latchkey.adapters.planes import rows_of
from latchkey.errors import EncoderError
from latchkey.frames import Colour, FilterState, Plane, RawFrame, SafeFrame
from latchkey.pipeline.groups import Groups
from latchkey.ports import ClipEncoder, ClipSpec, Coded
from latchkey.settings import RecordingSettings
from latchkey.units import NS_PER_S, TICKS_PER_S
from latchkey.vision import CoverPlan, redact
from latchkey_pi.encoder import (
    CHIP,
    TRIAL_KEYS,
    ChipEncoder,
    chip_codec,
    choose_encoder,
    judged,
    trial_frames,
    tried,
    within,
)

SPEC = ClipSpec(192, 112, 10, Colour())
RECORDING = RecordingSettings()


def _frames(count: int, fps: float = 10) -> Iterator[SafeFrame]:
    ramp: Plane = np.add.outer(np.arange(112), np.arange(192)).astype(np.uint8)
    for number in range(count):
        y = np.ascontiguousarray(np.roll(ramp, 3 * number, 1))
        raw = RawFrame(y, y[::2, ::2], y[1::2, 1::2], round(number * NS_PER_S / fps))
        yield redact(raw, CoverPlan(FilterState.OK, ()))


QUICK = (("preset", "superfast"), ("forced-idr", "1"))


def _stand_in(options: tuple[tuple[str, str], ...] = QUICK) -> Codec:
    """x264 as the chip is: headers in its pictures, a bit rate."""
    return replace(chip_codec(SPEC, 0, "libx264"), options=options)


def _chip(said: list[str]) -> ChipEncoder:
    return ChipEncoder(tried(_stand_in(), SPEC), SPEC, RECORDING, said.append)


def _clip(encoder: ClipEncoder, count: int = 25) -> bytes:
    groups = Groups(encoder, None)
    return b"".join([*(groups.feed(frame).data for frame in _frames(count)), groups.close().data])


def test_a_clip_of_the_chip_is_a_clip_like_any_other() -> None:
    data = _clip(_chip([]).start(SPEC))
    with av.open(io.BytesIO(data), "r") as video:
        stream = video.streams.video[0]
        packets = [packet for packet in video.demux(stream) if packet.size]
        assert [packet.pts == packet.dts for packet in packets] == [True] * 25
        keys = [float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe]  # type: ignore[operator]
        assert keys == [0, 1, 2]
    with av.open(io.BytesIO(data), "r") as video:
        decoded = list(video.decode(video=0))
    assert len(decoded) == 25
    for picture, frame in zip(decoded, _frames(25), strict=True):
        assert np.abs(rows_of(picture.planes[0])[:, :192].astype(int) - frame.y).mean() < 8


def test_headers_stand_at_the_beginning_of_a_clip_and_nowhere_else() -> None:
    said: list[str] = []
    clip = _chip(said).start(SPEC)
    pictures = [
        coded for frame in _frames(12) for coded in clip.feed(frame, key=frame.at_ns == 0)
    ] + clip.flush()
    kinds = {unit[0] & 0x1F for picture in pictures for unit in units(bytes(picture.packet))}  # type: ignore[attr-defined]
    assert kinds == {1, 5}
    header = clip.mux(pictures)
    assert b"avcC" in header
    assert not said


def test_a_group_can_be_looked_at_and_encoded_again() -> None:
    clip = _chip([]).start(SPEC)
    frames = list(_frames(10))
    pictures: list[Coded] = []
    for frame in frames:
        pictures += clip.feed(frame, key=frame is frames[0])
    clip.renew()
    again = [coded for frame in frames for coded in clip.feed(frame, key=frame is frames[0])] + clip.flush()
    assert len(again) == 10
    shown = clip.decode(again[0])
    assert np.abs(shown.y.astype(int) - frames[0].y).mean() < 8
    with av.open(io.BytesIO(clip.mux(again) + clip.close()), "r") as video:
        assert len(list(video.decode(video=0))) == 10


def test_without_a_device_the_chips_encoder_fails_its_trial_and_x264_is_told() -> None:
    said: list[str] = []
    encoder, by_chip = choose_encoder("auto", SPEC, RECORDING, 0, is_there=True, say=said.append)
    assert isinstance(encoder, H264Encoder)
    assert not by_chip
    assert len(said) == 1
    assert said[0].startswith("x264 encodes: the chip's encoder failed its trial: ")


def test_a_chip_that_passes_is_used_and_told() -> None:
    said: list[str] = []
    encoder, by_chip = choose_encoder(
        "auto", SPEC, RECORDING, 0, is_there=True, say=said.append, name="libx264"
    )
    assert isinstance(encoder, ChipEncoder)
    assert by_chip
    assert said == ["the chip encodes: its trial was good"]
    assert _clip(encoder.start(SPEC))


@pytest.mark.parametrize(("wanted", "is_there"), [("x264", True), ("auto", False)])
def test_no_trial_is_made_where_there_is_nothing_to_try(wanted: str, is_there: bool) -> None:
    said: list[str] = []
    encoder, by_chip = choose_encoder(
        wanted, SPEC, RECORDING, 0, is_there=is_there, say=said.append, name="nothing"
    )
    assert isinstance(encoder, H264Encoder)
    assert not by_chip
    assert said[0].startswith("x264 encodes: ")


def test_an_owner_who_insists_on_the_chip_hears_why_it_cannot_be() -> None:
    with pytest.raises(EncoderError, match="the chip's encoder cannot be used") as caught:
        choose_encoder("hardware", SPEC, RECORDING, 0, is_there=False, say=lambda _: None)
    assert "[pi] encoder" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            (("preset", "ultrafast"), ("forced-idr", "1"), ("g", "3"), ("sc_threshold", "0")),
            "groups begin with",
        ),
        ((("preset", "fast"), ("forced-idr", "1"), ("bf", "2"), ("b_strategy", "0")), "in another order"),
    ],
)
def test_an_encoder_that_breaks_the_rules_of_clips_fails_its_trial(
    options: tuple[tuple[str, str], ...], why: str
) -> None:
    with pytest.raises(EncoderError, match=why):
        tried(_stand_in(options=options), SPEC)


def test_an_encoder_of_something_else_fails_its_trial() -> None:
    with pytest.raises(EncoderError):
        tried(replace(_stand_in(), name="mpeg4", options=()), SPEC)


def _sheared(frame: SafeFrame) -> SafeFrame:
    """Give a frame as a driver shows it that takes rows for 16 bytes longer than they are."""
    height, width = frame.height, frame.width
    rows = np.resize(frame.y.reshape(-1), (height, width + 16))[:, :width]
    return redact(RawFrame(rows.copy(), frame.u, frame.v, frame.at_ns), CoverPlan(FilterState.OK, ()))


def _without_colour(frame: SafeFrame) -> SafeFrame:
    """Give a frame as a driver shows it that takes one plane for the other."""
    return redact(RawFrame(frame.y, frame.v, frame.u, frame.at_ns), CoverPlan(FilterState.OK, ()))


@pytest.mark.parametrize("spoil", [_sheared, _without_colour])
def test_an_encoder_whose_pictures_are_not_what_went_in_fails_its_trial(
    spoil: Callable[[SafeFrame], SafeFrame],
) -> None:
    frames, base = trial_frames(SPEC), Fraction(1, TICKS_PER_S)
    ticks = [number * 9000 for number in range(len(frames))]
    for shown, good in ((frames, True), ([spoil(frame) for frame in frames], False)):
        context = _stand_in().context(SPEC, base)
        packets = [
            packet
            for number, frame in enumerate(shown)
            for packet in context.encode(frame_for(frame, ticks[number], base, key=number in TRIAL_KEYS))
        ] + context.encode(None)
        if good:
            assert judged(packets, ticks, frames)
        else:
            with pytest.raises(EncoderError, match="do not show what was encoded"):
                judged(packets, ticks, frames)


def test_a_driver_that_hangs_does_not_hang_the_door() -> None:
    never = Event()

    def hang() -> Codec:
        never.wait(20)
        return _stand_in()

    with pytest.raises(EncoderError, match=r"no answer within 0\.05 s"):
        within(0.05, hang)
    never.set()


def test_a_chip_that_fails_in_a_clip_is_not_used_for_the_next_one() -> None:
    said: list[str] = []
    encoder = ChipEncoder(
        replace(tried(_stand_in(), SPEC), headers=b"\0\0\0\1\x67wrong"), SPEC, RECORDING, said.append
    )
    broken = encoder.start(SPEC)
    with pytest.raises(EncoderError, match="changes its headers"):
        _clip(broken, 60)
    assert len(said) == 1
    assert "x264 encodes from now on" in said[0]
    assert _clip(encoder.start(SPEC))


def test_a_chip_that_cannot_be_opened_any_more_gives_way_to_x264_for_this_very_clip() -> None:
    said: list[str] = []
    encoder = ChipEncoder(
        replace(_stand_in(), name=CHIP, options=(), headers=b"\0\0\0\1\x67"), SPEC, RECORDING, said.append
    )
    assert _clip(encoder.start(SPEC))
    assert "x264 encodes from now on" in said[0]


def test_pictures_of_another_size_than_the_trials_are_x264s() -> None:
    said: list[str] = []
    encoder = _chip(said)
    assert _clip(encoder.start(replace(SPEC, fps=5.0)))
    other = encoder.start(replace(SPEC, width=96))
    other.flush()
    other.close()
    assert not said


def test_parameter_sets_are_found_whatever_else_is_in_a_picture() -> None:
    data = b"\0\0\0\1\x09\xf0\0\0\0\1\x67\x42\0\0\1\x68\xce\0\0\1\x06\x05\0\0\1\x65abc"
    assert parameter_sets(data) == b"\0\0\0\1\x67\x42\0\0\0\1\x68\xce"
    assert parameter_sets(b"\0\0\1\x41abc") == b""

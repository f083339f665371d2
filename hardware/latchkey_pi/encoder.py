"""The chip's H.264 encoder where it works, x264 where not: found out by a trial, not by names.

Up to the Pi 4 the chip encodes, behind the kernel's V4L2 memory-to-memory interface; a Pi 5 has no encoder.
What FFmpeg, kernel and firmware make of it together differs between versions: so before it is used, a few
pictures are encoded at the size of the camera, and it must keep the rules that clips need.

- every picture comes out, at its own time, in order (no B frames);
- groups begin where they are asked to, and nowhere else;
- its headers are known after the trial, since they are written before the first picture;
- what is decoded of it looks like what went in, colours included (rows of another length would shear it).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from latchkey.adapters.encoder import H264Clip, H264Encoder
from latchkey.adapters.h264 import Codec, frame_for, parameter_sets, units
from latchkey.adapters.planes import raw_frame
from latchkey.errors import EncoderError
from latchkey.frames import FilterState, RawFrame, SafeFrame
from latchkey.ports import ClipEncoder, ClipSpec, Coded, Encoder
from latchkey.settings import RecordingSettings
from latchkey.units import TICKS_PER_S
from latchkey.vision import CoverPlan, redact

CHIP = "h264_v4l2m2m"
BITS_PER_PIXEL = 0.15
"""1.4 Mbit/s at 720p and 10 pictures a second."""

LEAST_BITS = 500_000
TRIAL_FRAMES = 12
TRIAL_KEYS = (0, 5)
"""The second one as it comes in a clip: asked for in the middle."""

ALIKE = 14.0
"""Mean difference of levels up to which a decoded picture is the one that went in: the trial's is smooth."""

TRIAL_LIMIT_S = 10
"""A driver that hangs does so for ever. A trial takes less than a second."""


def chip_codec(spec: ClipSpec, bitrate_kbit: int, name: str = CHIP) -> Codec:
    """Give the chip's encoder, set up for a clip."""
    by_size = max(round(spec.width * spec.height * spec.fps * BITS_PER_PIXEL), LEAST_BITS)
    return Codec(name, bit_rate=bitrate_kbit * 1000 or by_size)


def tried(codec: Codec, spec: ClipSpec) -> Codec:
    """Try an encoder that tells no headers; give it with those. Raises EncoderError with what is wrong."""
    time_base = Fraction(1, TICKS_PER_S)
    frames = trial_frames(spec)
    ticks = [round(number * TICKS_PER_S / spec.fps) for number in range(TRIAL_FRAMES)]
    try:
        context = codec.context(spec, time_base)
        packets = [
            packet
            for number, frame in enumerate(frames)
            for packet in context.encode(frame_for(frame, ticks[number], time_base, key=number in TRIAL_KEYS))
        ]
        packets += context.encode(None)
        return replace(codec, headers=judged(packets, ticks, frames))
    except (FFmpegError, ValueError, OSError) as error:
        raise EncoderError(getattr(error, "strerror", None) or str(error)) from error


def judged(packets: "list[Packet[VideoStream]]", ticks: list[int], frames: list[SafeFrame]) -> bytes:
    """Judge what became of these frames, fed at these ticks; give the headers. Raises EncoderError."""
    sets = {parameter_sets(bytes(packet)) for packet in packets} - {b""}
    if len(sets) != 1:
        raise EncoderError("it tells no headers" if not sets else "it changes its headers")
    pictures = [packet for packet in packets if packet.pts is not None and _has_picture(bytes(packet))]
    if [packet.pts for packet in pictures] != ticks:
        raise EncoderError(
            f"of {len(ticks)} pictures {len(pictures)} come out, or at other times, or in another order"
        )
    keys = tuple(number for number, packet in enumerate(pictures) if packet.is_keyframe)
    if keys != TRIAL_KEYS:
        raise EncoderError(f"groups begin with pictures {keys} instead of {TRIAL_KEYS}")
    decoder = av.CodecContext.create("h264", "r")
    decoded = [picture for packet in [*packets, None] for picture in decoder.decode(packet)]
    if len(decoded) != len(frames):
        raise EncoderError(f"of {len(frames)} pictures {len(decoded)} can be decoded")
    for picture, frame in zip(decoded, frames, strict=True):
        if _difference(raw_frame(picture, 0), frame) > ALIKE:
            raise EncoderError("its pictures do not show what was encoded")
    return sets.pop()


def _has_picture(data: bytes) -> bool:
    """Whether there is more in a packet than headers: a slice."""
    return any(unit[0] & 0x1F in (1, 5) for unit in units(data))


def trial_frames(spec: ClipSpec) -> list[SafeFrame]:
    """Give smooth pictures that move, each plane another: a row too long or two planes changed over show."""
    across, down = np.arange(spec.width), np.arange(spec.height)[:, None]
    y = (60 + 100 * across / spec.width + 60 * down / spec.height).astype(np.uint8)
    u = np.broadcast_to(80 + 90 * down[::2] / spec.height, (spec.height // 2, spec.width // 2)).astype(
        np.uint8
    )
    v = np.broadcast_to(180 - 90 * across[::2] / spec.width, u.shape).astype(np.uint8)
    return [
        redact(RawFrame(np.roll(y, 4 * number, 0), u, v, number, spec.colour), CoverPlan(FilterState.OK, ()))
        for number in range(TRIAL_FRAMES)
    ]


def _difference(one: RawFrame, other: SafeFrame) -> float:
    """Give how many levels two pictures differ by, in the plane where it is most."""
    pairs = ((one.y, other.y), (one.u, other.u), (one.v, other.v))
    if any(a.shape != b.shape for a, b in pairs):
        return 255.0
    return max(float(np.abs(a.astype(np.int16) - b).mean()) for a, b in pairs)


def within(limit_s: float, work: Callable[[], Codec]) -> Codec:
    """Do a trial in a thread; a driver that hangs keeps the thread, and nothing else. Raises EncoderError."""
    got: list[Codec | EncoderError] = []

    def run() -> None:
        try:
            got.append(work())
        except EncoderError as error:
            got.append(error)

    thread = threading.Thread(target=run, name="encoder-trial", daemon=True)
    thread.start()
    thread.join(limit_s)
    if not got:
        raise EncoderError(f"no answer within {limit_s:g} s")
    if isinstance(got[0], EncoderError):
        raise got[0]
    return got[0]


class ChipEncoder:
    """Opens clips with the chip's encoder as long as it keeps its promises, then with x264.

    `say` hears once which it is and why, and again if that changes.
    """

    def __init__(
        self, codec: Codec, spec: ClipSpec, settings: RecordingSettings, say: Callable[[str], None]
    ) -> None:
        self._codec: Codec | None = codec
        self._spec = spec
        self._x264 = H264Encoder(settings)
        self._say = say

    def start(self, spec: ClipSpec) -> ClipEncoder:
        """Begin a clip. Raises EncoderError where neither can."""
        tried_as = replace(
            spec, fps=self._spec.fps
        )  # the rate may be lower while the chip is hot: headers stay
        if self._codec is not None and tried_as == self._spec:
            try:
                return _ChipClip(tried_as, self._codec, self._give_up)
            except (FFmpegError, ValueError, OSError) as error:
                self._give_up(getattr(error, "strerror", None) or str(error))
        return self._x264.start(spec)

    def _give_up(self, why: str) -> None:
        if self._codec is not None:
            self._codec = None
            self._say(f"x264 encodes from now on: the chip's encoder failed ({why})")


class _ChipClip(H264Clip):
    """A clip of the chip's encoder, whose first error is its last: the next clip is x264's."""

    def __init__(self, spec: ClipSpec, codec: Codec, failed: Callable[[str], None]) -> None:
        super().__init__(spec, codec)
        self._failed = failed

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        """Encode one frame."""
        with self._watched():
            return super().feed(frame, key=key)

    def flush(self) -> list[Coded]:
        """Give what is still inside."""
        with self._watched():
            return super().flush()

    def renew(self) -> None:
        """Begin anew."""
        with self._watched():
            super().renew()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except EncoderError as error:
            self._failed(str(error))
            raise


def choose_encoder(
    wanted: str,
    spec: ClipSpec,
    recording: RecordingSettings,
    bitrate_kbit: int,
    *,
    is_there: bool,
    say: Callable[[str], None],
    name: str = CHIP,
) -> tuple[Encoder, bool]:
    """Give the encoder for the camera's clips, and whether it is the chip's. Raises EncoderError if it must
    be.
    """
    x264 = H264Encoder(recording)
    if wanted == "x264" or (wanted == "auto" and not is_there):
        say(
            "x264 encodes: "
            + ("the settings say so" if wanted == "x264" else "this board's chip has no encoder")
        )
        return x264, False
    try:
        codec = within(TRIAL_LIMIT_S, lambda: tried(chip_codec(spec, bitrate_kbit, name), spec))
    except EncoderError as error:
        if wanted == "hardware":
            hint = 'the kernel\'s bcm2835-codec makes /dev/video11; [pi] encoder = "auto" takes x264 instead'
            raise EncoderError(f"the chip's encoder cannot be used: {error}", hint=hint) from error
        say(f"x264 encodes: the chip's encoder failed its trial: {error}")
        return x264, False
    say("the chip encodes: its trial was good")
    return ChipEncoder(codec, spec, recording, say), True

"""H.264 on one stream of a container: covered frames in, pictures out, which somebody muxes later.

Usually x264. Same frames, same pictures: a fixed number of threads, and x264's settings text is filtered out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import av
from av.bitstream import BitStreamFilterContext
from av.codec.context import Flags
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from latchkey.adapters.planes import raw_frame, rows_of
from latchkey.errors import EncoderError
from latchkey.frames import RawFrame, SafeFrame
from latchkey.ports import ClipSpec, Coded
from latchkey.settings import RecordingSettings

SEI, SPS, PPS, DELIMITER = 6, 7, 8, 9
"""H.264 NAL unit types (ITU-T H.264 table 7-1). Supplemental information is x264's settings text."""

ROWS_BY_REFERENCE = 4
"""PyAV 18 takes planes in one piece by reference; those of a height that is no multiple of this it takes for
two rows less, and finds their colour elsewhere."""


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder of FFmpeg, and how it is set up.

    `headers` are for one that writes them into its pictures and cannot tell them before: its sequence and
    picture parameter sets, found out by a trial. They are taken out of the pictures, and must stay what they
    are.
    """

    name: str
    options: tuple[tuple[str, str], ...] = ()
    threads: int = 1
    bit_rate: int = 0
    headers: bytes = b""

    def context(self, spec: ClipSpec, time_base: Fraction) -> VideoCodecContext:
        """Give an encoder of its own, not opened yet."""
        context = av.CodecContext.create(self.name, "w")
        if not isinstance(context, VideoCodecContext):
            raise EncoderError(f"{self.name} encodes no video")
        context.framerate = rate(spec)
        self.set_up(context, spec, time_base)
        return context

    def set_up(self, context: VideoCodecContext, spec: ClipSpec, time_base: Fraction) -> None:
        """Set an encoder up for a clip."""
        context.width, context.height, context.pix_fmt = spec.width, spec.height, "yuv420p"
        context.time_base = time_base
        context.gop_size = 1 << 16  # groups are cut by time, by whoever feeds
        context.max_b_frames = 0
        context.thread_count = self.threads
        context.color_range = 2 if spec.colour.full_range else 1
        context.colorspace = spec.colour.matrix
        context.options = {**dict(self.options), "flags": "+cgop+bitexact"}
        if self.bit_rate:
            context.bit_rate = self.bit_rate
        if self.headers:
            context.extradata = self.headers
            context.flags &= ~Flags.global_header


def x264(settings: RecordingSettings) -> Codec:
    """Give x264 with the quality, speed and threads of the settings."""
    options = {"preset": settings.preset, "crf": str(settings.crf), "sc_threshold": "0", "forced-idr": "1"}
    return Codec("libx264", tuple(options.items()), settings.threads)


def rate(spec: ClipSpec) -> Fraction:
    """Give a clip's nominal rate as FFmpeg takes it."""
    return Fraction(spec.fps).limit_denominator(1001)


def units(data: bytes) -> list[bytes]:
    """Split pictures in Annex B form into their NAL units."""
    parts = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def parameter_sets(data: bytes) -> bytes:
    """Give the sequence and picture parameter sets in a picture, in Annex B form; b"" if there are none."""
    wanted = [unit for unit in units(data) if unit[0] & 0x1F in (SPS, PPS)]
    return b"".join(b"\0\0\0\1" + unit.rstrip(b"\0") for unit in wanted)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An encoded picture, as PyAV has it."""

    packet: "Packet[VideoStream]"

    @property
    def is_key(self) -> bool:
        """Whether a closed group begins with it."""
        return self.packet.is_keyframe


@contextmanager
def encoder_errors(what: str) -> Iterator[None]:
    """Turn an error of FFmpeg into EncoderError; `what` says what could not be done."""
    try:
        yield
    except FFmpegError as error:
        raise EncoderError(f"{what}: {error.strerror or error}") from error


class H264Stream:
    """One encoder. Its stream is added to the container at once; feed only after the container has begun.

    Times are ticks of 1/`ticks_per_s` s. Raises EncoderError.
    """

    def __init__(self, container: OutputContainer, spec: ClipSpec, ticks_per_s: int, codec: Codec) -> None:
        self._container = container
        self._spec = spec
        self._time_base = Fraction(1, ticks_per_s)
        self._codec = codec
        stream = container.add_stream(codec.name, rate=rate(spec))
        if not isinstance(stream, VideoStream):
            raise EncoderError(f"{codec.name} encodes no video")
        self.stream = stream
        self.stream.time_base = self._time_base
        self._context: VideoCodecContext = self.stream.codec_context
        codec.set_up(self._context, spec, self._time_base)
        self._filter: BitStreamFilterContext | None = None

    def feed(self, frame: SafeFrame, ticks: int, *, key: bool) -> list[Coded]:
        """Encode one frame, as the beginning of a group if `key`; give the pictures that came out.

        Raises TypeError for anything but a SafeFrame.
        """
        if not isinstance(frame, SafeFrame):
            raise TypeError("the encoder takes only SafeFrame")
        if (frame.width, frame.height) != (self._spec.width, self._spec.height):
            raise EncoderError(f"frame of {frame.width}x{frame.height} in a clip of other size")
        picture = frame_for(frame, ticks, self._time_base, key=key)
        with encoder_errors(f"{self._codec.name} refused a frame"):
            return self._given(self._context.encode(picture))

    def flush(self) -> list[Coded]:
        """Give what the encoder still holds back."""
        with encoder_errors(f"{self._codec.name} could not finish"):
            return self._given(self._context.encode(None))

    def renew(self) -> None:
        """Go on with a fresh encoder, which knows nothing of the frames inside the old one."""
        context = self._codec.context(self._spec, self._time_base)
        old = self._context
        context.color_primaries, context.color_trc = old.color_primaries, old.color_trc
        if not self._codec.headers:
            context.flags |= Flags.global_header
        with encoder_errors(f"{self._codec.name} could not begin anew"):
            context.open()
        if context.extradata != old.extradata:
            raise EncoderError("a fresh encoder writes another header")
        self._context, self._filter = context, None

    def decode(self, key: Coded) -> RawFrame:
        """Decode a key picture by itself, at time 0."""
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = self._context.extradata
        with encoder_errors("an encoded picture cannot be decoded"):
            pictures = [*decoder.decode(_checked(key).packet), *decoder.decode(None)]
        if len(pictures) != 1:
            raise EncoderError(f"a key picture decodes to {len(pictures)} pictures")
        return raw_frame(pictures[0], 0)

    def mux(self, group: Sequence[Coded]) -> None:
        """Hand a group to the muxer, which takes the pictures away. Raises FFmpegError."""
        for picture in map(_checked, group):
            picture.packet.stream = self.stream
            self._container.mux(picture.packet)

    def _given(self, packets: "Sequence[Packet[VideoStream]]") -> list[Coded]:
        known = self._codec.headers
        if self._filter is None:
            away = f"{SEI}|{SPS}|{PPS}|{DELIMITER}" if known else str(SEI)
            self._filter = BitStreamFilterContext(f"filter_units=remove_types={away}", self.stream)
        if known and any(parameter_sets(bytes(packet)) not in (b"", known) for packet in packets):
            raise EncoderError(f"{self._codec.name} changes its headers within a clip")
        return [Picture(clean) for packet in packets for clean in self._filter.filter(packet)]


def _checked(coded: Coded) -> Picture:
    if not isinstance(coded, Picture):
        raise TypeError("only pictures of this encoder can be used here")
    return coded


def frame_for(frame: SafeFrame, ticks: int, time_base: Fraction, *, key: bool) -> av.VideoFrame:
    """Give a frame as an encoder takes it, `key` = as the beginning of a group."""
    picture = _picture(frame)
    picture.pict_type = PictureType.I if key else PictureType.NONE
    picture.pts, picture.time_base = ticks, time_base
    return picture


def _picture(frame: SafeFrame) -> av.VideoFrame:
    """Give a frame as PyAV has it: by reference where that can be, else copied."""
    if frame.height % ROWS_BY_REFERENCE == 0:
        return av.VideoFrame.from_numpy_buffer(frame.planes, "yuv420p")
    picture = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for plane, pixels in zip(picture.planes, (frame.y, frame.u, frame.v), strict=True):
        rows_of(plane)[:, : pixels.shape[1]] = pixels
    return picture

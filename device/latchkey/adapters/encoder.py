"""H.264 in fragmented MP4, by PyAV and x264, into memory.

Encoder and muxer are apart: encoded pictures are given out, and come back to be muxed a closed group
at a time, so that a group can be looked at and replaced before any byte of it exists. Same frames,
same bytes: no wall time, no encoder tag (x264's settings text is filtered out), a fixed number of threads.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import av
from av.bitstream import BitStreamFilterContext
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
from latchkey.units import NS_PER_S

TICKS_PER_S = 90_000
"""The time base of H.264 in MPEG systems: whole ticks for every usual frame rate."""

MOVFLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
"""A fragment per group, a header first, no trailer (`mfra` holds absolute offsets)."""

UNREGISTERED_SEI = 6
"""H.264 NAL unit type of supplemental information (ITU-T H.264 table 7-1): x264's settings text."""


class _Sink:
    """Collects what the muxer writes. It has no `seek`: the muxer must never go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """An encoded picture, as PyAV has it."""

    packet: "Packet[VideoStream]"

    @property
    def is_key(self) -> bool:
        return self.packet.is_keyframe


@contextmanager
def _encoder_errors(what: str) -> Iterator[None]:
    try:
        yield
    except FFmpegError as error:
        raise EncoderError(f"{what}: {error}") from error


class H264Encoder:
    """Opens clip encoders with the quality, speed and threads of the settings."""

    def __init__(self, settings: RecordingSettings) -> None:
        self._settings = settings

    def start(self, spec: ClipSpec) -> "H264Clip":
        """Begin a clip. Raises EncoderError where x264 refuses the size or options."""
        try:
            return H264Clip(spec, self._settings)
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"cannot encode {spec.width}x{spec.height}: {error}") from error


class H264Clip:
    """One clip. PTS are nanoseconds since its first frame, in ticks of 1/90000 s."""

    def __init__(self, spec: ClipSpec, settings: RecordingSettings) -> None:
        self._spec = spec
        self._settings = settings
        self._sink = _Sink()
        options = {"movflags": MOVFLAGS, "fflags": "bitexact"}
        self._container = av.open(self._sink, "w", format="mp4", options=options)
        self._stream = add_h264_stream(self._container, spec, TICKS_PER_S, settings)
        self._container.start_encoding()
        self._context: VideoCodecContext = self._stream.codec_context
        self._header = self._context.extradata
        self._filter = anonymous(self._stream)
        self._first_ns: int | None = None
        self._fed_ticks = -1
        self._given_ticks = -1
        self._before_key_ticks = -1

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        """Encode one frame; give the pictures that came out."""
        picture = picture_of(frame)
        if (frame.width, frame.height) != (self._spec.width, self._spec.height):
            raise EncoderError(f"frame of {frame.width}x{frame.height} in a clip of other size")
        if key:
            picture.pict_type = PictureType.I
        picture.pts = self._ticks(frame.at_ns)
        picture.time_base = Fraction(1, TICKS_PER_S)
        with _encoder_errors("x264 refused a frame"):
            return self._given(self._context.encode(picture))

    def flush(self) -> list[Coded]:
        """Give what x264 still holds back."""
        with _encoder_errors("x264 could not finish"):
            return self._given(self._context.encode(None))

    def renew(self) -> None:
        """Begin anew with a fresh x264: frames are fed again from the last key picture given out on."""
        context = av.CodecContext.create("libx264", "w")
        _set_up(context, self._spec, TICKS_PER_S, self._settings)
        context.framerate = self._context.framerate
        context.flags |= av.codec.context.Flags.global_header
        with _encoder_errors("x264 could not begin anew"):
            context.open()
        if context.extradata != self._header:
            raise EncoderError("a fresh encoder writes another header")
        self._context = context
        self._filter = anonymous(self._stream)
        self._fed_ticks = self._given_ticks = self._before_key_ticks

    def decode(self, key: Coded) -> RawFrame:
        """Decode a key picture by itself."""
        if not isinstance(key, _Picture):
            raise TypeError("only pictures of this encoder can be decoded")
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = self._header
        with _encoder_errors("an encoded picture cannot be decoded"):
            pictures = [*decoder.decode(key.packet), *decoder.decode(None)]
        if len(pictures) != 1:
            raise EncoderError(f"a key picture decodes to {len(pictures)} pictures")
        return raw_frame(pictures[0], 0)

    def mux(self, group: Sequence[Coded]) -> bytes:
        """Give the fragments that are final with this group; muxing takes the pictures away."""
        with _encoder_errors("a group could not be muxed"):
            for picture in group:
                if not isinstance(picture, _Picture):
                    raise TypeError("only pictures of this encoder can be muxed")
                picture.packet.stream = self._stream
                self._container.mux(picture.packet)
        return self._sink.take()

    def close(self) -> bytes:
        """Give what the muxer still holds back."""
        with _encoder_errors("the clip could not be finished"):
            self._container.close()
        return self._sink.take()

    def _ticks(self, at_ns: int) -> int:
        """Ticks since the first frame; strictly rising, as MP4 demands."""
        if self._first_ns is None:
            self._first_ns = at_ns
        ticks = ((at_ns - self._first_ns) * TICKS_PER_S + NS_PER_S // 2) // NS_PER_S
        self._fed_ticks = max(ticks, self._fed_ticks + 1)
        return self._fed_ticks

    def _given(self, packets: "Sequence[Packet[VideoStream]]") -> list[Coded]:
        pictures: list[Coded] = []
        for packet in packets:
            for clean in self._filter.filter(packet):
                if clean.is_keyframe:
                    self._before_key_ticks = self._given_ticks
                self._given_ticks = clean.pts if clean.pts is not None else self._given_ticks
                pictures.append(_Picture(clean))
        return pictures


def add_h264_stream(
    container: OutputContainer, spec: ClipSpec, ticks_per_s: int, settings: RecordingSettings
) -> VideoStream:
    """Add an x264 stream without B-frames to a container; whoever feeds it cuts the groups."""
    stream = container.add_stream("libx264", rate=Fraction(spec.fps).limit_denominator(1001))
    stream.time_base = Fraction(1, ticks_per_s)
    _set_up(stream.codec_context, spec, ticks_per_s, settings)
    return stream


def anonymous(stream: VideoStream) -> BitStreamFilterContext:
    """Give a filter that takes x264's settings text out of packets."""
    return BitStreamFilterContext(f"filter_units=remove_types={UNREGISTERED_SEI}", stream)


def picture_of(frame: SafeFrame) -> av.VideoFrame:
    """Give a frame as the encoder takes it. Raises TypeError for anything but a SafeFrame."""
    if not isinstance(frame, SafeFrame):
        raise TypeError("the encoder takes only SafeFrame")
    picture = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for plane, pixels in zip(picture.planes, (frame.y, frame.u, frame.v), strict=True):
        rows_of(plane)[:, : pixels.shape[1]] = pixels
    picture.pict_type = PictureType.NONE
    return picture


def _set_up(
    context: VideoCodecContext, spec: ClipSpec, ticks_per_s: int, settings: RecordingSettings
) -> None:
    context.width, context.height, context.pix_fmt = spec.width, spec.height, "yuv420p"
    context.time_base = Fraction(1, ticks_per_s)
    context.gop_size = 1 << 16  # groups are cut by time, by whoever feeds
    context.max_b_frames = 0
    context.thread_count = settings.threads
    context.color_range = 2 if spec.colour.full_range else 1
    context.colorspace = spec.colour.matrix
    context.options = {
        "preset": settings.preset,
        "crf": str(settings.crf),
        "sc_threshold": "0",
        "forced-idr": "1",
        "flags": "+cgop+bitexact",
    }

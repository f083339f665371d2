"""H.264 in fragmented MP4, by PyAV and x264, into memory.

Encoder and muxer are apart: packets of a closed group of pictures (at most `GOP_NS` long) wait
until the group is whole, then go to the muxer together, so that a group can still be replaced
before any byte of it exists. Same frames, same bytes: no wall time, no encoder tag (x264's
settings text is filtered out), a fixed number of threads.
"""

from collections.abc import Iterable
from fractions import Fraction

import av
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from latchkey.adapters.planes import rows_of
from latchkey.errors import EncoderError
from latchkey.frames import SafeFrame
from latchkey.ports import ClipSpec
from latchkey.settings import RecordingSettings
from latchkey.units import NS_PER_S

TICKS_PER_S = 90_000
"""The time base of H.264 in MPEG systems: whole ticks for every usual frame rate."""

GOP_NS = NS_PER_S
"""Longest group of pictures: a torn clip loses no more than the open one."""

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
        self._sink = _Sink()
        options = {"movflags": MOVFLAGS, "fflags": "bitexact"}
        self._container = av.open(self._sink, "w", format="mp4", options=options)
        rate = Fraction(spec.fps).limit_denominator(1001)
        self._stream = self._container.add_stream("libx264", rate=rate)
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = spec.width, spec.height, "yuv420p"
        context.time_base = self._stream.time_base = Fraction(1, TICKS_PER_S)
        context.gop_size = 1 << 16  # groups are cut by time, below
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
        self._container.start_encoding()
        self._filter = BitStreamFilterContext(f"filter_units=remove_types={UNREGISTERED_SEI}", self._stream)
        self._group: list[Packet[VideoStream]] = []
        self._first_ns = 0
        self._next_key_ns: int | None = None
        self._last_ticks = -1

    def feed(self, frame: SafeFrame) -> bytes:
        """Encode one frame; give the bytes of fragments that are final now."""
        if not isinstance(frame, SafeFrame):
            raise TypeError("the encoder takes only SafeFrame")
        if (frame.width, frame.height) != (self._spec.width, self._spec.height):
            raise EncoderError(f"frame of {frame.width}x{frame.height} in a clip of other size")
        picture = _picture(frame)
        picture.pict_type = PictureType.NONE
        if self._next_key_ns is None:
            self._first_ns = self._next_key_ns = frame.at_ns
        if frame.at_ns >= self._next_key_ns:
            picture.pict_type = PictureType.I
            self._next_key_ns = frame.at_ns + GOP_NS
        picture.pts = self._ticks(frame.at_ns)
        picture.time_base = Fraction(1, TICKS_PER_S)
        try:
            self._collect(self._stream.encode(picture))
        except FFmpegError as error:
            raise EncoderError(f"x264 refused a frame: {error}") from error
        return self._sink.take()

    def close(self) -> bytes:
        """Flush encoder and muxer."""
        try:
            self._collect(self._stream.encode(None))
            self._mux_group()
            self._container.close()
        except FFmpegError as error:
            raise EncoderError(f"the clip could not be finished: {error}") from error
        return self._sink.take()

    def _ticks(self, at_ns: int) -> int:
        """Ticks since the first frame; strictly rising, as MP4 demands."""
        ticks = ((at_ns - self._first_ns) * TICKS_PER_S + NS_PER_S // 2) // NS_PER_S
        self._last_ticks = max(ticks, self._last_ticks + 1)
        return self._last_ticks

    def _collect(self, packets: "Iterable[Packet[VideoStream]]") -> None:
        for packet in packets:
            for clean in self._filter.filter(packet):
                if clean.is_keyframe:
                    self._mux_group()
                self._group.append(clean)

    def _mux_group(self) -> None:
        for packet in self._group:
            packet.stream = self._stream
            self._container.mux(packet)
        self._group.clear()


def _picture(frame: SafeFrame) -> av.VideoFrame:
    picture = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for plane, pixels in zip(picture.planes, (frame.y, frame.u, frame.v), strict=True):
        rows_of(plane)[:, : pixels.shape[1]] = pixels
    return picture

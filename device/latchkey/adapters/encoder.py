"""H.264 in fragmented MP4, by PyAV, into memory.

Encoder and muxer are apart: encoded pictures are given out, and come back to be muxed a closed group
at a time, so that a group can be looked at and replaced before any byte of it exists. Same frames,
same bytes: no wall time, no encoder tag.
"""

from collections.abc import Sequence

import av
from av.error import FFmpegError

from latchkey.adapters.h264 import Codec, H264Stream, Picture, encoder_errors, x264
from latchkey.errors import EncoderError
from latchkey.frames import RawFrame, SafeFrame
from latchkey.ports import ClipSpec, Coded
from latchkey.settings import RecordingSettings
from latchkey.units import TICKS_PER_S, next_ticks

MOVFLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
"""A fragment per group, a header first, no trailer (`mfra` holds absolute offsets)."""


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
            return H264Clip(spec, x264(self._settings))
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"cannot encode {spec.width}x{spec.height}: {error}") from error


class H264Clip:
    """One clip. PTS are nanoseconds since its first frame, in ticks of 1/90000 s."""

    def __init__(self, spec: ClipSpec, codec: Codec) -> None:
        self._sink = _Sink()
        options = {"movflags": MOVFLAGS, "fflags": "bitexact"}
        self._container = av.open(self._sink, "w", format="mp4", options=options)
        self._h264 = H264Stream(self._container, spec, TICKS_PER_S, codec)
        self._container.start_encoding()
        self._first_ns: int | None = None
        self._fed_ticks = -1
        self._given_ticks = -1
        self._before_key_ticks = -1

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        """Encode one frame; give the pictures that came out."""
        return self._noted(self._h264.feed(frame, self._ticks(frame.at_ns), key=key))

    def flush(self) -> list[Coded]:
        """Give what the encoder still holds back."""
        return self._noted(self._h264.flush())

    def renew(self) -> None:
        """Begin anew: frames are fed again from the last key picture given out on."""
        self._h264.renew()
        self._fed_ticks = self._given_ticks = self._before_key_ticks

    def decode(self, key: Coded) -> RawFrame:
        """Decode a key picture by itself."""
        return self._h264.decode(key)

    def mux(self, group: Sequence[Coded]) -> bytes:
        """Give the fragments that are final with this group; muxing takes the pictures away."""
        with encoder_errors("a group could not be muxed"):
            self._h264.mux(group)
        return self._sink.take()

    def close(self) -> bytes:
        """Give what the muxer still holds back."""
        with encoder_errors("the clip could not be finished"):
            self._container.close()
        return self._sink.take()

    def _ticks(self, at_ns: int) -> int:
        """Ticks since the first frame; strictly rising, as MP4 demands."""
        if self._first_ns is None:
            self._first_ns = at_ns
        self._fed_ticks = next_ticks(at_ns - self._first_ns, self._fed_ticks)
        return self._fed_ticks

    def _noted(self, pictures: list[Coded]) -> list[Coded]:
        """Note where the newest group began, so that it can be fed again at the same ticks."""
        for picture in pictures:
            assert isinstance(picture, Picture)
            if picture.is_key:
                self._before_key_ticks = self._given_ticks
            self._given_ticks = self._given_ticks if picture.packet.pts is None else picture.packet.pts
        return pictures

"""An ordinary MP4 of covered frames, at exact times, and, if asked for, the source's sound.

Nothing else of the source enters it: no titles, chapters, places, other streams, side data.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from latchkey.adapters.disk import disk_errors
from latchkey.adapters.encoder import add_h264_stream, anonymous, picture_of
from latchkey.adapters.video_file import Look
from latchkey.errors import EncoderError, UsageError
from latchkey.frames import SafeFrame
from latchkey.pipeline.groups import GROUP_NS
from latchkey.ports import ClipSpec
from latchkey.settings import RecordingSettings


class Mp4File:
    """Writes to the file `path`; errors speak of `target`, its later name. Raises EncoderError, DiskError.

    `scale` is the ticks a second in which times are given.
    """

    def __init__(
        self,
        path: str,
        target: Path,
        spec: ClipSpec,
        look: Look,
        scale: int,
        settings: RecordingSettings,
        audio: AudioStream | None = None,
    ) -> None:
        self._target = target
        self._size = (spec.width, spec.height)
        self._scale = scale
        self._next_key_ns = 0
        self._audio: AudioStream | None = None
        self._audio_filter: BitStreamFilterContext | None = None
        self._audio_dts: int | None = None
        options = {
            "movflags": "faststart",
            "fflags": "bitexact",
            "video_track_timescale": str(scale),
            "movie_timescale": str(scale),  # an edit list counts in it, and so does a late first picture
        }
        try:
            with disk_errors(f"write {target}"):
                self._container = av.open(f"file:{path}", "w", format="mp4", options=options)
            self._stream = add_h264_stream(self._container, spec, scale, settings)
            context = self._stream.codec_context
            context.sample_aspect_ratio = look.pixel_aspect
            context.color_primaries, context.color_trc = look.primaries, look.transfer
            if audio is not None:
                self._check_audio(audio)
                self._audio = self._container.add_stream_from_template(audio)
                self._audio.metadata.clear()
                if audio.codec_context.name.startswith("aac"):
                    # in broadcast streams every packet has a header of its own, which MP4 does not take
                    self._audio_filter = BitStreamFilterContext("aac_adtstoasc", audio)
            self._container.start_encoding()
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"cannot encode {spec.width}x{spec.height}: {error}") from error
        self._filter = anonymous(self._stream)

    def add(self, frame: SafeFrame, ticks: int) -> None:
        """Encode the next frame; ticks rise."""
        picture = picture_of(frame)
        if (frame.width, frame.height) != self._size:
            raise EncoderError(f"frame of {frame.width}x{frame.height} in a video of other size")
        if frame.at_ns >= self._next_key_ns:
            picture.pict_type = PictureType.I
            self._next_key_ns = frame.at_ns + GROUP_NS
        picture.pts, picture.time_base = ticks, Fraction(1, self._scale)
        with self._errors():
            for packet in self._stream.encode(picture):
                self._mux(packet)

    def add_audio(self, packet: "Packet[AudioStream]", shift: int) -> None:
        """Copy a packet of sound, `shift` ticks later than it says, unless it goes back in time."""
        if self._audio is None or packet.dts is None or packet.pts is None:
            return
        later = round(Fraction(shift, self._scale) / packet.time_base)
        if self._audio_dts is not None and packet.dts + later <= self._audio_dts:
            return
        packet.pts, packet.dts = packet.pts + later, packet.dts + later
        self._audio_dts = packet.dts
        with self._errors():
            for clean in self._audio_filter.filter(packet) if self._audio_filter else [packet]:
                clean.stream = self._audio
                self._container.mux(clean)

    def close(self) -> None:
        """Finish the file."""
        with self._errors():
            for packet in self._stream.encode(None):
                self._mux(packet)
            self._container.close()

    def abandon(self) -> None:
        """Let go of the file after an error, whatever state it is in."""
        with suppress(FFmpegError, OSError, ValueError):
            self._container.close()

    def _check_audio(self, audio: AudioStream) -> None:
        codec = audio.codec_context.name
        if codec not in self._container.supported_codecs:
            raise UsageError(f"MP4 cannot hold sound in {codec}", hint="leave --keep-audio out")

    def _mux(self, packet: "Packet[VideoStream]") -> None:
        for clean in self._filter.filter(packet):
            clean.stream = self._stream
            self._container.mux(clean)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn FFmpeg's errors into ours: of the disk, or of the encoder."""
        try:
            with disk_errors(f"write {self._target}"):
                yield
        except FFmpegError as error:
            raise EncoderError(f"the video could not be written: {error.strerror}") from error

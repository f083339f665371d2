"""An ordinary MP4 of covered frames, at exact times, and, if asked for, the source's sound.

Nothing else of the source enters it: no titles, chapters, places, other streams, side data.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.packet import Packet

from latchkey.adapters.disk import disk_errors
from latchkey.adapters.h264 import H264Stream, x264
from latchkey.adapters.sound import is_sound, sound_header
from latchkey.adapters.video_file import Look
from latchkey.errors import EncoderError, UsageError
from latchkey.frames import RawFrame, SafeFrame
from latchkey.ports import ClipSpec, Coded
from latchkey.settings import RecordingSettings
from latchkey.units import NS_PER_S

TIME_LIMIT = 1 << 62
"""In ticks of the sound. What lies beyond has times that make no sense, and FFmpeg counts in 64 bits."""


class Mp4File:
    """A `ClipEncoder` that writes to the file `path`; errors speak of `target`, its later name.

    `scale` is the ticks a second of its times; those of frames are whole ticks in ns, to the nearest.
    Raises EncoderError, DiskError.
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
        self._scale = scale
        self._audio: AudioStream | None = None
        self._audio_filter: BitStreamFilterContext | None = None
        self._audio_dts: int | None = None
        self._audio_codec = ""
        self.lost_audio = 0
        """Packets of sound that were left out, since their times are missing or do not rise."""
        self.foreign_audio = 0
        """Packets among the sound that were left out, since they are none: tags, for instance."""
        options = {
            "movflags": "faststart",
            "fflags": "bitexact",
            "video_track_timescale": str(scale),
            "movie_timescale": str(scale),  # an edit list counts in it, and so does a late first picture
        }
        try:
            with disk_errors(f"write {target}"):
                self._container = av.open(f"file:{path}", "w", format="mp4", options=options)
            self._h264 = H264Stream(self._container, spec, scale, x264(settings))
            context = self._h264.stream.codec_context
            context.color_primaries, context.color_trc = look.primaries, look.transfer
            if audio is not None:
                self._add_audio_stream(audio)
            self._container.start_encoding()
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"cannot encode {spec.width}x{spec.height}: {error}") from error

    def ticks(self, at_ns: int) -> int:
        """Give a frame's time in ticks."""
        return (2 * at_ns * self._scale + NS_PER_S) // (2 * NS_PER_S)

    def feed(self, frame: SafeFrame, *, key: bool) -> list[Coded]:
        """Encode the next frame; give the pictures that came out."""
        return self._h264.feed(frame, self.ticks(frame.at_ns), key=key)

    def flush(self) -> list[Coded]:
        """Give what x264 still holds back."""
        return self._h264.flush()

    def renew(self) -> None:
        """Begin anew: frames are fed again from the last key picture given out on."""
        self._h264.renew()

    def decode(self, key: Coded) -> RawFrame:
        """Decode a key picture by itself."""
        return self._h264.decode(key)

    def mux(self, group: Sequence[Coded]) -> bytes:
        """Write a group to the file; gives no bytes."""
        with self._errors():
            self._h264.mux(group)
        return b""

    def add_audio(self, packet: "Packet[AudioStream]", shift: int) -> None:
        """Copy a packet of sound, `shift` ticks later than it says, unless it goes back in time."""
        if self._audio is None:
            return
        if packet.dts is None or packet.pts is None:
            self.lost_audio += 1
            return
        later = round(Fraction(shift, self._scale) / packet.time_base)
        pts, dts = packet.pts + later, packet.dts + later
        if (self._audio_dts is not None and dts <= self._audio_dts) or max(abs(pts), abs(dts)) > TIME_LIMIT:
            self.lost_audio += 1
            return
        data = bytes(packet)
        if not is_sound(self._audio_codec, data):
            self.foreign_audio += 1
            return
        self._audio_dts = dts
        bare = Packet(data)  # without what the source's carries beside the sound
        bare.pts, bare.dts, bare.duration, bare.time_base = pts, dts, packet.duration, packet.time_base
        with self._errors():
            for clean in self._audio_filter.filter(bare) if self._audio_filter else [bare]:
                clean.stream = self._audio
                self._container.mux(clean)

    def close(self) -> bytes:
        """Finish the file; gives no bytes."""
        with self._errors():
            self._container.close()
        return b""

    def abandon(self) -> None:
        """Let go of the file after an error, whatever state it is in."""
        with suppress(FFmpegError, OSError, ValueError):
            self._container.close()

    def _add_audio_stream(self, audio: AudioStream) -> None:
        codec = audio.codec_context.name
        if codec not in self._container.supported_codecs:
            raise UsageError(f"MP4 cannot hold sound in {codec}", hint="leave --keep-audio out")
        header = sound_header(codec, bytes(audio.codec_context.extradata or b""))
        self._audio = self._container.add_stream_from_template(audio)
        self._audio.metadata.clear()
        self._audio.codec_context.extradata = header
        self._audio_codec = codec
        if codec == "aac":
            # in broadcast streams every packet has a header of its own, which MP4 does not take
            self._audio_filter = BitStreamFilterContext("aac_adtstoasc", audio)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn FFmpeg's errors into ours: of the disk, or of the encoder."""
        try:
            with disk_errors(f"write {self._target}"):
                yield
        except FFmpegError as error:
            raise EncoderError(f"the video could not be written: {error.strerror}") from error

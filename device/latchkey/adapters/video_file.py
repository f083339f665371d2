"""A video file read from its beginning to its end, as fast as it can be decoded.

Every picture that the decoder gives becomes one frame, at the time that `Timeline` gives it. A
picture of another size than the first is fitted into that one, and all are taken to mean colours as the
first does. What cannot be decoded is skipped and told in `damage`: never silently.
So is what was decoded from damaged data: the decoder has guessed at parts of those pictures. Some decoders
say so of the picture, others in FFmpeg's log only.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame

from latchkey.adapters.cameras import NEARLY_SQUARE, can_decode, check_size, open_video, shape
from latchkey.adapters.complaints import Complaints
from latchkey.adapters.endings import is_cut
from latchkey.adapters.planes import SQUARE, UPRIGHT, raw_frame, turn_of
from latchkey.adapters.timeline import REORDER_PICTURES, Timeline
from latchkey.errors import CameraLost, UsageError
from latchkey.frames import Colour, RawFrame
from latchkey.units import to_s

FPS_UNKNOWN = 25.0
"""Taken where a file does not tell how many pictures a second it has."""

ERROR_LIMIT = 1000
"""After so many packets that cannot be decoded, nothing good will follow."""

SHORT_S = 0.5
"""A file that ends so much earlier than it says itself has lost its end."""

TELLS_LENGTH = ("mov,mp4", "matroska", "flv", "asf")
"""Formats that say how long they are; elsewhere FFmpeg guesses from the size of the file."""

AVI_UNKNOWN = 1 << 29
"""So many pictures and more in an AVI's header mean that its writer could not come back to fill it in."""

MICROSECONDS = 1_000_000  # AV_TIME_BASE

Hear = Callable[["Packet[AudioStream]"], None]


@dataclass(frozen=True, slots=True)
class Look:
    """How pictures are to be shown, beyond their pixels; numbers of ITU-T H.273.

    `rotation` is how far the source's were turned to be shown, in degrees anticlockwise.
    """

    rotation: int
    primaries: int
    transfer: int


class VideoFile:
    """One video file, open. Raises CameraLost where it cannot be opened or holds no video.

    `with_audio` also gives the packets of its first sound; UsageError where there is none.
    """

    def __init__(self, path: Path, *, with_audio: bool = False) -> None:
        self._path = path
        self._complaints = Complaints()
        try:
            self._container, self._stream = open_video(path)
        except CameraLost:
            self._complaints.close()
            raise
        self.fps = float(self._stream.average_rate or FPS_UNKNOWN)
        self.timeline = Timeline(self._stream.time_base or Fraction(1, 1000), self.fps)
        self.ticks: deque[int] = deque()
        """Times of the frames given so far, in 1/`timeline.scale` s; whoever uses them takes them out."""
        self.look: Look | None = None
        """Known once the first frame is."""
        self.damage: list[str] = []
        """What is wrong with the file, one line each."""
        self.notes: list[str] = []
        """What is left out or not believed although nothing is damaged, one line each."""
        videos = self._container.streams.video
        if sum(not stream.disposition & Disposition.attached_pic for stream in videos) > 1:
            self.notes.append("only the first of its video streams is kept")
        self.audio: AudioStream | None = None
        self._bad_packets = 0
        self._torn_packets = 0
        self._bad_pictures = 0
        self._inside = 0
        self._turn = UPRIGHT
        self._end_s = 0.0
        self._size: tuple[int, int] | None = None
        self._aspect = SQUARE
        self._colour: Colour | None = None
        if with_audio:
            self.audio = next(filter(can_decode, self._container.streams.audio), None)
            if self.audio is None:
                self.close()
                raise UsageError(f"{path}: there is no sound to keep", hint="leave --keep-audio out")

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def length_ns(self) -> int | None:
        """How long the file says it is, or None."""
        duration = self._container.duration
        return None if not duration or duration < 0 else duration * 1000

    def frames(self, hear: Hear) -> Iterator[RawFrame]:
        """Decode the file. Raises CameraLost where no picture can be had, or its size is impossible."""
        for packet in self._demux():
            if packet.stream_index == self._stream.index:
                yield from self._decoded(packet)
            elif self.audio is not None and packet.stream_index == self.audio.index and packet.size:
                hear(packet)
        yield from self._last()
        if self._size is None:
            raise CameraLost(f"{self._path}: no picture in it can be decoded")
        self._judge()

    def close(self) -> None:
        """Close the file. First its decoder's threads finish: one may wait for the GIL to tell an error.

        PyAV frees the decoder with the GIL held, and that waits for its threads; flushing waits without it.
        """
        self._stream.codec_context.flush_buffers()
        self._complaints.close()
        self._container.close()

    def _demux(self) -> "Iterator[Packet[Any]]":
        """Give all packets that hold something; all streams, since the longest tells the file's length."""
        try:
            for packet in self._container.demux():
                if packet.size:
                    self._note_end(packet)
                    yield packet
        except FFmpegError as error:
            self.damage.append(f"it breaks off: {error.strerror}")

    def _note_end(self, packet: "Packet[Any]") -> None:
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and packet.time_base is not None:
            end = (stamp + (packet.duration or 0)) * packet.time_base
            self._end_s = max(self._end_s, float(end))

    def _decoded(self, packet: "Packet[Any] | None") -> Iterator[RawFrame]:
        """Decode a packet, or what is left in the decoder."""
        if self._bad_packets > ERROR_LIMIT:
            return
        self._inside += packet is not None
        try:
            pictures = self._stream.codec_context.decode(packet)
        except FFmpegError:
            self._bad_packets += 1
            self._inside -= 1
            return
        finally:
            self._complaints.note((self._container.format.name, self._stream.codec_context.name))
        self._torn_packets += packet is not None and packet.is_corrupt
        for picture in pictures:
            self._bad_pictures += picture.is_corrupt
            self._inside -= 1
            yield self._frame(picture)

    def _last(self) -> Iterator[RawFrame]:
        """Give the pictures that are still in the decoder; an error takes those behind it along."""
        before = self._bad_packets, self._complaints.count
        yield from self._decoded(None)
        lost = min(self._inside, self._stream.codec_context.thread_count + REORDER_PICTURES)
        if lost > 0 and (self._bad_packets, self._complaints.count) != before:
            self.damage.append(f"pictures at its end are lost behind a damaged one, up to {lost}")

    def _frame(self, picture: VideoFrame) -> RawFrame:
        ticks = self.timeline.place(picture.pts, picture.dts)
        self.ticks.append(ticks)
        if self._size is None:
            check_size(picture.width, picture.height, self._path)
            self._size, self._aspect = shape(self._stream, picture.width, picture.height)
            told = self._stream.sample_aspect_ratio or SQUARE
            if self._aspect == SQUARE and abs(told - 1) >= NEARLY_SQUARE:
                self.notes.append(
                    f"pixels of {told.numerator}:{told.denominator} are not believed: taken as square"
                )
            self.look = self._look(picture)
        frame = raw_frame(picture, self.timeline.at_ns(ticks), self._turn, self._size, self._aspect)
        self._colour = self._colour or frame.colour
        return frame if frame.colour == self._colour else replace(frame, colour=self._colour)

    def _look(self, picture: VideoFrame) -> Look:
        self._turn = turn_of(picture)
        quarters, _ = self._turn
        return Look(quarters * 90, int(picture.color_primaries), int(picture.color_trc))

    def _judge(self) -> None:
        """Compare what came with what the file says of itself."""
        if self._bad_packets:
            self.damage.append(f"{self._bad_packets} of its packets cannot be decoded")
        if self._bad_pictures:
            are = "is" if self._bad_pictures == 1 else "are"
            self.damage.append(f"{self._bad_pictures} of its pictures {are} damaged")
        joined = (
            self._container.format.name == "mpegts" and self.timeline.shift
        )  # its packets do not follow on
        if self._torn_packets and not joined:
            are = "is" if self._torn_packets == 1 else "are"
            self.damage.append(f"{self._torn_packets} of its packets {are} torn")
        if self._complaints.count and not self.damage:
            times = "an error" if self._complaints.count == 1 else f"{self._complaints.count} errors"
            self.damage.append(f"FFmpeg finds {times} in it: {self._complaints.first}")
        if is_cut(self._path, self._container, self._stream):
            self.damage.append("its end is missing")
        missing_s = self._told_s() - self._end_s
        if missing_s > max(SHORT_S, 2 / self.fps):
            self.damage.append(f"its last {missing_s:.1f} s are missing")

    def _told_s(self) -> float:
        """When the file's own header says that it ends; 0 where it does not say."""
        start_s = max((self._container.start_time or 0) / MICROSECONDS, 0)
        if self._container.format.name == "avi":
            told = self._stream.frames if self._stream.frames < AVI_UNKNOWN else 0
            return float(told * (self._stream.time_base or 0))
        if self._container.format.name.startswith(TELLS_LENGTH) and self.length_ns is not None:
            return start_s + to_s(self.length_ns)
        return 0.0

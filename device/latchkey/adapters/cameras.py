"""Cameras: a recorded video (anything PyAV reads), or a V4L2 device through OpenCV.

Planes are references to the decoder's memory, even-sized 8-bit 4:2:0; they are never written to.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from latchkey.adapters.planes import SQUARE, Turn, raw_frame, turn_of
from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import Colour, Plane, RawFrame
from latchkey.ports import Clock, Still
from latchkey.reading import check_ordinary
from latchkey.units import NS_PER_S

SIDE_LIMIT_PX = (16, 4096)
"""Shortest and longest side taken: below there is no picture, above x264 and memory give out."""

DECODER_THREADS = 1
"""Each further one holds pictures of its own in memory."""

DEVICE_DIGITS_LIMIT = 4
"""V4L2 minor numbers are below 256; OpenCV takes a large number for an interface plus a device."""

NO_VIDEO_FORMATS = ("tty",)
"""FFmpeg draws text files as pictures of a terminal; nobody films those."""

BAD_LIMIT = 1000
"""After so many packets that cannot be decoded, nothing good will follow."""

PLAYLISTS = ("hls", "concat", "dash", "imf")
"""Formats that name other files, which nobody has asked for."""

PLAYLIST_MARK = b"#EXTM3U"
"""How an HLS playlist begins. While it is opened, FFmpeg waits for what will be added to it."""

NOT_A_VIDEO = "it is a list of other files, no video"

OPEN_LIMIT_S = 60
"""For whatever else FFmpeg may wait for before it knows what a file holds."""

PIXELS_LIMIT = (SIDE_LIMIT_PX[1] + 64) ** 2
"""Largest picture that is decoded at all: what the file says of its size is not what its packets hold, and
each of the decoder's threads takes memory for its own. A margin, since codecs count in whole blocks."""

ASPECT_LIMIT = 8
"""Pixels further from square are a mistake: no format in use goes beyond 8:3."""

NEARLY_SQUARE = 0.01
"""A difference that nobody sees, and that is not worth a scaling."""

INBOX_FRAMES = 4
"""Frames a live camera may be ahead of the loop; older ones are dropped, as a sensor would."""


def open_video(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a video file, and give its first video stream, ready to be decoded by several threads.

    Only the file itself is opened: a playlist in it can name no network address. Raises CameraLost.
    """
    try:
        check_ordinary(path)
        with path.open("rb") as file:
            named_only = file.read(len(PLAYLIST_MARK)) == PLAYLIST_MARK
        if named_only:
            raise CameraLost(f"{path}: {NOT_A_VIDEO}")
        options = {"protocol_whitelist": "file"}
        container = av.open(f"file:{path}", options=options, timeout=(OPEN_LIMIT_S, None))
    except InvalidDataError as error:
        raise CameraLost(
            f"{path}: it is no video, or damaged, or of a kind that FFmpeg cannot read"
        ) from error
    except FileNotFoundError as error:
        pipe = "`-` names no pipe, and there is no such file: videos are read from files"
        raise CameraLost(pipe if path == Path("-") else f"{path}: {error.strerror}") from error
    except (FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CameraLost(f"{path}: {reason}") from error
    if container.format.name.startswith(PLAYLISTS):
        container.close()
        raise CameraLost(f"{path}: {NOT_A_VIDEO}")
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic and container.format.name not in NO_VIDEO_FORMATS
    ]
    if not streams:
        container.close()
        raise CameraLost(f"{path}: there is no video in it")
    try:  # before anything is decoded, where the file tells
        if not can_decode(streams[0]):
            raise CameraLost(f"{path}: no decoder knows its video")
        if streams[0].codec_context.name == "webp" and not streams[0].codec_context.width:
            raise CameraLost(f"{path}: an animated WebP, which FFmpeg does not decode: convert it first")
        check_size(streams[0].codec_context.width, streams[0].codec_context.height, path)
    except CameraLost:
        container.close()
        raise
    streams[0].thread_type = "AUTO"
    streams[0].codec_context.options = {"max_pixels": str(PIXELS_LIMIT)}
    return container, streams[0]


def can_decode(stream: Stream) -> bool:
    """Whether FFmpeg has a decoder for it: else PyAV gives a stream no context, whatever its types say."""
    return getattr(stream, "codec_context", None) is not None


def check_size(width: int, height: int, path: Path) -> None:
    """Raise CameraLost where pictures are too small or too large to work with: memory is finite."""
    low, high = SIDE_LIMIT_PX
    if not width or not height:
        raise CameraLost(f"{path}: FFmpeg cannot tell the size of its pictures")
    if not (low <= width <= high and low <= height <= high):
        raise CameraLost(f"{path}: pictures of {width}x{height} pixels; sides of {low}..{high} work")


def shape(stream: VideoStream, width: int, height: int) -> tuple[tuple[int, int], Fraction]:
    """Give the size at which a stream's pictures of that size have square pixels, and the shape of theirs.

    Detectors know faces as they are shown. The shorter side grows, so that nothing is lost, up to the limit;
    a shape that cannot be meant counts as square.
    """
    aspect = Fraction(stream.sample_aspect_ratio or SQUARE)
    if not 1 / ASPECT_LIMIT <= aspect <= ASPECT_LIMIT or abs(aspect - 1) < NEARLY_SQUARE:
        return (width, height), SQUARE
    wide, high = (width * aspect, Fraction(height)) if aspect > 1 else (Fraction(width), height / aspect)
    scale = min(Fraction(1), SIDE_LIMIT_PX[1] / max(wide, high))
    size = (round(wide * scale), round(high * scale))
    return (size, aspect) if min(size) >= SIDE_LIMIT_PX[0] else ((width, height), SQUARE)


class VideoCamera:
    """Plays a video file by the board's clock: each picture is due at its PTS."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._container: InputContainer | None = None
        self._waiting: RawFrame | None = None
        self._open()

    @property
    def fps(self) -> float:
        """Average rate of the file, or 15 where it does not tell."""
        return self._fps

    def read(self) -> RawFrame | Still | None:
        """Give the next picture if it is due, else `Still` until then."""
        if self._container is None:
            raise CameraLost(f"{self._path}: closed")
        frame = self._waiting or self._next()
        early = frame.at_ns > self._clock.now_ns()
        self._waiting = frame if early else None
        return Still(frame.at_ns) if early else frame

    def restart(self) -> None:
        """Play the file again from its beginning."""
        self.close()
        self._open()

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None
        self._waiting = None

    def _open(self) -> None:
        container, stream = open_video(self._path)
        stream.codec_context.thread_count = DECODER_THREADS
        self._container, self._stream = container, stream
        self._fps = float(stream.average_rate or 15)
        self._pictures = self._decoded(container, stream)
        self._bad_packets = 0
        self._start_ns = self._clock.now_ns()
        self._turn: Turn | None = None
        self._first_ns: int | None = None
        self._last_ns = -1
        self._waiting = self._first_picture()

    def _first_picture(self) -> RawFrame:
        try:
            return self._next()
        except FootageEnded as error:
            self.close()
            raise CameraLost(f"{self._path}: no picture in it can be decoded") from error
        except CameraLost:
            self.close()
            raise

    def _next(self) -> RawFrame:
        picture = next(self._pictures, None)
        if picture is None:
            bad = f"; {self._bad_packets} of its packets are damaged" if self._bad_packets else ""
            raise FootageEnded(f"{self._path.name} has ended{bad}")
        check_size(picture.width, picture.height, self._path)
        if self._turn is None:
            self._turn = turn_of(picture)
        size, aspect = shape(self._stream, picture.width, picture.height)
        return raw_frame(picture, self._due_ns(picture), self._turn, size, aspect)

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        """Decode all that can be: what is damaged is skipped and counted, as a camera would go on."""
        packets = container.demux(stream)
        while self._bad_packets <= BAD_LIMIT:
            try:
                yield from next(packets).decode()
            except StopIteration:
                return
            except FFmpegError:
                self._bad_packets += 1

    def _due_ns(self, picture: VideoFrame) -> int:
        """When the picture is due; rising even where the file's PTS are missing or go back."""
        step_ns = round(NS_PER_S / self._fps)
        if picture.pts is None or picture.time_base is None:
            pts_ns = self._last_ns + step_ns if self._last_ns >= 0 else 0
        else:
            pts_ns = int(Fraction(picture.pts) * picture.time_base * NS_PER_S)
        if self._first_ns is None:
            self._first_ns = pts_ns
        offset_ns = pts_ns - self._first_ns
        if offset_ns <= self._last_ns:
            offset_ns = self._last_ns + 1_000_000
        self._last_ns = offset_ns
        return self._start_ns + offset_ns


def v4l2_device(source: str) -> int | str:
    """Read the number or the path of a V4L2 device. Raises CameraLost for a number that none has."""
    if not (source.isascii() and source.isdecimal()):
        return source
    if len(source) > DEVICE_DIGITS_LIMIT:
        raise CameraLost(f"there is no camera number {source}")
    return int(source)


class WebcamCamera:
    """A V4L2 device, read by a thread of its own."""

    def __init__(self, device: int | str, width: int, height: int, fps: float, clock: Clock) -> None:
        self._device = device
        self._size = (width, height)
        self._fps = fps
        self._clock = clock
        self._inbox: deque[RawFrame] = deque(maxlen=INBOX_FRAMES)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.restart()

    @property
    def fps(self) -> float:
        """The rate that was asked of the device."""
        return self._fps

    def read(self) -> RawFrame | Still | None:
        """Give the oldest frame that waits, or None."""
        with suppress(IndexError):
            return self._inbox.popleft()
        if self._thread is None or not self._thread.is_alive():
            raise CameraLost(f"camera {self._device} gives no more pictures")
        return None

    def restart(self) -> None:
        """Open the device again. Raises CameraLost."""
        self.close()
        capture = cv2.VideoCapture(self._device, cv2.CAP_V4L2)
        if not capture.isOpened():
            raise CameraLost(f"camera {self._device} cannot be opened")
        width, height = self._size
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        capture.set(cv2.CAP_PROP_FPS, self._fps)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pump, args=(capture, self._stopped), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and let go of the device."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(2)
            self._thread = None
        self._inbox.clear()

    def _pump(self, capture: cv2.VideoCapture, stopped: threading.Event) -> None:
        while not stopped.is_set():
            ok, bgr = capture.read()
            if not ok:
                break
            self._inbox.append(frame_from_bgr(bgr, self._clock.now_ns()))
            self._clock.wake()
        capture.release()


def frame_from_bgr(bgr: Plane, at_ns: int) -> RawFrame:
    """Turn a (height, width, 3) BGR picture into planes (BT.601, limited range, as OpenCV does)."""
    height, width = (side & ~1 for side in bgr.shape[:2])
    i420 = cv2.cvtColor(bgr[:height, :width], cv2.COLOR_BGR2YUV_I420)
    y = i420[:height]
    u, v = i420[height:].reshape(2, height // 2, width // 2)
    return RawFrame(y, u, v, at_ns, Colour(matrix=6, full_range=False))

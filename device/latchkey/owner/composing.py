"""A clip with its faces put back, for its owner: decode, paste the patches of the face layer, encode anew.

Nothing of this runs on the device's way of recording. Here, and only here, pictures without covers are
written: into the file that the owner asked for, readable by the owner alone.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import PictureType, VideoFrame

from latchkey.adapters.disk import disk_errors
from latchkey.adapters.h264 import H264Stream, x264
from latchkey.adapters.planes import rows_of
from latchkey.clip import ClipDamaged, ClipTruncated, HeaderDamaged, NoIdentityMatched, decrypt
from latchkey.errors import ClipError, EncoderError, NotOnDisk
from latchkey.frames import Cover, Plane
from latchkey.owner.opening import FaceKeyErased, FacesForOthers, FacesGone, ReadableDisk, open_chunks
from latchkey.ports import ClipEntry, ClipSpec
from latchkey.settings import RecordingSettings
from latchkey.units import TICKS_PER_S
from latchkey.vault import FaceRecord, LayerDamaged, LayerEnd, LayerHead, LayerReader, faces_name

QUALITY = RecordingSettings(crf=16, preset="veryfast")
"""Finer than any clip by default, so that what is encoded twice looks no worse."""

FPS_UNKNOWN = 15.0
_SOF0 = struct.Struct(">BHHB")


@dataclass(slots=True)
class Composed:
    """What was written. `torn` says why the last pictures keep their covers, or is empty.

    `withheld` counts other pictures in which covers stay, where the layer is whole.
    """

    frames: int = 0
    frames_with_faces: int = 0
    torn: str = ""
    withheld: LayerEnd = field(default_factory=LayerEnd)


class FaceLayer:
    """The face layer of a clip, open and known to be of that clip; use it in a `with`.

    `identities` are those for faces, not the clip's; () = they are erased.
    Raises FacesGone, FaceKeyErased, FacesForOthers, LayerDamaged, ClipError, DiskError.
    """

    def __init__(self, disk: ReadableDisk, entry: ClipEntry, identities: Sequence[str]) -> None:
        try:
            self._file = disk.reader(faces_name(entry.clip, entry.day))
        except NotOnDisk as error:
            raise FacesGone(entry.clip) from error
        try:
            if not identities:
                raise FaceKeyErased(entry.clip)
            self._reader = LayerReader(decrypt(self._file, identities))
            if self._reader.head.clip != entry.clip:
                raise LayerDamaged("it belongs to another clip")
        except NoIdentityMatched as error:
            self._file.close()
            raise FacesForOthers(entry.clip) from error
        except (HeaderDamaged, ClipTruncated, ClipDamaged) as error:
            self._file.close()
            raise LayerDamaged(str(error)) from error
        except BaseException:
            self._file.close()
            raise
        self._records = self._reader.records()
        self._next: FaceRecord | None = None
        self._is_begun = False
        self.torn = ""

    def __enter__(self) -> "FaceLayer":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def head(self) -> LayerHead:
        """What is true of the whole layer."""
        return self._reader.head

    @property
    def withheld(self) -> LayerEnd:
        """In how many pictures covers stay; known once all of it has been read."""
        return self._reader.end or LayerEnd()

    def at(self, ticks: int) -> FaceRecord | None:
        """Give the patches of the clip's next picture, if it has any. Raises LayerDamaged."""
        if not self._is_begun:
            self._is_begun = True
            self._advance()
        record = self._next
        if record is None or record.ticks > ticks:
            return None
        if record.ticks < ticks:
            raise LayerDamaged("it belongs to other pictures")
        self._advance()
        return record

    def end(self) -> None:
        """Raise LayerDamaged if patches are left after the last picture."""
        if self._next is not None:
            raise LayerDamaged("it has faces for pictures that the clip does not have")

    def _advance(self) -> None:
        try:
            self._next = next(self._records, None)
        except (ClipTruncated, ClipDamaged) as error:
            self._next, self.torn = None, str(error)


def compose(
    disk: ReadableDisk,
    entry: ClipEntry,
    identities: Sequence[str],
    layer: FaceLayer,
    path: str,
    target_path: Path,
) -> Composed:
    """Write the clip with its faces to the file `path`; errors speak of `target_path`, its later name.

    `identities` are the clip's; the layer is open already.
    Complete only if nothing is raised. Where the layer breaks off, as after a power cut, the rest of the
    pictures keep their covers and `torn` says so. Raises ClipError, LayerDamaged, EncoderError, DiskError.
    """
    done, source = Composed(), _ChunkStream(open_chunks(disk, entry, identities))
    with _foreign_errors(source), av.open(source, "r", format="mp4") as clip:
        video = clip.streams.video[0]
        size = (video.codec_context.width, video.codec_context.height)
        if size != (layer.head.width, layer.head.height):
            raise LayerDamaged("its pictures have another size than the clip's")
        spec = ClipSpec(*size, float(video.average_rate or FPS_UNKNOWN), layer.head.colour)
        with _Target(path, target_path, spec) as target:
            for picture in clip.decode(video):
                ticks = round((picture.pts or 0) * Fraction(picture.time_base or 0) * TICKS_PER_S)
                record = layer.at(ticks)
                done.frames += 1
                done.frames_with_faces += record is not None
                target.add(_pasted(picture, record), ticks)
            source.drain()
            layer.end()
            target.finish()
    done.torn, done.withheld = layer.torn, layer.withheld
    return done


class _ChunkStream:
    """Verified pieces of a clip as a stream that can only be read on. Keeps the error that ended it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""
        self.error: Exception | None = None

    def read(self, n_bytes: int) -> bytes:
        while not self._held and self.error is None:
            try:
                self._held = next(self._chunks)
            except StopIteration:
                return b""
            except Exception as error:  # noqa: BLE001 -- FFmpeg's reader would swallow it; `_foreign_errors` raises it
                self.error = error
        data, self._held = self._held[:n_bytes], self._held[n_bytes:]
        return data

    def drain(self) -> None:
        """Verify what no demuxer wanted, and raise what ended the stream too early."""
        while self.read(1 << 16):
            pass
        if self.error is not None:
            raise self.error


@contextmanager
def _foreign_errors(source: _ChunkStream) -> Iterator[None]:
    """Turn FFmpeg's errors into ours; the clip's own trouble comes first."""
    try:
        yield
    except FFmpegError as error:
        if source.error is not None:
            raise source.error from error
        raise ClipError(f"the clip cannot be decoded: {error.strerror}") from error
    except IndexError as error:
        raise ClipError("the clip holds no video") from error


class _Target:
    """The MP4 that is written."""

    def __init__(self, path: str, target_path: Path, spec: ClipSpec) -> None:
        self._target_path = target_path
        options = {
            "movflags": "faststart",
            "fflags": "bitexact",
            "video_track_timescale": str(TICKS_PER_S),
        }
        try:
            self._container = av.open(f"file:{path}", "w", format="mp4", options=options)
            self._stream = H264Stream(self._container, spec, TICKS_PER_S, x264(QUALITY)).stream
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"cannot encode {spec.width}x{spec.height}: {error}") from error
        self._next_key_ticks = 0

    def __enter__(self) -> "_Target":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(FFmpegError, OSError, ValueError):  # finished already, or nobody wants it any more
            self._container.close()

    def add(self, picture: VideoFrame, ticks: int) -> None:
        picture.pts, picture.time_base = ticks, Fraction(1, TICKS_PER_S)
        if ticks >= self._next_key_ticks:
            picture.pict_type = PictureType.I
            self._next_key_ticks = ticks + TICKS_PER_S
        with self._errors():
            self._container.mux(self._stream.encode(picture))

    def finish(self) -> None:
        with self._errors():
            self._container.mux(self._stream.encode(None))
            self._container.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn FFmpeg's errors into ours: of the disk, or of the encoder."""
        try:
            with disk_errors(f"write {self._target_path}"):
                yield
        except FFmpegError as error:
            raise EncoderError(f"the video could not be written: {error.strerror}") from error


def _pasted(picture: VideoFrame, record: FaceRecord | None) -> VideoFrame:
    """Copy a decoded picture and put the patches over its covers."""
    copy = VideoFrame(picture.width, picture.height, "yuv420p")
    for plane, seen in zip(copy.planes, picture.planes, strict=True):
        rows_of(plane)[:, : plane.width] = rows_of(seen)[:, : plane.width]
    if record is not None:
        _put_back(copy, record)
    copy.pict_type = PictureType.NONE
    return copy


def _put_back(picture: VideoFrame, record: FaceRecord) -> None:
    for place, image in record.patches:
        height, middle = place.y1 - place.y0, (place.x1 - place.x0) // 2
        pixels = _pixels(place, image)
        parts = (pixels[:height], pixels[height:, :middle], pixels[height:, middle:])
        for plane, part, scale in zip(picture.planes, parts, (1, 2, 2), strict=True):
            _paste(rows_of(plane), part, place, record.covers, scale)


def _paste(plane: Plane, part: Plane, place: Cover, covers: Sequence[Cover], scale: int) -> None:
    """Put what lies under covers into a plane, whose pixels are `scale` of the picture's wide and high."""
    left, top, right, bottom = (side // scale for side in place)
    for cover in covers:
        x0, y0, x1, y1 = (side // scale for side in cover)
        if left <= x0 and top <= y0 and x1 <= right and y1 <= bottom:
            plane[y0:y1, x0:x1] = part[y0 - top : y1 - top, x0 - left : x1 - left]


def _pixels(cover: Cover, image: bytes) -> Plane:
    """Decode a patch. Raises LayerDamaged unless it is a picture of exactly the size that belongs there."""
    shape = ((cover.y1 - cover.y0) * 3 // 2, cover.x1 - cover.x0)
    if jpeg_shape(image) != shape:  # before it is decoded, so that it cannot ask for more memory
        raise LayerDamaged("a patch is not a picture of its size")
    try:
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise LayerDamaged("a patch cannot be decoded") from error
    if pixels is None or pixels.shape != shape:
        raise LayerDamaged("a patch cannot be decoded")
    return np.asarray(pixels, np.uint8)


def jpeg_shape(image: bytes) -> tuple[int, int] | None:
    """Give rows and columns of a baseline JPEG in one channel (ITU-T T.81, annex B), or None."""
    if image[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 4 + _SOF0.size <= len(image) and image[at] == 0xFF:
        marker, size = image[at + 1], int.from_bytes(image[at + 2 : at + 4], "big")
        if marker == 0xC0:
            precision, height, width, channels = _SOF0.unpack_from(image, at + 4)
            return (height, width) if (precision, channels) == (8, 1) else None
        if not (marker in (0xC4, 0xDB, 0xFE) or 0xE0 <= marker <= 0xEF) or size < 2:
            return None
        at += 2 + size
    return None

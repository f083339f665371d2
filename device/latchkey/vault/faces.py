"""The bytes of a face layer before they are sealed: a head, a record per picture that has patches, an end.

Numbers are unsigned and big-endian; device/CLIP.md has the tables. What a patch looks like inside is
not read here. The reader takes nothing on trust: whoever knows the owner's public key can seal anything
to it, so everything is bounded and checked before it is used.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from latchkey.errors import ClipError
from latchkey.frames import Colour, Cover
from latchkey.units import MIB

MAGIC = b"LKFACES1"
SIDE_MAX_PX = 8192
"""No camera that we open has longer sides."""

COVER_LIMIT = 1024
"""Covers in a picture: more than the filter and the self-check of what it made can give together."""

RECORD_LIMIT_BYTES = 32 * MIB
"""A picture of 4096 x 4096 that JPEG cannot make smaller; a reader holds one record at a time."""

_HEAD = struct.Struct(">8s16sHHHB")
_RECORD = struct.Struct(">IQHH")
_COVER = struct.Struct(">HHHH")
_PATCH = struct.Struct(">HHHHI")
_END = struct.Struct(">III")


class LayerDamaged(ClipError):
    """A face layer is not one that this version writes, or belongs to another clip."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the face layer cannot be used: {reason}", hint="without --with-faces the clip opens"
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LayerHead:
    """What is true of a whole layer. Sizes in pixels, even."""

    clip: str
    width: int
    height: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """The patches of one picture, at `ticks` of the clip; each a place and a picture in a file format.

    Of a patch only what lies under `covers` counts.
    """

    ticks: int
    covers: tuple[Cover, ...]
    patches: tuple[tuple[Cover, bytes], ...]


@dataclass(frozen=True, slots=True)
class LayerEnd:
    """In how many pictures covers stay: all but those of faces that were found where the frame was a fallback
    (`safety`) or other covers hide most of it (`scene`); all of them where the layer had no more `room`.
    """

    safety: int = 0
    scene: int = 0
    room: int = 0


def encode_head(head: LayerHead) -> bytes:
    """Give the first bytes of a layer."""
    return _HEAD.pack(
        MAGIC,
        bytes.fromhex(head.clip),
        head.width,
        head.height,
        head.colour.matrix,
        head.colour.full_range,
    )


def encode_record(ticks: int, covers: Sequence[Cover], patches: Sequence[tuple[Cover, bytes]]) -> bytes:
    """Give the bytes of a record; there must be a cover, and each must lie in a patch."""
    body = b"".join(_COVER.pack(*cover) for cover in covers)
    body += b"".join(_PATCH.pack(*place, len(image)) + image for place, image in patches)
    return _RECORD.pack(len(body), ticks, len(covers), len(patches)) + body


def encode_end(end: LayerEnd) -> bytes:
    """Give the last bytes of a layer: a record of no picture."""
    return _RECORD.pack(_END.size, 0, 0, 0) + _END.pack(end.safety, end.scene, end.room)


class LayerReader:
    """Reads a layer from its plaintext in pieces, in bounded memory.

    `end` is there once all records have been read; a layer that broke off has none.

    Raises LayerDamaged, and whatever `chunks` raises: what was given before that is authentic.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = bytearray()
        magic, clip, width, height, matrix, full_range = _HEAD.unpack(self._exactly(_HEAD.size))
        if magic != MAGIC:
            raise LayerDamaged("it is of another version, or no face layer")
        if full_range > 1 or not all(0 < side <= SIDE_MAX_PX and side % 2 == 0 for side in (width, height)):
            raise LayerDamaged("its head has an impossible value")
        self.head = LayerHead(clip.hex(), width, height, Colour(matrix, bool(full_range)))
        self.end: LayerEnd | None = None

    def records(self) -> Iterator[FaceRecord]:
        """Give the records, in time order; complete only if nothing is raised."""
        last_ticks = -1
        while self._fill(1):
            size, ticks, n_covers, n_patches = _RECORD.unpack(self._exactly(_RECORD.size))
            if (size, ticks, n_covers, n_patches) == (_END.size, 0, 0, 0):
                self.end = LayerEnd(*_END.unpack(self._exactly(_END.size)))
                break
            if size > RECORD_LIMIT_BYTES or not 0 < n_patches <= n_covers <= COVER_LIMIT:
                raise LayerDamaged("a record is larger than any can be")
            if ticks <= last_ticks:
                raise LayerDamaged("its records are not in order")
            last_ticks = ticks
            if size < n_covers * _COVER.size + n_patches * _PATCH.size:
                raise LayerDamaged("a record is shorter than what it holds")
            yield self._record(ticks, self._exactly(size), n_covers, n_patches)
        if self._fill(1):
            raise LayerDamaged("something follows its end")

    def _record(self, ticks: int, body: bytes, n_covers: int, n_patches: int) -> FaceRecord:
        first = n_covers * _COVER.size
        covers = tuple(self._placed(*sides) for sides in _COVER.iter_unpack(body[:first]))
        patches = tuple(self._patches(body, first, n_patches))
        if sum(_area(place) for place, _ in patches) > self.head.width * self.head.height:
            raise LayerDamaged("the patches of a picture are larger than it")
        if not all(any(_holds(place, cover) for place, _ in patches) for cover in covers):
            raise LayerDamaged("a cover has no patch")
        return FaceRecord(ticks, covers, patches)

    def _patches(self, body: bytes, at: int, count: int) -> Iterator[tuple[Cover, bytes]]:
        for _ in range(count):
            if len(body) - at < _PATCH.size:
                raise LayerDamaged("a record is shorter than its patches")
            *sides, size = _PATCH.unpack_from(body, at)
            at += _PATCH.size
            if size > len(body) - at:
                raise LayerDamaged("a record is shorter than its patches")
            yield self._placed(*sides), body[at : at + size]
            at += size
        if at != len(body):
            raise LayerDamaged("a record is longer than its patches")

    def _placed(self, x0: int, y0: int, x1: int, y1: int) -> Cover:
        """Give a rectangle that is one: inside the picture, and on even pixels."""
        odd = any(side % 2 for side in (x0, y0, x1, y1))
        if odd or not (x0 < x1 <= self.head.width and y0 < y1 <= self.head.height):
            raise LayerDamaged("a rectangle lies outside the picture")
        return Cover(x0, y0, x1, y1)

    def _fill(self, n_bytes: int) -> bool:
        while len(self._held) < n_bytes:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._held += chunk
        return True

    def _exactly(self, n_bytes: int) -> bytes:
        if not self._fill(n_bytes):
            raise LayerDamaged("it ends in the middle")
        data = bytes(self._held[:n_bytes])
        del self._held[:n_bytes]
        return data


def _area(place: Cover) -> int:
    return (place.x1 - place.x0) * (place.y1 - place.y0)


def _holds(outer: Cover, inner: Cover) -> bool:
    return outer.x0 <= inner.x0 and outer.y0 <= inner.y0 and inner.x1 <= outer.x1 and inner.y1 <= outer.y1

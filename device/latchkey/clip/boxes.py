"""Boxes of an MP4 file (ISO/IEC 14496-12, "size, type, contents"), in pieces and in bounded memory.

Only what a clip of ours holds: sizes of 32 bits. A box without an end, or with a size of 64 bits, is refused.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from latchkey.clip.errors import BoxDamaged

HEADER_BYTES = 8
PARTS_LIMIT = 64
"""Boxes right inside one box that is looked into: ours hold six at most."""

_HEADER = struct.Struct(">I4s")
_BASE_DATA_OFFSET, _SAMPLE_DESCRIPTION, _DEFAULT_DURATION = 0x01, 0x02, 0x08
_DATA_OFFSET, _FIRST_FLAGS = 0x01, 0x04
_PER_SAMPLE = (0x100, 0x200, 0x400, 0x800)
"""Flags of `trun` for duration, size, flags and composition offset of each picture, 4 bytes each."""

_NUMBER = struct.Struct(">I")
_LONG_NUMBER = struct.Struct(">Q")
_VERSION_BYTES = 4
"""Version and flags at the front of some boxes, in one number."""


def box(kind: bytes, contents: bytes) -> bytes:
    """Write a box."""
    return _HEADER.pack(HEADER_BYTES + len(contents), kind) + contents


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of one box, its header at the front of the first; `ends` = the box ends with them."""

    kind: bytes
    data: bytes
    begins: bool
    ends: bool


class BoxWalker:
    """Cuts a stream into pieces at the edges of its outermost boxes. Holds 7 bytes at most."""

    def __init__(self) -> None:
        self._held = b""
        self._kind = b""
        self._left_bytes = 0

    @property
    def is_between(self) -> bool:
        """Whether the stream so far ends where a box does."""
        return not self._held and not self._left_bytes

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Give the pieces of the next bytes; take them all. Raises BoxDamaged."""
        data, at = self._held + data, 0
        self._held = b""
        while at < len(data):
            begins = not self._left_bytes
            if begins and len(data) - at < HEADER_BYTES:
                self._held = data[at:]
                return
            if begins:
                self._left_bytes, self._kind = _header(data, at)
            part = data[at : at + self._left_bytes]
            at += len(part)
            self._left_bytes -= len(part)
            yield Piece(self._kind, part, begins, ends=not self._left_bytes)


def parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give kind and contents of the boxes that fill `data`. Raises BoxDamaged."""
    at = 0
    for _ in range(PARTS_LIMIT):
        if at == len(data):
            return
        if len(data) - at < HEADER_BYTES:
            break
        size_bytes, kind = _header(data, at)
        if size_bytes > len(data) - at:
            break
        yield kind, data[at + HEADER_BYTES : at + size_bytes]
        at += size_bytes
    raise BoxDamaged("a box is longer than the one around it, or too many are in one")


def ticks_per_s(moov: bytes) -> int:
    """Give the time scale of the one track of a `moov` (its contents). Raises BoxDamaged."""
    mdhd = _inside(moov, b"trak", b"mdia", b"mdhd")
    scale = _number(mdhd, _VERSION_BYTES + (16 if _version(mdhd) else 8))
    if not scale:
        raise BoxDamaged("the clip has no time scale")
    return scale


def end_ticks(moof: bytes) -> int:
    """Give the time at which the pictures of a `moof` (its contents) end. Raises BoxDamaged."""
    traf = _inside(moof, b"traf")
    tfdt = _inside(traf, b"tfdt")
    begin = _number(tfdt, _VERSION_BYTES, _LONG_NUMBER if _version(tfdt) else _NUMBER)
    return begin + _duration_ticks(_inside(traf, b"trun"), _default_ticks(_inside(traf, b"tfhd")))


def _default_ticks(tfhd: bytes) -> int:
    flags = _flags(tfhd)
    if not flags & _DEFAULT_DURATION:
        return 0
    at = _VERSION_BYTES + 4 + 8 * bool(flags & _BASE_DATA_OFFSET) + 4 * bool(flags & _SAMPLE_DESCRIPTION)
    return _number(tfhd, at)


def _duration_ticks(trun: bytes, default_ticks: int) -> int:
    flags = _flags(trun)
    count = _number(trun, _VERSION_BYTES)
    if not flags & _PER_SAMPLE[0]:
        return count * default_ticks
    at = _VERSION_BYTES + 4 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    step = 4 * sum(bool(flags & flag) for flag in _PER_SAMPLE)
    if len(trun) != at + count * step:
        raise BoxDamaged("a fragment lists more or fewer pictures than it counts")
    return sum(int.from_bytes(trun[place : place + 4], "big") for place in range(at, len(trun), step))


def _inside(data: bytes, *path: bytes) -> bytes:
    for kind in path:
        found = [contents for name, contents in parts(data) if name == kind]
        if len(found) != 1:
            raise BoxDamaged(f"it has {len(found)} boxes {kind.decode('latin-1')} where one belongs")
        data = found[0]
    return data


def _header(data: bytes, at: int) -> tuple[int, bytes]:
    size_bytes, kind = _HEADER.unpack_from(data, at)
    if size_bytes < HEADER_BYTES:
        raise BoxDamaged(f"a box has the impossible size {size_bytes}")
    return size_bytes, kind


def _version(data: bytes) -> int:
    return _number(data, 0) >> 24


def _flags(data: bytes) -> int:
    return _number(data, 0) & 0xFFFFFF


def _number(data: bytes, at: int, layout: struct.Struct = _NUMBER) -> int:
    if len(data) - at < layout.size:
        raise BoxDamaged("a box is too short")
    return int(layout.unpack_from(data, at)[0])

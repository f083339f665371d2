"""Sound that is copied from one file to another: what of it is sound, and nothing else.

A codec's header (FFmpeg's extradata) may hold titles, pictures and anything behind its own end; so may what
passes for a packet. Headers are rebuilt from the parts that a decoder needs, packets that are not of the
codec's shape are not sound. A codec whose header is not known here is refused.
"""

import struct
from collections.abc import Callable

from latchkey.errors import UsageError

_REMEDY = "convert the sound to AAC first, or leave --keep-audio out"
_FLAC_INFO_BYTES = 34
_ALAC_COOKIE_BYTES = 36
_OPUS_HEAD_BYTES = 19
_VORBIS_FIRST_BYTES = 30

_BITRATES = {  # kbit/s by (MPEG-1?, layer), ISO/IEC 11172-3 and 13818-3
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)


class _Unknown(Exception):
    """A header is not of a shape known here."""


def sound_header(codec: str, data: bytes) -> bytes:
    """Give the header that a copy needs, of the one in a file. Raises UsageError where it is not known."""
    rebuild = _PLAIN if codec.startswith("pcm_") else _HEADERS.get(codec)
    if rebuild is None:
        raise UsageError(f"sound in {codec} cannot be copied safely", hint=_REMEDY)
    try:
        return rebuild(data)
    except _Unknown as error:
        raise UsageError(f"the sound's header is not one of {codec} that is known", hint=_REMEDY) from error


def is_sound(codec: str, data: bytes) -> bool:
    """Whether a packet has the shape of its codec: tags and headers between packets have not, nor nothing."""
    if not data:
        return False
    if codec.startswith(("mp2", "mp3")):
        return _is_mpeg(data)
    if codec == "flac":
        return data[:2] in (b"\xff\xf8", b"\xff\xf9")
    if codec in ("ac3", "eac3"):
        return data[:2] == b"\x0b\x77"
    if codec in ("opus", "libopus"):
        return not data.startswith(b"Opus")
    if codec in ("vorbis", "libvorbis"):
        return not data[0] & 1
    if codec == "aac":
        return not _is_adts(data) or bool(data[2] & 1 or data[3] >> 6)  # 0: a table with a comment follows
    return True


def _is_adts(data: bytes) -> bool:
    return len(data) > 7 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0


def _is_mpeg(data: bytes) -> bool:
    """Whether frames of MPEG layer 2 or 3 fill a packet to its end."""
    at = 0
    while at + 4 <= len(data):
        size = _mpeg_bytes(*data[at : at + 4])
        if not size:
            return False
        at += size
    return at == len(data) > 0


def _mpeg_bytes(first: int, second: int, third: int, _: int) -> int:
    """Give the length of a frame by its header, or 0."""
    version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
    index, rate = third >> 4, third >> 2 & 3
    if first != 0xFF or second < 0xE0 or version == 1 or layer not in (2, 3) or rate == 3:
        return 0
    if not 1 <= index <= 14:
        return 0
    one = version == 3
    hertz = _RATES[rate] >> (0 if one else 1 if version == 2 else 2)
    samples = 72 if layer == 3 and not one else 144
    return samples * _BITRATES[one, layer][index - 1] * 1000 // hertz + (third >> 1 & 1)


def _nothing(data: bytes) -> bytes:  # noqa: ARG001 -- decoders of these need none
    return b""


def _flac(data: bytes) -> bytes:
    """STREAMINFO alone, without the blocks for tags and pictures."""
    if data.startswith(b"fLaC"):
        block = _first(data, 8)
        if block[4] & 0x7F or block[5:8] != _FLAC_INFO_BYTES.to_bytes(3, "big"):
            raise _Unknown
        data = data[8:]
    return _first(data, _FLAC_INFO_BYTES)


def _alac(data: bytes) -> bytes:
    """The cookie, without what follows it: channels are laid out in the usual way."""
    if data[:12] != struct.pack(">I4sI", int.from_bytes(data[:4], "big"), b"alac", 0):
        raise _Unknown
    return _ALAC_COOKIE_BYTES.to_bytes(4, "big") + _first(data, _ALAC_COOKIE_BYTES)[4:]


def _opus(data: bytes) -> bytes:
    """RFC 7845, 5.1."""
    if not data.startswith(b"OpusHead") or len(data) < _OPUS_HEAD_BYTES:
        raise _Unknown
    family, channels = data[18], data[9]
    return _first(data, _OPUS_HEAD_BYTES + (2 + channels if family else 0))


def _vorbis(data: bytes) -> bytes:
    """First and third header as they are, and a second one that says nothing, laced as in Matroska."""
    if data[:1] != b"\x02":
        raise _Unknown
    at, sizes = 1, []
    for _ in range(2):
        size = 0
        while data[at : at + 1] == b"\xff":
            size, at = size + 255, at + 1
        sizes.append(size + _first(data[at:], 1)[0])
        at += 1
    first, setup = data[at : at + sizes[0]], data[at + sum(sizes) :]
    if len(first) != _VORBIS_FIRST_BYTES or first[:7] != b"\x01vorbis" or setup[:7] != b"\x05vorbis":
        raise _Unknown
    silent = b"\x03vorbis" + bytes(8) + b"\x01"  # no maker, no comments, the framing bit
    return bytes([2, len(first), len(silent)]) + first + silent + setup


class _Bits:
    """Reads a header bit by bit."""

    def __init__(self, data: bytes) -> None:
        self.at = 0
        self.left = 8 * len(data)
        self._value = int.from_bytes(data, "big")

    def take(self, count: int) -> int:
        self.left -= count
        self.at += count
        if self.left < 0:
            raise _Unknown
        return self._value >> self.left & (1 << count) - 1

    def read(self) -> bytes:
        """Give what was read, filled up to whole bytes with zeros."""
        gap = -self.at % 8
        return (self._value >> self.left << gap).to_bytes((self.at + gap) // 8, "big")


def _aac(data: bytes) -> bytes:
    """AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) of AAC Main, LC, SSR, LTP, HE and HE v2.

    A table of channels, which carries a comment, and extensions are not known.
    """
    if not data:
        return b""  # every packet tells for itself, as in broadcasts
    bits = _Bits(data)
    kind = bits.take(5)
    _rate(bits)
    channels = bits.take(4)
    if kind in (5, 29):
        _rate(bits)
        kind = bits.take(5)
    if kind not in (1, 2, 3, 4) or not channels:
        raise _Unknown
    bits.take(1)
    if bits.take(1):
        bits.take(14)
    if bits.take(1):
        raise _Unknown
    plain = bits.read()
    try:
        return _with_bands(bits)
    except _Unknown:
        return plain


def _with_bands(bits: _Bits) -> bytes:
    """Read on where the upper half of the spectrum, then stereo, is told behind the rest."""
    if bits.take(11) != 0x2B7 or bits.take(5) != 5:
        raise _Unknown
    if bits.take(1):
        _rate(bits)
    found = bits.read()
    try:
        if bits.take(11) != 0x548:
            return found
        bits.take(1)
    except _Unknown:
        return found
    return bits.read()


def _rate(bits: _Bits) -> None:
    if bits.take(4) == 15:
        bits.take(24)


def _first(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise _Unknown
    return data[:size]


_PLAIN: Callable[[bytes], bytes] = _nothing
_HEADERS: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("mp2", "mp2float", "mp3", "mp3float", "ac3", "eac3"), _nothing),
    **dict.fromkeys(("opus", "libopus"), _opus),
    **dict.fromkeys(("vorbis", "libvorbis"), _vorbis),
    "aac": _aac,
    "alac": _alac,
    "flac": _flac,
}

"""The header of an age v1 file (C2SP age-encryption.org/v1), strict in both directions.

One legal spelling: unpadded canonical base64, bodies in lines of 64 characters, no carriage
return, no other space. Everything is bounded before it is read, so an absurd header costs a
bounded amount of memory and time.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from latchkey.clip.errors import ClipArmored, HeaderDamaged
from latchkey.units import KIB

FIRST_LINE = b"age-encryption.org/v1\n"
ARMOR_START = b"-----BEGIN AGE"
STANZA_START = b"-> "
MAC_START = b"---"

BODY_LINE_CHARS = 64
LINE_LIMIT_BYTES = 4 * KIB
"""The longest legal line known is that of a hybrid recipient, 1.5 KiB."""

HEADER_LIMIT_BYTES = 64 * KIB
STANZA_LIMIT = 128
"""More readers than any household has; bounds the key agreements one file can ask for."""

FILE_KEY_BYTES = 16
MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Stanza:
    """The file key wrapped for one recipient: words (the first is the type) and a body."""

    words: tuple[str, ...]
    body: bytes

    @property
    def kind(self) -> str:
        """The type of recipient, like `X25519`."""
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. `signed` are the bytes its MAC covers, up to and including `---`."""

    stanzas: tuple[Stanza, ...]
    signed: bytes
    mac: bytes

    @property
    def raw(self) -> bytes:
        """The bytes that were read: there is one legal spelling."""
        return self.signed + b" " + to_base64(self.mac) + b"\n"

    def verify(self, file_key: bytes) -> None:
        """Raise HeaderDamaged unless the MAC was made with this file key over these bytes."""
        if not hmac.compare_digest(_mac(file_key, self.signed), self.mac):
            raise HeaderDamaged("its authentication code does not match")


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) for 32 bytes: one block."""
    pseudorandom = hmac.digest(salt or bytes(32), secret, hashlib.sha256)
    return hmac.digest(pseudorandom, info + b"\x01", hashlib.sha256)


def write_header(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """Give the bytes of a header, MAC and final line break included."""
    signed = FIRST_LINE + b"".join(map(_write_stanza, stanzas)) + MAC_START
    return signed + b" " + to_base64(_mac(file_key, signed)) + b"\n"


def read_header(source: BinaryIO) -> Header:
    """Read a header and not a byte more. Raises HeaderDamaged, ClipArmored."""
    return _Reader(source).header()


def to_base64(data: bytes) -> bytes:
    """Standard base64 without padding."""
    return base64.b64encode(data).rstrip(b"=")


def from_base64(text: bytes) -> bytes:
    """Decode unpadded base64; raises HeaderDamaged for any spelling but the canonical one."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise HeaderDamaged("it holds bad base64") from error
    if to_base64(data) != text:
        raise HeaderDamaged("it holds base64 that is not canonical")
    return data


def _mac(file_key: bytes, signed: bytes) -> bytes:
    return hmac.digest(hkdf(file_key, b"", b"header"), signed, hashlib.sha256)


def _write_stanza(stanza: Stanza) -> bytes:
    body = to_base64(stanza.body)
    # A body always ends in a line that is shorter than 64 characters, if need be an empty one.
    lines = [body[at : at + BODY_LINE_CHARS] for at in range(0, len(body) + 1, BODY_LINE_CHARS)]
    first = STANZA_START + " ".join(stanza.words).encode("ascii")
    return b"".join(line + b"\n" for line in [first, *lines])


class _Reader:
    """Reads line by line, and keeps what it read for the MAC."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._read = bytearray()

    def header(self) -> Header:
        self._first_line()
        stanzas: list[Stanza] = []
        line = self._line()
        while line.startswith(STANZA_START):
            if len(stanzas) == STANZA_LIMIT:
                raise HeaderDamaged(f"more than {STANZA_LIMIT} recipients")
            stanzas.append(self._stanza(line))
            line = self._line()
        _check_stanzas(stanzas)
        signed = bytes(self._read[: -len(line) - 1]) + MAC_START
        return Header(tuple(stanzas), signed, _read_mac(line))

    def _first_line(self) -> None:
        line = self._source.readline(len(FIRST_LINE))
        self._read += line
        if line.startswith(ARMOR_START):
            raise ClipArmored
        if line != FIRST_LINE:
            raise HeaderDamaged("it is not an age v1 file")

    def _line(self) -> bytes:
        """Give the next line without its line break."""
        line = self._source.readline(LINE_LIMIT_BYTES)
        self._read += line
        if not line.endswith(b"\n"):
            raise HeaderDamaged("it stops in a line" if len(line) < LINE_LIMIT_BYTES else "an endless line")
        if len(self._read) > HEADER_LIMIT_BYTES:
            raise HeaderDamaged(f"longer than {HEADER_LIMIT_BYTES} bytes")
        return line[:-1]

    def _stanza(self, first: bytes) -> Stanza:
        words = first[len(STANZA_START) :].split(b" ")
        if not all(word and all(0x21 <= code <= 0x7E for code in word) for word in words):
            raise HeaderDamaged("a recipient line holds empty words or odd characters")
        body = bytearray()
        while True:
            line = self._line()
            if len(line) > BODY_LINE_CHARS:
                raise HeaderDamaged("a body line longer than 64 characters")
            body += line
            if len(line) < BODY_LINE_CHARS:
                return Stanza(tuple(word.decode("ascii") for word in words), from_base64(bytes(body)))


def _check_stanzas(stanzas: Sequence[Stanza]) -> None:
    if not stanzas:
        raise HeaderDamaged("it names no recipient")
    if len(stanzas) > 1 and any(stanza.kind == "scrypt" for stanza in stanzas):
        raise HeaderDamaged("a passphrase beside other recipients")


def _read_mac(line: bytes) -> bytes:
    start, space, text = line.partition(b" ")
    if start != MAC_START or not space:
        raise HeaderDamaged("a line that is neither recipient nor authentication code")
    mac = from_base64(text)
    if len(mac) != MAC_BYTES:
        raise HeaderDamaged("an authentication code of the wrong length")
    return mac

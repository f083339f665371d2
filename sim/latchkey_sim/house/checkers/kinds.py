"""Which files a doorbell may have, written down once more, by hand and apart from the device's own names.

A checker that asked those would go wrong with them.
"""

import re
from dataclasses import dataclass

from latchkey.units import KIB
from latchkey_sim.house.disks import Which

FIRST_LINE = b"age-encryption.org/v1\n"
STANZA, MAC = b"\n-> ", b"\n--- "
HEADER_BYTES = 2 * KIB
"""The header of a file that is sealed to a household."""

_DAY, _ID, _PART = r"\d{4}-\d\d-\d\d", r"[0-9a-f]{32}", r"(?P<part>\.part)?"


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: how it is called, and how much it holds, if it is not sealed."""

    which: Which
    pattern: re.Pattern[str]
    limit_bytes: int = 0

    @property
    def is_sealed(self) -> bool:
        """Whether it holds nothing that can be read without a key."""
        return self.limit_bytes == 0


def _kind(which: Which, pattern: str, limit_bytes: int = 0) -> FileKind:
    return FileKind(which, re.compile(pattern + _PART, re.ASCII), limit_bytes)


KINDS = (
    _kind("vault", rf"clips/{_DAY}\.(?P<clip>{_ID})(\.torn|\.faces)?\.age"),
    _kind("vault", rf"clips/(?P<clip>{_ID})\.(?P<aside>meta|chain|tail)\.age"),
    _kind("vault", rf"clips/(?P<clip>{_ID})\.(?P<aside>slip)", KIB),
    _kind("vault", r"head\.json", KIB),
    _kind("vault", r"keys/(device\.(key|pub)|owner\.pub|clock\.json|holding\.json)(\.damaged)?", 4 * KIB),
    _kind("vault", r"keys/book\.json(\.damaged)?", 512 * KIB),
    _kind("vault", r"(?P<probe>write-probe)", 1),
    _kind("state", r"(?P<probe>write-probe)", 1),
    _kind("state", r"device-id", 256),
    _kind("state", r"modes\.json(\.damaged)?", KIB),
    _kind("state", rf"(outbox-damaged|(?P<waiting>outbox))/\d{{10}}-{_ID}\.json", 4 * KIB),
)
"""Nothing else. No clip is kept in a house: its owner gives no such order."""


def kind_of(which: Which, name: str) -> tuple[FileKind, dict[str, str]] | None:
    """Give the kind of a file, and what its name says; None = there is no such kind."""
    for kind in KINDS:
        if kind.which == which and (match := kind.pattern.fullmatch(name)) is not None:
            return kind, {key: text for key, text in match.groupdict().items() if text is not None}
    return None


def wrong_header(data: bytearray, readers: int) -> str | None:
    """Say what is wrong with the header of a sealed file, or nothing; None = it is not all there yet."""
    start = bytes(data[:HEADER_BYTES])
    if not start.startswith(FIRST_LINE[: len(start)]):
        return "does not begin as a sealed file does"
    end = start.find(MAC)
    if end < 0:
        return None if len(start) < HEADER_BYTES else "has no end of its header"
    found = start[:end].count(STANZA)
    return "" if found == readers else f"is sealed to {found} keys, and the book has {readers} readers"

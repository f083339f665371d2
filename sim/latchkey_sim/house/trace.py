"""The trace of a house: a line for all that happened, in order, the same for the same seed.

    12.400000000  door1  bell      somebody rings
    12.400000000  door1  message   event/doorbell 97 bytes 5f0c…

A line is time (s, house), device, kind, text. Nothing in it depends on the machine: no address, no order
of a set, no time but the house's.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from latchkey.units import NS_PER_S

DIGEST_CHARS = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    at_ns: int
    who: str
    kind: str
    text: str

    def line(self) -> str:
        """Give it as text."""
        seconds, rest = divmod(self.at_ns, NS_PER_S)
        return f"{seconds:6d}.{rest:09d}  {self.who:<7} {self.kind:<9} {self.text}"


class Trace:
    """Takes entries, hashes them, and keeps them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._hash = hashlib.sha256()

    def note(self, at_ns: int, who: str, kind: str, text: str) -> None:
        """Add an entry."""
        entry = Entry(at_ns, who, kind, text)
        self.entries.append(entry)
        self._hash.update(f"{entry.line()}\n".encode("utf-8", "backslashreplace"))

    @property
    def sha256(self) -> str:
        """Give the hash of all lines so far: that of a file that holds them."""
        return self._hash.hexdigest()

    def around(self, at_ns: int, before: int = 30, after: int = 10) -> list[str]:
        """Give the lines around a time."""
        first = next((n for n, entry in enumerate(self.entries) if entry.at_ns >= at_ns), len(self.entries))
        return [entry.line() for entry in self.entries[max(first - before, 0) : first + after]]


def digest(*parts: Iterable[bytes] | bytes) -> str:
    """Give a short fingerprint of bytes, for traces."""
    state = hashlib.blake2b(digest_size=DIGEST_CHARS // 2)
    for part in parts:
        for piece in [part] if isinstance(part, bytes) else part:
            state.update(piece)
    return state.hexdigest()

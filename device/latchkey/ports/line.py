"""The line between the two sides where they are two processes on one machine."""

from dataclasses import dataclass
from typing import Protocol

RECORD_LIMIT_BYTES = 4096
"""Far above the largest legal record; a longer one ends the connection."""


@dataclass(frozen=True, slots=True)
class LineUp:
    """The other side is there: what was under way before has to be said again."""


@dataclass(frozen=True, slots=True)
class LineDown:
    """There is no connection (any more). `reason` is for the log; the line tries again by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """The other side said something; whether it makes sense is for the reader to judge."""

    record: bytes


LineNews = LineUp | LineDown | Heard


class Line(Protocol):
    """Carries whole records, in order, as long as it is up. Never blocks; connects again by itself."""

    def open(self) -> None:
        """Begin to connect, or to wait for the other side. Raises LineUnusable."""
        ...

    def send(self, record: bytes) -> bool:
        """Hand over a record; False where that cannot be now: not up, or the other side reads too slowly."""
        ...

    def news(self) -> list[LineNews]:
        """What happened since the last call, in order; bounded. Never blocks."""
        ...

    def drop(self, reason: str) -> None:
        """Hang up on a side that cannot be understood; `LineDown` follows. The next attempt waits longer."""
        ...

    def close(self) -> None:
        """Hang up for good."""
        ...

"""The line between two sides in memory: both ends in one process, in virtual time, with what may go wrong."""

from collections import deque

from latchkey.ports import Heard, LineDown, LineNews, LineUp

QUEUE_LIMIT = 64
GONE = "it is not running"


class SimLine:
    """One end. `SimWire` puts two together; until then, and after a cut, it is down."""

    def __init__(self) -> None:
        self.other: SimLine | None = None
        self.wire: SimWire | None = None
        self.said: list[bytes] = []
        """Every record that was handed over, delivered or not."""

        self._news: deque[LineNews] = deque()

    def open(self) -> None:
        """Begin to wait."""

    def send(self, record: bytes) -> bool:
        """Hand a record over, unless the other end has not read for long."""
        other = self.other
        if other is None or len(other._news) >= QUEUE_LIMIT:
            return False
        self.said.append(record)
        other._news.append(Heard(record))
        return True

    def news(self) -> list[LineNews]:
        """Empty the inbox."""
        news = list(self._news)
        self._news.clear()
        return news

    def drop(self, reason: str) -> None:
        """Hang up."""
        if self.wire is not None:
            self.wire.cut(reason, by=self)

    def close(self) -> None:
        """Hang up for good."""
        self.drop(GONE)


class SimWire:
    """Two ends and what lies between. `join` connects them, `cut` loses what was not read yet or keeps it."""

    def __init__(self, one: SimLine, other: SimLine) -> None:
        self._ends = (one, other)
        one.wire = other.wire = self

    def join(self) -> None:
        """Connect both ends."""
        one, other = self._ends
        one.other, other.other = other, one
        for end in self._ends:
            end._news.append(LineUp())

    def cut(self, reason: str = GONE, *, losing: bool = False, by: SimLine | None = None) -> None:
        """Break the connection; with `losing`, what was under way is gone. `by` alone knows the reason."""
        for end in self._ends:
            if end.other is None:
                continue
            if losing:
                end._news.clear()
            end.other = None
            end._news.append(LineDown(reason if by in (None, end) else GONE))

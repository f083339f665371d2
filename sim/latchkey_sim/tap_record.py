"""What a tap writes down: every byte of every connection on the client's side, with its time.

Memory is bounded: what comes after `KEPT_BYTES` is counted and not kept, and of connections that have
ended the oldest go first. Counts and sums stay exact.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from latchkey.units import MIB

KEPT_BYTES = 16 * MIB
"""A device that publishes ten messages a second for an hour."""

KEPT_CONNECTIONS = 1000
"""That have ended; one that tries again every second for a quarter of an hour."""

PIECE_BYTES = 200
"""What a piece takes beside its bytes: a client that sends single bytes must not cost more than it may."""

Direction = Literal["out", "in"]
"""As the device sees it: `out` goes to the broker, `in` comes from there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes as they passed the tap in one go."""

    at_ns: int
    direction: Direction
    data: bytes


@dataclass(slots=True)
class Connection:
    """One connection of the client. Counts are of what passed between the client and the tap.

    `ending` is how it ended, empty while it lives. `whole` tells whether all its bytes were kept.
    """

    number: int
    began_ns: int
    bytes_out: int = 0
    bytes_in: int = 0
    ended_ns: int | None = None
    ending: str = ""
    whole: bool = True
    pieces: list[Piece] = field(default_factory=list)

    def stream(self, direction: Direction) -> bytes:
        """Give all bytes of a direction that were kept."""
        return b"".join(piece.data for piece in self.pieces if piece.direction == direction)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all connections there ever were."""

    connections: int = 0
    bytes_out: int = 0
    bytes_in: int = 0


class Record:
    """All that a tap saw. Not thread-safe: the tap guards it."""

    def __init__(self, kept_bytes: int = KEPT_BYTES, kept_connections: int = KEPT_CONNECTIONS) -> None:
        self._room_bytes = kept_bytes
        self._kept_connections = kept_connections
        self._ended: deque[Connection] = deque()
        self._live: dict[int, Connection] = {}
        self.totals = Totals()

    def begin(self, now_ns: int) -> Connection:
        """Take up a connection; numbers begin with 1."""
        self.totals = replace(self.totals, connections=self.totals.connections + 1)
        made = Connection(self.totals.connections, now_ns)
        self._live[made.number] = made
        return made

    def passed(self, connection: Connection, at_ns: int, direction: Direction, data: bytes) -> None:
        """Write down bytes that passed."""
        if direction == "out":
            connection.bytes_out += len(data)
            self.totals = replace(self.totals, bytes_out=self.totals.bytes_out + len(data))
        else:
            connection.bytes_in += len(data)
            self.totals = replace(self.totals, bytes_in=self.totals.bytes_in + len(data))
        if connection.whole and len(data) + PIECE_BYTES <= self._room_bytes:
            self._room_bytes -= len(data) + PIECE_BYTES
            connection.pieces.append(Piece(at_ns, direction, data))
        else:
            connection.whole = False

    def never_came(self, connection: Connection, n_bytes: int) -> None:
        """Take back the last bytes to the client: it had closed before they came."""
        connection.bytes_in -= n_bytes
        self.totals = replace(self.totals, bytes_in=self.totals.bytes_in - n_bytes)

    def end(self, connection: Connection, now_ns: int, ending: str) -> None:
        """Write down how a connection ended."""
        if self._live.pop(connection.number, None) is None:
            return
        connection.ended_ns, connection.ending = now_ns, ending
        self._ended.append(connection)
        if len(self._ended) > self._kept_connections:
            oldest = self._ended.popleft()
            self._room_bytes += sum(len(piece.data) + PIECE_BYTES for piece in oldest.pieces)

    def connections(self) -> list[Connection]:
        """Give copies of all connections that are kept, in the order in which they began."""
        kept = sorted([*self._ended, *self._live.values()], key=lambda one: one.number)
        return [replace(one, pieces=list(one.pieces)) for one in kept]

    @property
    def live(self) -> int:
        """How many connections there are now."""
        return len(self._live)

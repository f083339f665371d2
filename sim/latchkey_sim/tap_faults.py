"""What a network does to the bytes that a tap passes on: how long they take, and whether they come at all.

As on a real line, TCP hides loss: what is lost comes later, and all behind it waits. So nothing here takes
bytes out of a stream or swaps them; a stream is late, stands still, or ends.
"""

from collections import deque
from dataclasses import dataclass
from random import Random

from latchkey.units import NS_PER_MS, NS_PER_S

RETRANSMISSION_NS = 200 * NS_PER_MS
"""What Linux waits at least before it sends again; doubled for each further loss of the same bytes."""

LOSSES_LIMIT = 6
"""Of the same bytes in a row: 12.6 s."""

PORTAL_ANSWER = (
    b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
"""What a captive portal says to everybody, whatever they speak."""


@dataclass(frozen=True, slots=True)
class Network:
    """The state of a network. The default is a good one.

    `delay_ns` is one way. `loss` is the share of pieces that have to be sent again, 0 to 1. `bytes_per_s`
    bounds each direction of each connection, 0 = no bound. In a `partition` connections stay, and nothing
    goes through them. A `portal` answers new connections itself. A `closed` port refuses them.
    """

    delay_ns: int = 0
    loss: float = 0.0
    bytes_per_s: int = 0
    partition: bool = False
    portal: bool = False
    closed: bool = False


GOOD = Network()


class Line:
    """One direction of a connection: bytes that are on their way, in order, each with when it is due."""

    def __init__(self, chance: Random, limit_bytes: int) -> None:
        self._chance = chance
        self._limit_bytes = limit_bytes
        self._pieces: deque[tuple[int, bytes]] = deque()
        self._last_due_ns = 0
        self.waiting_bytes = 0

    @property
    def room_bytes(self) -> int:
        """How much it takes now."""
        return self._limit_bytes - self.waiting_bytes

    def put(self, data: bytes, now_ns: int, network: Network) -> None:
        """Send bytes on their way: they are due after all that went before."""
        due_ns = max(now_ns + network.delay_ns, self._last_due_ns)
        if network.bytes_per_s:
            due_ns += len(data) * NS_PER_S // network.bytes_per_s
        for again in range(LOSSES_LIMIT):
            if self._chance.random() >= network.loss:
                break
            due_ns += RETRANSMISSION_NS << again
        self._last_due_ns = due_ns
        self._pieces.append((due_ns, data))
        self.waiting_bytes += len(data)

    def due_ns(self) -> int | None:
        """Give when the next bytes are due, None = nothing is on its way."""
        return self._pieces[0][0] if self._pieces else None

    def take(self, now_ns: int) -> bytes:
        """Give the next bytes if they are due, or nothing."""
        if not self._pieces or self._pieces[0][0] > now_ns:
            return b""
        data = self._pieces.popleft()[1]
        self.waiting_bytes -= len(data)
        return data

    def put_back(self, data: bytes) -> None:
        """Give back what could not be delivered yet: it is due at once, and first."""
        if data:
            self._pieces.appendleft((0, data))
            self.waiting_bytes += len(data)

    def clear(self) -> None:
        """Lose all that is on its way."""
        self._pieces.clear()
        self.waiting_bytes = 0

"""Drives one end of the line: empties it into messages, fills it from a `Crossing`, notices silence.

What comes from the other side is never trusted: nonsense closes the connection with one line in the log.
"""

from collections import deque

from latchkey.device.bucket import Bucket
from latchkey.device.crossing import Crossing, CrossingError
from latchkey.ports import Ground, JournalLine, Line, LineDown, LineNews, LineUp, Severity
from latchkey.units import NS_PER_S

BEAT_NS = 2 * NS_PER_S
ASK_NS = NS_PER_S
"""How often somebody looks whether the other side has been away for too long."""

SILENT_NS = 10 * NS_PER_S
"""A side that says nothing for so long hangs: no step takes a hundredth of it."""

RECORDS_PER_STEP = 8
"""More would make a step long for whoever waits at the bell; what is left follows at once."""

RECORDS_LIMIT = 2048
RECORD_NS = NS_PER_S // 100
"""A side says a few records a second, and after a break all that waited: 512 pieces of news at most."""


class LineEnd:
    """The line as a side uses it: messages in, messages out; `peer` names the other side in the log."""

    def __init__(self, ground: Ground, line: Line, crossing: Crossing, peer: str) -> None:
        self._ground = ground
        self._line = line
        self._crossing = crossing
        self._peer = peer
        self._waiting: deque[LineNews] = deque()
        self._up = False
        self._why_down = ""
        self._room = Bucket(RECORDS_LIMIT, RECORD_NS)
        self._down_since_ns = ground.clock.now_ns()
        self._heard_at_ns = self._beat_at_ns = self._down_since_ns

    def open(self) -> None:
        """Begin to connect. Raises LineUnusable."""
        self._line.open()

    @property
    def is_up(self) -> bool:
        """Whether the other side is there, and has said who it is."""
        return self._up and self._crossing.greeted

    @property
    def down_ns(self) -> int:
        """For how long it has not been there; 0 while it is."""
        return 0 if self.is_up else self._ground.clock.now_ns() - self._down_since_ns

    @property
    def why_down(self) -> str:
        """What was last heard of a connection that failed or ended."""
        return self._why_down

    def receive(self) -> list[bytes]:
        """Give the messages that came in, at most so many as a step can take."""
        if not self._waiting:
            self._waiting.extend(self._line.news())
        messages = []
        for _ in range(min(RECORDS_PER_STEP, len(self._waiting))):
            news = self._waiting.popleft()
            if isinstance(news, LineUp):
                self._come_up()
            elif isinstance(news, LineDown):
                self._go_down(news.reason)
            elif self._up and (message := self._hear(news.record)) is not None:
                messages.append(message)
        self._watch_silence()
        return messages

    def send(self) -> int:
        """Send what there is; give when to be called next, as the monotonic clock has it."""
        now_ns = self._ground.clock.now_ns()
        if self._up and now_ns >= self._beat_at_ns:
            self._beat_at_ns = now_ns + BEAT_NS
            self._crossing.beat()
        while (record := self._crossing.next) is not None and self._line.send(record):
            self._crossing.sent()
        return now_ns if self._waiting else self._beat_at_ns if self._up else now_ns + ASK_NS

    def close(self) -> None:
        """Hang up for good."""
        self._line.close()

    def _come_up(self) -> None:
        self._up = True
        self._heard_at_ns = self._ground.clock.now_ns()
        self._crossing.connect()

    def _go_down(self, reason: str) -> None:
        if self.is_up:
            self._down_since_ns = self._ground.clock.now_ns()
        if self._up or reason != self._why_down:
            self._note(f"the {self._peer} side is not there: {reason}", "warning")
        self._up, self._why_down = False, reason
        self._crossing.lose()

    def _hear(self, record: bytes) -> bytes | None:
        self._heard_at_ns = self._ground.clock.now_ns()
        greeted = self._crossing.greeted
        if not self._room.take(self._heard_at_ns):
            self.refuse("it says too much")
            return None
        try:
            message = self._crossing.hear(record)
        except CrossingError as error:
            self.refuse(str(error))
            return None
        if not greeted:
            self._why_down = ""
            self._note(f"the {self._peer} side is there")
        return message

    def refuse(self, why: str) -> None:
        """Hang up on what cannot be understood; the line tries again, more slowly each time."""
        self._note(f"the {self._peer} side makes no sense: {why}", "error")
        self._hang_up(f"it makes no sense: {why}")

    def _watch_silence(self) -> None:
        if self._up and self._ground.clock.now_ns() - self._heard_at_ns > SILENT_NS:
            self._note(f"the {self._peer} side hangs: nothing of it for {SILENT_NS // NS_PER_S} s", "error")
            self._hang_up("it hangs")

    def _hang_up(self, why: str) -> None:
        if self.is_up:
            self._down_since_ns = self._ground.clock.now_ns()
        self._up, self._why_down = False, why
        self._crossing.lose()
        self._line.drop(why)

    def _note(self, text: str, severity: Severity = "info") -> None:
        self._ground.journal.note(JournalLine(self._ground.clock.now_ns(), "line", text, severity))

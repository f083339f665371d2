"""The link side as a process of its own: it rings, whether or not the capture side is there.

News of a clip is taken from the capture side only once it is in the outbox's folder, and up to which it was
taken is written behind it in the same folder: so it is neither lost nor said twice, whichever side ends when.
"""

import json
from collections import deque

from latchkey.device.budget import Budget
from latchkey.device.crossing import EVENT_KINDS, SESSION_BYTES, Crossing
from latchkey.device.line_end import LineEnd
from latchkey.device.link_side import LinkSide
from latchkey.errors import DiskError, NotOnDisk
from latchkey.events import TO_LINK, decode
from latchkey.pipeline.durable import read_checked, write_checked
from latchkey.ports import JournalLine, Line, LinkBoard, Severity
from latchkey.settings import Settings
from latchkey.units import NS_PER_S

TAKEN = "taken.json"
"""Which events of which run of the capture side are in the outbox, or were."""

STORING_LIMIT = 16
"""Notes on their way to the disk: one that hangs must not gather more."""

PATIENCE_NS = 3 * NS_PER_S
"""A capture side that is not there for so long is shown as a lost camera. One that restarts is back then."""


class LinkProcess:
    """Bell, broker, outbox and modes, with the capture side at the other end of a line."""

    def __init__(self, board: LinkBoard, settings: Settings, device_id: str, line: Line) -> None:
        self._board = board
        known, self._trouble = _load(board)
        session = board.entropy.take("line", SESSION_BYTES)
        self._crossing = Crossing(session, TO_LINK, known)
        self._end = LineEnd(board, line, self._crossing, "capture")
        self._budget = Budget(frozenset(zone.name for zone in settings.motion.zones))
        self._link = LinkSide(board, settings, device_id, self._crossing.say)
        self._storing: deque[_Taking] = deque()
        self._safe = known

    def start(self) -> None:
        """Begin to connect on both sides. Raises LineUnusable."""
        if self._trouble:
            self._note(f"{self._trouble}: news of a clip may be told twice", "warning")
        self._link.start()
        self._end.open()

    def step(self) -> int:
        """Do everything that is due; give the monotonic ns at which to be called next."""
        self._link.take_presses()  # before a word of the other side, however much that says
        messages = self._end.receive()
        wake_ns = self._link.step(self._told(messages))
        self._watch_capture()
        if any(isinstance(decode(data), EVENT_KINDS) for data in messages):
            self._store_taken()
        self._take()
        if not self._storing and self._crossing.heard[1] and self._crossing.heard != self._safe:
            self._store_taken()  # what came while too many notes were on their way
        held_ns = self._budget.wake_ns(self._board.clock.now_ns())
        return min(wake_ns, self._end.send(), wake_ns if held_ns is None else held_ns)

    @property
    def ended(self) -> bool:
        """A link side has no end of its own."""
        return False

    @property
    def status(self) -> str:
        """How it is, in a line for whoever asks the service manager."""
        capture = "the capture side is there" if self._end.is_up else "NO CAPTURE SIDE: nothing is recorded"
        return f"{self._link.status}; {capture}"

    def close(self) -> None:
        """Say goodbye to the broker; what it has not acknowledged stays on disk, so does what was taken."""
        try:
            self._link.close()
        finally:
            self._board.workers.close()
            self._take()
            self._end.send()
            self._end.close()

    def _told(self, messages: list[bytes]) -> list[bytes]:
        """Give what of the capture side's words may be told now."""
        fit, troubles = self._budget.fit(messages, self._board.clock.now_ns())
        for trouble in troubles:
            self._note(f"the capture side tells {trouble}: not told on", "error")
        return fit

    def _watch_capture(self) -> None:
        if not self._end.is_up:
            self._budget.forget_states()
        if self._end.down_ns > PATIENCE_NS:
            self._link.lose_capture(f"no capture side ({self._end.why_down or 'it has not come yet'})")

    def _store_taken(self) -> None:
        """Write down, behind the events themselves, up to where they are taken."""
        if len(self._storing) < STORING_LIMIT:
            taking = _Taking(self._board, *self._crossing.heard)
            self._storing.append(taking)
            self._link.after_storing(taking.store)

    def _take(self) -> None:
        while self._storing and self._storing[0].is_over:
            taking = self._storing.popleft()
            self._safe = (taking.session, taking.number)
            if taking.session == self._crossing.heard[0]:
                self._crossing.take(taking.number)

    def _note(self, text: str, severity: Severity) -> None:
        self._board.journal.note(JournalLine(self._board.clock.now_ns(), "line", text, severity))


class _Taking:
    """Writes one line of what is taken; runs in the disk worker."""

    def __init__(self, board: LinkBoard, session: bytes, number: int) -> None:
        self.session = session
        self.number = number
        self.is_over = False
        """Set once it is stored, or cannot be: the disk's trouble is told, and keeping more helps nobody."""

        self._disk = board.state
        self._wake = board.clock.wake

    def store(self) -> None:
        record = {"number": self.number, "schema": 1, "session": self.session.hex()}
        try:
            write_checked(self._disk, TAKEN, json.dumps(record, sort_keys=True).encode("ascii"))
        finally:
            self.is_over = True
            self._wake()


def _load(board: LinkBoard) -> tuple[tuple[bytes, int], str]:
    """Give what an earlier run had taken, and what was wrong with that, or nothing."""
    try:
        record = json.loads(read_checked(board.state, TAKEN))
        return (bytes.fromhex(record["session"]), int(record["number"])), ""
    except NotOnDisk:
        return (b"", 0), ""
    except (DiskError, ValueError, KeyError, TypeError) as error:
        return (b"", 0), f"{TAKEN} cannot be read ({error})"

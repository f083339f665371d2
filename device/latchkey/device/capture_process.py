"""The capture side as a process of its own: it records, whether or not the link side is there.

It records by the modes that it heard last. They lie in the vault's folder, so that a capture side that starts
while the link side is away knows them; it waits `GRACE_NS` for newer ones first, and is private meanwhile.
"""

from contextlib import ExitStack
from dataclasses import replace

from latchkey.device.capture_side import CLOSE_LIMIT_NS, CaptureSide
from latchkey.device.crossing import SESSION_BYTES, Crossing
from latchkey.device.line_end import LineEnd
from latchkey.errors import DiskError, NotOnDisk, WorkerBusy
from latchkey.events import TO_CAPTURE, BellRang, MessageError, ModesSet, Trigger, decode, encode
from latchkey.pipeline.durable import read_checked, write_checked
from latchkey.ports import CaptureBoard, JournalLine, Line, Severity, Ticket
from latchkey.settings import Settings
from latchkey.units import NS_PER_MS, NS_PER_S

MODES = "modes.json"
GRACE_NS = 10 * NS_PER_S
"""How long a capture side that starts waits for the link side before it goes by the modes of the last run."""

LATE_NS = 10 * NS_PER_S
"""A press that comes across so late is past recording: whoever rang was heard of at once, and is gone."""

TELL_LIMIT_NS = 2 * NS_PER_S
"""How long an ending capture side waits for the link side to take its last news."""

UNHEARD = ModesSet(armed=False, shutter_closed=False, snoozed=False)
SHUT = ModesSet(armed=False, shutter_closed=True, snoozed=False)
"""What holds where the modes of the last run are damaged: as on the link side, until that says otherwise."""


class CaptureProcess:
    """Camera, filter, recorder and vault, with the link side at the other end of a line."""

    def __init__(self, board: CaptureBoard, settings: Settings, line: Line) -> None:
        self._board = board
        self._baseline = settings.baseline
        session = board.entropy.take("line", SESSION_BYTES)
        self._crossing = Crossing(session, TO_CAPTURE)
        self._end = LineEnd(board, line, self._crossing, "link")
        self._capture = CaptureSide(board, settings, self._crossing.say)
        self._last = UNHEARD
        self._grace_until_ns: int | None = None
        self._taken = (b"", 0)
        self._storing: Ticket[None] | None = None
        self._to_store: ModesSet | None = None

    def start(self) -> None:
        """Put the vault in order, take up the last modes, wait for the link side. Raises LineUnusable."""
        self._capture.start()
        self._last = self._load()
        self._grace_until_ns = self._board.clock.now_ns() + GRACE_NS
        self._end.open()

    def step(self) -> int:
        """Do everything that is due; give the monotonic ns at which to be called next."""
        messages = self._receive()
        wake_ns = self._capture.step([*self._own_modes(messages), *messages])
        self._store()
        self._take()
        return min(wake_ns, self._end.send())

    @property
    def ended(self) -> bool:
        """True once a recorded video was played to its end, and all of it is sealed and told."""
        return self._capture.ended and self._capture.finish() and not self._crossing.waiting

    @property
    def status(self) -> str:
        """How it is, in a line for whoever asks the service manager."""
        link = "the link side is there" if self._end.is_up else "NO LINK SIDE: recording by the last modes"
        return f"{self._capture.status}; {link}"

    def close(self) -> None:
        """Seal what is being recorded, tell it, let go of the board; no worker is left running."""
        with ExitStack() as last:
            last.callback(self._board.workers.close)
            last.callback(self._board.camera.close)
            last.callback(self._end.close)
            self._seal()

    def _seal(self) -> None:
        clock = self._board.clock
        limit_ns = clock.now_ns() + CLOSE_LIMIT_NS
        self._capture.wind_down()
        while not self._capture.finish() and clock.now_ns() < limit_ns:
            clock.wait_until(min(self.step(), clock.now_ns() + 50 * NS_PER_MS))
        self._capture.tell_unfinished(CLOSE_LIMIT_NS)
        limit_ns = clock.now_ns() + TELL_LIMIT_NS
        self.step()
        while self._crossing.waiting and self._end.is_up and clock.now_ns() < limit_ns:
            clock.wait_until(min(self.step(), clock.now_ns() + 50 * NS_PER_MS))
        if self._crossing.waiting:
            text = f"{self._crossing.waiting} pieces of news were not told: the clips are there"
            self._note(text, "warning")

    def _receive(self) -> list[bytes]:
        """Give what the link side says, as far as it can be acted on."""
        fit, late = [], 0
        for data in self._end.receive():
            message = decode(data)
            if isinstance(message, BellRang):
                if message.trigger not in (Trigger.RING, Trigger.TEST):
                    self._end.refuse("a press that is none")
                    break
                age_ns = self._board.clock.now_ns() - message.at_ns
                if age_ns < -NS_PER_S:
                    self._end.refuse("a press of the future")
                    break
                if age_ns > LATE_NS:
                    late += 1
                    continue
                message = self._ring(message, age_ns)
            elif isinstance(message, ModesSet):
                message = self._bounded(message)
            fit.append(encode(message))
        if late:
            self._note(f"{late} press(es) of a while ago come too late to be recorded", "warning")
        return fit

    def _ring(self, ring: BellRang, age_ns: int) -> BellRang:
        """Give a press. One that waited for this side to start is recorded from now on."""
        return ring if age_ns < NS_PER_S else replace(ring, at_ns=self._board.clock.now_ns())

    def _bounded(self, modes: ModesSet) -> ModesSet:
        """Give modes as far as the owner allows: a link side that was taken over cannot arm the camera."""
        return replace(modes, armed=modes.armed and self._baseline.armed)

    def _take(self) -> None:
        """Let the link side forget the presses that came across."""
        heard = self._crossing.heard
        if heard != self._taken and heard[1]:
            self._taken = heard
            self._crossing.take(heard[1])

    def _own_modes(self, messages: list[bytes]) -> list[bytes]:
        """Give the modes to go by until the link side says some; take note of what it says."""
        for message in map(decode, messages):
            if isinstance(message, ModesSet):
                self._grace_until_ns = None
                if message != self._last:
                    self._last = self._to_store = message
        if self._grace_until_ns is None or self._board.clock.now_ns() < self._grace_until_ns:
            return []
        self._grace_until_ns = None
        if self._last != UNHEARD:
            self._note("no link side: recording goes by the modes of the last run", "warning")
        return [encode(self._last)]

    def _load(self) -> ModesSet:
        """Give the modes of the last run. Those that close the shutter hold at once."""
        try:
            modes = decode(read_checked(self._board.vault, MODES))
        except NotOnDisk:
            return UNHEARD
        except (DiskError, MessageError) as error:
            self._note(f"{error}: the shutter closes until the link side says otherwise", "error")
            modes = SHUT
        if not isinstance(modes, ModesSet):
            modes = SHUT
        if modes.shutter_closed:
            self._capture.step([encode(replace(modes, armed=False))])
        return self._bounded(modes)

    def _store(self) -> None:
        """Have the modes kept, in the disk worker."""
        if self._storing is not None and self._storing.done():
            ticket, self._storing = self._storing, None
            try:
                ticket.result()
            except DiskError as error:
                self._note(f"the modes cannot be kept: {error}", "error")
        modes, vault = self._to_store, self._board.vault
        if modes is None or self._storing is not None:
            return
        data = encode(modes)
        try:
            self._storing = self._board.workers.submit("disk", lambda: write_checked(vault, MODES, data))
        except WorkerBusy:
            return
        self._to_store = None

    def _note(self, text: str, severity: Severity = "info") -> None:
        self._board.journal.note(JournalLine(self._board.clock.now_ns(), "line", text, severity))

"""Whether a folder takes files, asked of a worker now and then, and told once when that changes.

A doorbell whose disk fails goes on ringing; it must say that it keeps nothing, and notice by itself
when the disk is well again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from latchkey.errors import DiskError, DiskFull, WorkerBusy
from latchkey.events import DiskState
from latchkey.ports import Ground, JournalLine, Lane, Severity, Ticket
from latchkey.units import NS_PER_S

WELL_NS = 600 * NS_PER_S
FAILING_NS = 15 * NS_PER_S
"""Pauses between two questions, while the disk is well and while it fails or is full."""


_TROUBLE = {
    DiskState.FULL: "is full",
    DiskState.FAILED: "takes no files",
    DiskState.NO_KEYS: "has no key to seal to",
}


@dataclass(frozen=True, slots=True)
class DiskAnswer:
    """How the disk is, and what else was found that the owner should know, or nothing."""

    state: DiskState
    warning: str = ""


class DiskWatch:
    """Runs `ask` in `lane`: it tells how the disk is, or raises DiskError saying what is wrong.

    `state` is the latest answer, OK before the first.
    """

    def __init__(self, board: Ground, folder: str, lane: Lane, ask: Callable[[], DiskAnswer]) -> None:
        self._board = board
        self._folder = folder
        self._lane = lane
        self._ask = ask
        self._due_ns = board.clock.now_ns()
        self._answer: Ticket[DiskAnswer] | None = None
        self._again = False
        self.state = DiskState.OK

    @property
    def is_failing(self) -> bool:
        """Whether the folder took no file when last asked."""
        return self.state is DiskState.FAILED

    @property
    def is_unfit(self) -> bool:
        """Whether the folder was failing or full, or nobody had a key, when last asked."""
        return self.state in (DiskState.FULL, DiskState.FAILED, DiskState.NO_KEYS)

    def doubt(self) -> None:
        """Ask as soon as possible: something could not be written."""
        self._again = True

    def step(self) -> None:
        """Take in an answer, ask when it is time. Never waits for a worker on a real board."""
        now_ns = self._board.clock.now_ns()
        if self._answer is None and (self._again or now_ns >= self._due_ns):
            try:
                self._answer = self._board.workers.submit(self._lane, self._ask)
            except WorkerBusy:
                return
            self._again = False
        if self._answer is not None and self._answer.done():
            answer, self._answer = self._answer, None
            self._take(answer)
            self._due_ns = now_ns + (FAILING_NS if self.is_unfit else WELL_NS)

    @property
    def trouble(self) -> str:
        """Why no clip is taken, or "" where one is."""
        return _TROUBLE.get(self.state, "")

    def _take(self, ticket: Ticket[DiskAnswer]) -> None:
        before = self.state
        try:
            answer = ticket.result()
            self.state = answer.state
            if answer.warning:
                self._note(answer.warning, "warning")
        except DiskFull:
            self.state = DiskState.FULL
        except DiskError as error:
            self.state = DiskState.FAILED
            if before is not DiskState.FAILED:
                self._note(f"the {self._folder} takes no files: {error}", "error")
        if self.state is DiskState.FULL and before is not DiskState.FULL:
            self._note(f"the {self._folder} is full", "error")
        if self.state is DiskState.NO_KEYS and before is not DiskState.NO_KEYS:
            self._note(f"the {self._folder} takes no clips: nobody could open them", "error")
        if before in _TROUBLE and not self.is_unfit:
            self._note(f"the {self._folder} takes files again", "info")

    def _note(self, text: str, severity: Severity) -> None:
        self._board.journal.note(JournalLine(self._board.clock.now_ns(), "disk", text, severity))

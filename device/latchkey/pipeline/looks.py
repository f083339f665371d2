"""When to look for faces, and what became of each look.

Looks are at most `MAX_LOOK_GAP_NS` apart in frame time. A frame that has little in common with the
one before is looked at too: a face may show in it and in no other (`Motion.sudden`). A look
happens in a worker; one that raises, hangs past its deadline or finds the worker full is told to
the planner as failed, and the planner covers the whole picture around it. So a missing answer
never means a bare frame; nor does one of a detector that is blind (`blindness`).
"""

from collections import deque
from dataclasses import dataclass

from latchkey.errors import DetectorBlind, FinderError, WorkerBusy
from latchkey.frames import Box
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.ports import Clock, FaceFinder, Ticket, Workers
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_S, to_ns
from latchkey.vision import (
    ALL_PARTS,
    MAX_LOOK_GAP_NS,
    MAX_UNSEEN_FRAMES,
    CoverPlanner,
    Gaze,
    Parts,
    Watched,
)

LOOKS_IN_FLIGHT = 3
"""One being worked on, one next, one to spare: more would only age."""

BUSY_SHARE = 0.5
"""Share of a worker's time that looks may take before they become rarer than every frame."""


DENSE_NS = NS_PER_S // 125
"""Frames closer together than any doorbell's camera gives them: their times are not to be believed (a clock
that stood still, a stream without times, a burst after a stall), or it is slow motion."""

DENSE_FRAMES = 3
"""Of such frames every third is looked at: what their times say may be any number of times too little."""

LATE = "the detector is too slow"


class LookPace:
    """How far apart looks are: fixed, or as close as the detector's cost allows."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._cost_ns = 0

    def took(self, cost_ns: int) -> None:
        """Take the cost of a look by the device's clock into the running mean."""
        self._cost_ns = cost_ns if not self._cost_ns else (3 * self._cost_ns + cost_ns) // 4

    def keeps_up(self, gap_ns: int) -> bool:
        """Whether a look `gap_ns` after the last one would not make the worker late."""
        return gap_ns >= self._cost_ns

    def due(self, frames_since: int, gap_ns: int, next_gap_ns: int) -> bool:
        """Whether to look at a frame `gap_ns` after the last look, when the next is at `next_gap_ns`."""
        if next_gap_ns > MAX_LOOK_GAP_NS or frames_since > MAX_UNSEEN_FRAMES:
            return True
        if frames_since >= DENSE_FRAMES and gap_ns < frames_since * DENSE_NS:
            return True
        if self._every:
            return frames_since >= self._every
        affordable_ns = self._cost_ns / BUSY_SHARE if self._cost_ns else MAX_LOOK_GAP_NS
        return gap_ns >= affordable_ns


@dataclass(slots=True)
class _Look:
    at_ns: int
    asked_ns: int
    ticket: Ticket[list[Box]]


class Looker:
    """Looks at the frames of one recording, in order, and tells the planner.

    `failures` counts looks without an answer; `seen_ns` is the time up to which every look that
    was due is settled.
    """

    def __init__(
        self,
        finder: FaceFinder,
        planner: CoverPlanner,
        settings: PrivacySettings,
        clock: Clock,
        workers: Workers,
        parts: Parts = ALL_PARTS,
    ) -> None:
        self._planner = planner
        # touched by the look worker alone
        self._watched = Watched(finder)
        self._gaze = Gaze(self._watched, with_survey=settings.survey, parts=parts)
        self._clock = clock
        self._workers = workers
        self._deadline_ns = to_ns(settings.look_deadline_s)
        self._pace = LookPace(settings.look_every)
        self._flight: deque[_Look] = deque()
        self._considered_ns = -1
        self._looked_ns = -1
        self._needed_ns = -1
        self._frames_since = 0
        self._late: Ticket[list[Box]] | None = None
        self.failures = 0
        self.last_error = ""

    @property
    def seen_ns(self) -> int:
        """Time up to which no look is open; -1 before the first."""
        return self._flight[0].at_ns - 1 if self._flight else self._considered_ns

    def advance(self, queue: FrameQueue, *, last: bool) -> None:
        """Start the looks that are due. `last` = no frame will follow, so the newest is looked at."""
        for index, held in enumerate(queue):
            if held.at_ns <= self._considered_ns:
                continue
            if len(self._flight) >= LOOKS_IN_FLIGHT:
                return
            follower = queue[index + 1] if index + 1 < len(queue) else None
            if follower is None and not last:
                return
            self._consider(held, follower)

    def settle(self, needed_ns: int) -> None:
        """Take in answers that are needed for frames up to `needed_ns`, late ones as failures."""
        self._needed_ns = needed_ns
        while self._flight and self._flight[0].at_ns <= needed_ns:
            first = self._flight[0]
            if first.ticket.done():
                self._take(first)
                self._flight.popleft()
            elif self._clock.now_ns() - first.asked_ns > self._deadline_ns:
                self._fail_late(first.ticket)
            else:
                return

    def give_up_before(self, at_ns: int) -> None:
        """Count every look before `at_ns` as failed: the backlog is too long to look at."""
        while self._flight and self._flight[0].at_ns < at_ns:
            self._fail(self._flight.popleft().at_ns, "the detector cannot keep up")
        if self._considered_ns < at_ns - 1:
            self._fail(max(self._considered_ns + 1, 0), "the detector cannot keep up")
            self._considered_ns = at_ns - 1
            self._looked_ns = -1

    @property
    def wake_ns(self) -> int | None:
        """When the oldest look that is waited for becomes late, or None."""
        if not self._flight or self._flight[0].at_ns > self._needed_ns:
            return None
        return self._flight[0].asked_ns + self._deadline_ns + 1

    def _consider(self, held: Held, follower: Held | None) -> None:
        self._considered_ns = held.at_ns
        self._frames_since += 1
        first = self._looked_ns < 0
        gap_ns = held.at_ns - self._looked_ns
        next_gap_ns = follower.at_ns - self._looked_ns if follower else MAX_LOOK_GAP_NS + 1
        sudden = bool(held.motion.sudden) and self._pace.keeps_up(gap_ns)
        if not first and not sudden and not self._pace.due(self._frames_since, gap_ns, next_gap_ns):
            return
        self._looked_ns = held.at_ns
        self._frames_since = 0
        self._start(held)

    def _start(self, held: Held) -> None:
        if self._late is not None and not self._late.done():
            self._fail(held.at_ns, LATE)
            return
        self._late = None
        try:
            ticket = self._workers.submit("look", lambda: self._look(held))
        except WorkerBusy:
            self._fail(held.at_ns, LATE)
            return
        self._flight.append(_Look(held.at_ns, self._clock.now_ns(), ticket))

    def _look(self, held: Held) -> list[Box]:
        """Look at a frame; runs in the look worker."""
        self._watched.begin()
        faces = self._gaze.look(held.picture(), held.motion.boxes)
        try:
            self._watched.prove()
        except FinderError:
            self._gaze.doubt()
            raise
        return faces

    def _take(self, done: _Look) -> None:
        try:
            boxes = done.ticket.result()
        except Exception as error:  # noqa: BLE001 -- whatever a detector raises, the frame is covered
            if isinstance(error, DetectorBlind):
                self._planner.add_blind(done.at_ns)
            self._fail(done.at_ns, str(error) or type(error).__name__)
            return
        self._pace.took(done.ticket.cost_ns())
        self._planner.add_look(done.at_ns, boxes)

    def _fail_late(self, ticket: Ticket[list[Box]]) -> None:
        """Fail all open looks: none will be answered before this one. Until it is, none is started."""
        self._late = ticket
        while self._flight:
            self._fail(self._flight.popleft().at_ns, LATE)

    def _fail(self, at_ns: int, why: str) -> None:
        self.failures += 1
        self.last_error = why
        self._planner.add_look(at_ns, None)

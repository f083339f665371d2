"""A scene that begins anew whenever it has ended, as camera and bell of a real board."""

from dataclasses import replace

from latchkey.errors import CameraLost
from latchkey.frames import RawFrame
from latchkey.ports import Clock, Still
from latchkey.units import NS_PER_HOUR, NS_PER_S
from latchkey_sim.house.footage import Footage

LATE_NS = NS_PER_S
"""A picture that is so late is not drawn any more: the machine is too slow, or was asleep."""


class EndlessCamera:
    """Gives the pictures of a footage of `span_ns` when they are due, over and over."""

    def __init__(self, footage: Footage, span_ns: int, clock: Clock) -> None:
        self._footage = footage
        self._span_ns = span_ns
        self._clock = clock
        self._open = True
        self._next_ns = 0
        self.start_ns = clock.now_ns()

    @property
    def fps(self) -> float:
        """Pictures a second of the scene."""
        return self._footage.fps

    def read(self) -> RawFrame | Still | None:
        """Draw the next picture if it is due. Raises CameraLost if closed."""
        if not self._open:
            raise CameraLost("the scene's camera is closed")
        now_ns = self._clock.now_ns() - self.start_ns
        due_ns = self._due_ns(max(self._next_ns, now_ns - LATE_NS))
        if due_ns is None:
            return Still(self.start_ns + now_ns + NS_PER_HOUR)
        if due_ns > now_ns:
            return Still(self.start_ns + due_ns)
        self._next_ns = due_ns + 1
        return replace(self._footage.picture(due_ns % self._span_ns), at_ns=self.start_ns + due_ns)

    def restart(self) -> None:
        """Look again, from now on."""
        self._open = True
        self._next_ns = self._clock.now_ns() - self.start_ns

    def close(self) -> None:
        """Stop looking."""
        self._open = False

    def _due_ns(self, at_ns: int) -> int | None:
        """Give when the next picture comes, at `at_ns` or later; None for a scene without any."""
        round_ns = at_ns // self._span_ns * self._span_ns
        due_ns = self._footage.next_ns(at_ns - round_ns)
        if due_ns is None or due_ns >= self._span_ns:
            round_ns, due_ns = round_ns + self._span_ns, self._footage.next_ns(0)
        return None if due_ns is None or due_ns >= self._span_ns else round_ns + due_ns


class EndlessBell:
    """Is pressed at the times of a scene of `span_ns`, over and over."""

    def __init__(self, rings_ns: tuple[int, ...], span_ns: int, clock: Clock) -> None:
        self._rings_ns = rings_ns
        self._span_ns = span_ns
        self._clock = clock
        self._start_ns = self._heard_ns = clock.now_ns()

    def presses(self) -> list[int]:
        """Give the monotonic times of the presses since the last call."""
        before_ns, self._heard_ns = self._heard_ns, self._clock.now_ns()
        rounds = range(self._round(before_ns), self._round(self._heard_ns) + 1)
        times = [self._start_ns + n * self._span_ns + ring_ns for n in rounds for ring_ns in self._rings_ns]
        return [at_ns for at_ns in times if before_ns < at_ns <= self._heard_ns]

    def _round(self, at_ns: int) -> int:
        return (at_ns - self._start_ns) // self._span_ns

"""The privacy filter over a whole recording, as fast as the machine goes: the same code as at the door.

    raw frames --zones, motion--> queue --Filtering--> (frame, plan) --redact--> safe frames

Time is that of the frames. With workers in lockstep every look is waited for, so the answer does
not depend on how fast the machine is. One safe frame comes out for each raw one, in order; no more
of them are held than the look-ahead and its slack need.
"""

from collections.abc import Iterable, Iterator

from latchkey.errors import FilterError
from latchkey.frames import RawFrame, SafeFrame
from latchkey.pipeline.filtering import Filtering
from latchkey.pipeline.frame_queue import Format, FrameQueue, Held
from latchkey.ports import FaceFinder, Workers
from latchkey.settings import Settings
from latchkey.units import MIB
from latchkey.vision import ALL_PARTS, MotionGate, Parts, PrivacyZones, redact

HELD_LIMIT_BYTES = 1024 * MIB
"""Frames held at once: 0.6 s are 450 MB in 4K at 60 a second, or in 1080p at 240. Only a file whose
times make no sense needs more; then what is held and not looked at yet is covered whole."""


class FrameClock:
    """Time that stands at the newest frame. Nobody sleeps by it: whoever waits is there at once."""

    def __init__(self) -> None:
        self._now_ns = 0

    def now_ns(self) -> int:
        """Give the time of the newest frame."""
        return self._now_ns

    def wall_ns(self) -> int:
        """Give the same: a recording does not know when it was made."""
        return self._now_ns

    def wait_until(self, at_ns: int) -> None:
        """Go on to `at_ns`; never back."""
        self._now_ns = max(self._now_ns, at_ns)

    def wake(self) -> None:
        """Nobody sleeps."""


class Redaction:
    """Filters one recording. `settings.privacy` and `settings.motion` count, nothing else of them.

    `workers` are to be in lockstep; otherwise a look may come too late and its frames are covered whole.
    `parts` is for a bench that measures what each part contributes.
    """

    def __init__(
        self, finder: FaceFinder | None, settings: Settings, workers: Workers, parts: Parts = ALL_PARTS
    ) -> None:
        self._clock = FrameClock()
        self._zones = PrivacyZones(settings.privacy.zones)
        self._gate = MotionGate(settings.motion, settings.privacy.zones)
        self._queue = FrameQueue(workers, raw_ns=None)
        # A recording may begin in front of somebody who stands there: no movement will tell of them.
        unsettled = finder is None and settings.privacy.finds_faces
        self._filter = Filtering(
            finder, settings.privacy, self._clock, workers, unsettled=unsettled, parts=parts
        )
        self._format: Format | None = None
        self._last_ns = -1
        self.has_face = False
        """Whether a face that was found is hidden in the frame given last."""

    @property
    def failed_looks(self) -> int:
        """Looks that were due and gave no answer."""
        return self._filter.failed_looks

    @property
    def trouble(self) -> str:
        """Why frames are covered beyond their faces."""
        return self._filter.trouble

    def frames(self, raw: Iterable[RawFrame]) -> Iterator[SafeFrame]:
        """Give each frame covered, in order.

        Raises FilterError where times do not rise, or sizes or colours differ (boxes of one size mean nothing
        in another), and whatever `raw` raises.
        """
        for frame in raw:
            self._take(frame)
            while self._filter.ready(self._queue, final=False):
                yield self._next()
            if self._queue.size_bytes > HELD_LIMIT_BYTES:
                yield from self._give_up()
        while len(self._queue):
            if self._filter.ready(self._queue, final=True):
                yield self._next()
            elif (late_ns := self._filter.wake_ns) is not None:
                self._clock.wait_until(late_ns)

    def _take(self, frame: RawFrame) -> None:
        made = Format(frame.width, frame.height, frame.colour)
        if self._format not in (None, made) or frame.at_ns <= self._last_ns:
            raise FilterError(f"{frame} does not follow the frame before it")
        self._format, self._last_ns = made, frame.at_ns
        self._clock.wait_until(frame.at_ns)
        frame = self._zones.blank(frame)
        self._queue.push(Held(frame, self._gate.see(frame)))

    def _next(self) -> SafeFrame:
        held, plan = self._filter.next(self._queue)
        self.has_face = plan.has_face
        return redact(held.picture(), plan)

    def _give_up(self) -> Iterator[SafeFrame]:
        """Let all go but the newest frame, without its looks: covered whole."""
        self._filter.give_up(self._queue[-1].at_ns)
        while len(self._queue) > 1:
            yield self._next()

"""The privacy filter over one stretch of frames: which to look at, and what to hide in each.

    queue --see--> looks (worker) --answers--> planner --next--> (frame, plan)

A frame is ready once every look that can cover it is settled, so its plan never changes later.
The doorbell and the offline tools drive this same class; none of it touches a pixel.
"""

from latchkey.frames import Cause, Cover, FilterState
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.pipeline.looks import Looker
from latchkey.ports import Clock, FaceFinder, Workers
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_S
from latchkey.vision import ALL_PARTS, CoverPlan, CoverPlanner, Motion, Parts

SLACK_NS = NS_PER_S // 8
"""How much longer than the look-ahead a frame is held, so that looks and encoder work side by side."""

REASONS = {
    Cause.LOOKS: "no look in time",
    Cause.NO_DETECTOR: "no face detector",
    Cause.CROWD: "more faces than can be true",
    Cause.SUDDEN: "something shows suddenly, and the detector is too slow to look at it",
    Cause.BLIND: "the detector does not find the face that is drawn for it",
    Cause.SILENT: "somebody moves about and no face is found",
    Cause.DARK: "too dark to find faces",
    Cause.GLARE: "too bright to find faces",
    Cause.OBSTRUCTED: "something is before the lens",
    Cause.FROZEN: "the camera repeats one picture",
    Cause.FLICKER: "the picture flickers between two views",
    Cause.MOVED: "the camera was moved",
}

KEEP_NS = 2 * NS_PER_S
"""Looks are kept for this long behind the oldest frame that they can still cover."""


class Filtering:
    """Plans the covers of one stretch of recording, in frame order, through the look worker.

    `final` tells that no frame will follow those in the queue. `unsettled` tells that the motion gate
    has begun afresh with this stretch, in front of whoever stood there: without a detector all of
    such a stretch is covered.
    """

    def __init__(
        self,
        finder: FaceFinder | None,
        settings: PrivacySettings,
        clock: Clock,
        workers: Workers,
        *,
        unsettled: bool = False,
        parts: Parts = ALL_PARTS,
    ) -> None:
        if not settings.finds_faces:
            finder = None
        self._planner = CoverPlanner(settings, finder is not None, parts)
        self._looker = None
        if finder is not None:
            self._looker = Looker(finder, self._planner, settings, clock, workers, parts)
        self._motion_ns = -1
        self._unsettled = unsettled
        self._cause: Cause | None = None
        self._has_given_up = False

    @property
    def failed_looks(self) -> int:
        """Looks that were due and gave no answer."""
        return self._looker.failures if self._looker else 0

    def reason(self, cause: Cause | None) -> str:
        """Say why frames are covered beyond their faces, for the log."""
        if cause is Cause.LOOKS and self._looker is not None and self._looker.last_error:
            return self._looker.last_error
        return REASONS.get(cause or Cause.LOOKS, REASONS[Cause.LOOKS])

    @property
    def trouble(self) -> str:
        """Why frames were last covered beyond their faces."""
        return self.reason(self._cause)

    @property
    def wake_ns(self) -> int | None:
        """When a look that is waited for becomes late, or None."""
        return self._looker.wake_ns if self._looker else None

    def see(self, queue: FrameQueue, *, final: bool) -> None:
        """Take in what moved, start the looks that are due, take answers that are there."""
        if not len(queue):
            return
        if self._unsettled and self._looker is None:
            self._unsettled = False
            whole = Cover(0, 0, queue[0].format.width, queue[0].format.height)
            self._planner.add_motion(queue[0].at_ns, Motion(moving=True, share=1.0, boxes=(whole,), zones=()))
        for held in queue:
            if held.at_ns > self._motion_ns:
                self._planner.add_motion(held.at_ns, held.motion)
                self._motion_ns = held.at_ns
        if self._looker is not None:
            self._looker.advance(queue, last=final)
            self._looker.settle(self._needed_ns(queue, final=final))

    def ready(self, queue: FrameQueue, *, final: bool) -> bool:
        """Whether the oldest frame can be planned now."""
        if not len(queue):
            return False
        self.see(queue, final=final)
        needed_ns = self._needed_ns(queue, final=final)
        return needed_ns >= 0 and (self._looker is None or self._looker.seen_ns >= needed_ns)

    def next(self, queue: FrameQueue) -> tuple[Held, CoverPlan]:
        """Take the oldest frame out, with what to hide in it. Only when `ready`."""
        held = queue.pop()
        plan = self._planner.plan(held.at_ns, held.format.width, held.format.height)
        if plan.state is not FilterState.OK:
            self._cause = plan.cause
        self._planner.forget_before(held.at_ns - self._planner.look_ahead_ns - KEEP_NS)
        return held, plan

    def give_up(self, newest_ns: int) -> bool:
        """Stop looking at all up to `newest_ns`: it is covered whole. True the first time in a stretch."""
        if self._looker is None or self._looker.seen_ns >= newest_ns - 1:
            return False
        self._looker.give_up_before(newest_ns)
        is_first, self._has_given_up = not self._has_given_up, True
        return is_first

    def _needed_ns(self, queue: FrameQueue, *, final: bool) -> int:
        """Time up to which looks must be settled for the oldest frame; -1 = more frames must come."""
        newest_ns = queue[-1].at_ns
        ahead_ns = self._planner.needed_ns(queue[0].at_ns)
        if final:
            return min(ahead_ns, newest_ns)
        return ahead_ns if newest_ns >= ahead_ns + SLACK_NS else -1

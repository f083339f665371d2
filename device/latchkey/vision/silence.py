"""Silence: a detector that answers, and finds nobody, while somebody moves about before it.

A visitor's face is found within seconds or never: then the detector is blind in a way that nothing else
tells, and the caution of one part of the picture is not enough.
"""

from collections import deque
from collections.abc import Sequence

from latchkey.frames import Cover
from latchkey.units import NS_PER_S
from latchkey.vision.rectangles import bounding

SILENT_NS = 8 * NS_PER_S
"""A visitor comes up a path in 3 to 6 s, seen from the front; one who leaves shows their back for as long."""

PAUSE_NS = 2 * NS_PER_S
"""Whoever stands still for so long no longer moves: an open door, a parcel, a visitor who waits."""

STEP_NS = NS_PER_S
STEP_PX = 24
"""An outline that changes by more than this within `STEP_NS` moves; a still one jitters by 4 or 8 pixels."""


class Silence:
    """Takes frames in order and tells from when on the detector is not believed."""

    def __init__(self) -> None:
        self._outlines: deque[tuple[int, Cover]] = deque()
        self._since_ns: int | None = None
        self._moved_ns = 0
        self._deaf = False

    def see(self, at_ns: int, people: Sequence[Cover], *, explained: bool) -> bool:
        """Whether the detector is silent in this frame; `explained` = a face was found in `people`."""
        if explained or not people:
            self._since_ns, self._deaf = None, False
            self._outlines.clear()
            return False
        if self._moves(at_ns, bounding(people)):
            self._moved_ns = at_ns
            if self._since_ns is None:
                self._since_ns = at_ns
        if self._since_ns is not None and not self._deaf:
            if at_ns - self._moved_ns > PAUSE_NS:
                self._since_ns = None
            else:
                self._deaf = at_ns - self._since_ns >= SILENT_NS
        return self._deaf

    @property
    def counting(self) -> bool:
        """Whether somebody moves about and no face has been found since."""
        return self._since_ns is not None

    def _moves(self, at_ns: int, outline: Cover) -> bool:
        self._outlines.append((at_ns, outline))
        while self._outlines[0][0] < at_ns - STEP_NS:
            self._outlines.popleft()
        return any(
            abs(side - before) > STEP_PX
            for _, earlier in self._outlines
            for side, before in zip(outline, earlier, strict=True)
        )

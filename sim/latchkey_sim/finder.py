"""Face detectors for simulations: one that knows the truth and can fail, one that sees painted patches."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache, wraps
from typing import TypeVar

import cv2
import numpy as np

from latchkey.adapters.finders.picture import check_bgr
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box
from latchkey.vision import DRAWN_PX, drawn_face
from latchkey.vision.look import small_bgr

F = TypeVar("F")


class Fault(StrEnum):
    """What goes wrong in one look."""

    RAISES = "raises"
    BLIND = "blind"
    NONSENSE = "nonsense"


def _nothing(_call: int) -> None:
    """Spend no time."""


def sees_drawn(bgr: Bgr) -> list[Box]:
    """Give where the face is that the filter draws for detectors, if this is its picture."""
    height, width = bgr.shape[:2]
    if min(width, height) < DRAWN_PX:
        return []
    picture, face = _drawn(width, height)
    return [face] if np.array_equal(bgr, picture) else []


@cache
def _drawn(width: int, height: int) -> tuple[Bgr, Box]:
    frame, face = drawn_face(width, height)
    return small_bgr(frame, width, height, brighten=False), face


def awake(find: Callable[[F, Bgr], list[Box]]) -> Callable[[F, Bgr], list[Box]]:
    """Make a `find` that knows no drawn face give that, too, as every detector does that can see."""

    @wraps(find)
    def found(finder: F, bgr: Bgr) -> list[Box]:
        return sees_drawn(bgr) or find(finder, bgr)

    return found


class TruthFinder:
    """Answers look number n (from 0) with `truth[n]`, boxes in 0..1 of the picture.

    Looks past the end of `truth` find nothing. `faults` says which looks fail and how; `spend`
    is called with the number of each look first, say to let virtual time pass or to block.
    """

    name = "truth"

    def __init__(
        self,
        truth: Sequence[Sequence[Box]],
        *,
        long_side_px: int = 480,
        faults: Mapping[int, Fault] | None = None,
        spend: Callable[[int], None] = _nothing,
    ) -> None:
        self.long_side_px = long_side_px
        self.calls = 0
        self._truth = truth
        self._faults = dict(faults or {})
        self._spend = spend

    def find(self, bgr: Bgr) -> list[Box]:
        """Give what is true, unless a fault is due. Raises FinderError."""
        height, width = check_bgr(bgr, self.name)
        if drawn := sees_drawn(bgr):  # a look is over
            return [] if self._faults.get(self.calls - 1) is Fault.BLIND else drawn
        call, self.calls = self.calls, self.calls + 1
        self._spend(call)
        fault = self._faults.get(call)
        if fault is Fault.RAISES:
            raise FinderError(f"{self.name} fails at look {call}")
        if fault is Fault.BLIND or call >= len(self._truth):
            return []
        if fault is Fault.NONSENSE:
            return [Box(float("nan"), 0.0, 1e20, 1.0, 0.9)]
        return [
            Box(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height, box.score)
            for box in self._truth[call]
        ]


class BlindFinder:
    """Answers, and never finds anything: a failure that no error tells of."""

    name, long_side_px = "blind", 640

    def find(self, bgr: Bgr) -> list[Box]:  # noqa: ARG002 -- the port
        """Give nobody."""
        return []


PAINT_BGR = (200, 40, 220)
"""What `PaintFinder` takes for a face: a pink that no wall has."""

PAINT_TOLERANCE = 60
"""Levels a pixel may be off: scaling and chroma at half the size soften a patch's edge."""

PAINT_RANGE = tuple(np.array(PAINT_BGR) + side * (PAINT_TOLERANCE - 1) for side in (-1, 1))


class PaintFinder:
    """Finds patches painted in `PAINT_BGR`, however the picture was cut or scaled.

    Unlike `TruthFinder` it looks at pixels, so windows, scales and covers are put to the test. It sees
    patches of `least_px` to `most_px` on their shorter side, in pixels of the picture it is given.
    """

    name = "paint"

    def __init__(self, *, long_side_px: int = 480, least_px: int = 4, most_px: int = 4096) -> None:
        self.long_side_px = long_side_px
        self.shapes: list[tuple[int, int]] = []
        """(height, width) of each picture it was given."""

        self._sizes_px = range(least_px, most_px + 1)

    @awake
    def find(self, bgr: Bgr) -> list[Box]:
        """Give the patches."""
        self.shapes.append(check_bgr(bgr, self.name))
        _, _, found, _ = cv2.connectedComponentsWithStats(cv2.inRange(bgr, *PAINT_RANGE))
        return [
            Box(float(x), float(y), float(x + w), float(y + h), 0.9)
            for x, y, w, h, _ in found[1:].tolist()
            if min(w, h) in self._sizes_px
        ]

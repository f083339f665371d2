"""Cuts: frames that show another picture than the one before, and pictures that flicker between two.

A strobe, a lamp with a loose contact or a joined film may show each of two views for a frame or two. Then
what one frame shows says nothing of its neighbours, nor do looks in between. A single flash, or a lamp that
goes on and off again, is none of that. Neither is a camera that turns: it does not show again what it showed.
"""

from collections import deque

import cv2
import numpy as np

from latchkey.units import NS_PER_S
from latchkey.vision.backdrop import Small
from latchkey.vision.light import contrast

CUT_LEVELS = 15
CUT_SHARE = 0.3
"""If more than this share of the picture changes by more than these levels (by day) from one frame to the
next, it is another picture: a cut, or a camera that turns fast. In footage of people walking it never is."""

RETURNS, WITHIN_NS = 4, NS_PER_S
"""So many cuts within that time that lead back to the view before the last one are a flicker; two flashes of
a camera make three."""


class Cuts:
    """Compares each picture with the one before; all small, of one size. The first one is given."""

    def __init__(self, first: Small) -> None:
        self._before = first
        self._other: Small | None = None
        """What was shown before the last cut."""

        self._returns_ns: deque[int] = deque(maxlen=RETURNS)

    def see(self, small: Small, at_ns: int) -> bool:
        """Take the next picture; tell whether it is another one than the one before."""
        before, self._before = self._before, small
        if not _is_another(small, before):
            return False
        if self._other is not None and not _is_another(small, self._other):
            self._returns_ns.append(at_ns)
        self._other = before
        return True

    def flickers(self, at_ns: int) -> bool:
        """Whether the pictures up to `at_ns` flicker between two views."""
        return len(self._returns_ns) == RETURNS and 0 <= at_ns - self._returns_ns[0] <= WITHIN_NS


def _is_another(small: Small, before: Small) -> bool:
    levels = CUT_LEVELS * contrast(cv2.mean(before)[0])
    other = (cv2.absdiff(small[::2], before[::2]) > levels).view(np.uint8)  # every second row tells as much
    return bool(cv2.countNonZero(other) > CUT_SHARE * other.size)

"""Cuts: frames that show another picture than the one before, and pictures that flicker between two.

A strobe, a lamp with a loose contact or a joined film may show each of two views for a frame or two. Then
what one frame shows says nothing of its neighbours, nor do looks in between. A single flash, or a lamp that
goes on and off again, is none of that. Neither is a camera that turns: it does not show again what it showed.

Nor is one that shakes by a pixel. The small picture that is compared takes one pixel of many, which hits the
joints of bricks or misses them all over the picture. So what looks like a cut is compared by the means of
whole blocks, too. They cost time, so they are made for a second after what looks like a cut; the first one is
believed without.
"""

from collections import deque

import cv2
import numpy as np

from latchkey.frames import Plane
from latchkey.units import NS_PER_S
from latchkey.vision.backdrop import Small
from latchkey.vision.light import contrast

ROWS = 180
"""For its blocks a picture is halved until it has fewer rows. Of bricks at dusk a shake by a pixel changes
11 % of these, and 51 % of every fourth pixel of 720 rows. Cuts between two places change as much of both."""

CUT_LEVELS = 15
CUT_SHARE = 0.3
"""If more than this share of the picture changes by more than these levels (by day) from one frame to the
next, it is another picture: a cut, or a camera that turns fast. In footage of people walking it never is."""

RETURNS, WITHIN_NS = 4, NS_PER_S
"""So many cuts within that time that lead back to the view before the last one are a flicker; two flashes of
a camera make three."""


class Cuts:
    """Compares each picture with the one before; all of one size. The first one is given, small."""

    def __init__(self, first: Small) -> None:
        self._before = first
        self._blocks: Plane | None = None
        """Blocks of the picture before, if they were made."""

        self._other: Small | None = None
        """What was shown before the last cut."""

        self._doubted_ns: int | None = None
        """When a picture looked like another one last."""

        self._returns_ns: deque[int] = deque(maxlen=RETURNS)

    def see(self, small: Small, y: Plane, at_ns: int) -> bool:
        """Take the next picture, small, and its luma; tell whether it is another one than the one before."""
        before, self._before = self._before, small
        doubted = _is_another(small[::2], before[::2])  # every second row tells as much
        if doubted:
            self._doubted_ns = at_ns
        blocks_before, self._blocks = self._blocks, _blocks(y) if self._is_doubtful(at_ns) else None
        if not doubted or not self._is_confirmed(blocks_before):
            return False
        if self._other is not None and not _is_another(small[::2], self._other[::2]):
            self._returns_ns.append(at_ns)
        self._other = before
        return True

    def flickers(self, at_ns: int) -> bool:
        """Whether the pictures up to `at_ns` flicker between two views."""
        return len(self._returns_ns) == RETURNS and 0 <= at_ns - self._returns_ns[0] <= WITHIN_NS

    def _is_confirmed(self, blocks_before: Plane | None) -> bool:
        """Whether blocks differ, too, or there are none of the picture before."""
        if blocks_before is None or self._blocks is None:
            return True
        return _is_another(self._blocks, blocks_before)

    def _is_doubtful(self, at_ns: int) -> bool:
        return self._doubted_ns is not None and 0 <= at_ns - self._doubted_ns <= WITHIN_NS


def _blocks(y: Plane) -> Plane:
    """Give luma of fewer than `ROWS` rows, each pixel the mean of a block; odd edges are left out."""
    while y.shape[0] >= ROWS and y.shape[1] > 1:
        height, width = y.shape[0] // 2, y.shape[1] // 2
        even = y[: 2 * height, : 2 * width]
        y = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return y.copy()


def _is_another(picture: Small | Plane, before: Small | Plane) -> bool:
    levels = CUT_LEVELS * contrast(cv2.mean(before)[0])
    other = (cv2.absdiff(picture, before) > levels).view(np.uint8)
    return bool(cv2.countNonZero(other) > CUT_SHARE * other.size)

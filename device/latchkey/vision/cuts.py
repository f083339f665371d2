"""Cuts: frames that show another picture than the one before, and pictures that flicker between two.

A strobe, a lamp with a loose contact or a joined film may show each of two views for a frame or two. Then
what one frame shows says nothing of its neighbours, nor do looks in between. A single flash, or a lamp that
goes on and off again, is none of that. Neither is a camera that turns: it does not show again what it showed.
Nor one that shakes by a pixel: so pictures are compared as means of whole blocks. One pixel of each block would
hit the joints of bricks or miss them, all over the picture.
"""

from collections import deque

import cv2
import numpy as np

from latchkey.frames import Plane
from latchkey.units import NS_PER_S
from latchkey.vision.light import contrast

ROWS = 180
"""Pictures are halved until they have fewer rows. Before bricks at dusk, in 720 rows, a shake by a pixel changes
11 % of them; of every fourth pixel, 51 %. Cuts between two places change as much either way."""

CUT_LEVELS = 15
CUT_SHARE = 0.3
"""If more than this share of the picture changes by more than these levels (by day) from one frame to the
next, it is another picture: a cut, or a camera that turns fast. In footage of people walking it never is."""

RETURNS, WITHIN_NS = 4, NS_PER_S
"""So many cuts within that time that lead back to the view before the last one are a flicker; two flashes of
a camera make three."""


class Cuts:
    """Compares luma of each picture with that of the one before; all of one size. The first one is given."""

    def __init__(self, first: Plane) -> None:
        self._before = _halved(first)
        self._other: Plane | None = None
        """What was shown before the last cut."""

        self._returns_ns: deque[int] = deque(maxlen=RETURNS)

    def see(self, y: Plane, at_ns: int) -> bool:
        """Take the next picture; tell whether it is another one than the one before."""
        small = _halved(y)
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


def _halved(y: Plane) -> Plane:
    """Give luma of fewer than `ROWS` rows, each pixel the mean of a block; an odd row or column is left out."""
    while y.shape[0] >= ROWS and y.shape[1] > 1:
        height, width = y.shape[0] // 2, y.shape[1] // 2
        even = y[: 2 * height, : 2 * width]
        y = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return y


def _is_another(small: Plane, before: Plane) -> bool:
    levels = CUT_LEVELS * contrast(cv2.mean(before)[0])
    other = (cv2.absdiff(small, before) > levels).view(np.uint8)
    return bool(cv2.countNonZero(other) > CUT_SHARE * other.size)

"""Blindness: a detector that answers, and finds nobody because it can find nobody.

Nothing tells it from an empty place, so it is put to the test: a look in which the detector was asked, and
named no face surely, is followed by a drawn face, through the same scaling and conversion. If that is not
found, the look has failed, and all that it might have covered is covered whole. No picture of the camera
enters the test: neither night nor noise fails it, and it tells nothing about what a detector misses.
"""

from functools import cache

import cv2
import numpy as np

from latchkey.errors import DetectorBlind
from latchkey.frames import Bgr, Box, Cover, Plane, RawFrame
from latchkey.ports import FaceFinder
from latchkey.vision.look import ask, search

SURE_SCORE = 0.5
"""A detector that gives a face in the picture this score sees: the drawn one is not needed."""

DRAWN_SCORE = 0.3
"""Asked of the drawn face. YuNet gives it 0.91, CenterFace 0.87, in a picture of any size."""

DRAWN_OFF_PX = 8
"""And each side of the box as near as this to where it is: theirs are up to 3 px off."""

DRAWN_PX = 64
"""Side of the drawing, and of the smallest picture that a detector is shown: a face of 28 x 36 px."""

FACE = Box(18, 16, 46, 50)
"""Where the face is in it."""

FINER = 8
"""It is drawn so much larger, and scaled down: edges of one pixel look like no face's."""

BEHIND, TINT_U, TINT_V = 120, 112, 142
"""Luma around it, and one colour, that of skin, for all."""

_PAIR = (-1, 1)
STROKES = (
    # sideways (once, or to both sides), down, half a width, half a height, luma
    ((0,), 0, 491, 185, 121, 20),  # shoulders
    ((0,), 0, 419, 58, 77, 211),  # neck
    ((0,), 0, 231, 137, 171, 33),  # hair
    ((0,), 0, 260, 116, 152, 143),  # face
    ((0,), 0, 270, 90, 126, 200),
    (_PAIR, 71, 232, 41, 24, 138),  # eyes
    (_PAIR, 67, 197, 37, 3, 20),
    (_PAIR, 64, 222, 9, 10, 225),
    (_PAIR, 68, 219, 15, 11, 20),
    (_PAIR, 34, 256, 21, 26, 162),  # nose
    ((0,), 0, 295, 28, 9, 20),
    ((0,), 0, 332, 25, 10, 25),  # mouth
)
"""Ellipses, in pixels of the larger drawing, sideways from its middle; the later ones lie on top. Nobody's
face: moved about by chance until both detectors were as sure of it as of a photograph."""


@cache
def drawing() -> Plane:
    """Give the luma of the drawn face, `DRAWN_PX` each way."""
    side = DRAWN_PX * FINER
    large = np.full((side, side), BEHIND, np.uint8)
    for sides, across, down, wide, high, luma in STROKES:
        for way in sides:
            cv2.ellipse(large, (side // 2 + way * across, down), (wide, high), 0, 0, 360, luma, -1)
    return np.asarray(cv2.resize(large, (DRAWN_PX, DRAWN_PX), interpolation=cv2.INTER_AREA), np.uint8)


def drawn_face(width: int, height: int) -> tuple[RawFrame, Box]:
    """Give a grey picture with the drawn face in its middle, and where that is; `DRAWN_PX` at least."""
    left, top = (width - DRAWN_PX) // 2 & ~1, (height - DRAWN_PX) // 2 & ~1
    y = np.full((height, width), BEHIND, np.uint8)
    y[top : top + DRAWN_PX, left : left + DRAWN_PX] = drawing()
    u, v = (np.full((height // 2, width // 2), tint, np.uint8) for tint in (TINT_U, TINT_V))
    face = Box(FACE.x0 + left, FACE.y0 + top, FACE.x1 + left, FACE.y1 + top)
    return RawFrame(y, u, v, 0), face


class Watched:
    """A detector that can be put to the test after each look; else the one it is made of."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._asked: tuple[int, int] | None = None
        self._sees = False
        self._is_proven = False

    @property
    def name(self) -> str:
        """See `FaceFinder`."""
        return self._finder.name

    @property
    def long_side_px(self) -> int:
        """See `FaceFinder`."""
        return self._finder.long_side_px

    def begin(self) -> None:
        """A look begins."""
        self._asked, self._sees = None, False

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces. Raises FinderError, also where the answer cannot be true."""
        if self._asked is None:
            height, width = bgr.shape[:2]
            self._asked = width, height
        boxes = ask(self._finder, bgr)
        self._sees = self._sees or any(box.score >= SURE_SCORE for box in boxes)
        return boxes

    def prove(self) -> None:
        """A look is over: show the drawn face, if the detector was asked in it, and was not sure of anybody.

        In a picture of the size that was asked about first (the whole) until that is found once: a network
        can fail in one size only. Then in the smallest. Raises DetectorBlind; FinderError if it fails.
        """
        if self._asked is None or self._sees:
            return
        width, height = (max(side, DRAWN_PX) for side in self._asked)
        if self._is_proven:
            width = height = DRAWN_PX
        self._is_proven = False
        frame, face = drawn_face(width, height)
        found = search(self._finder, frame, Cover(0, 0, width, height), (width, height), brighten=False)
        if not any(_is_drawn(box, face) for box in found):
            raise DetectorBlind(self.name)
        self._is_proven = True


def _is_drawn(box: Box, face: Box) -> bool:
    off_px = max(abs(side - true) for side, true in zip(box[:4], face[:4], strict=True))
    return box.score >= DRAWN_SCORE and off_px <= DRAWN_OFF_PX

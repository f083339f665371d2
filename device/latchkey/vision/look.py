"""One look for faces: make the small picture a detector wants, ask it, judge its answer.

Only this small picture ever becomes BGR. A detector's answer is foreign material: what cannot
be true is refused as a whole, because a box that is nonsense hides nothing.
"""

import math
from collections.abc import Iterable
from numbers import Real

import cv2
import numpy as np

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cover, Plane, RawFrame
from latchkey.ports import FaceFinder
from latchkey.units import NS_PER_S

STRIDE_PX = 32
"""Both detectors halve the picture five times: other sides would be padded or refused."""

FACE_LIMIT = 100
"""More faces than this at a door are a detector gone wrong; the frame is covered whole instead."""

CLOSE_UPS = 2
"""Closer looks at one frame: a visitor and one other. Each costs as much as the look itself."""

AGAIN_NS = NS_PER_S
"""An empty window is looked at again after this time at the latest."""

SAME_PX = 24
"""A window whose corners moved less is the same one: the edge of a difference jitters by 4 or 8 pixels,
which moves the place of a head by `TALL` times as much. Nobody walks that far unseen: tracks reach
back further."""

WORTH_IT = 0.7
"""A window wider than this share of the picture would show its faces hardly larger."""

TALL = 3.4
"""A person is at most so many times as tall as the part of them that is seen moving is wide."""

MARGIN = 0.12
"""Room left around what moves, as a share of the window: hair and hats are low contrast."""


class EmptyWindows:
    """Remembers which closer looks found nothing, so that they are not repeated at every look.

    What has moved and left leaves a still difference behind; a person in front of it changes the
    window. So an empty window is looked at again once it moves, and every `AGAIN_NS` at the latest.
    """

    def __init__(self) -> None:
        self._empty: list[tuple[Cover, int]] = []

    def is_known(self, window: Cover, at_ns: int) -> bool:
        """Whether the window was empty a moment ago."""
        self._empty = [(old, seen_ns) for old, seen_ns in self._empty if at_ns - seen_ns < AGAIN_NS]
        return any(_same(old, window) for old, _ in self._empty)

    def add(self, window: Cover, at_ns: int) -> None:
        """Remember a window in which no face was found."""
        self._empty.append((window, at_ns))


def look(
    finder: FaceFinder, frame: RawFrame, moving: Iterable[Cover] = (), empty: EmptyWindows | None = None
) -> list[Box]:
    """Find faces; boxes in pixels of the frame, not clipped to it.

    Looks at the whole picture, and once more, closer, at what is `moving` where that is small
    (`close_ups`) and no face was found there: at the garden gate a face is a dozen pixels wide in
    the small picture.

    Raises FinderError if the detector fails or its answer cannot be true: wrong types, more
    than `FACE_LIMIT` faces, scores outside 0..1, coordinates that are not finite, turned round,
    or more than one picture away.
    """
    size = small_size(frame.width, frame.height, finder.long_side_px)
    found = _look_at(finder, frame, Cover(0, 0, frame.width, frame.height), size)
    unexplained = [box for box in moving if not any(_shows(box, face) for face in found)]
    for window in close_ups(unexplained, frame.width, frame.height, size):
        if any(_shows(window, face) for face in found) or (
            empty is not None and empty.is_known(window, frame.at_ns)
        ):
            continue
        closer = _look_at(finder, frame, window, size)
        found += closer
        if empty is not None and not closer:
            empty.add(window, frame.at_ns)
    return found


def close_ups(moving: Iterable[Cover], width: int, height: int, size: tuple[int, int]) -> list[Cover]:
    """Give the windows worth a closer look, at most `CLOSE_UPS`, the largest movement first.

    A window has the shape of the detector's picture and hangs from where the head of what moves
    would be: often only legs differ enough from what is behind them. None is given for movement
    so wide that a window would show it hardly larger.
    """
    windows: list[Cover] = []
    for box in sorted(moving, key=_area, reverse=True):
        if any(_holds(window, box) for window in windows):
            continue
        scale = max((box.x1 - box.x0) * (1 + 2 * MARGIN) / size[0], 1.0)
        across, down = (round(side * scale) // 2 * 2 for side in size)
        if across > width * WORTH_IT or down > height * WORTH_IT or len(windows) == CLOSE_UPS:
            break
        left = min(max((box.x0 + box.x1 - across) // 2, 0), width - across) // 2 * 2
        head = min(box.y0, box.y1 - round(TALL * (box.x1 - box.x0)))
        top = min(max(head - round(down * MARGIN), 0), height - down) // 2 * 2
        windows.append(Cover(left, top, left + across, top + down))
    return windows


def _same(a: Cover, b: Cover) -> bool:
    return all(abs(one - other) <= SAME_PX for one, other in zip(a, b, strict=True))


def _shows(window: Cover, face: Box) -> bool:
    x, y = (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2
    return window.x0 <= x < window.x1 and window.y0 <= y < window.y1


def _area(box: Cover) -> int:
    return (box.x1 - box.x0) * (box.y1 - box.y0)


def _holds(window: Cover, box: Cover) -> bool:
    """Whether the top of what moves, where a head would be, is in the window."""
    return window.x0 <= box.x0 and box.x1 <= window.x1 and window.y0 <= box.y0 < window.y1


def _look_at(finder: FaceFinder, frame: RawFrame, window: Cover, size: tuple[int, int]) -> list[Box]:
    """Look at one window of the frame, scaled to `size`; boxes in pixels of the frame."""
    width, height = size
    try:
        answer: object = finder.find(small_bgr(_cut(frame, window), width, height))
    except cv2.error as error:
        raise FinderError(f"{finder.name} failed: in OpenCV") from error
    if not isinstance(answer, list):
        raise FinderError(f"{finder.name} answered no list but a {type(answer).__name__}")
    if len(answer) > FACE_LIMIT:
        raise FinderError(f"{finder.name} answered {len(answer)} faces")
    scale_x, scale_y = (window.x1 - window.x0) / width, (window.y1 - window.y0) / height
    boxes = [_checked(box, width, height, finder.name) for box in answer]
    return [
        Box(
            window.x0 + box.x0 * scale_x,
            window.y0 + box.y0 * scale_y,
            window.x0 + box.x1 * scale_x,
            window.y0 + box.y1 * scale_y,
            box.score,
        )
        for box in boxes
    ]


def _cut(frame: RawFrame, window: Cover) -> RawFrame:
    """Give a window of the frame, by reference; its corners are even."""
    rows, columns = slice(window.y0, window.y1), slice(window.x0, window.x1)
    half_rows, half_columns = (slice(part.start // 2, part.stop // 2) for part in (rows, columns))
    return RawFrame(
        frame.y[rows, columns],
        frame.u[half_rows, half_columns],
        frame.v[half_rows, half_columns],
        frame.at_ns,
        frame.colour,
    )


def small_size(width: int, height: int, long_side_px: int) -> tuple[int, int]:
    """Give (width, height) of a picture with that longer side, both multiples of `STRIDE_PX`."""
    scale = long_side_px / max(width, height)
    across, down = (max(round(side * scale / STRIDE_PX), 1) * STRIDE_PX for side in (width, height))
    return across, down


def small_bgr(frame: RawFrame, width: int, height: int) -> Bgr:
    """Give the frame as (height, width, 3) BGR; both sides even."""
    small = np.empty((height * 3 // 2, width), np.uint8)
    quarter = width * height // 4
    chroma = small[height:].reshape(-1)
    small[:height] = _resized(frame.y, width, height)
    chroma[:quarter] = _resized(frame.u, width // 2, height // 2).reshape(-1)
    chroma[quarter:] = _resized(frame.v, width // 2, height // 2).reshape(-1)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_YUV2BGR_I420), np.uint8)


def _resized(plane: Plane, width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _checked(box: object, width: int, height: int, name: str) -> Box:
    if not isinstance(box, tuple) or len(box) != 5 or not all(isinstance(side, Real) for side in box):
        raise FinderError(f"{name} answered something that is not a box")
    x0, y0, x1, y1, score = (float(side) for side in box)
    if not all(map(math.isfinite, (x0, y0, x1, y1, score))):
        raise FinderError(f"{name} answered a box that is not finite")
    if not 0 <= score <= 1:
        raise FinderError(f"{name} answered a score outside 0..1")
    near = -width <= x0 <= x1 <= 2 * width and -height <= y0 <= y1 <= 2 * height
    if not near:
        raise FinderError(f"{name} answered a box far outside the picture")
    return Box(x0, y0, x1, y1, score)

"""Panning: a camera that moves shows everything elsewhere, and makes persons of all of it.

So the backdrop is laid over such a picture, moved, turned and scaled as the camera has. What fits is the
place itself; what does not is somebody, as ever. Nothing is let off for the camera's movement alone: whoever
is not in the backdrop fits nowhere, and a visitor close to the lens leaves nothing that fits. Nor is anything
if a part of the place has stayed where it was.

Same pictures, same answers: no chance but that of OpenCV's RANSAC, which begins the same each time.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Small = NDArray[np.float32]
Mask = NDArray[np.uint8]
Affine = NDArray[np.float64]
"""(2, 3): where the camera's movement puts the backdrop's pixels."""

STIRRED_SHARE = 0.01
"""A camera that moves changes as much of each quarter, unless there is nothing to be seen in it."""

CORNERS, APART_PX = 20, 7
"""Points of a quarter whose way is measured, so far apart."""

CORNERS_LEAST = 8
"""Fewer points tell nothing about a quarter; two quarters at least must tell something."""

WINDOW_PX, LEVELS = 11, 3
"""A point is searched so: up to 40 px away or so, a fifth of the rows."""

NEAR_PX = 1.5
"""A point that comes so close to where the camera's movement would put it goes with the camera;"""

GOING_ALONG = 0.6
"""so many of all, and"""

QUARTER_ALONG = 0.4
"""so many of each quarter must: the camera moves the place to its left as well as that to its right."""

MOVED_PX = 0.4
"""Corners of the picture that go less far are a camera that stands still."""

WORTH = 0.5
"""The movement must explain this share of all that differs, or it is something else that moves."""

CELL_PX, TELLING, UNCHANGED = 16, 0.03, 0.9
"""A cell of so many pixels each way, of which this share is not as the camera's movement would have it, has
stayed where it was if so much of that looks as before: somebody in it looks so here and there, by chance."""

STAYED_BEHIND = 0.02
"""If more of the cells than this have, it is not the camera that moves."""

OUTSIDE = -1000.0
"""Level of what the backdrop has not seen: it differs from all."""

_AROUND = np.ones((3, 3), np.uint8)


def is_all_over(changed: Mask) -> bool:
    """Whether something has changed nearly everywhere: the camera may have moved."""
    height, width = changed.shape
    quarters = cv2.resize(changed.astype(np.float32), (2, 2), interpolation=cv2.INTER_AREA)
    return bool(height >= 2 <= width and np.count_nonzero(quarters >= STIRRED_SHARE) >= 3)


def camera_way(backdrop: Small, small: Small, starts: Sequence[Small]) -> Affine | None:
    """Give how the camera has moved since it saw the backdrop; None if it stands, or nobody can tell.

    `starts` are the backdrop's `corners`, of now or a moment ago.
    """
    old, new = (_levels(picture) for picture in (backdrop, small))
    if sum(len(points) >= CORNERS_LEAST for points in starts) < 2:
        return None
    before = np.concatenate(starts)[:, None]
    after, found, _ = cv2.calcOpticalFlowPyrLK(
        old,
        new,
        before,
        np.zeros_like(before),
        winSize=(WINDOW_PX, WINDOW_PX),
        maxLevel=LEVELS,
    )
    known = found[:, 0] == 1
    if np.count_nonzero(known) < CORNERS_LEAST:
        return None
    way, _ = cv2.estimateAffinePartial2D(before[known], after[known], ransacReprojThreshold=NEAR_PX)
    if way is None:
        return None
    along = known & (np.linalg.norm(_put(before[:, 0], way) - after[:, 0], axis=1) <= NEAR_PX)
    ends = np.cumsum([len(points) for points in starts])[:-1]
    shares = [part.mean() for part in np.split(along, ends) if len(part) >= CORNERS_LEAST]
    if along.mean() < GOING_ALONG or min(shares) < QUARTER_ALONG or _stands(way, small.shape):
        return None
    return np.asarray(way, np.float64)


def apart(picture: Small, backdrop: Small, way: Affine, levels: float) -> Mask:
    """Give where a picture differs from the backdrop as the camera has moved it, 0 or 1.

    By a pixel to either side it may be wrong. What comes into view differs.
    """
    height, width = picture.shape
    moved = cv2.warpAffine(backdrop, way, (width, height), borderValue=(OUTSIDE,))
    above = cv2.subtract(picture, cv2.dilate(moved, _AROUND)) > levels
    below = cv2.subtract(cv2.erode(moved, _AROUND), picture) > levels
    return np.asarray(above | below, np.uint8)


def is_explained(differs: Mask, changed: Mask, way: Affine) -> bool:
    """Whether the camera has moved that way: it explains most of what changed, and nothing stayed behind.

    Where somebody near moves before a place that stands still, that place is where it was.
    """
    height, width = changed.shape
    if cv2.countNonZero(differs) > (1 - WORTH) * cv2.countNonZero(changed):
        return False
    known = differs & cv2.warpAffine(np.ones_like(changed), way, (width, height))
    cells = (max(width // CELL_PX, 1), max(height // CELL_PX, 1))
    telling, unchanged = (
        cv2.resize(mask.astype(np.float32), cells, interpolation=cv2.INTER_AREA)
        for mask in (known, known & (changed == 0))
    )
    behind = (telling >= TELLING) & (unchanged >= UNCHANGED * telling)
    return bool(np.count_nonzero(behind) <= STAYED_BEHIND * behind.size)


def corners(backdrop: Small) -> list[Small]:
    """Give points that are easily found again, (N, 2), of each quarter."""
    picture = _levels(backdrop)
    height, width = picture.shape
    found = []
    for top, bottom in ((0, height // 2), (height // 2, height)):
        for left, right in ((0, width // 2), (width // 2, width)):
            part = np.ascontiguousarray(picture[top:bottom, left:right])
            points = cv2.goodFeaturesToTrack(part, CORNERS, 0.02, APART_PX)
            placed = np.empty((0, 2)) if points is None else points[:, 0] + (left, top)
            found.append(np.asarray(placed, np.float32))
    return found


def _levels(picture: Small) -> Mask:
    return np.asarray(cv2.convertScaleAbs(cv2.max(picture, 0)), np.uint8)


def _put(points: Small, way: Affine) -> Affine:
    return np.asarray(points @ way[:, :2].T + way[:, 2], np.float64)


def _stands(way: Affine, shape: tuple[int, ...]) -> bool:
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
    return float(np.linalg.norm(_put(corners, way) - corners, axis=1).max()) < MOVED_PX

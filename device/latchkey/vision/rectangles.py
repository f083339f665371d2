"""Rectangles: from the boxes of a detector to covers that sit on the chroma grid.

All rounding goes outwards: a cover is never smaller than what it was made from.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import compress, pairwise

import numpy as np

from latchkey.frames import Box, Cover

GRID_PX = 2
"""Planes are 4:2:0: one chroma sample stands for 2x2 pixels, so covers begin and end on even ones."""

LEAST_DILATED_PX = 24
"""A smaller face is dilated as one of this size is, by 7 px to each side: the encoder lets what is beside a
cover that moves bleed into it by up to 6 px."""


def dilate(box: Box, factor: float, least_px: float = LEAST_DILATED_PX) -> Box:
    """Make a box `factor` times as wide and high about its centre, and a small one wider than that."""
    grow_x = max(box.x1 - box.x0, least_px) * (factor - 1) / 2
    grow_y = max(box.y1 - box.y0, least_px) * (factor - 1) / 2
    return Box(box.x0 - grow_x, box.y0 - grow_y, box.x1 + grow_x, box.y1 + grow_y, box.score)


def between(first: Box, second: Box, share: float) -> Box:
    """Give the box that lies `share` (0..1) of the way from the first to the second."""
    return Box(
        first.x0 + (second.x0 - first.x0) * share,
        first.y0 + (second.y0 - first.y0) * share,
        first.x1 + (second.x1 - first.x1) * share,
        first.y1 + (second.y1 - first.y1) * share,
        min(first.score, second.score),
    )


def on_grid(x0: float, y0: float, x1: float, y1: float, width: int, height: int) -> Cover | None:
    """Round a rectangle outwards to the chroma grid and clip it; None if nothing is inside the picture.

    A rectangle without area still covers the grid cell it lies in.
    """
    left, top = math.floor(x0 / GRID_PX) * GRID_PX, math.floor(y0 / GRID_PX) * GRID_PX
    right = max(math.ceil(x1 / GRID_PX) * GRID_PX, left + GRID_PX)
    bottom = max(math.ceil(y1 / GRID_PX) * GRID_PX, top + GRID_PX)
    clipped = Cover(max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    return clipped if clipped.x0 < clipped.x1 and clipped.y0 < clipped.y1 else None


def outermost(covers: Iterable[Cover]) -> tuple[Cover, ...]:
    """Drop every cover that lies wholly inside another one. All at once: a crowd makes thousands of pairs."""
    ordered = sorted(set(covers), key=lambda c: (-area(c), c))
    if len(ordered) < 2:
        return tuple(ordered)
    x0, y0, x1, y1 = np.array(ordered).T
    held = (x0[:, None] <= x0) & (y0[:, None] <= y0) & (x1 <= x1[:, None]) & (y1 <= y1[:, None])
    inside = held.sum(axis=0) > 1  # each holds itself
    return tuple(compress(ordered, ~inside))


def joined(covers: Iterable[Cover], limit: int) -> tuple[Cover, ...]:
    """Replace covers that touch by their bounding box until none do; all by one if over `limit`."""
    apart: list[Cover] = []
    for cover in covers:
        grown = cover
        while touching := [other for other in apart if _touch(other, grown)]:
            apart = [other for other in apart if other not in touching]
            grown = bounding([grown, *touching])
        apart.append(grown)
    return (bounding(apart),) if len(apart) > limit else tuple(apart)


def bounding(covers: Sequence[Cover]) -> Cover:
    """Give the smallest rectangle around all of them; there must be at least one."""
    x0, y0, x1, y1 = zip(*covers, strict=True)
    return Cover(min(x0), min(y0), max(x1), max(y1))


def hidden_share(box: Box, covers: Sequence[Cover], width: int, height: int) -> float:
    """Give the share (0..1) of a box, clipped to the picture, that lies under covers; 1 if nothing is in."""
    left, top, right, bottom = max(box.x0, 0), max(box.y0, 0), min(box.x1, width), min(box.y1, height)
    whole = max(right - left, 0) * max(bottom - top, 0)
    if not whole:
        return 1.0
    parts = [(max(c.x0, left), max(c.y0, top), min(c.x1, right), min(c.y1, bottom)) for c in covers]
    parts = [part for part in parts if part[0] < part[2] and part[1] < part[3]]
    columns = sorted({x for part in parts for x in (part[0], part[2])})
    hidden = 0.0
    for x0, x1 in pairwise(columns):
        reached = top
        for y0, y1 in sorted((p[1], p[3]) for p in parts if p[0] <= x0 and x1 <= p[2]):
            hidden += (x1 - x0) * max(y1 - max(y0, reached), 0)
            reached = max(reached, y1)
    return hidden / whole


def area(cover: Cover) -> int:
    """Pixels a cover hides."""
    return (cover.x1 - cover.x0) * (cover.y1 - cover.y0)


def _touch(a: Cover, b: Cover) -> bool:
    return a.x0 <= b.x1 and b.x0 <= a.x1 and a.y0 <= b.y1 and b.y0 <= a.y1

"""The moved region: all that has moved since it began, and everything above it.

The filter of last resort, for when faces cannot be found: often only legs differ from what is behind
them, so it reaches up to the top of the picture.
"""

from collections.abc import Iterable

from latchkey.frames import Cover
from latchkey.vision.rectangles import area, joined, on_grid

REGION_LIMIT = 16
"""Separate regions that motion leaves before they become one."""

REGION_PAD = 0.25
"""Share of its size by which a region of motion grows to the sides and down: legs are narrower than
shoulders, and hair and hands have little contrast. Upwards it reaches the edge of the picture."""

REGION_SHARE = 0.5
"""A region larger than this share of the picture becomes all of it."""


class MovedRegion:
    """Grows with every movement; never shrinks."""

    def __init__(self) -> None:
        self._moved: tuple[Cover, ...] = ()

    def add(self, blobs: Iterable[Cover]) -> None:
        """Take what moved in one frame."""
        self._moved = joined([*self._moved, *blobs], REGION_LIMIT)

    def covers(self, width: int, height: int) -> tuple[Cover, ...]:
        """Give the region; empty = nothing has moved, or it is so large that all must be covered."""
        padded = [_column(box, width, height) for box in self._moved]
        covers = joined((cover for cover in padded if cover), REGION_LIMIT)
        return () if sum(map(area, covers)) > REGION_SHARE * width * height else covers


def _column(box: Cover, width: int, height: int) -> Cover | None:
    pad_x, pad_y = (box.x1 - box.x0) * REGION_PAD, (box.y1 - box.y0) * REGION_PAD
    return on_grid(box.x0 - pad_x, 0, box.x1 + pad_x, box.y1 + pad_y, width, height)

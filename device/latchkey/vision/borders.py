"""Borders of privacy zones: somebody may stand across one, and what sticks out of the zone is half a face.

No detector knows half a face, nor is half a person tall or wide enough to count as one (`persons`). So
whatever moves and touches a zone counts as somebody, all of it, however small.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from latchkey.frames import Box, Cover
from latchkey.settings import Zone
from latchkey.vision.persons import SIDE, Person
from latchkey.vision.rectangles import area, dilate, on_grid
from latchkey.vision.zones import Mask, polygon_mask

CELL_PX = 8
"""Zones are compared in cells of so many pixels each way."""

NEAR_CELLS = 1
"""A blob that comes this close to the cells of a zone touches it, 16 px in all: outlines are good for 8, and
the black of a zone is smoothed into what is beside it."""

MOST_SHARE = 0.5
"""A blob of more than this share of the picture is another light, or somebody near: see `persons`."""


class Borders:
    """Knows the zones of one recording, whose pictures have one size."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = tuple(zones)
        self._size = (0, 0)
        self._near: Mask = np.zeros((0, 0), np.uint8)

    def across(self, blobs: Iterable[Cover], width: int, height: int) -> list[Person]:
        """Give who may stand across the border of a zone, out of what moves in a picture of that size."""
        most = MOST_SHARE * width * height
        return [
            Person(blob, _all_of(blob))
            for blob in blobs
            if area(blob) <= most and self.touch(blob, width, height)
        ]

    def cut(self, face: Box, width: int, height: int) -> bool:
        """Whether a zone may cut a face in a picture of that size."""
        place = on_grid(*face[:4], width, height) if self._zones else None
        return place is not None and self.touch(place, width, height)

    def touch(self, place: Cover, width: int, height: int) -> bool:
        """Whether a place in a picture of that size touches a zone."""
        if not self._zones:
            return False
        if self._size != (width, height):
            self._size = (width, height)
            cells = polygon_mask(self._zones, -(-width // CELL_PX), -(-height // CELL_PX))
            side = 2 * NEAR_CELLS + 1
            self._near = np.asarray(cv2.dilate(cells, np.ones((side, side), np.uint8)), np.uint8)
        rows = slice(place.y0 // CELL_PX, -(-place.y1 // CELL_PX))
        columns = slice(place.x0 // CELL_PX, -(-place.x1 // CELL_PX))
        return bool(self._near[rows, columns].any())


def _all_of(blob: Cover) -> Box:
    """Give all of a blob and a little more: hair and hats are low contrast."""
    return dilate(Box(*blob), 1 + 2 * SIDE)

"""Zones: polygons of the settings, in 0..1 of the picture, as masks of pixels.

A privacy zone is erased before any other part sees the picture: motion, detector, recorder.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Cover, Plane, RawFrame
from latchkey.settings import Zone
from latchkey.vision.rectangles import on_grid

BLACK_YUV = (16, 128, 128)
"""Black in limited range; in full range a grey so dark that it shows nothing either."""

Mask = NDArray[np.uint8]


def polygon_mask(zones: Sequence[Zone], width: int, height: int) -> Mask:
    """Give a (height, width) picture that is 255 wherever a zone touches the pixel, else 0.

    All that a zone's line goes round is in it, however often: one that crosses itself has no holes.
    """
    # The margin holds corners at 1.0, which lie beyond the last pixel. Rounding down moves an edge
    # by less than a pixel, so growing by one makes good for it.
    margin = 1
    mask = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    for zone in zones:
        points = np.floor(np.array(zone.points, np.float64) * (width, height)) + margin
        one = cv2.fillPoly(np.zeros_like(mask), [points.astype(np.int32)], (255,))
        outlines, _ = cv2.findContours(one, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(mask, outlines, -1, (255,), cv2.FILLED)
    grown: Mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    return np.ascontiguousarray(grown[margin:-margin, margin:-margin])


class _Blanks(NamedTuple):
    """What to erase in pictures of one size: the rectangle that holds it all, and masks within."""

    bounds: Cover
    luma: NDArray[np.bool_]
    chroma: NDArray[np.bool_]


class PrivacyZones:
    """Blacks out what the owner never wants seen, in all three planes, rounded outwards."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = tuple(zones)
        self._size = (0, 0)
        self._blanks: _Blanks | None = None
        self._small_mask: NDArray[np.bool_] | None = None

    def blank(self, frame: RawFrame) -> RawFrame:
        """Give the frame without the zones' pixels: a copy, or the same frame if there is no zone."""
        if not self._zones:
            return frame
        if self._blanks is None or self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._blanks = _blanks(self._zones, frame.width, frame.height)
        bounds, luma, chroma = self._blanks
        halves = Cover(bounds.x0 // 2, bounds.y0 // 2, bounds.x1 // 2, bounds.y1 // 2)
        return replace(
            frame,
            y=_erased(frame.y, bounds, luma, BLACK_YUV[0]),
            u=_erased(frame.u, halves, chroma, BLACK_YUV[1]),
            v=_erased(frame.v, halves, chroma, BLACK_YUV[2]),
            small=None if frame.small is None else self._small(frame.small),
        )

    def _small(self, luma: Plane) -> Plane:
        """Erase the zones in a small luma of any size."""
        if self._small_mask is None or self._small_mask.shape != luma.shape:
            self._small_mask = polygon_mask(self._zones, luma.shape[1], luma.shape[0]) > 0
        return np.where(self._small_mask, np.uint8(BLACK_YUV[0]), luma)


def _blanks(zones: Sequence[Zone], width: int, height: int) -> _Blanks:
    mask = polygon_mask(zones, width, height)
    x, y, wide, tall = cv2.boundingRect(mask)
    bounds = on_grid(x, y, x + wide, y + tall, width, height)
    if bounds is None or not wide:
        return _Blanks(Cover(0, 0, 0, 0), np.zeros((0, 0), bool), np.zeros((0, 0), bool))
    full = mask[bounds.y0 : bounds.y1, bounds.x0 : bounds.x1]
    chroma = (full[::2, ::2] | full[1::2, ::2] | full[::2, 1::2] | full[1::2, 1::2]) > 0
    return _Blanks(bounds, chroma.repeat(2, axis=0).repeat(2, axis=1), chroma)


def _erased(plane: Plane, bounds: Cover, mask: NDArray[np.bool_], value: int) -> Plane:
    copy = plane.copy()
    np.copyto(copy[bounds.y0 : bounds.y1, bounds.x0 : bounds.x1], value, where=mask)
    return copy

"""Where something has stirred: a faint likeness of a face in picture parts that never changed is no person.

Bricks, leaves and noise look like faces to a detector, and stay where they are. People stir. So a large faint
box is believed from the first change there on, or where the picture differs from the background; small ones
and clear ones always.
"""

from collections.abc import Iterable

import numpy as np

from latchkey.frames import Box, Cover

CLEAR_SCORE = 0.2
"""Of 742 photographed faces of 32 px and up that are found, sharp, blurred, turned by up to 30 degrees or at
-3 stops, YuNet gives all as much, CenterFace all but one; half of the false boxes there score less. Below 0.3
would be two thirds of those, and six in a thousand faces."""

DUSK_CLEAR_SCORE = 0.3
"""At dusk there is more noise, and brightened it scores more: half of what walks hide there with YuNet
is due to boxes between the two scores."""

SMALL_SHARE = 1 / 40
"""Faces smaller than this share of the picture's longer side (32 px of 1280) score less even if they are
clear, and false boxes of their size hide little."""

SURE_SCORE, DOUBTFUL = 0.3, 2
"""So many small faces that score less are searched closer with a look that surveys: a face of 13 px in
sunglasses scores no more (0.9 from nearby), nor do things, from nearby neither. CenterFace gives a dark one
of that size 0.19 in a tile, 0.6 from nearby."""

GRID = 64
"""Cells across the picture, and down: stirring is remembered to 20 pixels at 1280x720."""


class Stirring:
    """Remembers for one recording which parts of a picture of `width` x `height` pixels have changed."""

    def __init__(self, width: int, height: int, *, dusk: bool = False) -> None:
        self._width, self._height = width, height
        self._clear = DUSK_CLEAR_SCORE if dusk else CLEAR_SCORE
        self._cells = np.zeros((GRID, GRID), np.bool_)

    def take(self, changes: Iterable[Cover] | None) -> None:
        """Take what has changed between two looks; None = all over."""
        if changes is None:
            self._cells[:] = True
            return
        for change in changes:
            self._cells[self._within(change)] = True

    def believes(self, face: Box) -> bool:
        """Whether a box is to be covered: small, clear, or where something has stirred."""
        return (
            self._is_small(face) or face.score >= self._clear or bool(self._cells[self._within(face)].any())
        )

    def doubtful(self, faces: Iterable[Box]) -> list[Box]:
        """Give the small ones, the clearest first, that only a closer look can tell from things: a few."""
        faint = [face for face in faces if face.score < SURE_SCORE and self._is_small(face)]
        return sorted(faint, key=lambda face: -face.score)[:DOUBTFUL]

    def _is_small(self, face: Box) -> bool:
        return max(face.x1 - face.x0, face.y1 - face.y0) < SMALL_SHARE * max(self._width, self._height)

    def _within(self, box: Cover | Box) -> tuple[slice, slice]:
        """Give the cells that a rectangle touches: at least one, also of what lies outside."""
        return _span(box.y0, box.y1, self._height), _span(box.x0, box.x1, self._width)


def _span(low: float, high: float, length: int) -> slice:
    first = min(max(int(low * GRID / length), 0), GRID - 1)
    last = min(max(int(np.ceil(high * GRID / length)), first + 1), GRID)
    return slice(first, last)

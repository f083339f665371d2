"""Which boxes are of one face."""

from collections.abc import Sequence

from latchkey.frames import Box

SAME_FACE = 0.6
"""Boxes of two windows of which the smaller lies in the other by more than this share are one face, perhaps
cut by the edge of one window."""


def distinct(boxes: Sequence[Box]) -> list[Box]:
    """Make one of the boxes that several windows gave for a face: it reaches as far as any of them."""
    kept: list[Box] = []
    for box in boxes:
        grown = box
        for other in [other for other in kept if shared(grown, other) > SAME_FACE]:
            kept.remove(other)
            grown = Box(
                min(grown.x0, other.x0),
                min(grown.y0, other.y0),
                max(grown.x1, other.x1),
                max(grown.y1, other.y1),
                max(grown.score, other.score),
            )
        kept.append(grown)
    return kept


def shared(a: Box, b: Box) -> float:
    """Intersection over the smaller of the two areas."""
    across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / min((a.x1 - a.x0) * (a.y1 - a.y0), (b.x1 - b.x0) * (b.y1 - b.y0))

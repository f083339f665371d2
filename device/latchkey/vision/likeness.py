"""Which boxes of one look are the same face, and which of them to believe."""

from collections.abc import Sequence

from latchkey.frames import Box
from latchkey.vision.windows import Optics

FAIR_SCORE = 0.3
"""What looks less like a face than this does not stay, and on its side it is none."""

SAME_FACE = 0.6
"""Boxes of two searches of which the smaller lies in the other by more than this share are one face, perhaps
cut by the edge of a window."""

NEAR = 0.1
"""An upright face of this share of the picture's height hides the turned one that is the same: the box around
a turned one is half as large again, which only matters near the lens. For smaller ones both count."""

UPRIGHT_SIZE = 0.5
"""It is the same if it has more than this share of the turned one's height, or may be somebody beside it."""

MIDDLE, MIDDLE_SCORE = 0.25, 0.7
"""Faces are opaque: a turned one is none if the middle of an upright one of that score, and of less than
`UPRIGHT_SIZE`, is so near its own, as a share of its sides. YuNet takes a corridor with somebody far down it
for a face, turned, and its pixels are followed."""

LARGE, LARGE_SCORE = 0.5, 0.75
"""A face of more than this share of the picture's height must have that score in the turned picture:
brightened noise at dusk looks like large faces, and somebody so near moves."""

DUSK_LARGE, DUSK_LARGE_SCORE = 1 / 8, 0.5
"""At dusk one that is larger than this must have that: of 11 false ones from 0.3 on all were larger, and none
of the true ones, of faces of 40 and 60 px."""


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


def is_rolled(box: Box, view: Optics, upright: Sequence[Box], *, dusk: bool = False) -> bool:
    """Whether to believe what was found in the turned picture: not where somebody near is as sure upright."""
    if box.score < _asked_of((box.y1 - box.y0) / view.height, dusk=dusk):
        return False
    return not any(
        face.score >= box.score
        and shared(face, box) > SAME_FACE
        and (
            face.y1 - face.y0 > max(UPRIGHT_SIZE * (box.y1 - box.y0), NEAR * view.height)
            or _is_before(face, box)
        )
        for face in upright
    )


def shared(a: Box, b: Box) -> float:
    """Give the intersection over the smaller of the two areas."""
    across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / min((a.x1 - a.x0) * (a.y1 - a.y0), (b.x1 - b.x0) * (b.y1 - b.y0))


def _is_before(face: Box, box: Box) -> bool:
    """Whether a sure face is so small and so far within a box that nobody's face can be around it."""
    wide, tall = box.x1 - box.x0, box.y1 - box.y0
    return (
        face.score >= MIDDLE_SCORE
        and face.y1 - face.y0 < UPRIGHT_SIZE * tall
        and abs(face.x0 + face.x1 - box.x0 - box.x1) / 2 < MIDDLE * wide
        and abs(face.y0 + face.y1 - box.y0 - box.y1) / 2 < MIDDLE * tall
    )


def _asked_of(share: float, *, dusk: bool) -> float:
    """Give the score asked of a turned box of that share of the picture's height."""
    if share > LARGE:
        return LARGE_SCORE
    return DUSK_LARGE_SCORE if dusk and share > DUSK_LARGE else FAIR_SCORE

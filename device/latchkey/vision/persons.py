"""Persons by their movement alone: what may be one, and where its head and body would be.

All by shape. What differs from the background is a blob; a blob that may be a person with a face of 16
pixels counts as one. Where that is uncertain, it counts.
"""

from collections.abc import Iterable

from latchkey.frames import Box, Cover
from latchkey.vision.rectangles import area, bounding

LEAST_PX = 136
"""Height of a person whose face is 16 px high: with hair the head is 1.35 times that, and a body is 6 to 7.5
heads. Smaller faces are hard to know again, and a street is full of them."""

LEGS_PX = 160
"""Least height of a broad blob that may be legs alone. Smaller ones are as often two people far away."""

FLAT = 1.6
"""So many times as wide as high is a car, unless it is near."""

NARROW = 6.0
"""So many times as high as wide is a post, a streak of rain, a slit of light."""

NEAR_SHARE = 0.2
"""A blob with this share of the picture is near: whoever is cut off by its edges has any shape."""

SLIM = 2.2
"""So many times as high as wide is a person seen whole; of a broader blob, the head may not differ."""

TALL = 3.4
"""A person is at most so many times as tall as the part of them that is seen moving is wide,"""

LEGS_SHARE = 2.0
"""and at most so many times as tall as that part: less than the legs never differs alone."""

UPPER = 0.25
"""Head and shoulders are in this upper part of a person who is seen whole;"""

BUST = 0.6
"""of a broader one they take this many widths: the lower part is cut off, or hidden."""

SIDE = 0.15
"""Share of its width by which a head's place is wider than the blob: hair and hats are low contrast."""

SEAM_PX = 16
"""Blobs one above the other with a gap no larger are one person: a belt, a bright coat."""

PERSON_LIMIT = 8
"""More persons at once are taken as one crowd."""


def persons(blobs: Iterable[Cover], width: int, height: int) -> list[Cover]:
    """Give what may be a person with a face large enough to matter, out of what moves in one picture."""
    found = [blob for blob in _stacked(blobs) if _may_be_one(blob, width, height)]
    return [bounding(found)] if len(found) > PERSON_LIMIT else found


def is_large(blob: Cover, width: int, height: int) -> bool:
    """Whether a person is too large to be something far that was taken for one in a single frame."""
    return blob.y1 - blob.y0 >= 1.5 * LEAST_PX or area(blob) >= NEAR_SHARE * width * height


def head_place(blob: Cover) -> Box:
    """Say where the head and shoulders of a person would be; not clipped to the picture."""
    wide, tall = blob.x1 - blob.x0, blob.y1 - blob.y0
    top, depth = blob.y0 - SIDE * wide, tall * UPPER
    if tall < SLIM * wide:
        if tall >= LEGS_PX:
            top = min(top, blob.y1 - min(TALL * wide, LEGS_SHARE * tall))
        depth = min(max(depth, wide * BUST), tall)
    return Box(blob.x0 - SIDE * wide, top, blob.x1 + SIDE * wide, blob.y0 + depth)


def body_place(blob: Cover) -> Box:
    """Say where all of a person would be, the head included; not clipped to the picture."""
    head = head_place(blob)
    return head._replace(y1=blob.y1 + SIDE * (blob.x1 - blob.x0))


def body_of(face: Box) -> Box:
    """Say where the body is that belongs to a face; not clipped to the picture.

    A body is 7.5 heads tall and two heads wide at the shoulders; a head is 1.35 times as high as the box of
    a face and 1.25 times as wide. Arms and a stride take as much again to the sides.
    """
    wide, tall = face.x1 - face.x0, face.y1 - face.y0
    middle = (face.x0 + face.x1) / 2
    return Box(middle - 3 * wide, face.y0 - tall / 2, middle + 3 * wide, face.y0 + 10 * tall, face.score)


def _may_be_one(blob: Cover, width: int, height: int) -> bool:
    wide, tall = blob.x1 - blob.x0, blob.y1 - blob.y0
    if area(blob) >= NEAR_SHARE * width * height:
        return True
    if wide > FLAT * tall:
        return False
    cut_off = blob.y1 >= height - SEAM_PX and min(wide, tall) >= LEAST_PX / 2
    return cut_off or (tall >= LEAST_PX and tall <= NARROW * wide)


def _stacked(blobs: Iterable[Cover]) -> list[Cover]:
    """Join blobs that stand on one another."""
    piles: list[Cover] = []
    for blob in sorted(blobs, key=lambda one: (one.y0, one)):
        for index, pile in enumerate(piles):
            if _stands_under(pile, blob):
                piles[index] = bounding([pile, blob])
                break
        else:
            piles.append(blob)
    return piles


def _stands_under(upper: Cover, lower: Cover) -> bool:
    shared = min(upper.x1, lower.x1) - max(upper.x0, lower.x0)
    least = min(upper.x1 - upper.x0, lower.x1 - lower.x0)
    return shared >= least / 2 and lower.y0 - upper.y1 <= SEAM_PX

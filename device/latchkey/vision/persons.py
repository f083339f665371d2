"""Persons by their movement alone: what may be one, and where its head and body would be.

All by shape. What differs from the background is a blob; blobs that may be a person with a face of 16 pixels
count as one. Parts of a person that look like what is behind them do not differ: often there are only legs,
or a head and legs, or a head. Where that is uncertain, it counts.
"""

from collections.abc import Iterable
from typing import NamedTuple

from latchkey.frames import Box, Cover
from latchkey.vision.rectangles import area, bounding

LEAST_PX = 136
"""Height of a person whose face is 16 px high: with hair the head is 1.35 times that, and a body is 6 to 7.5
heads. Smaller faces are hard to know again, and a street is full of them."""

LEGS_PX = 96
"""Least width of legs alone, with a stride and their shadow. Narrower ones are as often people far away."""

FLAT = 1.6
"""So many times as wide as high is a car;"""

FLAT_CUT_OFF = 2.5
"""where the lower edge of the picture cuts it off, it may still be the legs of somebody near."""

NARROW = 6.0
"""So many times as high as wide is a post, a streak of rain, a slit of light."""

NEAR_SHARE = 0.2
"""A blob with this share of the picture is near: whoever is cut off by its edges has any shape."""

SLIM = 2.2
"""So many times as high as wide is a person seen whole; of a broader blob, the head may not differ."""

COMPACT = 1.6
"""A blob that is not so many times as high as wide may be a head alone."""

HEAD_SHARE = 0.4
"""A head alone is at most this share of the picture's height."""

TALL = 3.4
"""A person is at most so many times as tall as the part of them that is seen moving is wide, or high."""

UPPER = 0.25
"""Head and shoulders are in this upper part of a person who is seen whole;"""

BUST = 0.6
"""of a broader one they take this many widths: the lower part is cut off, or hidden."""

SIDE = 0.15
"""Share of its width by which a head's place is wider than the blob: hair and hats are low contrast."""

HEADLESS = 0.5
"""A head whose blob begins at the shoulders, since it is blurred or like what is behind it, reaches at most
so many widths of these above them."""

GAP = 1.2
"""Blobs above one another are one person if the gap is at most so many times as high as the higher one."""

EDGE_PX = 16
"""A blob that comes this close to an edge is cut off by it: outlines are good for 8 pixels."""

PERSON_LIMIT = 8
"""More persons at once are taken as one crowd."""


class Person(NamedTuple):
    """What moves of somebody, and where head and shoulders would be (not clipped to the picture)."""

    blob: Cover
    head: Box

    @property
    def body(self) -> Box:
        """Where all of them would be; not clipped to the picture."""
        pad = SIDE * (self.blob.x1 - self.blob.x0)
        x0, x1 = min(self.head.x0, self.blob.x0 - pad), max(self.head.x1, self.blob.x1 + pad)
        return Box(x0, self.head.y0, x1, max(self.head.y1, self.blob.y1 + pad))


def persons(blobs: Iterable[Cover], width: int, height: int) -> list[Person]:
    """Give who may have a face large enough to matter, out of what moves in one picture."""
    piles = _piles(blobs)
    found = [
        Person(bounding(pile), _head(pile, width, height))
        for pile in piles
        if _may_be_one(bounding(pile), width, height)
    ]
    if len(found) <= PERSON_LIMIT:
        return found
    crowd = bounding([person.blob for person in found])
    return [Person(crowd, Box(crowd.x0, 0, crowd.x1, crowd.y1))]


def is_large(blob: Cover, width: int, height: int) -> bool:
    """Whether a person is too large to be something far that was taken for one in a single frame."""
    return blob.y1 - blob.y0 >= 1.5 * LEAST_PX or area(blob) >= NEAR_SHARE * width * height


def body_of(face: Box) -> Box:
    """Say where the body is that belongs to a face; not clipped to the picture.

    A body is 7.5 heads tall and two heads wide at the shoulders; a head is 1.35 times as high as the box of
    a face and 1.25 times as wide. Arms and a stride take as much again to the sides.
    """
    wide, tall = face.x1 - face.x0, face.y1 - face.y0
    middle = (face.x0 + face.x1) / 2
    return Box(middle - 3 * wide, face.y0 - tall / 2, middle + 3 * wide, face.y0 + 10 * tall, face.score)


def _may_be_one(blob: Cover, width: int, height: int) -> bool:
    wide, tall = _breadth(blob, width), blob.y1 - blob.y0
    if area(blob) >= NEAR_SHARE * width * height:
        return tall >= LEAST_PX / 2
    if blob.y1 >= height - EDGE_PX and tall >= LEAST_PX / 2 and LEAST_PX / 2 <= wide <= FLAT_CUT_OFF * tall:
        return True
    if wide > FLAT * tall:
        return False
    return wide >= LEGS_PX or LEAST_PX <= tall <= NARROW * wide


def _head(pile: list[Cover], width: int, height: int) -> Box:
    """Say where the head would be: at the top of the highest part, and above the feet of it all."""
    top_part, whole = pile[0], bounding(pile)
    wide, tall = top_part.x1 - top_part.x0, top_part.y1 - top_part.y0
    top, depth = top_part.y0 - SIDE * wide, tall * UPPER
    if tall < COMPACT * wide:
        depth = min(max(wide * BUST, height * HEAD_SHARE), tall)
    elif tall < SLIM * wide:
        depth = max(depth, wide * BUST)
    broad = _breadth(whole, width)
    if whole.y1 - whole.y0 < SLIM * broad and broad >= LEGS_PX:
        top = min(top, whole.y1 - TALL * min(broad, whole.y1 - whole.y0))
    else:
        top = min(top, max(top_part.y0 - HEADLESS * wide, whole.y1 - TALL * broad))
    return Box(top_part.x0 - SIDE * wide, top, top_part.x1 + SIDE * wide, top_part.y0 + depth)


def _breadth(blob: Cover, width: int) -> int:
    """Width of a blob; cut off by a side of the picture, it is taken to be as wide as high."""
    cut_off = blob.x0 < EDGE_PX or blob.x1 > width - EDGE_PX
    return max(blob.x1 - blob.x0, blob.y1 - blob.y0 if cut_off else 0)


def _piles(blobs: Iterable[Cover]) -> list[list[Cover]]:
    """Group blobs that are parts of one person, the highest first."""
    piles: list[list[Cover]] = []
    for blob in sorted(blobs, key=lambda one: (one.y0, one)):
        for pile in piles:
            if _belongs(bounding(pile), blob):
                pile.append(blob)
                break
        else:
            piles.append([blob])
    return piles


def _belongs(upper: Cover, lower: Cover) -> bool:
    """Whether the lower blob may be the rest of whoever the upper one is a part of."""
    shared = min(upper.x1, lower.x1) - max(upper.x0, lower.x0)
    least = min(upper.x1 - upper.x0, lower.x1 - lower.x0)
    higher = max(upper.y1 - upper.y0, lower.y1 - lower.y0)
    both = bounding([upper, lower])
    shape = both.y1 - both.y0 <= TALL * (both.x1 - both.x0)
    return shared >= least / 2 and lower.y0 - upper.y1 <= GAP * higher and shape

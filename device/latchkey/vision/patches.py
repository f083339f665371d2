"""What lay under the covers of a picture, cut out for the sealed face layer. In RAM only.

The one place that makes `FacePatches`; the one that takes them is the sealer of the face layer
(`latchkey.pipeline.facelayer`), which gives sealed bytes and nothing else.

Rules
- What covers of faces hide that were found is kept, whatever else hides the picture: somebody close to the
  lens is whom the owner wants to see, and no box that a detector gave is safety's.
- What other covers hide (people whom movement alone tells of, all that moves) is kept while these hide at
  most `OTHER_SHARE` of the picture, and the frame is `ok`.
- What is hidden since the filter cannot tell, the whole picture above all, is not kept: it would be the
  unredacted video. `[privacy] mode = "everything"` keeps nothing by the rule before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from latchkey.frames import Box, Cover, FilterState, Plane, RawFrame
from latchkey.vision.rectangles import hidden_share, joined, outermost
from latchkey.vision.redactor import COVER_YUV

OTHER_SHARE = 0.5
"""Where covers of nobody's face hide more than this share of the picture they hide a scene."""


class Withheld(StrEnum):
    """Why some of what covers hide in a picture is not kept."""

    SAFETY = "safety"
    """The frame is a fallback."""
    SCENE = "scene"
    """Covers of no face that was found hide more than half of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Beneath:
    """The picture that a safe frame was made from, and what is hidden in it for faces that were found.

    `is_whole`: the frame was hidden whole, so faces that the self-check finds around it are not of it.
    """

    raw: RawFrame
    found: tuple[Cover, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FacePatches:
    """The pixels under the covers of one picture. As secret as the picture itself.

    `covers` are those whose pixels are kept; `withheld` says why there are others.

    Covers overlap a lot while somebody walks, so what is kept is a rectangle around those that touch, each
    with a plane, uint8, `height * 3 / 2` rows of `width`: luma, below it U left of V. What none of `covers`
    hides is filled with the colour of covers there.
    """

    covers: tuple[Cover, ...]
    patches: tuple[tuple[Cover, Plane], ...]
    withheld: Withheld | None = None

    def __repr__(self) -> str:
        return f"FacePatches({len(self.covers)} covers)"


def cut_patches(
    frame: RawFrame, state: FilterState, covers: Sequence[Cover], found: Sequence[Cover] = ()
) -> FacePatches | None:
    """Copy what may be kept of what the covers of a picture hide; None for a picture without covers.

    `found` are covers of faces that were found, each of them under `covers`.
    """
    if not covers:
        return None
    others, withheld = _others(frame, state, covers, found)
    kept = outermost([*found, *others])
    places = joined(kept, len(kept)) if kept else ()
    return FacePatches(kept, tuple((place, _cut(frame, place, kept)) for place in places), withheld)


def _others(
    frame: RawFrame, state: FilterState, covers: Sequence[Cover], found: Sequence[Cover]
) -> tuple[list[Cover], Withheld | None]:
    """Give the covers of no face whose pixels are kept, and why there are more of them."""
    faces, size = set(found), (frame.width, frame.height)
    others = [cover for cover in covers if cover not in faces]
    is_scene = hidden_share(Box(0, 0, *size), others, *size) > OTHER_SHARE
    if state is FilterState.OK and not is_scene:
        return others, None
    if all(hidden_share(Box(*other), found, *size) == 1.0 for other in others):
        return [], None
    return [], Withheld.SCENE if state is FilterState.OK else Withheld.SAFETY


def _cut(frame: RawFrame, place: Cover, covers: Sequence[Cover]) -> Plane:
    height, width = place.y1 - place.y0, place.x1 - place.x0
    patch = np.empty((height * 3 // 2, width), np.uint8)
    y, u, v = patch[:height], patch[height:, : width // 2], patch[height:, width // 2 :]
    y[:], u[:], v[:] = COVER_YUV
    for x0, y0, x1, y1 in covers:
        if not (place.x0 <= x0 and place.y0 <= y0 and x1 <= place.x1 and y1 <= place.y1):
            continue
        for part, plane, scale in ((y, frame.y, 1), (u, frame.u, 2), (v, frame.v, 2)):
            rows, columns = slice(y0 // scale, y1 // scale), slice(x0 // scale, x1 // scale)
            top, left = place.y0 // scale, place.x0 // scale
            part[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = plane[
                rows, columns
            ]
    return patch

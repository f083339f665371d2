"""What lay under the covers of a picture, cut out for the sealed face layer. In RAM only.

The one place that makes `FacePatches`; the one that takes them is the sealer of the face layer
(`latchkey.pipeline.facelayer`), which gives sealed bytes and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latchkey.frames import Box, Cover, FilterState, Plane, RawFrame
from latchkey.vision.rectangles import hidden_share, joined
from latchkey.vision.redactor import COVER_YUV

PATCH_SHARE = 0.5
"""Where covers hide more than this share of the picture they hide a scene, not faces: nothing is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class FacePatches:
    """The pixels under the covers of one picture. As secret as the picture itself.

    Covers overlap a lot while somebody walks, so what is kept is a rectangle around those that touch, each
    with a plane, uint8, `height * 3 / 2` rows of `width`: luma, below it U left of V. What no cover
    hides is filled with the colour of covers there.
    """

    covers: tuple[Cover, ...]
    patches: tuple[tuple[Cover, Plane], ...]

    def __repr__(self) -> str:
        return f"FacePatches({len(self.covers)} covers)"


def cut_patches(frame: RawFrame, state: FilterState, covers: Sequence[Cover]) -> FacePatches | None:
    """Copy what the covers of a picture hide; None where there is nothing that may be kept.

    Kept are patches of frames in which faces were found (`ok`) only: a fallback hides whatever moves,
    or all, and to keep that would be to keep the picture. The same where covers hide most of it.
    """
    if state is not FilterState.OK or not covers:
        return None
    whole = Box(0, 0, frame.width, frame.height)
    if hidden_share(whole, covers, frame.width, frame.height) > PATCH_SHARE:
        return None
    places = joined(covers, len(covers))
    return FacePatches(tuple(covers), tuple((place, _cut(frame, place, covers)) for place in places))


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

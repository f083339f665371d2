"""Windows: square parts of the picture that a detector is shown closer than the whole.

Geometry only. A window is never coarser than the look at the whole would be, nor finer than 1:1.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from latchkey.frames import Box, Cover
from latchkey.vision.look import STRIDE_PX, parts_of, size_of
from latchkey.vision.rectangles import area, bounding

WINDOW_SHARE = 1 / 3
"""Side of a window's small picture, as a share of the detector's longer side: a fifth of the cost."""

WINDOWS = 2
"""Windows of one partial look: more would cost as much as the whole picture."""

CLOSE_UPS = 3
"""Closer looks beside a look at the whole: a visitor and one other, of whom one moves legs alone."""

WORTH_IT = 0.7
"""A close-up wider than this share of the largest window would show its faces hardly larger."""

TALL = 3.4
"""A person is at most so many times as tall as the part of them that is seen moving is wide."""

BELOW = 0.75
"""Where legs alone move, the head may be lower than `TALL` says: a second window hangs by this share of
its side below the first, so that no face is cut by both."""

MARGIN = 0.12
"""Room left around what moves, as a share of its window: hair and hats are low contrast."""


SURVEY_FINER = 1.6
"""By how much a tile of the survey is finer than the whole: faces of 12 px in the small picture there are
7 px in the whole, and no detector finds them."""

DUSK_FINER, DUSK_SCALE = 2.2, 0.8
"""In weak light tiles are as fine as this, or as `DUSK_SCALE` of the frame's own pixels, if that is coarser:
of faces of 20 px CenterFace finds half at `SURVEY_FINER` of 720 rows there, and nearly all at 0.8."""

LARGE_TILE_PX, TILE_PX, NEARLY = 280, 214, 0.89
"""Where tiles would be larger than the first, in pixels of the frame (from about 1350 across on), they are as
large as the second, or as is shown at the third of the frame's own scale, if that is larger: beyond it YuNet
finds no more. In 1920x1080 a face of 18 px has 16 px there with YuNet and 13 with CenterFace, instead of 10
and 7."""

SURVEY_STEP, OVERLAP_PX = 0.8, 40
"""Tiles overlap by the rest, or so many pixels, if that is less, so that no small face is cut by all."""


CLEAR_PX = 40
"""A face of this size in the small picture is found as well as a larger one, or better if it is blurred."""

CHEAPEST = 64
"""Least side of a window's small picture: below it a look costs hardly less."""

OWN_ROOM = 0.75
"""Changes within so many of its sizes around a known face are that face, moving, and its hair."""


@dataclass(frozen=True, slots=True)
class Optics:
    """What one detector makes of pictures of one size.

    `parts` make up the whole, one unless it is a strip; `whole` is (width, height) of the small picture of
    each; `window` the side of a window's small picture; `finest_px` and `widest_px` bound the side of a
    window in pixels of the frame: from 1:1 to the scale of the whole.
    """

    width: int
    height: int
    parts: tuple[Cover, ...]
    whole: tuple[int, int]
    window: int
    finest_px: int
    widest_px: int

    @property
    def has_windows(self) -> bool:
        """Whether a window is smaller than the picture."""
        return self.widest_px <= min(self.width, self.height)


def optics(width: int, height: int, long_side_px: int) -> Optics:
    """Give the optics of a detector for pictures of width x height pixels; FinderError if too long."""
    parts = parts_of(width, height)
    whole = size_of(parts[0], long_side_px)
    window = max(round(long_side_px * WINDOW_SHARE / STRIDE_PX), 1) * STRIDE_PX
    scale = max(whole[0] / (parts[0].x1 - parts[0].x0), whole[1] / (parts[0].y1 - parts[0].y0))
    widest = int(window / scale) & ~1
    return Optics(width, height, tuple(parts), whole, window, min(window, widest), widest)


def close_ups(moving: Iterable[Cover], view: Optics) -> list[Cover]:
    """Give the windows worth a closer look, at most `CLOSE_UPS`, the largest movement first.

    A window hangs from where the head of what moves would be, and a second one below it where that
    is far above: often only legs differ enough from what is behind them. None is given for
    movement so wide that a window would show it hardly larger.
    """
    windows: list[Cover] = []
    for box in sorted(moving, key=area, reverse=True):
        if any(_holds_head(window, box) for window in windows):
            continue
        side = max(round((box.x1 - box.x0) * (1 + 2 * MARGIN)), view.finest_px)
        if side > view.widest_px * WORTH_IT or not view.has_windows:
            break
        highest = _head(box) - round(side * MARGIN)
        tops = [highest] if box.y0 - highest <= side * BELOW else [highest, highest + round(side * BELOW)]
        if len(windows) + len(tops) > CLOSE_UPS:
            break
        windows += [window_at((box.x0 + box.x1) // 2, top, side, view) for top in tops]
    return windows


def survey(view: Optics, *, dusk: bool = False) -> list[Cover]:
    """Give tiles that hold all of the picture, finer than the whole; none where that is not to be had."""
    side = int(view.widest_px / SURVEY_FINER) & ~1
    if side > LARGE_TILE_PX:
        side = max(TILE_PX, int(view.window / NEARLY) & ~1)
    side = max(side, view.finest_px)
    if dusk:
        finer = max(view.widest_px / DUSK_FINER, view.window / DUSK_SCALE)
        side = max(min(int(finer) & ~1, side), view.finest_px)
    if side > view.widest_px * WORTH_IT or not view.has_windows:
        return []
    lefts, tops = (_steps(length, side) for length in (view.width, view.height))
    return [Cover(left, top, left + side, top + side) for top in tops for left in lefts]


def gathered(regions: Iterable[Cover], view: Optics) -> list[Cover] | None:
    """Give at most `WINDOWS` windows that hold all regions; None if that is not to be had."""
    groups: list[Cover] = []
    for region in sorted(regions, key=area, reverse=True):
        fitting = [i for i, group in enumerate(groups) if _span(bounding([group, region])) <= view.widest_px]
        if fitting:
            nearest = min(fitting, key=lambda i: _span(bounding([groups[i], region])))
            groups[nearest] = bounding([groups[nearest], region])
        elif len(groups) == WINDOWS or _span(region) > view.widest_px:
            return None
        else:
            groups.append(region)
    windows = []
    for group in groups:
        side = max(min(round(_span(group) * (1 + 2 * MARGIN)), view.widest_px), view.finest_px)
        middle_x, middle_y = (group.x0 + group.x1) // 2, (group.y0 + group.y1) // 2
        windows.append(window_at(middle_x, middle_y - side // 2, side, view))
    return windows


def enough(window: Cover, faces: Sequence[Box], changes: Iterable[Cover], view: Optics) -> int:
    """Give the side of a small picture of the window that is enough to find its faces again.

    That is `view.window` where something else has changed there: who knows how small its face is.
    """
    here = [change for change in changes if meet(window, change)]
    if not faces or not all(any(_is_near(face, change) for face in faces) for change in here):
        return view.window
    smallest = min(max(face.x1 - face.x0, face.y1 - face.y0) for face in faces)
    side = math.ceil((window.x1 - window.x0) * CLEAR_PX / smallest / STRIDE_PX) * STRIDE_PX
    return min(max(side, CHEAPEST), view.window)


def window_at(middle_x: int, top: int, side: int, view: Optics) -> Cover:
    """Give the square window of that side and place, moved into the picture; corners are even."""
    side = min(side, view.width, view.height) & ~1
    left = min(max(middle_x - side // 2, 0), view.width - side) & ~1
    top = min(max(top, 0), view.height - side) & ~1
    return Cover(left, top, left + side, top + side)


def with_head(box: Cover) -> Cover:
    """Give a region of change, up to where a head would be: often only legs differ from the ground."""
    return Cover(box.x0, max(_head(box), 0), box.x1, box.y1)


def shows(window: Cover, face: Box) -> bool:
    """Whether the middle of the face is in the window."""
    x, y = (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2
    return window.x0 <= x < window.x1 and window.y0 <= y < window.y1


def meet(a: Cover, b: Cover) -> bool:
    """Whether two rectangles share a pixel."""
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1


def is_cut(room: Cover, windows: Iterable[Cover]) -> bool:
    """Whether a window shows a part of the rectangle only."""
    return any(meet(window, room) and bounding([window, room]) != window for window in windows)


def _steps(length: int, side: int) -> list[int]:
    """Give where tiles begin along one side of the picture, evenly, on even pixels."""
    step = max(side * SURVEY_STEP, side - OVERLAP_PX)
    count = max(math.ceil((length - side) / step), 0) + 1
    return [(length - side) * number // max(count - 1, 1) & ~1 for number in range(count)]


def _head(box: Cover) -> int:
    return min(box.y0, box.y1 - round(TALL * (box.x1 - box.x0)))


def _holds_head(window: Cover, box: Cover) -> bool:
    return window.x0 <= box.x0 and box.x1 <= window.x1 and window.y0 <= box.y0 < window.y1


def _is_near(face: Box, change: Cover) -> bool:
    room = OWN_ROOM * max(face.x1 - face.x0, face.y1 - face.y0)
    x0, y0, x1, y1 = face.x0 - room, face.y0 - room, face.x1 + room, face.y1 + room
    return x0 <= change.x0 and change.x1 <= x1 and y0 <= change.y0 and change.y1 <= y1


def _span(box: Cover) -> int:
    return max(box.x1 - box.x0, box.y1 - box.y0)

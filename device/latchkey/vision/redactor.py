"""The redactor: the one place where a picture becomes safe to write.

Covers are filled with one constant colour in Y, U and V. A constant keeps nothing of what was
there: no blur to undo, no mosaic to average over frames. Nothing else in the runtime constructs
a `SafeFrame` (`tests/test_architecture.py`).
"""

from dataclasses import dataclass

import numpy as np

from latchkey.errors import FilterError
from latchkey.frames import Cause, Cover, FilterState, Plane, RawFrame, SafeFrame, planar
from latchkey.vision.rectangles import on_grid, outermost

COVER_YUV = (108, 148, 114)
"""The cover: a slate blue, #526E95 in BT.709 limited range. Calm beside a face of any colour,
rare in a street, and in the middle of every range, so that the encoder does not clip it."""


@dataclass(frozen=True, slots=True)
class CoverPlan:
    """What to hide in one frame. `covers` are even-aligned pixels; `fallback_full` hides all.

    `cause` says why more is hidden than faces that were found, for the record and the log. `found` is what is
    hidden for these: a face layer keeps it whatever else hides the frame (`latchkey.vision.patches`).
    """

    state: FilterState
    covers: tuple[Cover, ...]
    cause: Cause | None = None
    found: tuple[Cover, ...] = ()

    @property
    def has_face(self) -> bool:
        """Whether it hides a face at all that was found."""
        return bool(self.found)


def redact(frame: RawFrame, plan: CoverPlan) -> SafeFrame:
    """Copy the frame and fill what the plan hides; the frame itself is left as it is.

    Covers are rounded outwards to even pixels and clipped to the picture. Raises FilterError if
    the frame's planes do not belong together or the plan is not one that can be followed.
    """
    _check_frame(frame)
    covers = _covers(frame, plan)
    return SafeFrame(_filled(frame, covers), frame.at_ns, frame.colour, plan.state, covers)


def cover_more(frame: SafeFrame, covers: tuple[Cover, ...]) -> SafeFrame:
    """Fill more of a frame; what it hides already stays hidden.

    Covers are rounded and clipped as in `redact`; ones that hide all make it `fallback_full`. Raises
    FilterError for a cover that is no rectangle.
    """
    added = _placed(covers, frame)
    whole = any(cover == (0, 0, frame.width, frame.height) for cover in added)
    state = FilterState.FALLBACK_FULL if whole else frame.state
    hidden = outermost([*frame.covers, *added])
    return SafeFrame(_filled(frame, added), frame.at_ns, frame.colour, state, hidden)


def _check_frame(frame: RawFrame) -> None:
    height, width = frame.y.shape
    half = (height // 2, width // 2)
    if height % 2 or width % 2 or not height or not width or frame.u.shape != half or frame.v.shape != half:
        raise FilterError(f"{frame} is not planar 4:2:0 with even sides")
    if any(plane.dtype.name != "uint8" for plane in (frame.y, frame.u, frame.v)):
        raise FilterError(f"{frame} is not 8 bits deep")


def _covers(frame: RawFrame, plan: CoverPlan) -> tuple[Cover, ...]:
    """Give what to fill, checked: a plan that makes no sense must never become a bare frame."""
    _check_state(plan.state)
    if plan.state is FilterState.FALLBACK_FULL:
        return (Cover(0, 0, frame.width, frame.height),)
    if plan.state is FilterState.FALLBACK_REGION and not plan.covers:
        raise FilterError("a plan without a detector hides nothing")
    return _placed(plan.covers, frame)


def _placed(covers: tuple[Cover, ...], frame: RawFrame | SafeFrame) -> tuple[Cover, ...]:
    """Check covers, round them outwards and clip them."""
    placed = [on_grid(*_checked(cover), frame.width, frame.height) for cover in covers]
    return tuple(cover for cover in placed if cover is not None)


def _check_state(state: object) -> None:
    if not isinstance(state, FilterState):
        raise FilterError(f"{state!r} is not a state of the filter")


def _checked(cover: Cover) -> Cover:
    sides: tuple[object, ...] = tuple(cover)
    whole = len(sides) == 4 and all(type(side) is int for side in sides)
    if not whole or cover[0] >= cover[2] or cover[1] >= cover[3]:
        raise FilterError(f"{sides} is not a rectangle of whole pixels")
    return cover


def _filled(frame: RawFrame | SafeFrame, covers: tuple[Cover, ...]) -> Plane:
    """Copy the planes and fill the covers, which are even and inside the picture, in all three."""
    planes = np.empty((frame.height * 3 // 2, frame.width), np.uint8)
    y, u, v = planar(planes)
    y[:], u[:], v[:] = frame.y, frame.u, frame.v
    for x0, y0, x1, y1 in covers:
        y[y0:y1, x0:x1] = COVER_YUV[0]
        rows, columns = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
        u[rows, columns] = COVER_YUV[1]
        v[rows, columns] = COVER_YUV[2]
    return planes

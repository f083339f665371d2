"""Pictures and boxes: what the camera gives, what the filter hides, what may be written.

Pictures are planar YUV 4:2:0 from camera to encoder: `y` is (height, width), `u` and `v` are
(height/2, width/2), all uint8; width and height are even. A `RawFrame` lives in RAM only. A
`SafeFrame` is made by `latchkey.vision` alone, and is the only picture that an encoder takes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Bgr = NDArray[np.uint8]


class Box(NamedTuple):
    """A rectangle a detector reports, in pixels, half-open: x0 <= x < x1. `score` is 0..1."""

    x0: float
    y0: float
    x1: float
    y1: float
    score: float = 1.0


class Cover(NamedTuple):
    """A rectangle that is filled, in whole pixels, half-open, even-aligned, inside the picture."""

    x0: int
    y0: int
    x1: int
    y1: int


class Colour(NamedTuple):
    """How YUV numbers mean colours: `matrix` and `full_range` follow ITU-T H.273."""

    matrix: int = 1  # BT.709
    full_range: bool = False


class FilterState(StrEnum):
    """What the privacy filter did to a frame, from normal to most covered."""

    OK = "ok"
    FALLBACK_REGION = "fallback_region"
    FALLBACK_FULL = "fallback_full"

    @property
    def severity(self) -> int:
        """0 for `ok`, 2 for `fallback_full`: the larger, the more is covered."""
        return list(FilterState).index(self)


class Cause(StrEnum):
    """Why more of a frame is hidden than the faces found in it. All but the last two are fallbacks."""

    LOOKS = "looks"
    """A look failed, came too late or was never made."""
    NO_DETECTOR = "no_detector"
    CROWD = "crowd"
    """More faces than can be true."""
    SUDDEN = "sudden"
    """Something showed suddenly, and the look that would have judged it was not made."""
    SILENT = "silent"
    """The detector finds nobody while somebody moves about."""
    BLIND = "blind"
    """The detector does not find the face that is drawn for it."""
    DARK = "dark"
    GLARE = "glare"
    OBSTRUCTED = "obstructed"
    FROZEN = "frozen"
    FLICKER = "flicker"
    """The picture flickers between two views: a frame says nothing of its neighbours."""
    MOVED = "moved"
    """The camera was moved: privacy zones no longer lie where they should."""
    SELF_CHECK = "self_check"
    """The encoded picture was searched again: it showed a face, or could not be searched."""
    PRECAUTION = "precaution"
    """Somebody moves in whom no face was found; their head's place is covered, the frame is `ok`."""


@dataclass(frozen=True, slots=True, eq=False)
class RawFrame:
    """A picture as the camera saw it, at monotonic `at_ns`. Never written, sent or logged.

    Planes may belong to the camera or a decoder: whoever wants to change them copies first. `small` is the
    same picture's luma as a camera gives it besides, scaled down by its own hardware, for the motion gate.
    """

    y: Plane
    u: Plane
    v: Plane
    at_ns: int
    colour: Colour = Colour()  # noqa: RUF009 -- a NamedTuple is immutable
    small: Plane | None = None

    @property
    def width(self) -> int:
        """Width in pixels, even."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels, even."""
        return int(self.y.shape[0])

    @property
    def size_bytes(self) -> int:
        """Bytes its planes take in memory."""
        planes = (self.y, self.u, self.v) if self.small is None else (self.y, self.u, self.v, self.small)
        return sum(plane.nbytes for plane in planes)

    def __repr__(self) -> str:
        return f"RawFrame({self.width}x{self.height} at {self.at_ns} ns)"


@dataclass(frozen=True, slots=True, eq=False)
class SafeFrame:
    """A picture whose faces are covered. Made by `latchkey.vision.redactor` and nowhere else.

    `planes` are luma, U and V one after the other, (height * 3/2, width), as the encoder takes them without
    another copy.
    """

    planes: Plane
    at_ns: int
    colour: Colour
    state: FilterState
    covers: tuple[Cover, ...]

    @property
    def y(self) -> Plane:
        """Luma, (height, width)."""
        return planar(self.planes)[0]

    @property
    def u(self) -> Plane:
        """U, (height/2, width/2)."""
        return planar(self.planes)[1]

    @property
    def v(self) -> Plane:
        """V, (height/2, width/2)."""
        return planar(self.planes)[2]

    @property
    def width(self) -> int:
        """Width in pixels, even."""
        return int(self.planes.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels, even."""
        return int(self.planes.shape[0]) * 2 // 3


def planar(planes: Plane) -> tuple[Plane, Plane, Plane]:
    """Give Y, U and V, by reference, of a (height * 3/2, width) array that holds them one after the other."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    u, v = planes[height:].reshape(2, height // 2, width // 2)
    return planes[:height], u, v

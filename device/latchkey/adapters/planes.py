"""Pictures of PyAV as planes: arrays over their memory, without a copy where that is possible."""

import numpy as np
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from latchkey.frames import Colour, Plane, RawFrame

PLANAR = {"yuv420p": False, "yuvj420p": True}
"""Formats whose planes are used as they are, and whether they are full range."""

FULL_RANGE = 2  # AVCOL_RANGE_JPEG, H.273 VideoFullRangeFlag = 1


def rows_of(plane: VideoPlane) -> Plane:
    """Give a plane's memory as (height, line size); the line may be longer than the picture is wide."""
    pixels: Plane = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # a plane is a buffer
    return pixels.reshape(plane.height, plane.line_size)


Turn = tuple[int, bool]
"""How a picture is to be shown: quarter turns anticlockwise, then whether upside down."""

UPRIGHT: Turn = (0, False)


def raw_frame(picture: VideoFrame, at_ns: int, turn: Turn = UPRIGHT) -> RawFrame:
    """Turn a decoded picture into planes, by reference where it is 8-bit 4:2:0 already.

    10-bit, 4:2:2, RGB and palette pictures become 8-bit 4:2:0 first; alpha is dropped; `turn` is
    applied; an odd last row or column is cut off.
    """
    if picture.format.name not in PLANAR:
        picture = picture.reformat(format="yuv420p")
    full_range = PLANAR[picture.format.name] or int(picture.color_range) == FULL_RANGE
    planes = [_turned(_plane(picture, index), *turn) for index in range(3)]
    height, width = (side & ~1 for side in planes[0].shape)
    y = planes[0][:height, :width]
    u, v = (plane[: height // 2, : width // 2] for plane in planes[1:])
    return RawFrame(y, u, v, at_ns, Colour(int(picture.colorspace), full_range))


def turn_of(picture: VideoFrame) -> Turn:
    """Give how the pictures of a stream are to be shown, from its first one.

    Once the side data of a picture has been touched, PyAV keeps the picture in a cycle of references until
    the garbage collector comes by: done for each, that is 300 MB at 720p. A stream's matrix does not change.

    Read from the display matrix, row by row (a b u, c d v, x y w), in 16.16: a point (p, q) is shown
    at (a p + c q, b p + d q). Other angles are rounded to the nearest quarter.
    """
    data = picture.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, SideData):
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(float)
    mirrored = a * d - b * c < 0
    angle = np.degrees(np.arctan2(-b, a))
    return round(angle / 90) % 4, bool(mirrored)


def _turned(plane: Plane, quarters: int, mirrored: bool) -> Plane:
    plane = np.flipud(plane) if mirrored else plane
    return np.rot90(plane, quarters) if quarters else plane


def _plane(picture: VideoFrame, index: int) -> Plane:
    plane = picture.planes[index]
    return rows_of(plane)[:, : plane.width]

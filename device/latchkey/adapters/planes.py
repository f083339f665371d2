"""Pictures of PyAV as planes: arrays over their memory, without a copy where that is possible."""

import numpy as np
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


def raw_frame(picture: VideoFrame, at_ns: int) -> RawFrame:
    """Turn a decoded picture into planes, by reference where it is 8-bit 4:2:0 already.

    10-bit, 4:2:2, RGB and palette pictures become 8-bit 4:2:0 first; alpha is dropped; a rotation
    in the stream's side data is applied; an odd last row or column is cut off.
    """
    if picture.format.name not in PLANAR:
        picture = picture.reformat(format="yuv420p")
    full_range = PLANAR[picture.format.name] or int(picture.color_range) == FULL_RANGE
    quarter_turns = (getattr(picture, "rotation", 0) // 90) % 4
    planes = [np.rot90(_plane(picture, index), quarter_turns) for index in range(3)]
    height, width = (side & ~1 for side in planes[0].shape)
    y = planes[0][:height, :width]
    u, v = (plane[: height // 2, : width // 2] for plane in planes[1:])
    return RawFrame(y, u, v, at_ns, Colour(int(picture.colorspace), full_range))


def _plane(picture: VideoFrame, index: int) -> Plane:
    plane = picture.planes[index]
    return rows_of(plane)[:, : plane.width]

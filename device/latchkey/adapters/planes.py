"""Planes of PyAV pictures as arrays, without a copy."""

import numpy as np
from av.video.plane import VideoPlane

from latchkey.frames import Plane


def rows_of(plane: VideoPlane) -> Plane:
    """Give a plane's memory as (height, line size); the line may be longer than the picture is wide."""
    pixels: Plane = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # a plane is a buffer
    return pixels.reshape(plane.height, plane.line_size)

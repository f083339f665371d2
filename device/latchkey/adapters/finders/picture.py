"""What every detector checks of the picture it is given, and how OpenCV's errors are told."""

import cv2
import numpy as np

from latchkey.errors import FinderError
from latchkey.frames import Bgr

SIDE_LIMIT_PX = 4096


def check_bgr(bgr: Bgr, name: str) -> tuple[int, int]:
    """Give (height, width). Raises FinderError unless it is a (height, width, 3) uint8 picture."""
    shape: tuple[int, ...] = bgr.shape
    if len(shape) != 3 or shape[2] != 3 or bgr.dtype != np.uint8:
        raise FinderError(f"{name} was given something that is not a BGR picture")
    height, width = shape[:2]
    if not (0 < height <= SIDE_LIMIT_PX and 0 < width <= SIDE_LIMIT_PX):
        raise FinderError(f"{name} was given a picture of {width}x{height}")
    return height, width


def why(error: cv2.error) -> str:
    """Give the first line of what OpenCV complains about; the rest is source code."""
    return next(iter(str(error.err or error).strip().splitlines()), "in OpenCV").lstrip("> ")[:120]

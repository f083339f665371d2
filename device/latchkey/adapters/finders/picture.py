"""What detectors have in common: the check of a picture, one box per face, how OpenCV's errors are told."""

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box

SIDE_LIMIT_PX = 4096

OVERLAP = 0.3
"""Boxes that share more than this (intersection over union) are one face, as the authors of both networks
have it."""

FACE_LIMIT = 1000
"""Boxes that are looked at, best first; a picture with more candidates is noise."""


def check_bgr(bgr: Bgr, name: str) -> tuple[int, int]:
    """Give (height, width). Raises FinderError unless it is a (height, width, 3) uint8 picture."""
    shape: tuple[int, ...] = bgr.shape
    if len(shape) != 3 or shape[2] != 3 or bgr.dtype != np.uint8:
        raise FinderError(f"{name} was given something that is not a BGR picture")
    height, width = shape[:2]
    if not (0 < height <= SIDE_LIMIT_PX and 0 < width <= SIDE_LIMIT_PX):
        raise FinderError(f"{name} was given a picture of {width}x{height}")
    return height, width


def best_boxes(
    sides: tuple[NDArray[np.float32], ...], scores: NDArray[np.float32], threshold: float
) -> list[Box]:
    """Give one box per face, best first; `sides` are left, top, width and height."""
    if not scores.size:
        return []
    boxes = np.stack(sides, axis=1).astype(np.float64)
    best = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), threshold, OVERLAP, top_k=FACE_LIMIT)
    kept = [(*boxes[i].tolist(), float(scores[i])) for i in np.asarray(best, np.int64).reshape(-1)]
    return [Box(x, y, x + w, y + h, score) for x, y, w, h, score in kept]


def why(error: cv2.error) -> str:
    """Give the first line of what OpenCV complains about; the rest is source code."""
    return next(iter(str(error.err or error).strip().splitlines()), "in OpenCV").lstrip("> ")[:120]

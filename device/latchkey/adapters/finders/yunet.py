"""YuNet-n (Wu et al. 2023, Apache-2.0) through `cv2.FaceDetectorYN`."""

from collections.abc import Callable

import cv2
import numpy as np

from latchkey.adapters.finders.picture import check_bgr, why
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box

LONG_SIDE_PX = 640
"""Recall .998 on clear faces; 480 halves the cost and finds .984."""

OVERLAP = 0.3
FACE_LIMIT = 1000

BOX_COLUMNS = (0, 1, 2, 3, 14)
"""x, y, width, height, score of a row; columns 4 to 13 are landmarks and are dropped at once."""


class YuNetFinder:
    """Finds faces; boxes reach from brow to chin. `threshold` is the lowest score reported."""

    name = "yunet"
    long_side_px = LONG_SIDE_PX

    def __init__(self, load: Callable[[], bytes], threshold: float) -> None:
        """`load` gives the model's verified bytes."""
        data = np.frombuffer(load(), np.uint8)
        size = (LONG_SIDE_PX, LONG_SIDE_PX)
        try:
            self._net = cv2.FaceDetectorYN.create(
                "onnx", data, np.zeros(0, np.uint8), size, threshold, OVERLAP, FACE_LIMIT
            )
        except cv2.error as error:
            raise FinderError(f"{self.name} cannot be loaded: {why(error)}") from error
        self.find(np.zeros((*size, 3), np.uint8))

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces in a BGR picture of any size. Raises FinderError."""
        height, width = check_bgr(bgr, self.name)
        try:
            self._net.setInputSize((width, height))
            _, rows = self._net.detect(bgr)
        except cv2.error as error:
            raise FinderError(f"{self.name} failed: {why(error)}") from error
        if rows is None:
            return []
        found = rows[:, BOX_COLUMNS].astype(float).tolist()
        return [Box(x, y, x + w, y + h, min(max(score, 0.0), 1.0)) for x, y, w, h, score in found]

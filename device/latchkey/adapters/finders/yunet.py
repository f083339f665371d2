"""YuNet-n (Wu et al. 2023, Apache-2.0) through `cv2.FaceDetectorYN`, or through onnxruntime.

At each of three strides the network answers, per cell: how likely a face is there, how well it is placed, and
where its middle and how large it is.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from latchkey.adapters.finders.engine import Map, OnnxNetwork
from latchkey.adapters.finders.picture import FACE_LIMIT, OVERLAP, best_boxes, check_bgr, why
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box

LONG_SIDE_PX = 640
"""Recall .998 on clear faces; 480 halves the cost and finds .984."""

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{what}_{stride}" for stride in STRIDES for what in ("cls", "obj", "bbox"))
"""Names in the file; landmarks are not asked for."""

SIZE_LIMIT = 10.0
"""Logarithm of a size in cells: larger ones would overflow."""

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


class YuNetOnnxFinder:
    """The same through onnxruntime. Raises FinderError where that is not installed."""

    name = "yunet"
    long_side_px = LONG_SIDE_PX

    def __init__(self, load: Callable[[], bytes], threshold: float, threads: int) -> None:
        """`load` gives the model's verified bytes."""
        self._threshold = threshold
        self._net = OnnxNetwork(load, "input", OUTPUTS, threads)

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces in a BGR picture whose sides are multiples of 32. Raises FinderError."""
        height, width = check_bgr(bgr, self.name)
        if height % STRIDES[-1] or width % STRIDES[-1]:
            raise FinderError(f"{self.name} wants sides that are multiples of {STRIDES[-1]}")
        maps = self._net.forward(np.asarray(cv2.dnn.blobFromImage(bgr), np.float32))
        return decode(maps, width, height, self._threshold)


def decode(maps: Sequence[Map], width: int, height: int, threshold: float) -> list[Box]:
    """Turn the network's answers, in the order of `OUTPUTS`, into boxes in pixels, best first, one per face.

    Raises FinderError for answers of another shape, or that are not finite.
    """
    rows = []
    for number, stride in enumerate(STRIDES):
        cells, across = (height // stride) * (width // stride), width // stride
        face, place, box = maps[3 * number : 3 * number + 3]
        if (face.shape, place.shape, box.shape) != ((1, cells, 1), (1, cells, 1), (1, cells, 4)):
            raise FinderError("yunet answered in a shape that is not its own")
        if not all(np.isfinite(part).all() for part in (face, place, box)):
            raise FinderError("yunet answered numbers that are not finite")
        score = np.sqrt(face.ravel().clip(0, 1) * place.ravel().clip(0, 1))
        (at,) = np.nonzero(score > threshold)
        right, down, wide, high = box[0, at].T
        wide, high = (np.exp(part.clip(max=SIZE_LIMIT)) * stride for part in (wide, high))
        x, y = (at % across + right) * stride, (at // across + down) * stride
        rows.append(np.stack([x - wide / 2, y - high / 2, wide, high, score[at]], axis=1))
    left, top, wide, high, score = np.concatenate(rows).astype(np.float32).T
    return best_boxes((left, top, wide, high), score, threshold)

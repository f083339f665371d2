"""CenterFace (Xu et al. 2019, MIT) through `cv2.dnn`, or through onnxruntime.

The network answers on a grid of 4 pixels: how likely a face's centre is there, the logarithm of
its size, and the centre's offset within the cell. OpenCV 5 gives all outputs or none, so the fourth,
landmarks, comes too: it is dropped unread.

Trap: a `cv2.dnn` network of OpenCV 4 that is fed another input shape than before answers
garbage without an error. So there it is one network per shape; OpenCV 5 answers right, and one
network serves all shapes (20 MB each saved).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import cv2
import numpy as np

from latchkey.adapters.finders.engine import PROBE, Map, OnnxNetwork
from latchkey.adapters.finders.picture import best_boxes, check_bgr, why
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box

LONG_SIDE_PX = 480
"""Recall .99 on clear faces at half the cost of 640 (+ .007)."""

STRIDE_PX = 32
CELL_PX = 4

OUTPUTS = ("537", "538", "539")
"""Names in the file: heat, size, offset;"""

ALL_OUTPUTS = (*OUTPUTS, "540")
"""and what is dropped."""

NET_LIMIT = 5
"""Networks kept: a camera has the whole, and windows of 64 to 160 px; a restart may bring others."""

ONE_NET = int(cv2.__version__.split(".")[0]) >= 5
"""Whether a network may be fed any shape (the trap above)."""

SIZE_LIMIT = 10.0
"""Logarithm of a size: e^10 cells are far more than any picture; larger ones would overflow."""


class Network(Protocol):
    """Runs the network, for pictures of any size."""

    def forward(self, blob: Map) -> Sequence[Map]:
        """Give `OUTPUTS` for a (1, 3, height, width) picture. Raises FinderError."""
        ...


class OpenCvNetwork:
    """The network in `cv2.dnn`."""

    def __init__(self, load: Callable[[], bytes]) -> None:
        """`load` gives the model's verified bytes: 7 MB that are not worth keeping for a second shape."""
        self._load = load
        self._nets: dict[tuple[int, ...], cv2.dnn.Net] = {}
        self.forward(np.zeros(PROBE, np.float32))
        if not ONE_NET:
            self._nets.clear()

    def forward(self, blob: Map) -> Sequence[Map]:
        """Give `OUTPUTS` for a (1, 3, height, width) picture. Raises FinderError."""
        try:
            net = self._net(blob.shape)
            net.setInput(blob)
            answer: Sequence[Map] = net.forward(ALL_OUTPUTS)[: len(OUTPUTS)]
        except cv2.error as error:
            raise FinderError(f"centerface failed: {why(error)}") from error
        return answer

    def _net(self, shape: tuple[int, ...]) -> cv2.dnn.Net:
        shape = () if ONE_NET else shape
        if shape not in self._nets:
            while len(self._nets) >= NET_LIMIT:
                del self._nets[next(iter(self._nets))]
            self._nets[shape] = cv2.dnn.readNetFromONNX(np.frombuffer(self._load(), np.uint8))
        return self._nets[shape]


class CenterFaceFinder:
    """Finds faces; boxes reach from brow to chin. `threshold` is the lowest score reported."""

    name = "centerface"
    long_side_px = LONG_SIDE_PX

    def __init__(self, load: Callable[[], bytes], threshold: float, onnx_threads: int = 0) -> None:
        """`load` gives the model's verified bytes; `onnx_threads` are onnxruntime's, 0 = run in OpenCV.

        Raises FinderError.
        """
        self._threshold = threshold
        self._network: Network = (
            OnnxNetwork(load, "input.1", OUTPUTS, onnx_threads) if onnx_threads else OpenCvNetwork(load)
        )

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces in a BGR picture whose sides are multiples of 32. Raises FinderError."""
        height, width = check_bgr(bgr, self.name)
        if height % STRIDE_PX or width % STRIDE_PX:
            raise FinderError(f"{self.name} wants sides that are multiples of {STRIDE_PX}")
        blob = cv2.dnn.blobFromImage(bgr, swapRB=True)  # trained on RGB: .98 of faces, not .95
        heat, size, offset = self._network.forward(np.asarray(blob, np.float32))
        cells = (height // CELL_PX, width // CELL_PX)
        if heat.shape != (1, 1, *cells) or size.shape != (1, 2, *cells) or offset.shape != (1, 2, *cells):
            raise FinderError(f"{self.name} answered in a shape that is not its own")
        return decode(heat[0, 0], size[0], offset[0], self._threshold)


def decode(heat: Map, size: Map, offset: Map, threshold: float) -> list[Box]:
    """Turn the network's maps into boxes in pixels, best first, one per face.

    Raises FinderError for maps that are not finite.
    """
    if not all(np.isfinite(part).all() for part in (heat, size, offset)):
        raise FinderError("centerface answered numbers that are not finite")
    rows, columns = np.nonzero(heat > threshold)
    scores = heat[rows, columns].clip(0, 1)
    high, wide = (np.exp(part[rows, columns].clip(max=SIZE_LIMIT)) * CELL_PX for part in size)
    down, right = (part[rows, columns] + 0.5 for part in offset)
    x0, y0 = (columns + right) * CELL_PX - wide / 2, (rows + down) * CELL_PX - high / 2
    return best_boxes((x0, y0, wide, high), scores, threshold)

"""Changes of colour: somebody may be as bright as what is behind them, and of another colour.

U and V are sampled to about 90 rows, half of what is sampled of luma, and smoothed. They lie side by side in
one small picture.
"""

import cv2
import numpy as np

from latchkey.frames import RawFrame
from latchkey.units import NS_PER_S
from latchkey.vision.backdrop import LEARN_NS, STEP_LIMIT_NS, Backdrop, Mask, Small
from latchkey.vision.panning import Affine, apart

ROWS = 90
"""At least so many rows are sampled, and less than twice as many: a face of 24 px in 720p is three high.
Twice as many would cost as much as all of luma."""

TINT_SHARE = 0.6
"""A change of U and V together counts from this share of the levels that count in luma: 18 by day. Skin
differs from grey by 20 to 40."""

TINT_LEAST = 12
"""But not below: the noise of a small sensor at dusk, of a deviation of 6 levels, stays below that."""

LEARN_EVERY_NS = NS_PER_S // 2
"""How often the backdrop's colours are learned: it costs as much as all else here, and dusk is slower."""


class Tint:
    """Tells where the colour differs from the backdrop's. `size` is (width, height) of the masks."""

    def __init__(self, frame: RawFrame, size: tuple[int, int]) -> None:
        self._size = size
        self._small = _sampled(frame)
        self._backdrop = Backdrop(self._small, frame.at_ns)
        self._learned_ns = frame.at_ns

    def see(self, frame: RawFrame, levels: float) -> Mask | None:
        """Give where the colour of the frame is another, 0 or 1; None = nowhere."""
        self._small = _sampled(frame)
        differs = cv2.absdiff(self._small, self._backdrop.picture)
        across = differs.shape[1] // 2
        changed = cv2.add(differs[:, :across], differs[:, across:]) > max(TINT_SHARE * levels, TINT_LEAST)
        if not changed.any():
            return None
        return _resized(np.asarray(cv2.medianBlur(changed.view(np.uint8), 3), np.uint8), self._size)

    def apart(self, way: Affine, levels: float) -> Mask:
        """Give where the colour of the last frame is another, 0 or 1, if the camera has moved that way.

        `way` is in pixels of the masks.
        """
        across = self._small.shape[1] // 2
        scale = np.array([across / self._size[0], self._small.shape[0] / self._size[1]])
        way = np.column_stack([way[:, :2] * scale[:, None] / scale, way[:, 2] * scale])
        now, backdrop, levels = self._small, self._backdrop.picture, max(TINT_SHARE * levels, TINT_LEAST) / 2
        u, v = (
            apart(now[:, half], backdrop[:, half], way, levels) for half in (np.s_[:across], np.s_[across:])
        )
        return _resized(np.asarray(cv2.medianBlur(u | v, 3), np.uint8), self._size)

    def learn(self, mask: Mask, at_ns: int) -> None:
        """Learn the colours where nothing differs (0), and what has not changed for long."""
        passed_ns = at_ns - self._learned_ns
        if 0 <= passed_ns < LEARN_EVERY_NS:
            return
        self._learned_ns = at_ns
        half = _resized(mask, (self._small.shape[1] // 2, self._small.shape[0]))
        beside = np.hstack((half, half))
        passed_ns = min(max(passed_ns, 0), STEP_LIMIT_NS)
        weight = passed_ns / (LEARN_NS + passed_ns)
        self._backdrop.learn(self._small, weight, (beside == 0).view(np.uint8))
        if half.any():
            self._backdrop.absorb(self._small, beside, at_ns)

    def take(self) -> None:
        """See `Backdrop.take`."""
        self._backdrop.take(self._small)


def _sampled(frame: RawFrame) -> Small:
    step = max(frame.u.shape[0] // ROWS, 1)
    planes = [plane[::step, ::step] for plane in (frame.u, frame.v)]
    small = np.hstack([cv2.blur(np.ascontiguousarray(plane), (3, 3)) for plane in planes])
    return np.asarray(small, np.float32)


def _resized(mask: Mask, size: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)

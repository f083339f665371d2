"""The backdrop: what a picture shows while nothing moves, learned from the pictures themselves.

It follows slow light. What differs is frozen out of it, and becomes a part of it once it has kept its value
for `ABSORB_NS`. Pictures are small, float32, of one channel.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.units import NS_PER_S

ABSORB_NS = 60 * NS_PER_S
"""A change that stands still this long becomes background. Visits are shorter, parcels stay longer."""

LEARN_NS = 10 * NS_PER_S
"""Time constant of the background: dusk is slower, a person is frozen out."""

STEP_LIMIT_NS = NS_PER_S
"""A pause of the camera counts as this much learning at most."""

STILL_LEVELS = 12
"""A smoothed pixel that stays within this of where it was stands still (noise is about 2)."""

Small = NDArray[np.float32]
Mask = NDArray[np.uint8]


class Backdrop:
    """What pictures of one size and place show without whoever comes and goes. The first picture is one."""

    def __init__(self, first: Small, at_ns: int) -> None:
        self.picture = first.copy()
        self._anchor = first.copy()
        self._since_ns = np.full(first.shape, at_ns)

    def learn(self, small: Small, weight: float, quiet: Mask | None) -> None:
        """Follow the picture by that weight, 0..1, where it is quiet; None = everywhere."""
        cv2.accumulateWeighted(small, self.picture, weight, quiet)

    def absorb(self, small: Small, mask: Mask, at_ns: int) -> None:
        """Take in pixels of the mask that have kept their value for `ABSORB_NS`."""
        restless = cv2.absdiff(small, self._anchor) > STILL_LEVELS
        restless |= mask == 0
        np.copyto(self._anchor, small, where=restless)
        np.copyto(self._since_ns, at_ns, where=restless)
        np.copyto(self.picture, small, where=at_ns - self._since_ns > ABSORB_NS)

    def take(self, small: Small) -> None:
        """Take the picture as it is."""
        np.copyto(self.picture, small)

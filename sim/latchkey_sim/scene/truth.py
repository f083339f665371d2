"""What is really in the picture: where a face is, and whether a person could recognise it.

A face box is tight (brow to chin, ear to ear) and clipped to the picture. A face counts as seen
while an eye can be seen: up to the profile and beyond it, until the nose is turned away from the
lens by `LOST_DEG`; and while at least `SEEN_SHARE` of its box lies inside the picture. After that
only cheek, ear and hair remain.
"""

from dataclasses import dataclass

import numpy as np

from latchkey.frames import Box
from latchkey_sim.scene.head import AXIS, BROW, CHIN, EAR_LEFT, EAR_RIGHT, LEFT, TOP, head_matrix

LOST_DEG = 118.0
"""The eyes lie 28 degrees beside the nose; 90 further the second one goes behind the head."""

SEEN_SHARE = 0.25
"""With less than a quarter of it inside the picture there is an ear or a chin, not a face."""


@dataclass(frozen=True, slots=True)
class TruthFace:
    """One face in one frame: its box in pixels, clipped to the picture, and its turn in degrees."""

    box: Box
    yaw: float


def face_box(
    chin_px: tuple[float, float], scale: float, yaw: float, roll: float, size: tuple[int, int]
) -> Box | None:
    """Give the box of a face drawn with these numbers, or None if it is not to be seen."""
    turned = abs((yaw + 180) % 360 - 180)
    if turned > LOST_DEG:
        return None
    half = (EAR_RIGHT - EAR_LEFT) / 2
    ends = np.clip(np.array([-90.0, 90.0]) + yaw, -90, 90)
    left, right = AXIS + half * np.sin(np.deg2rad(ends)) - LEFT
    corners = np.array([(x, y, 1.0) for x in (left, right) for y in (BROW - TOP, CHIN - TOP)])
    seen = corners @ head_matrix(chin_px, scale, roll).T
    (x0, y0), (x1, y1) = seen.min(axis=0), seen.max(axis=0)
    inside = Box(max(x0, 0.0), max(y0, 0.0), min(x1, float(size[0])), min(y1, float(size[1])))
    if inside.x1 <= inside.x0 or inside.y1 <= inside.y0:
        return None
    share = (inside.x1 - inside.x0) * (inside.y1 - inside.y0) / ((x1 - x0) * (y1 - y0))
    return inside if share >= SEEN_SHARE else None

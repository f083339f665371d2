"""Drawn faces: features where the portrait has them, so that the same head can wear and turn them.

Nobody's likeness: tone, eyes, brows, nose, mouth and hair come from a number.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey_sim.scene.head import AXIS, CHIN, HEIGHT, LEFT, TOP, WIDTH
from latchkey_sim.scene.planar import Drawing

Bgr3 = tuple[int, int, int]

SKINS: dict[str, Bgr3] = {"light": (158, 184, 226), "medium": (98, 134, 182), "dark": (52, 74, 112)}
HAIRS: tuple[Bgr3, ...] = ((34, 36, 42), (40, 50, 66), (84, 146, 186), (48, 66, 118), (120, 128, 134))
IRISES: tuple[Bgr3, ...] = ((70, 86, 60), (120, 96, 62), (36, 56, 82))
EYES_ROW, NOSE_ROW, MOUTH_ROW = 204, 252, 292
EYES_APART = 48


def hair_of(number: int) -> Bgr3:
    """Give the colour of somebody's hair."""
    return HAIRS[number % len(HAIRS)]


def drawn_face(tone: str, number: int) -> Drawing:
    """Draw a face in the frame of the portrait's photo."""
    rng = np.random.default_rng([number, 29])
    skin = np.array(SKINS[tone], np.float32) * np.float32(rng.uniform(0.92, 1.08))
    rows = (np.arange(HEIGHT, dtype=np.float32)[:, None] + TOP - 215) / 140
    across = (np.arange(WIDTH, dtype=np.float32)[None, :] + LEFT - AXIS) / 112
    light = 1.1 - 0.22 * across**2 - 0.10 * rows**2 - 0.06 * across
    picture: Drawing = np.ascontiguousarray(skin * light[..., None], np.float32)
    pen = _Pen(picture)
    wide = float(rng.uniform(0.94, 1.06))
    for side in (-1, 1):
        _eye(pen, side * EYES_APART * wide, skin, int(rng.integers(len(IRISES))), hair_of(number))
        pen.glow((side * 62, 262), (34, 26), skin * np.array((0.92, 0.9, 1.06), np.float32), 0.5)
    _nose(pen, skin, float(rng.uniform(0.9, 1.2)))
    _mouth(pen, skin, float(rng.uniform(0.85, 1.15)))
    _hairline(pen, hair_of(number), float(rng.uniform(-6, 10)))
    grain = rng.standard_normal(picture.shape[:2]).astype(np.float32)
    soft = cv2.GaussianBlur(picture, (0, 0), 1.1) + cv2.GaussianBlur(grain, (0, 0), 1.2)[..., None] * 5
    return np.asarray(np.clip(soft, 0, 255), np.float32)


class _Pen:
    """Draws on the face; points are columns from its axis, and rows of the photo."""

    def __init__(self, picture: Drawing) -> None:
        self._picture = picture

    def blot(
        self, middle: tuple[float, float], half: tuple[float, float], colour: "Bgr3 | NDArray[np.float32]"
    ) -> None:
        """Fill an ellipse."""
        self.glow(middle, half, np.array(colour, np.float32), 1.0, 0.8)

    def glow(
        self,
        middle: tuple[float, float],
        half: tuple[float, float],
        colour: "NDArray[np.float32]",
        strength: float,
        soft_px: float = 8.0,
    ) -> None:
        """Fill an ellipse with soft edges."""
        mask = np.zeros(self._picture.shape[:2], np.float32)
        point = [round((middle[0] + AXIS - LEFT) * 16), round((middle[1] - TOP) * 16)]
        axes = [round(side * 16) for side in half]
        cv2.ellipse(mask, point, axes, 0, 0, 360, (strength,), cv2.FILLED, cv2.LINE_AA, 4)
        self._mix(cv2.GaussianBlur(mask, (0, 0), soft_px), colour)

    def stroke(
        self, points: list[tuple[float, float]], width: int, colour: "Bgr3 | NDArray[np.float32]"
    ) -> None:
        """Draw a line."""
        mask = np.zeros(self._picture.shape[:2], np.float32)
        corners = np.array([((x + AXIS - LEFT) * 16, (y - TOP) * 16) for x, y in points])
        cv2.polylines(mask, [np.rint(corners).astype(np.int32)], False, (1.0,), width, cv2.LINE_AA, 4)
        self._mix(cv2.GaussianBlur(mask, (0, 0), 1.0), np.array(colour, np.float32))

    def _mix(self, mask: "NDArray[np.float32]", colour: "NDArray[np.float32]") -> None:
        part = mask[..., None]
        self._picture[:] = self._picture * (1 - part) + colour * part


def _eye(pen: _Pen, x: float, skin: "NDArray[np.float32]", iris: int, hair: Bgr3) -> None:
    pen.glow((x, EYES_ROW - 6), (34, 24), skin * 0.66, 0.75)
    pen.blot((x, EYES_ROW), (22, 10.5), (214, 220, 224))
    pen.blot((x, EYES_ROW), (10, 10), IRISES[iris])
    pen.blot((x, EYES_ROW), (5, 5), (14, 14, 16))
    pen.blot((x - 3, EYES_ROW - 4), (2.2, 2.2), (240, 240, 240))
    pen.stroke(
        [(x - 24, EYES_ROW + 1), (x - 12, EYES_ROW - 10), (x + 10, EYES_ROW - 11), (x + 24, EYES_ROW)],
        4,
        skin * 0.25,
    )
    pen.stroke([(x - 20, EYES_ROW + 8), (x, EYES_ROW + 12), (x + 20, EYES_ROW + 7)], 2, skin * 0.62)
    dark = np.minimum(np.array(hair, np.float32), skin * 0.55)
    pen.stroke(
        [(x - 28, EYES_ROW - 26), (x - 8, EYES_ROW - 34), (x + 12, EYES_ROW - 33), (x + 28, EYES_ROW - 25)],
        8,
        dark,
    )


def _nose(pen: _Pen, skin: "NDArray[np.float32]", wide: float) -> None:
    pen.glow((9, 228), (8, 30), skin * 0.76, 0.55, 5.0)
    pen.glow((-4, 232), (5, 30), skin * 1.16, 0.5, 4.0)
    pen.glow((0, NOSE_ROW + 6), (24 * wide, 9), skin * 0.62, 0.7, 5.0)
    pen.glow((0, NOSE_ROW - 4), (12 * wide, 10), skin * 1.14, 0.55, 4.0)
    for side in (-1, 1):
        pen.blot((side * 11 * wide, NOSE_ROW + 5), (6, 3.4), skin * 0.34)


def _mouth(pen: _Pen, skin: "NDArray[np.float32]", wide: float) -> None:
    lips = skin * np.array((0.78, 0.68, 0.9), np.float32)
    half = 36 * wide
    pen.glow((0, MOUTH_ROW + 20), (26, 6), skin * 0.74, 0.6, 4.0)
    pen.blot((0, MOUTH_ROW - 3), (half * 0.86, 7), lips * 0.92)
    pen.blot((0, MOUTH_ROW + 6), (half * 0.76, 8), lips * 1.06)
    pen.stroke(
        [
            (-half, MOUTH_ROW - 1),
            (-half / 3, MOUTH_ROW + 1),
            (half / 3, MOUTH_ROW + 1),
            (half, MOUTH_ROW - 1),
        ],
        3,
        skin * 0.3,
    )
    pen.glow((0, CHIN - 4), (60, 8), skin * 0.6, 0.6, 6.0)


def _hairline(pen: _Pen, hair: Bgr3, lower: float) -> None:
    tone = np.array(hair, np.float32)
    pen.glow((0, 128 + lower), (112, 30), tone, 1.0, 4.0)
    for side in (-1, 1):
        pen.glow((side * 112, 190), (10, 34), tone, 0.9, 4.0)

"""What is drawn besides people: car, cat, parcel and poster, as cut-outs of known size in metres."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from latchkey.frames import Box
from latchkey_sim.faces.people import toned
from latchkey_sim.scene.head import BROW, CHIN, EAR_LEFT, EAR_RIGHT, HEIGHT, LEFT, TOP, WIDTH, photo_path
from latchkey_sim.scene.planar import Alpha, Canvas, Drawing, Sprite, level_for, levels, place, sprite
from latchkey_sim.scene.porch import noise
from latchkey_sim.scenes.drawn import drawn_face
from latchkey_sim.scenes.model import COATS

Bgr3 = tuple[int, int, int]

CAR_PX_PER_M, CAT_PX_PER_M, PARCEL_PX_PER_M, POSTER_PX_PER_M = 200.0, 500.0, 600.0, 500.0
CAR_M, CAR_TALL_M = 4.3, 1.5
CAT_STRIDE_M = 0.35
CAT_PHASES = 6
POSTER_LOW_M = 0.95
"""Height of a poster's lower edge over the ground."""


@dataclass(frozen=True, slots=True)
class Prop:
    """A drawing that stands with the middle of its lower edge at a point."""

    pieces: tuple[Sprite, ...]
    px_per_m: float

    def draw(
        self, target: Canvas, foot_px: tuple[float, float], px_per_m: float, *, mirrored: bool = False
    ) -> None:
        """Draw it, `mirrored` left to right."""
        level = level_for(px_per_m / self.px_per_m, len(self.pieces))
        piece, scale = self.pieces[level], px_per_m / self.px_per_m * 2.0**level
        height, width = piece.luma.shape[:2]
        side = -scale if mirrored else scale
        place(
            target,
            piece,
            np.array([[side, 0.0, foot_px[0] - side * width / 2], [0.0, scale, foot_px[1] - scale * height]]),
        )

    def box(self, foot_px: tuple[float, float], px_per_m: float) -> Box:
        """Give its bounds in the picture."""
        height, width = (side * px_per_m / self.px_per_m for side in self.pieces[0].luma.shape[:2])
        return Box(foot_px[0] - width / 2, foot_px[1] - height, foot_px[0] + width / 2, foot_px[1])


class _Sketch:
    """A drawing in metres from its lower left corner, with what of it is opaque."""

    def __init__(self, wide_m: float, tall_m: float, px_per_m: float) -> None:
        self._per_m = px_per_m
        height, width = round(tall_m * px_per_m) & ~1, round(wide_m * px_per_m) & ~1
        self.paint: Drawing = np.zeros((height, width, 3), np.float32)
        self.alpha: Alpha = np.zeros((height, width), np.float32)

    def shape(self, corners: list[tuple[float, float]], colour: Bgr3, light: float = 1.0) -> None:
        """Fill a polygon."""
        mask = np.zeros(self.alpha.shape, np.float32)
        cv2.fillPoly(mask, [self._points(corners)], (1.0,), cv2.LINE_AA, 4)
        self._mix(mask, colour, light)

    def oval(
        self, middle: tuple[float, float], half: tuple[float, float], colour: Bgr3, turn: float = 0.0
    ) -> None:
        """Fill an ellipse."""
        mask = np.zeros(self.alpha.shape, np.float32)
        axes = [round(side * self._per_m * 16) for side in half]
        point = self._points([middle])[0].tolist()
        cv2.ellipse(mask, point, axes, turn, 0, 360, (1.0,), cv2.FILLED, cv2.LINE_AA, 4)
        self._mix(mask, colour, 1.0)

    def stroke(self, points: list[tuple[float, float]], wide_m: float, colour: Bgr3) -> None:
        """Draw a line."""
        mask = np.zeros(self.alpha.shape, np.float32)
        wide = max(1, round(wide_m * self._per_m))
        cv2.polylines(mask, [self._points(points)], False, (1.0,), wide, cv2.LINE_AA, 4)
        self._mix(mask, colour, 1.0)

    def prop(self, rng: np.random.Generator, grain: float = 4.0) -> Prop:
        """Give it as a prop, with a little texture."""
        height, width = self.alpha.shape
        paint = np.clip(self.paint + noise(rng, height, width, 3)[..., None] * grain, 0, 255)
        soft = np.asarray(cv2.GaussianBlur(self.alpha, (0, 0), 0.8), np.float32)
        return Prop(tuple(levels(sprite(paint, soft))), self._per_m)

    def _points(
        self, corners: list[tuple[float, float]]
    ) -> "np.ndarray[tuple[int, ...], np.dtype[np.int32]]":
        tall = self.alpha.shape[0]
        flat = [(x * self._per_m * 16, (tall - y * self._per_m) * 16) for x, y in corners]
        return np.asarray(np.rint(np.array(flat)), np.int32)

    def _mix(self, mask: Alpha, colour: Bgr3, light: float) -> None:
        part = mask[..., None]
        self.paint = self.paint * (1 - part) + np.array(colour, np.float32) * light * part
        self.alpha = np.maximum(self.alpha, mask)


@lru_cache(maxsize=8)
def car(colour: str) -> Prop:
    """Draw a car from its side; it drives to the right."""
    sketch, paint = _Sketch(CAR_M, CAR_TALL_M, CAR_PX_PER_M), COATS[colour]
    body = [
        (0.05, 0.3),
        (0.03, 0.72),
        (0.2, 0.92),
        (0.85, 0.98),
        (3.0, 0.98),
        (3.9, 0.86),
        (4.22, 0.7),
        (4.27, 0.3),
    ]
    roof = [(0.5, 0.95), (0.95, 1.42), (1.3, 1.47), (2.3, 1.47), (2.6, 1.42), (3.15, 0.96)]
    glass = (74, 66, 54)
    sketch.shape([(0.1, 0.1), (0.1, 0.35), (4.2, 0.35), (4.2, 0.1)], (24, 24, 24))
    sketch.shape(roof, paint, 0.95)
    sketch.shape(body, paint)
    sketch.shape([(0.05, 0.3), (0.03, 0.52), (4.26, 0.52), (4.27, 0.3)], paint, 0.72)
    sketch.shape([(0.72, 0.98), (1.05, 1.37), (1.32, 1.4), (1.72, 1.4), (1.72, 0.98)], glass)
    sketch.shape([(1.82, 0.98), (1.82, 1.4), (2.28, 1.4), (2.5, 1.36), (2.95, 0.98)], glass)
    sketch.shape([(1.0, 1.0), (1.2, 1.3), (1.35, 1.32), (1.2, 1.0)], (140, 130, 112))
    sketch.stroke([(1.77, 0.35), (1.77, 0.98)], 0.012, (30, 30, 30))
    sketch.stroke([(2.95, 0.4), (2.95, 0.95)], 0.012, (30, 30, 30))
    sketch.stroke([(1.5, 0.82), (1.66, 0.82)], 0.03, (40, 40, 40))
    sketch.oval((4.15, 0.68), (0.1, 0.06), (226, 236, 240))
    sketch.oval((0.08, 0.72), (0.06, 0.08), (40, 40, 190))
    for x in (0.85, 3.42):
        sketch.oval((x, 0.33), (0.38, 0.38), (26, 26, 26))
        sketch.oval((x, 0.32), (0.31, 0.31), (38, 38, 38))
        sketch.oval((x, 0.32), (0.19, 0.19), (160, 162, 160))
        sketch.oval((x, 0.32), (0.06, 0.06), (70, 70, 70))
    return sketch.prop(np.random.default_rng(41), 2.0)


@lru_cache(maxsize=CAT_PHASES)
def cat(phase: int) -> Prop:
    """Draw a cat that walks to the right, in one phase of its step."""
    fur, dark, pale = (62, 96, 138), (36, 56, 88), (130, 158, 190)
    sketch = _Sketch(0.72, 0.42, CAT_PX_PER_M)
    swing = 2 * np.pi * phase / CAT_PHASES
    for n, (x, colour) in enumerate(((0.2, dark), (0.47, dark), (0.23, fur), (0.5, fur))):
        turn = 0.055 * float(np.sin(swing + n * np.pi / 2 * (1 if n < 2 else 3)))
        sketch.stroke([(x, 0.2), (x + turn * 0.4, 0.1), (x + turn, 0.02)], 0.042, colour)
        sketch.oval((x + turn + 0.012, 0.016), (0.03, 0.016), colour)
    sketch.stroke([(0.14, 0.24), (0.07, 0.26), (0.04, 0.33), (0.07, 0.39)], 0.03, fur)
    sketch.oval((0.34, 0.21), (0.22, 0.082), fur)
    sketch.oval((0.5, 0.225), (0.09, 0.085), fur)
    sketch.oval((0.36, 0.165), (0.16, 0.03), pale)
    for x in (0.24, 0.31, 0.38, 0.45):
        sketch.stroke([(x, 0.285), (x - 0.015, 0.2)], 0.013, dark)
    for x in (0.575, 0.64):
        sketch.shape([(x - 0.028, 0.33), (x - 0.008, 0.41), (x + 0.028, 0.345)], fur)
        sketch.shape([(x - 0.014, 0.34), (x - 0.006, 0.385), (x + 0.014, 0.35)], dark)
    sketch.oval((0.61, 0.305), (0.068, 0.06), fur)
    sketch.oval((0.645, 0.285), (0.034, 0.024), pale)
    sketch.oval((0.628, 0.318), (0.011, 0.012), (60, 190, 190))
    sketch.oval((0.63, 0.318), (0.004, 0.011), (10, 10, 10))
    sketch.oval((0.677, 0.292), (0.008, 0.006), (70, 70, 120))
    return sketch.prop(np.random.default_rng(43))


@lru_cache(maxsize=1)
def parcel() -> Prop:
    """Draw a parcel: cardboard, tape, a label."""
    wide, tall = 0.42, 0.3
    sketch = _Sketch(wide, tall, PARCEL_PX_PER_M)
    sketch.shape([(0, 0), (0, tall), (wide, tall), (wide, 0)], (92, 140, 182))
    sketch.shape([(0, tall - 0.05), (0, tall), (wide, tall), (wide, tall - 0.05)], (112, 162, 204))
    sketch.shape([(0.18, 0), (0.18, tall), (0.24, tall), (0.24, 0)], (150, 190, 214))
    sketch.shape([(0.27, 0.06), (0.27, 0.17), (0.39, 0.17), (0.39, 0.06)], (232, 234, 234))
    for row in (0.145, 0.125, 0.105):
        sketch.stroke([(0.285, row), (0.36, row)], 0.006, (60, 60, 60))
    sketch.stroke([(0.285, 0.08), (0.375, 0.08)], 0.018, (30, 30, 30))
    sketch.stroke([(0, 0), (0, tall), (wide, tall), (wide, 0), (0, 0)], 0.01, (60, 96, 128))
    return sketch.prop(np.random.default_rng(47))


@dataclass(frozen=True, slots=True)
class Poster:
    """A printed face on paper, and where on the paper it is: a box in metres from its upper left corner."""

    prop: Prop
    face_m: tuple[float, float, float, float]

    def face_box(self, foot_px: tuple[float, float], px_per_m: float) -> Box:
        """Give the printed face's bounds in the picture."""
        sheet = self.prop.box(foot_px, px_per_m)
        x0, y0, x1, y1 = (side * px_per_m for side in self.face_m)
        return Box(sheet.x0 + x0, sheet.y0 + y0, sheet.x0 + x1, sheet.y0 + y1)


@lru_cache(maxsize=6)
def poster(face: str, tone: str) -> Poster:
    """Print the portrait, or a drawn face, under a headline."""
    per_m, wide, tall = POSTER_PX_PER_M, 0.68, 0.98
    sketch = _Sketch(wide, tall, per_m)
    sketch.shape([(0, 0), (0, tall), (wide, tall), (wide, 0)], (226, 234, 238))
    sketch.shape([(0.03, 0.86), (0.03, 0.95), (0.65, 0.95), (0.65, 0.86)], (60, 52, 160))
    sketch.stroke([(0.08, 0.905), (0.6, 0.905)], 0.03, (236, 236, 236))
    for row in (0.1, 0.06):
        sketch.stroke([(0.08, row), (0.6, row)], 0.014, (70, 70, 70))
    photo: Drawing = np.asarray(cv2.imread(str(photo_path())), np.float32)[
        TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH
    ]
    printed = toned(photo, tone) if face == "photo" else drawn_face(tone, 3)
    top, left = round(0.14 * per_m), (sketch.paint.shape[1] - WIDTH) // 2
    sketch.paint[top : top + HEIGHT, left : left + WIDTH] = printed * 0.9 + 14
    box = [EAR_LEFT - LEFT + left, BROW - TOP + top, EAR_RIGHT - LEFT + left, CHIN - TOP + top]
    x0, y0, x1, y1 = (side / per_m for side in box)
    return Poster(sketch.prop(np.random.default_rng(53), 2.0), (x0, y0, x1, y1))

"""The visitor's body, drawn: a coat with collar, scarf, buttons and sleeves, legs, and the arm
that reaches for the bell. Drawings are in metres of the standing person, `PX_PER_M` each.
"""

import cv2
import numpy as np

from latchkey_sim.scene.planar import Alpha, Canvas, Drawing, Sprite, level_for, levels, place, sprite, yuv
from latchkey_sim.scene.porch import noise

Bgr3 = tuple[int, int, int]

PX_PER_M = 800.0
WIDTH, HEIGHT = 640, 880
TOP_M = 1.52
"""Height over the ground of the sprite's upper edge; the chin is at CHIN_M."""

CHIN_M = 1.46
HEM_M = 0.46
GLOVE: Bgr3 = (46, 50, 62)
TROUSERS: Bgr3 = (62, 52, 48)
SHOE: Bgr3 = (34, 34, 40)
ARM_LENGTH, ARM_WIDTH = 520, 160
"""Size of the arm's sprite: shoulder at the left end, finger at the right."""


Outline = tuple[tuple[float, float], ...]
"""Corners as (metres from the middle, metres over the ground)."""

SLEEVE_OUTLINE: Outline = (
    (0.12, 1.43), (0.235, 1.41), (0.27, 1.27), (0.285, 1.02), (0.292, 0.76), (0.212, 0.76), (0.2, 1.0),
    (0.165, 1.2),
)  # fmt: skip
GLOVE_OUTLINE: Outline = ((0.215, 0.79), (0.288, 0.79), (0.286, 0.68), (0.262, 0.63), (0.224, 0.66))
TORSO_OUTLINE: Outline = (
    (-0.08, 1.45), (0.08, 1.45), (0.225, 1.405), (0.222, 1.15), (0.2, 0.95), (0.25, 0.5), (0.25, 0.45),
    (-0.25, 0.45), (-0.25, 0.5), (-0.2, 0.95), (-0.222, 1.15), (-0.225, 1.405),
)  # fmt: skip
LAPEL_OUTLINE: Outline = ((0.03, 1.42), (0.1, 1.42), (0.135, 1.25), (0.035, 1.13))
POCKET_OUTLINE: Outline = ((0.085, 0.88), (0.185, 0.895), (0.185, 0.865), (0.085, 0.85))
TAIL_OUTLINE: Outline = ((-0.1, 1.36), (-0.02, 1.36), (-0.028, 1.12), (-0.112, 1.1))
WRAP_OUTLINE: Outline = (
    (-0.088, 1.505), (0.088, 1.505), (0.115, 1.43), (0.07, 1.36), (-0.07, 1.36), (-0.115, 1.43),
)  # fmt: skip
PLACKET: Outline = ((0.028, 1.4), (0.034, 1.4), (0.04, HEM_M), (0.03, HEM_M))
VENT: Outline = ((-0.004, 0.8), (0.004, 0.8), (0.006, HEM_M), (-0.006, HEM_M))
BELT: Outline = ((-0.21, 0.985), (0.21, 0.985), (0.21, 0.965), (-0.21, 0.965))
BUTTON_HEIGHTS_M = (1.08, 0.94, 0.80, 0.66)


def squeezed(yaw: float) -> float:
    """Give the share of its breadth that a body shows which is turned by `yaw` degrees."""
    turn = np.deg2rad(yaw)
    return float(np.sqrt(np.cos(turn) ** 2 + 0.38 * np.sin(turn) ** 2))


class Body:
    """Coat seen from the front and from behind, and the ringing arm."""

    def __init__(self, coat: Bgr3, scarf: Bgr3, rng: np.random.Generator) -> None:
        self._front = levels(_coat(coat, scarf, rng, front=True))
        self._back = levels(_coat(coat, scarf, rng, front=False))
        self._arm = levels(_arm(coat, rng))

    def draw(
        self, target: Canvas, ground_px: tuple[float, float], px_per_m: float, yaw: float, step: float
    ) -> None:
        """Draw a body that stands at `ground_px`; `step` is the phase of the walk in radians."""
        self._legs(target, ground_px, px_per_m, step)
        turn = np.deg2rad(yaw)
        squeeze = squeezed(yaw)
        pieces = self._front if np.cos(turn) >= 0 else self._back
        level = level_for(px_per_m / PX_PER_M, len(pieces))
        scale = px_per_m / PX_PER_M * 2.0**level
        middle = WIDTH / 2 / 2.0**level
        matrix = np.array(
            [
                [scale * squeeze, 0.0, ground_px[0] - middle * scale * squeeze],
                [0.0, scale, ground_px[1] - TOP_M * px_per_m],
            ]
        )
        place(target, pieces[level], matrix)

    def draw_arm(
        self, target: Canvas, shoulder: tuple[float, float], hand: tuple[float, float], px_per_m: float
    ) -> None:
        """Draw the arm from shoulder to hand, both in picture pixels; it widens towards the lens."""
        along = np.array(hand) - np.array(shoulder)
        length = float(np.hypot(*along))
        scale = px_per_m / PX_PER_M
        level = level_for(scale, len(self._arm))
        across = np.array([-along[1], along[0]]) / max(length, 1) * scale * 2.0**level
        forward = along / ARM_LENGTH * 2.0**level
        middle = np.array([0, ARM_WIDTH / 2 / 2.0**level])
        turn = np.column_stack([forward, across])
        place(target, self._arm[level], np.column_stack([turn, np.array(shoulder) - turn @ middle]))

    def _legs(self, target: Canvas, ground: tuple[float, float], px_per_m: float, step: float) -> None:
        if ground[1] - HEM_M * px_per_m > target.size[1]:
            return
        half, hem = 0.062 * px_per_m, ground[1] - (HEM_M + 0.05) * px_per_m
        for side in (-1, 1):
            x = ground[0] + side * 0.075 * px_per_m
            foot = ground[1] - 0.05 * max(0.0, float(np.sin(step) * side)) * px_per_m
            _trapezoid(target, x, (hem, foot), (half * 1.1, half * 0.8), TROUSERS)
            _trapezoid(target, x, (foot - half * 0.7, foot + half * 0.6), (half, half * 1.25), SHOE)


def _trapezoid(
    target: Canvas, x: float, rows: tuple[float, float], halves: tuple[float, float], colour: Bgr3
) -> None:
    """Fill an upright trapezoid round `x`: from row to row, with half widths above and below."""
    (top, low), (upper, lower) = rows, halves
    corners = np.array([(x - upper, top), (x + upper, top), (x + lower, low), (x - lower, low)])
    values = [float(part[0, 0]) for part in yuv(np.array([[colour]], np.float32))]
    for plane, value, size in zip((target.y, target.u, target.v), values, (1.0, 0.5, 0.5), strict=True):
        cv2.fillConvexPoly(plane, np.rint(corners * size * 16).astype(np.int32), round(value), cv2.LINE_AA, 4)


class _Sketch:
    """A drawing in metres: x from the middle, height over the ground."""

    def __init__(self, colour: Bgr3) -> None:
        self.paint: Drawing = np.full((HEIGHT, WIDTH, 3), colour, np.float32)
        self.alpha: Alpha = np.zeros((HEIGHT, WIDTH), np.float32)

    def mask(self, outline: Outline, soft_px: float = 1.2) -> Alpha:
        """Give the mask of a polygon with rounded corners."""
        points = np.array([(WIDTH / 2 + x * PX_PER_M, (TOP_M - h) * PX_PER_M) for x, h in outline])
        middles = (points + np.roll(points, -1, axis=0)) / 2
        steps = np.linspace(0, 1, 10)[:, None]
        curve = np.vstack(
            [
                (1 - steps) ** 2 * middles[i - 1]
                + 2 * steps * (1 - steps) * points[i]
                + steps**2 * middles[i]
                for i in range(len(points))
            ]
        )
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(mask, [np.rint(curve * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft_px), np.float32) / 255

    def fill(self, mask: Alpha, colour: Bgr3 | Drawing, light: float = 1.0) -> None:
        """Paint a mask, and make it opaque."""
        self.paint = (
            self.paint * (1 - mask[..., None]) + np.asarray(colour, np.float32) * light * mask[..., None]
        )
        self.alpha = np.maximum(self.alpha, mask)

    def shade(self, mask: Alpha, light: float) -> None:
        """Make what is painted darker or lighter inside a mask."""
        self.paint = self.paint * (1 + (light - 1) * mask[..., None])


def _both(outline: Outline, side: int) -> Outline:
    return tuple((x * side, height) for x, height in outline)


def _coat(colour: Bgr3, scarf: Bgr3, rng: np.random.Generator, *, front: bool) -> Sprite:
    sketch = _Sketch(colour)
    for side in (-1, 1):
        sketch.fill(sketch.mask(_both(GLOVE_OUTLINE, side)), GLOVE)
        sketch.fill(sketch.mask(_both(SLEEVE_OUTLINE, side)), colour, 0.93 if side < 0 else 0.8)
    inner = sketch.mask(TORSO_OUTLINE)
    sketch.shade(sketch.mask(TORSO_OUTLINE, 9), 0.62)
    sketch.fill(inner, colour)
    if front:
        _front_details(sketch)
    else:
        sketch.shade(sketch.mask(VENT, 1.5), 0.55)
        sketch.shade(sketch.mask(BELT, 2.0), 0.75)
    _cloth(sketch, rng)
    _scarf(sketch, scarf, rng, front=front)
    return sprite(sketch.paint, sketch.alpha)


def _front_details(sketch: _Sketch) -> None:
    """Placket, lapels, pockets, buttons."""
    sketch.shade(sketch.mask(PLACKET, 1.4), 0.5)
    for side in (-1, 1):
        lapel = _both(LAPEL_OUTLINE, side)
        sketch.shade(sketch.mask(lapel, 5), 0.72)
        sketch.shade(sketch.mask(lapel, 1.2), 1.45)
        pocket = _both(POCKET_OUTLINE, side)
        sketch.shade(sketch.mask(pocket, 2.0), 0.66)
    for height in BUTTON_HEIGHTS_M:
        button = tuple((x - 0.012, height + h) for x, h in ((-0.016, 0), (0, 0.016), (0.016, 0), (0, -0.016)))
        sketch.fill(sketch.mask(button, 1.0), (58, 66, 76))


def _cloth(sketch: _Sketch, rng: np.random.Generator) -> None:
    """Light from the left, soft folds, weave."""
    across = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :]
    light = 1.04 - 0.34 * (across + 0.25) ** 2
    folds = cv2.resize(noise(rng, 8, WIDTH, 26), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    weave = noise(rng, HEIGHT, WIDTH, 1.4)
    sketch.paint = sketch.paint * (light * (1 + 0.055 * folds + 0.035 * weave))[..., None]


def _scarf(sketch: _Sketch, colour: Bgr3, rng: np.random.Generator, *, front: bool) -> None:
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    columns = np.arange(WIDTH, dtype=np.float32)[None, :]
    ribs = 1 + 0.10 * np.cos((columns + rows * 0.4) * 0.55) + 0.04 * noise(rng, HEIGHT, WIDTH, 2)
    wool = np.array(colour, np.float32) * ribs[..., None]
    if front:
        stripes = 1 - 0.35 * (np.abs((rows / PX_PER_M * 22) % 2 - 1) > 0.62)
        sketch.shade(sketch.mask(TAIL_OUTLINE, 7), 0.7)
        sketch.fill(sketch.mask(TAIL_OUTLINE), wool * stripes[..., None], 0.92)
    sketch.shade(sketch.mask(WRAP_OUTLINE, 8), 0.7)
    sketch.fill(sketch.mask(WRAP_OUTLINE), wool)
    shadow = np.clip((rows - (TOP_M - 1.47) * PX_PER_M) / 30, 0, 1)
    sketch.paint = sketch.paint * (1 - 0.45 * (1 - shadow) * (rows < 90))[..., None]


def _arm(colour: Bgr3, rng: np.random.Generator) -> Sprite:
    """A sleeve that widens towards the lens, a cuff, a gloved hand with a finger stretched out."""
    along = np.arange(ARM_LENGTH, dtype=np.float32)[None, :]
    across = np.arange(ARM_WIDTH, dtype=np.float32)[:, None] - ARM_WIDTH / 2
    half = np.interp(along, [0, 30, 250, 400], [34, 46, 50, 62]).astype(np.float32)
    sleeve = (
        np.clip(half - np.abs(across), 0, 1) * np.clip((400 - along) / 2, 0, 1) * np.clip(along / 90, 0, 1)
    )
    width = np.interp(along, [385, 410, 450, 466, 505, 519], [38, 46, 38, 19, 16, 6]).astype(np.float32)
    hand = np.clip(width - np.abs(across + 6), 0, 1) * np.clip((along - 380) / 2, 0, 1)
    cloth = (
        np.array(colour, np.float32)
        * (
            (1.08 - 0.55 * (across / 60 + 0.1) ** 2)
            * (
                1
                + 0.025 * noise(rng, ARM_WIDTH, ARM_LENGTH, 40)
                + 0.035 * noise(rng, ARM_WIDTH, ARM_LENGTH, 1.4)
            )
            * np.where(np.abs(along - 372) < 3, 0.7, 1.0)
        )[..., None]
    )
    leather = np.array(GLOVE, np.float32) * (1.25 - 0.7 * (across / 50) ** 2)[..., None]
    paint = leather * hand[..., None] * np.ones((ARM_WIDTH, ARM_LENGTH, 1), np.float32)
    paint = paint * (1 - sleeve[..., None]) + cloth * sleeve[..., None]
    alpha = np.maximum(sleeve, hand)
    return sprite(np.asarray(paint, np.float32), np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.0), np.float32))

"""What light, weather and lens do to planar pictures: fast, from a few planes drawn beforehand."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Box, Plane
from latchkey_sim.scene.planar import Canvas

BLACK, GREY = 16, 128
STOPS_3 = (1 / 8) ** (1 / 2.2)
"""Code values at an eighth of the light, by a display gamma of 2.2."""


@dataclass(frozen=True, slots=True)
class Light:
    """`gain` multiplies what is above black, `noise` is the sensor's deviation in steps of 255."""

    gain: float = 1.0
    noise: float = 1.6


LIGHTS = {"day": Light(), "-3 stops": Light(STOPS_3, 5.0), "12 %": Light(0.12, 3.0)}

BANK, MARGIN_PX = 3, 64
"""Planes of noise, and how far each can be shifted: enough that no two frames in a row are alike."""

DROPS_PER_MPX = 900
STREAK_S = 1 / 60
FALL_M_S = 8.0
"""Rain is seen for a 60th of a second, falling at about 8 m/s, 1 to 6 m away."""


class Weather:
    """Applies one light, and rain if asked for, to pictures of one size."""

    def __init__(self, light: Light, size: tuple[int, int], *, rain: bool = False) -> None:
        self._size = size
        codes = np.arange(256, dtype=np.float32)
        self._luma = table((codes - BLACK) * light.gain + BLACK)
        self._chroma = table((codes - GREY) * min(light.gain * 1.1, 1.0) + GREY)
        self._dims = light.gain < 1
        self._noise = _noise(size, light.noise)
        self._rain = _streaks(size) if rain else None

    def apply(self, picture: Canvas, number: int) -> None:
        """Change the picture of frame `number` in place."""
        width, height = self._size
        mix = (number * 2654435761 + 40503) & 0xFFFFFFFF
        if self._rain is not None:
            x, y = (mix >> 7) % width, (mix >> 15) % height
            cv2.add(picture.y, self._rain[y : y + height, x : x + width], dst=picture.y)
        if self._dims:
            picture.y[:] = cv2.LUT(picture.y, self._luma)
            for plane in (picture.u, picture.v):
                plane[:] = cv2.LUT(plane, self._chroma)
        x, y = (mix >> 8) % MARGIN_PX, (mix >> 16) % MARGIN_PX
        lighter, darker = (plane[y : y + height, x : x + width] for plane in self._noise[mix % BANK])
        cv2.add(picture.y, lighter, dst=picture.y)
        cv2.subtract(picture.y, darker, dst=picture.y)


def smear(picture: Canvas, box: Box, shift: tuple[float, float]) -> None:
    """Blur the part of a picture round `box` as if it had moved by `shift` pixels meanwhile."""
    kernel = line_kernel(*shift)
    if kernel.size == 1:
        return
    width, height = picture.size
    pad = max(kernel.shape)
    x0, y0 = max(int(box.x0) - pad, 0) & ~1, max(int(box.y0) - pad, 0) & ~1
    x1, y1 = min(int(box.x1) + pad, width) & ~1, min(int(box.y1) + pad, height) & ~1
    if x1 <= x0 or y1 <= y0:
        return
    half = line_kernel(shift[0] / 2, shift[1] / 2)
    parts = ((picture.y, 1, kernel), (picture.u, 2, half), (picture.v, 2, half))
    for plane, step, blade in parts:
        region = plane[y0 // step : y1 // step, x0 // step : x1 // step]
        region[:] = cv2.filter2D(region, -1, blade, borderType=cv2.BORDER_REPLICATE)


def line_kernel(across: float, down: float) -> NDArray[np.float32]:
    """Give the kernel of a straight movement by so many pixels; 1x1 below one pixel."""
    reach = int(np.ceil(max(abs(across), abs(down)) / 2))
    if max(abs(across), abs(down)) < 1:
        return np.ones((1, 1), np.float32)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    ends = [(round((reach + side * part / 2) * 16)) for side in (-1, 1) for part in (across, down)]
    cv2.line(kernel, (ends[0], ends[1]), (ends[2], ends[3]), 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel / kernel.sum(), np.float32)


@lru_cache(maxsize=16)
def _noise(size: tuple[int, int], levels: float) -> list[tuple[Plane, Plane]]:
    """Give planes of what is added, and of what is taken away: sums of equal types are five times as fast."""
    rng = np.random.default_rng(13)
    shape = (size[1] + MARGIN_PX, size[0] + MARGIN_PX)
    grains = [np.rint(rng.standard_normal(shape, np.float32) * levels) for _ in range(BANK)]
    return [(table(grain), table(-grain)) for grain in grains]


@lru_cache(maxsize=4)
def _streaks(size: tuple[int, int]) -> Plane:
    """Draw rain on a plane twice the size of the picture, to be shown from another corner each frame."""
    rng = np.random.default_rng(17)
    width, height = size[0] * 2, size[1] * 2
    plane = np.zeros((height, width), np.uint8)
    for _ in range(DROPS_PER_MPX * width * height // 1_000_000):
        away_m = float(rng.uniform(1, 6))
        length = FALL_M_S * STREAK_S * size[0] / 2 / away_m
        x, y = float(rng.uniform(0, width)), float(rng.uniform(-length, height))
        light = int(rng.uniform(30, 90) / away_m**0.5)
        start, end = (int(x * 16), int(y * 16)), (int((x + length * 0.12) * 16), int((y + length) * 16))
        cv2.line(plane, start, end, light, max(1, round(2.5 / away_m)), cv2.LINE_AA, 4)
    return plane


def table(values: NDArray[np.float32]) -> Plane:
    """Round to whole levels, as a table for `cv2.LUT` has them."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)

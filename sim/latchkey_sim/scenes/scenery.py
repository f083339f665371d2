"""What surrounds the actors of a scene: the place, and what light, weather and hands do to its pictures."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Box, Plane
from latchkey_sim.faces.backdrops import PAINTERS
from latchkey_sim.faces.weather import LIGHTS, Light, Weather, table
from latchkey_sim.scene.planar import Canvas, Drawing, canvas, to_u8
from latchkey_sim.scene.porch import Lens, draw_porch, noise
from latchkey_sim.scenes.errors import SceneError
from latchkey_sim.scenes.model import CameraEvent, Headlights, Scene

Matrix = NDArray[np.float64]

FLOOR_M = 6.0
"""The wall of a place stands so far away."""

LIGHT_OF = {"day": LIGHTS["day"], "dusk": LIGHTS["-3 stops"], "night": LIGHTS["12 %"]}
NOISE_STEP = 0.5
"""Noise changes in steps: each is a bank of planes."""

SHADE_DEPTH, SHADE_PX, SHADE_SWAYS_S = 0.5, 48, 2.9
"""Depth of trees' shadows, how far they sway, and how long that takes."""

GLARE_LEVELS = 190
COVER_S = 0.4
"""A hand takes so long to cover the lens, and to go."""

KNOCK_S = 0.5
KNOCKED = (-7.0, 1.3, (0.05, -0.04))
"""The view after a knock: degrees turned; closer by a factor, so that no more of the world is needed than was
drawn; and shifted by shares of the width and height."""


def place(scene: Scene) -> Canvas:
    """Give the empty place. Raises SceneError for a backdrop that cannot be read."""
    if scene.backdrop is not None:
        return _photographed(scene.backdrop, scene.size, scene.name)
    return _drawn(scene.place, scene.seed, scene.size)


@lru_cache(maxsize=4)
def _drawn(kind: str, seed: int, size: tuple[int, int]) -> Canvas:
    rng = np.random.default_rng([seed, 59])
    width, height = size
    lens = Lens(width, height)
    if kind == "porch":
        return canvas(draw_porch(lens, rng))
    base = np.array(rng.uniform(110, 180, 3), np.float32)
    picture: Drawing = np.ascontiguousarray(np.broadcast_to(base, (height, width, 3)))
    PAINTERS[kind](picture, rng)
    floor = min(int(lens.see((0.0, 0.0, FLOOR_M))[1]), height - 2)
    paving = np.array((118, 126, 130), np.float32) + noise(rng, height - floor, width, 3)[..., None] * 7
    picture[floor:] = paving * np.linspace(0.78, 1.06, height - floor, dtype=np.float32)[:, None, None]
    for z_m in (5.0, 4.2, 3.5, 3.0, 2.6):
        row = int(lens.see((0.0, 0.0, z_m))[1])
        picture[row : row + 2] *= 0.82
    picture += noise(rng, height, width, 90)[..., None] * 8
    return canvas(np.clip(picture, 20, 235))


@lru_cache(maxsize=4)
def _photographed(path: Path, size: tuple[int, int], name: str) -> Canvas:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SceneError(name, None, f"{path} is no picture that can be read")
    width, height = size
    scale = max(width / picture.shape[1], height / picture.shape[0])
    wanted = (max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale)))
    large = cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (large.shape[1] - width) // 2, (large.shape[0] - height) // 2
    return canvas(large[top : top + height, left : left + width].astype(np.float32))


class Air:
    """Light and weather of a scene; changes pictures in place."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._size = scene.size

    def light_at(self, at_s: float) -> Light:
        """Give how light it is."""
        keys = self._scene.light
        if not keys:
            return LIGHT_OF["day"]
        times, lights = [key.at_s for key in keys], [LIGHT_OF[key.level] for key in keys]
        gain = float(np.interp(at_s, times, [light.gain for light in lights]))
        grain = float(np.interp(at_s, times, [light.noise for light in lights]))
        return Light(gain, max(round(grain / NOISE_STEP) * NOISE_STEP, NOISE_STEP))

    def shade(self, picture: Canvas, at_s: float) -> None:
        """Let the shadows of trees fall: on the place and on who stands in it."""
        if not self._now("tree-shadows", at_s):
            return
        width, height = self._size
        turn = 2 * np.pi * at_s / SHADE_SWAYS_S
        x = int(SHADE_PX / 2 * (1 + np.sin(turn) * 0.8 + 0.2 * np.sin(turn * 2.3))) & ~1
        y = int(SHADE_PX / 2 * (1 + 0.6 * np.cos(turn * 0.6))) & ~1
        luma, chroma, grey = _tree_light(self._size)
        cv2.multiply(picture.y, luma[y : y + height, x : x + width], dst=picture.y, scale=1 / 255)
        part = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        for plane in (picture.u, picture.v):
            cv2.multiply(plane, chroma[part], dst=plane, scale=1 / 255)
            cv2.add(plane, grey[part], dst=plane)

    def apply(self, picture: Canvas, at_s: float, number: int) -> None:
        """Let it rain, make it dark, let headlights shine, add the sensor's noise."""
        rain = self._now("rain", at_s)
        light = self.light_at(at_s)
        shining = [beam for beam in self._scene.headlights if beam.at_s <= at_s < beam.at_s + beam.for_s]
        if shining and light.gain < 1:  # beams are not dimmed with the place
            Weather(Light(light.gain, 0.0), self._size).apply(picture, number)
            light = Light(1.0, light.noise)
        for beam in shining:
            self._shine(picture, beam, at_s)
        Weather(light, self._size, rain=rain).apply(picture, number)

    def _now(self, kind: str, at_s: float) -> bool:
        spells = (spell for spell in self._scene.weather if spell.kind == kind)
        return any(spell.at_s <= at_s < self._scene.until_s(spell) for spell in spells)

    def _shine(self, picture: Canvas, beam: Headlights, at_s: float) -> None:
        width = self._size[0]
        part = (at_s - beam.at_s) / beam.for_s
        part = part if beam.to == "right" else 1 - part
        x = int((1 - part) * width)
        cv2.add(picture.y, _beams(self._size)[:, x : x + width], dst=picture.y)


@lru_cache(maxsize=2)
def _tree_light(size: tuple[int, int]) -> tuple[Plane, Plane, Plane]:
    """Give what trees leave of luma and of colour, and the grey that comes in for the colour."""
    rng = np.random.default_rng(61)
    height, width = size[1] + 2 * SHADE_PX, size[0] + 2 * SHADE_PX
    unit = size[0] / 1280
    crowns = noise(rng, height, width, 190 * unit) + 0.7 * noise(rng, height, width, 62 * unit)
    leaves = noise(rng, height, width, 20 * unit)
    shade = np.clip((crowns + 0.45 * leaves - 0.1) * 1.3, 0, 1)
    left = 1 - SHADE_DEPTH * np.asarray(cv2.GaussianBlur(shade, (0, 0), 2.5), np.float32)
    small = cv2.resize(left, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return to_u8(left * 255), to_u8(small * 255), to_u8(128 * (1 - small))


@lru_cache(maxsize=2)
def _beams(size: tuple[int, int]) -> Plane:
    """Two lamps with their halo on a plane twice as wide as the picture, that moves behind it."""
    width, height = size
    y, x = np.mgrid[0:height, 0 : 2 * width].astype(np.float32)
    row, unit = np.float32(height * 0.58), np.float32(width / 1280)
    light = np.zeros_like(x)
    for lamp in (-64, 64):
        away = np.hypot(x - width - lamp * unit, y - row) / unit
        light += 1.5 * np.exp(-((away / 26) ** 2)) + 0.3 * np.exp(-((away / 60) ** 2))
    wide = np.hypot((x - width) / 2.2, (y - row) * 1.2) / unit
    light += 0.42 * np.exp(-((wide / 260) ** 2))
    return to_u8(np.clip(light, 0, 1.3) * GLARE_LEVELS)


class View:
    """What is done to the camera: a hand before the lens, or a knock."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._size = scene.size

    def covered(self, at_s: float) -> float:
        """Give how much of the lens is covered, 0..1."""
        return max((self._strength(event, at_s, COVER_S) for event in self._of("obstructed")), default=0.0)

    def turned(self, at_s: float) -> Matrix | None:
        """Give where a knocked camera sees what it saw before, as a (2, 3) matrix; None = where it was."""
        part = max((self._strength(event, at_s, KNOCK_S) for event in self._of("knocked")), default=0.0)
        if part <= 0:
            return None
        degrees, closer, (x, y) = KNOCKED
        shaken = float(np.sin(part * np.pi * 3)) * (1 - part)
        width, height = self._size
        middle = (width / 2, height / 2)
        turn = degrees * (part + 0.5 * shaken)
        matrix: Matrix = np.asarray(
            cv2.getRotationMatrix2D(middle, turn, 1 + (closer - 1) * part), np.float64
        )
        matrix[:, 2] += np.array([x * width, y * height]) * part
        return matrix

    def apply(self, picture: Canvas, at_s: float) -> None:
        """Change the picture in place."""
        matrix = self.turned(at_s)
        if matrix is not None:
            _warp(picture, matrix)
        part = self.covered(at_s)
        if part > 0:
            _cover(picture, part)

    def shown(self, box: Box, at_s: float) -> Box:
        """Give where a box of the world is seen: the bounds of its turned corners."""
        matrix = self.turned(at_s)
        if matrix is None:
            return box
        corners = np.array([(x, y, 1.0) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]) @ matrix.T
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return Box(float(x0), float(y0), float(x1), float(y1))

    def _of(self, kind: str) -> list[CameraEvent]:
        return [event for event in self._scene.camera if event.kind == kind]

    def _strength(self, event: CameraEvent, at_s: float, takes_s: float) -> float:
        """Give how far an event has come: it begins and ends within `takes_s`."""
        part = min((at_s - event.at_s) / takes_s, 1.0)
        if event.for_s:
            part = min(part, (event.at_s + event.for_s - at_s) / takes_s)
        return max(part, 0.0)


def _warp(picture: Canvas, matrix: Matrix) -> None:
    for plane, step in ((picture.y, 1), (picture.u, 2), (picture.v, 2)):
        small = matrix.copy()
        small[:, 2] = (matrix[:, 2] + matrix[:, :2].sum(axis=1) * (step - 1) / 2 - (step - 1) / 2) / step
        size = (plane.shape[1], plane.shape[0])
        plane[:] = cv2.warpAffine(plane, small, size, borderMode=cv2.BORDER_REPLICATE)


def _cover(picture: Canvas, part: float) -> None:
    """Push a dark hand, quite out of focus, over the lens from below."""
    luma, mask = _hand(picture.size)
    height = picture.y.shape[0]
    shift = round((1 - part) * height * 1.25)
    rows = max(height - shift, 0)
    if rows <= 0:
        return
    alpha, hand = mask[:rows], luma[:rows]
    region = picture.y[height - rows :]
    mixed = cv2.multiply(region, cv2.bitwise_not(alpha), scale=1 / 255)
    region[:] = cv2.add(mixed, cv2.multiply(hand, alpha, scale=1 / 255))
    small = cv2.resize(alpha, (alpha.shape[1] // 2, max(rows // 2, 1)), interpolation=cv2.INTER_AREA)
    for plane, tone in ((picture.u, 122), (picture.v, 136)):
        part_of = plane[plane.shape[0] - small.shape[0] :]
        kept = cv2.multiply(part_of, cv2.bitwise_not(small), scale=1 / 255)
        part_of[:] = cv2.add(kept, cv2.multiply(np.full_like(small, tone), small, scale=1 / 255))


@lru_cache(maxsize=2)
def _hand(size: tuple[int, int]) -> tuple[Plane, Plane]:
    """Give the luma of skin held before the lens, and how much it hides: all but a soft upper rim."""
    rng = np.random.default_rng(67)
    width, height = size
    skin = 44 + 9 * noise(rng, height, width, width / 5) + 4 * noise(rng, height, width, width / 20)
    rows = np.arange(height, dtype=np.float32)[:, None] / height
    fingers = 0.06 * np.abs(np.sin(np.arange(width, dtype=np.float32)[None, :] / width * np.pi * 4))
    rim = np.clip((rows + fingers) / 0.1, 0, 1)
    soft = cv2.GaussianBlur(np.asarray(rim, np.float32), (0, 0), width / 60)
    return table(np.asarray(skin, np.float32)), to_u8(soft * 255)

"""Photographs made into short clips: held, then panned and zoomed, so that boxes move in a known way.

Works on a folder of the form `boxes.json` beside `images/`; `boxes.json` gives per image `faces` and
`ignore` as (x0, y0, x1, y1). Apparent skin tone, masks and hats come from `marks.json`, which names
images of one public set and box numbers in them; faces it does not know carry no such mark.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.errors import UsageError
from latchkey.frames import Box, Plane, RawFrame
from latchkey.units import NS_PER_S
from latchkey_sim.faces.references import Boxes, check_inside, photographs
from latchkey_sim.faces.truth import SEEN_SHARE, Face, Moment, clipped
from latchkey_sim.faces.weather import LIGHTS, Weather, line_kernel
from latchkey_sim.scene.planar import Canvas, canvas

FPS, FRAMES, HELD_FRAMES = 15.0, 12, 4
LONG_SIDE_PX = 1280
ZOOM, PAN = 0.06, 0.02
"""How much larger the picture has become at the end, and how far it has gone, in its own widths."""

BLUR_SHARE, BLUR_LEAST_PX = 0.012, 6
"""Length of a motion blur in the longer side of the picture: 15 pixels at 1280."""

TONE_NAMES = {"l": "light", "m": "medium", "d": "dark"}


@dataclass(frozen=True, slots=True)
class Variant:
    """What is done to a photograph; `roll` in degrees."""

    name: str
    light: str = "day"
    blur: bool = False
    roll: float = 0.0


VARIANTS = (
    Variant("clean"),
    Variant("minus3", light="-3 stops"),
    Variant("twelve", light="12 %"),
    Variant("blur", blur=True),
    Variant("roll15", roll=15.0),
    Variant("roll30", roll=30.0),
    Variant("roll45", roll=45.0),
)

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Still:
    """One photograph in one variant; implements `FaceClip`. Boxes are in pixels of the file."""

    path: Path
    boxes: Boxes
    ignored: Boxes
    variant: Variant
    tones: str = ""
    wear: tuple[tuple[int, str], ...] = ()
    unfit: frozenset[int] = frozenset()
    """Numbers of boxes that show nobody who could be recognised."""

    @property
    def name(self) -> str:
        """Set, file, variant."""
        return f"stills/{self.path.stem}-{self.variant.name}"

    @property
    def fps(self) -> float:
        """Frames a second."""
        return FPS

    @property
    def marks(self) -> Mapping[str, str]:
        """Light, blur, roll, variant."""
        return {
            "variant": self.variant.name,
            "light": self.variant.light,
            "blur": "motion blur" if self.variant.blur else "sharp",
            "roll": f"{self.variant.roll:g}°",
        }

    def tone_of(self, index: int) -> str:
        """Give the apparent skin tone of the face in a box, or `unknown`."""
        return TONE_NAMES.get(self.tones[index : index + 1], "unknown")

    @cached_property
    def _matrices(self) -> list[Matrix]:
        """Where each frame puts the pixels of the file."""
        size, base = self._placing
        shares = np.clip((np.arange(FRAMES) - HELD_FRAMES + 1) / (FRAMES - HELD_FRAMES), 0, 1)
        return [_moved(base, float(share), size) for share in shares]

    @cached_property
    def _placing(self) -> tuple[tuple[int, int], Matrix]:
        """Give (width, height) of the clip and the map from pixels of the file to it.

        The picture turns in its frame: what leaves it at the corners is cut off.
        """
        height, width = _size(self.path)
        scale = min(1.0, LONG_SIDE_PX / max(width, height))
        angle = np.deg2rad(self.variant.roll)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        turn = scale * np.array([[cos, -sin], [sin, cos]])
        size = (round(width * scale) & ~1, round(height * scale) & ~1)
        shift = np.array(size) / 2 - turn @ np.array([width / 2, height / 2])
        return size, np.column_stack([turn, shift])

    def moments(self) -> list[Moment]:
        """Give the truth, a moment per frame. Raises UsageError where a box is not of this photograph."""
        height, width = _size(self.path)
        check_inside((*self.boxes, *self.ignored), width, height, f"boxes of {self.path}")
        return [
            Moment(round(number * NS_PER_S / FPS), tuple(self._faces(matrix)))
            for number, matrix in enumerate(self._matrices)
        ]

    def frames(self) -> Iterator[RawFrame]:
        """Draw the frames."""
        size, _ = self._placing
        source = _picture(self.path)
        if self.variant.blur:
            source = _blurred(source, self._matrices[0])
        weather = Weather(LIGHTS[self.variant.light], size)
        for number, matrix in enumerate(self._matrices):
            picture = Canvas(
                _warped(source.y, matrix, size, 16),
                _warped(source.u, _halved(matrix), (size[0] // 2, size[1] // 2), 128),
                _warped(source.v, _halved(matrix), (size[0] // 2, size[1] // 2), 128),
            )
            weather.apply(picture, number)
            yield RawFrame(picture.y, picture.u, picture.v, round(number * NS_PER_S / FPS))

    def _faces(self, matrix: Matrix) -> Iterator[Face]:
        (width, height), _ = self._placing
        wear = dict(self.wear)
        for index, corners in enumerate((*self.boxes, *self.ignored)):
            box, share = clipped(_placed(corners, matrix), width, height)
            if share <= 0:
                continue
            marks = {"tone": self.tone_of(index), "wear": wear.get(index, "nothing")}
            ignore = index >= len(self.boxes) or index in self.unfit or share < SEEN_SHARE
            yield Face(box, ignore, marks)


def stills(folder: Path, *, quick: bool = False) -> list[Still]:
    """Give all clips of a folder; `quick` = every fourth image in two variants. Raises UsageError."""
    found = []
    marks = known_marks()
    variants = VARIANTS[:2] if quick else VARIANTS
    for name, known_boxes in list(photographs(folder / "boxes.json").items())[:: 4 if quick else 1]:
        path = folder / "images" / name
        if not path.is_file():
            raise UsageError(f"{folder / 'boxes.json'} names {name}, which is not in {path.parent}")
        known = marks.get(name, {})
        wear = tuple((int(index), worn) for index, worn in known.get("wear", {}).items())
        boxes, ignored = known_boxes.faces, known_boxes.ignore
        unfit = frozenset(known.get("ignore", ()))
        found += [Still(path, boxes, ignored, one, known.get("tone", ""), wear, unfit) for one in variants]
    return found


def known_marks() -> dict[str, dict[str, Any]]:
    """Give, by file name, `tone` (a letter per box: l, m, d or ?), `wear` by box, boxes to `ignore`."""
    text = files("latchkey_sim.faces").joinpath("marks.json").read_text("utf-8")
    marks: dict[str, dict[str, Any]] = json.loads(text)["images"]
    return marks


@lru_cache(maxsize=8)
def _picture(path: Path) -> Canvas:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise UsageError(f"{path}: not a picture that can be read")
    height, width = (side & ~1 for side in bgr.shape[:2])
    return canvas(bgr[:height, :width].astype(np.float32))


def _size(path: Path) -> tuple[int, int]:
    height, width = _picture(path).y.shape
    return height, width


def _blurred(source: Canvas, matrix: Matrix) -> Canvas:
    """Blur along a slant, by a length that is the same in the clip whatever the file's size is."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    length = max(max(source.y.shape) * scale * BLUR_SHARE, BLUR_LEAST_PX) / scale
    kernel, half = line_kernel(length, length * 0.3), line_kernel(length / 2, length * 0.15)
    planes = zip((source.y, source.u, source.v), (kernel, half, half), strict=True)
    return Canvas(*(np.asarray(cv2.filter2D(plane, -1, blade), np.uint8) for plane, blade in planes))


def _moved(base: Matrix, share: float, size: tuple[int, int]) -> Matrix:
    """Zoom about the middle and pan, by a share 0..1 of the whole way; no border comes into view."""
    zoom = 1 + ZOOM * share
    middle = np.array(size) / 2
    moved = base * zoom
    moved[:, 2] += middle * (1 - zoom) + np.array([PAN, -PAN / 2]) * share * size[0]
    return np.asarray(moved)


def _halved(matrix: Matrix) -> Matrix:
    """Give the same map for planes of half the size, whose samples sit between four pixels."""
    half = matrix.copy()
    half[:, 2] = (matrix[:, 2] + matrix[:, :2].sum(axis=1) * 0.5 - 0.5) / 2
    return half


def _warped(plane: Plane, matrix: Matrix, size: tuple[int, int], border: int) -> Plane:
    if np.array_equal(matrix, np.eye(2, 3)) and plane.shape == (size[1], size[0]):
        return plane.copy()
    return np.asarray(cv2.warpAffine(plane, matrix, size, borderValue=border), np.uint8)


def _placed(corners: tuple[float, float, float, float], matrix: Matrix) -> Box:
    """Map a box: a face fills the ellipse in its box, and the bounds of that are what turns with it."""
    x0, y0, x1, y1 = corners
    middle = matrix @ np.array([(x0 + x1) / 2, (y0 + y1) / 2, 1.0])
    reach = np.hypot(matrix[:, 0] * (x1 - x0) / 2, matrix[:, 1] * (y1 - y0) / 2)
    return Box(
        float(middle[0] - reach[0]),
        float(middle[1] - reach[1]),
        float(middle[0] + reach[0]),
        float(middle[1] + reach[1]),
    )

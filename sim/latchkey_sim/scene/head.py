"""The visitor's head: a photo face on a cylinder, so that a turn of the head looks like one.

The face is Rear Admiral Grace M. Hopper's, a photograph of the U.S. Navy in the public domain,
which lies in matplotlib's wheel as sample data; hat and back of the head are drawn. Numbers below
are pixels of that photo (512 x 600). A texel at angle t on the cylinder (0 = nose, 90 = ear) is
seen at `axis + half_width(row) * sin(t + yaw)`; beyond 90 degrees the drawn back is sampled.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from latchkey.errors import LatchkeyError
from latchkey.frames import Plane
from latchkey_sim.scene.planar import Alpha, Canvas, Drawing, Sprite, level_for, levels, place, sprite
from latchkey_sim.scene.porch import noise

LEFT, TOP, WIDTH, HEIGHT = 128, 12, 272, 340
"""The part of the photo that holds the head."""

AXIS = 264.5
CHIN = 338.0
PX_PER_M = 1320.0
"""Ear to ear 225 px, about 0.17 m."""

BROW, EAR_LEFT, EAR_RIGHT = 158.0, 152.0, 377.0
"""With CHIN the face of the ground truth: brow to chin, ear to ear."""

FACE_OUTLINE = (
    (174, 146), (165, 164), (161, 178), (154, 190), (153, 210), (158, 232), (162, 255), (160, 270),
    (165, 283), (178, 291), (194, 298), (203, 313), (213, 326), (230, 337), (262, 342), (296, 336),
    (318, 322), (330, 308), (340, 306), (352, 298), (360, 275), (364, 255), (369, 235), (374, 212),
    (376, 196), (371, 186), (363, 178), (358, 162), (355, 146),
)  # fmt: skip
HAT_OUTLINE = (
    (146, 168), (143, 140), (145, 112), (151, 86), (165, 60), (190, 38), (225, 25), (264, 21),
    (303, 25), (338, 38), (363, 60), (377, 86), (383, 112), (386, 140), (383, 168),
)  # fmt: skip
BAND_TOP = 88
"""Row where the folded band of the hat begins."""

LIGHT_FROM = 0.15
"""The sun stands a little to the left: shade grows from here."""

GREY_HAIR = (160, 174, 186)


def photo_path() -> Path:
    """Where matplotlib keeps the photo. Raises LatchkeyError where it is missing."""
    path = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    if not path.is_file():
        raise LatchkeyError("matplotlib's sample photo is missing", hint="pip install 'latchkey[sim]'")
    return path


class Head:
    """A head, drawn at any yaw; keeps the last turn, since people mostly hold still.

    Without `hat_bgr` there is hair on top. `paint` changes the photo first: a (HEIGHT, WIDTH, 3)
    BGR drawing of the part that holds the head, in and out.
    """

    def __init__(
        self,
        hat_bgr: tuple[int, int, int] | None,
        rng: np.random.Generator,
        paint: Callable[[Drawing], Drawing] | None = None,
        hair_bgr: tuple[int, int, int] = GREY_HAIR,
    ) -> None:
        photo = np.asarray(cv2.imread(str(photo_path())), np.uint8)
        crop: Drawing = _fill_hat_shadow(photo[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH].astype(np.float32))
        back = _back(rng, hair_bgr)
        face = _mask(FACE_OUTLINE, 2.0)[..., None]
        front = (paint(crop) if paint else crop) * face + back * (1 - face)
        if hat_bgr is not None:
            _hat(front, hat_bgr, rng, dip=32.0, middle=133.0)
            _hat(back, hat_bgr, rng, dip=5.0, middle=163.0)
        alpha = _silhouette()
        fronts, backs = (
            levels(sprite(front, alpha, premultiply=False)),
            levels(sprite(back, alpha, premultiply=False)),
        )
        self._turners = [_Turner(one, other) for one, other in zip(fronts, backs, strict=True)]

    def draw(
        self, target: Canvas, chin_px: tuple[float, float], px_per_m: float, yaw: float, roll: float
    ) -> None:
        """Draw the head with its chin at `chin_px`; yaw and roll in degrees."""
        scale = px_per_m / PX_PER_M
        level = level_for(scale, len(self._turners))
        place(target, self._turners[level].turned(yaw), head_matrix(chin_px, scale, roll, 2.0**level))


def head_matrix(
    chin_px: tuple[float, float], scale: float, roll: float, reduced: float = 1.0
) -> NDArray[np.float64]:
    """Map pixels of the head sprite (reduced by a level's factor) to the picture."""
    angle = np.deg2rad(roll)
    turn = scale * reduced * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    chin = np.array([AXIS - LEFT, CHIN - TOP]) / reduced
    return np.column_stack([turn, np.array(chin_px) - turn @ chin])


class _Turner:
    """One level of detail: takes each pixel from front or back by yaw, shades it, cuts it out."""

    def __init__(self, front: Sprite, back: Sprite) -> None:
        self._luma = _Side(front.luma, back.luma, shaded=True)
        self._chroma = _Side(front.chroma, back.chroma, shaded=False)
        self._yaw: float | None = None
        self._last = front

    def turned(self, yaw: float) -> Sprite:
        """Give the head as seen at `yaw` degrees."""
        if yaw != self._yaw:
            self._yaw, self._last = yaw, Sprite(self._luma.turned(yaw), self._chroma.turned(yaw))
        return self._last


class _Side:
    """One set of planes (the last is alpha) wrapped round the cylinder."""

    def __init__(self, front: Plane, back: Plane, *, shaded: bool) -> None:
        self._atlas = np.ascontiguousarray(np.hstack([front[..., :-1], back[..., :-1]]))
        self._alpha = front[..., -1]
        height, self._width = self._alpha.shape
        self._axis = np.float32((AXIS - LEFT) * self._width / WIDTH)
        offsets = np.arange(self._width, dtype=np.float32)[None, :] - self._axis
        self._half = np.maximum((np.abs(offsets) * (self._alpha > 4)).max(axis=1, keepdims=True), 1)
        across = np.clip(offsets / self._half, -1, 1)
        self._angle = np.arcsin(across)
        rows = np.arange(height, dtype=np.float32)[:, None]
        self._rows = np.ascontiguousarray(np.broadcast_to(rows, self._alpha.shape))
        shade = 1.03 - 0.3 * (across + LIGHT_FROM) ** 2 if shaded else np.ones_like(across)
        self._weight = (self._alpha * np.clip(shade, 0, 1)).astype(np.uint8)

    def turned(self, yaw: float) -> Plane:
        angle = self._angle - np.float32(np.deg2rad(yaw))
        columns = self._axis + self._half * np.float32(0.985) * np.sin(angle)
        columns += (np.cos(angle) < 0) * np.float32(self._width)
        seen = cv2.remap(self._atlas, columns, self._rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        planes = cv2.split(seen)
        cut = [cv2.multiply(plane, self._weight, scale=1 / 255) for plane in planes]
        return np.asarray(cv2.merge([*cut, self._alpha]), np.uint8)


def _points(outline: tuple[tuple[int, int], ...]) -> NDArray[np.int32]:
    """Outline in sub-pixels (4 bits) of the crop, rounded by a closed quadratic spline."""
    corners = np.array(outline, np.float64) - (LEFT, TOP)
    middles = (corners + np.roll(corners, -1, axis=0)) / 2
    steps = np.linspace(0, 1, 8)[:, None]
    curve = [
        (1 - steps) ** 2 * middles[i - 1] + 2 * steps * (1 - steps) * corners[i] + steps**2 * middles[i]
        for i in range(len(corners))
    ]
    return np.asarray(np.rint(np.vstack(curve) * 16), np.int32)


def _mask(outline: tuple[tuple[int, int], ...], feather_px: float) -> Alpha:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [_points(outline)], 255, cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), feather_px), np.float32) / 255


def _silhouette() -> Alpha:
    """The outline of the head from any side: as wide on the left of its axis as on the right."""
    one = np.maximum(_mask(FACE_OUTLINE, 1.6), _mask(HAT_OUTLINE, 1.2))
    shift = np.array([[-1, 0, 2 * (AXIS - LEFT)], [0, 1, 0]], np.float64)
    mirrored = cv2.warpAffine(one, shift, (WIDTH, HEIGHT))
    return np.asarray(np.maximum(one, mirrored), np.float32)


def _fill_hat_shadow(crop: Drawing) -> Drawing:
    """Replace the dark navy cap beside the temples by hair, so that only the face stays."""
    picture = np.clip(crop, 0, 255).astype(np.uint8)
    dark = crop.max(axis=2) < 70
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    beside = (rows + TOP < 188) & (rows + TOP > 140) & ((columns + LEFT < 172) | (columns + LEFT > 357))
    mask = cv2.dilate((dark & beside).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(cv2.inpaint(picture, mask, 4, cv2.INPAINT_TELEA), np.float32)


def _back(rng: np.random.Generator, hair_bgr: tuple[int, int, int]) -> Drawing:
    """Hair in strands, with the shadow of the hat above and of the collar below."""
    strands = cv2.resize(rng.standard_normal((HEIGHT // 12, WIDTH)).astype(np.float32), (WIDTH, HEIGHT))
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None] + TOP
    columns = np.arange(WIDTH, dtype=np.float32)[None, :] + LEFT
    light = np.interp(rows, [150, 190, 270, 340], [0.6, 0.95, 0.9, 0.5])
    light = light * (1 - 0.4 * ((columns - AXIS) / 115) ** 2)
    hair = np.array(hair_bgr, np.float32) * light[..., None] + strands[..., None] * 13
    return np.asarray(hair, np.float32)


def _hat(
    side: Drawing, colour: tuple[int, int, int], rng: np.random.Generator, *, dip: float, middle: float
) -> None:
    """Knit a woollen hat over the top of a drawing, and let it throw a little shadow."""
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None] + TOP
    across = np.clip((np.arange(WIDTH, dtype=np.float32)[None, :] + LEFT - AXIS) / 121, -1, 1)
    angle = np.arcsin(across)
    edge, fold = middle + dip * across**2, BAND_TOP + 6 * across**2
    ribs, rings = np.cos(angle * 34), np.cos(rows * 0.9 + np.sign(np.cos(angle * 34)) * 0.8)
    knit = np.where(rows > fold, 0.10 * ribs, 0.07 * rings + 0.04 * np.cos(angle * 60))
    light = (1 + knit) * np.interp(rows, [20, 60, 170], [1.14, 1.0, 0.86])
    light = light * np.where(np.abs(rows - fold) < 3, 0.74, 1.0)
    wool = np.array(colour, np.float32) * light[..., None] + noise(rng, HEIGHT, WIDTH, 1.5)[..., None] * 5
    cover = np.clip((edge - rows) / 2 + 0.5, 0, 1)[..., None]
    shadow = (1 - 0.38 * np.exp(-np.clip(rows - edge, 0, None) / 9))[..., None]
    side[:] = side * shadow * (1 - cover) + wool * cover

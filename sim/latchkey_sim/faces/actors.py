"""Who goes about in drawn walks: the portrait in three tones, or heads cut out of the user's photographs.

A photographed face keeps what is around it (hair, a rim of its background), moves and rolls, and stands on a
drawn coat. It is as another face each time; how it is turned and what it wears is as photographed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.errors import UsageError
from latchkey.frames import Box
from latchkey_sim.faces.people import FACE_M, Looks, Pose, painted
from latchkey_sim.faces.stills import Still, stills
from latchkey_sim.scene.body import CHIN_M, Body, squeezed
from latchkey_sim.scene.head import LEFT, TOP, Head
from latchkey_sim.scene.planar import Canvas, Drawing, Sprite, level_for, levels, place, sprite

Bgr3 = tuple[int, int, int]

LENSES = ((216, 204), (312, 204))
LENS_PX = (41, 27)
LENS_BGR = (26, 24, 22)
"""Sunglasses, in pixels of the portrait."""

LEAST_PX = 40.0
"""Photographed faces smaller than this are left out."""

WIDEST_PX = 420.0
"""A cut-out is at most so wide from ear to ear: larger ones are reduced once."""

HEAD_WIDE, HEAD_TALL, HEAD_UP = 0.72, 0.78, 0.06
"""Half axes of the ellipse that is cut out, and how far it lies above the middle, in sides of the face."""

FEATHER = 0.04
"""Softness of its edge, in the face's widths."""

BODY_TURN, LEAN, NECK_M = 0.5, 0.3, 0.2
"""A body turns so much of its head's turn and leans so much of its roll, with so long a neck."""

COAT = ((1.2, 0.3, 5.7), (1.35, 0.4, 3.9), (1.45, 0.6, 3.9), (1.55, 1.1, 3.9), (1.6, 1.4, 3.9))
"""Half breadths of a coat, from and to how far below the chin; all in the face's widths."""


@dataclass(frozen=True, slots=True)
class PhotoFace:
    """One face in a photograph; `box` in pixels of the file."""

    path: Path
    box: tuple[float, float, float, float]
    tone: str = "unknown"
    wear: str = "nothing"

    @property
    def width_px(self) -> float:
        """Ear to ear."""
        return self.box[2] - self.box[0]


@dataclass(frozen=True, slots=True)
class Dress:
    """Coat and scarf, or hat."""

    coat: Bgr3
    scarf: Bgr3


class Actor(Protocol):
    """Somebody who can be drawn."""

    def draw(self, target: Canvas, pose: Pose) -> None:
        """Draw all of them."""
        ...


class Portrait:
    """The portrait's head on a coat: turns, rolls, wears `hat`, `mask` or `sunglasses`."""

    def __init__(self, looks: Looks, dress: Dress) -> None:
        hat = dress.scarf if looks.wear == "hat" else None
        self._head = Head(hat, np.random.default_rng(looks.number), partial(worn, looks=looks))
        self._body = _body(dress)

    def draw(self, target: Canvas, pose: Pose) -> None:
        """See `Actor`."""
        _draw_body(self._body, target, pose)
        self._head.draw(target, (pose.x, pose.y), pose.width_px / FACE_M, pose.yaw, pose.roll)


class Cutout:
    """A photographed head on a coat: rolls, but does not turn."""

    def __init__(self, photo: PhotoFace, dress: Dress) -> None:
        head, self._chin, self._wide = _cut(photo)
        self._levels = levels(head)
        self._body = _body(dress)

    def draw(self, target: Canvas, pose: Pose) -> None:
        """See `Actor`."""
        _draw_body(self._body, target, pose)
        scale = pose.width_px / self._wide
        level = level_for(scale, len(self._levels))
        reduced = 2.0**level
        turn = scale * reduced * _rotation(pose.roll)
        shift = np.array([pose.x, pose.y]) - turn @ (np.array(self._chin) / reduced)
        place(target, self._levels[level], np.column_stack([turn, shift]))


def photo_box(photo: PhotoFace, pose: Pose) -> Box:
    """Give the bounds of a photographed face in pixels, not clipped to the picture.

    A face fills the ellipse in its box, whose bounds turn with it.
    """
    x0, y0, x1, y1 = photo.box
    turn = pose.width_px / (x1 - x0) * _rotation(pose.roll)
    x, y = np.array([pose.x, pose.y]) - turn @ np.array([0.0, (y1 - y0) / 2])
    reach = np.hypot(turn[:, 0] * (x1 - x0) / 2, turn[:, 1] * (y1 - y0) / 2)
    return Box(float(x - reach[0]), float(y - reach[1]), float(x + reach[0]), float(y + reach[1]))


@lru_cache(maxsize=8)
def portrait(looks: Looks, dress: Dress) -> Portrait:
    """Give somebody with the portrait's face; kept for the next policy."""
    return Portrait(looks, dress)


@lru_cache(maxsize=8)
def cutout(photo: PhotoFace, dress: Dress) -> Cutout:
    """Give somebody with a photographed face; kept for the next policy."""
    return Cutout(photo, dress)


def photo_faces(folder: Path) -> tuple[PhotoFace, ...]:
    """Give the faces of a folder (`stills`) that can be cut out: whole, `LEAST_PX` or more, nobody near.

    Raises UsageError for a folder that cannot be read.
    """
    clean = [still for still in stills(folder) if still.variant.name == "clean"]
    return tuple(face for still in clean for face in _separate(still))


def _separate(still: Still) -> list[PhotoFace]:
    picture = cv2.imread(str(still.path))
    if picture is None:
        raise UsageError(f"{still.path}: not a picture that can be read")
    every = (*still.boxes, *still.ignored)
    found = []
    for index, box in enumerate(still.boxes):
        head = _head(box)
        inside = head.x0 >= 0 and head.y0 >= 0 and head.x1 <= picture.shape[1] and head.y1 <= picture.shape[0]
        alone = not any(_meet(head, other) for other in every if other != box)
        if (
            inside
            and alone
            and index not in still.unfit
            and min(box[2] - box[0], box[3] - box[1]) >= LEAST_PX
        ):
            found.append(
                PhotoFace(still.path, box, still.tone_of(index), dict(still.wear).get(index, "nothing"))
            )
    return found


def _head(box: Sequence[float]) -> Box:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wide, tall = box[2] - box[0], box[3] - box[1]
    y -= HEAD_UP * tall
    return Box(x - HEAD_WIDE * wide, y - HEAD_TALL * tall, x + HEAD_WIDE * wide, y + HEAD_TALL * tall)


def _meet(head: Box, other: Sequence[float]) -> bool:
    return head.x0 < other[2] and other[0] < head.x1 and head.y0 < other[3] and other[1] < head.y1


def _cut(photo: PhotoFace) -> tuple[Sprite, tuple[float, float], float]:
    """Cut a head out; give it, where its chin is in it, and how wide the face is, in its pixels."""
    picture = cv2.imread(str(photo.path))
    if picture is None:
        raise UsageError(f"{photo.path}: not a picture that can be read")
    scale = min(WIDEST_PX / photo.width_px, 1.0)
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = [side * scale for side in photo.box]
    head = _head(box)
    left, top = int(head.x0), int(head.y0)
    crop: Drawing = picture[top : int(np.ceil(head.y1)), left : int(np.ceil(head.x1))].astype(np.float32)
    crop = crop[: crop.shape[0] & ~1, : crop.shape[1] & ~1]
    alpha = np.zeros(crop.shape[:2], np.float32)
    soft = max(FEATHER * (box[2] - box[0]), 1.0)
    middle = (crop.shape[1] / 2, crop.shape[0] / 2)
    reach = (middle[0] - 2 * soft, middle[1] - 2 * soft)
    place16, reach16 = ([round(value * 16) for value in pair] for pair in (middle, reach))
    cv2.ellipse(alpha, place16, reach16, 0, 0, 360, (1.0,), cv2.FILLED, cv2.LINE_8, 4)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), soft), np.float32)
    chin = ((box[0] + box[2]) / 2 - left, box[3] - top)
    return sprite(crop, alpha), chin, box[2] - box[0]


def _rotation(degrees: float) -> NDArray[np.float64]:
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def worn(drawing: Drawing, looks: Looks) -> Drawing:
    """Give the portrait's head in a skin tone, with a mask or sunglasses where they are worn."""
    picture = painted(drawing, looks)
    if looks.wear == "sunglasses":
        for x, y in LENSES:
            cv2.ellipse(picture, (x - LEFT, y - TOP), LENS_PX, 0, 0, 360, LENS_BGR, cv2.FILLED, cv2.LINE_AA)
        left, right = ((x - LEFT, y - TOP - 8) for x, y in LENSES)
        cv2.line(picture, left, right, LENS_BGR, 6, cv2.LINE_AA)
    return picture


def _body(dress: Dress) -> Body:
    return Body(dress.coat, dress.scarf, np.random.default_rng(sum(dress.coat)))


def coat_boxes(pose: Pose) -> tuple[Box, ...]:
    """Give upright boxes that a coat fills, and hardly reaches beyond."""
    middle, wide = _body_x(pose), pose.width_px
    breadth = wide * squeezed(pose.yaw * BODY_TURN)
    return tuple(
        Box(middle - half * breadth, pose.y + top * wide, middle + half * breadth, pose.y + low * wide)
        for half, top, low in COAT
    )


def _draw_body(body: Body, target: Canvas, pose: Pose) -> None:
    px_per_m = pose.width_px / FACE_M
    ground = (_body_x(pose), pose.y + CHIN_M * px_per_m)
    body.draw(target, ground, px_per_m, pose.yaw * BODY_TURN, pose.step)


def _body_x(pose: Pose) -> float:
    """Give the middle of the body under a head that leans."""
    return pose.x + float(np.sin(np.deg2rad(pose.roll) * LEAN)) * NECK_M * pose.width_px / FACE_M

"""People for the walks: the photo face of `scene.head` in three skin tones, with hat or mask, on a coat.

The truth box reaches from brow to chin and ear to ear, as the drawn outline lies after turn and roll.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Box
from latchkey_sim.scene.body import CHIN_M, Body
from latchkey_sim.scene.head import (
    AXIS,
    BROW,
    CHIN,
    EAR_LEFT,
    EAR_RIGHT,
    FACE_OUTLINE,
    LEFT,
    PX_PER_M,
    TOP,
    Head,
    head_matrix,
)
from latchkey_sim.scene.planar import Canvas, Drawing

TONES = ("light", "medium", "dark")

TONE_LAB = {"light": (1.0, 1.0, 1.0), "medium": (0.74, 1.05, 1.2), "dark": (0.44, 0.95, 0.95)}
"""What a tone does to the skin of the photo in CIE L*a*b*: factors for lightness and both colours.

The photo's skin has a median lightness of 68; so the three stand at about 68, 50 and 30."""

SKIN_CHROMA = (6.0, 14.0)
"""Colourfulness below which nothing is skin (eyes, teeth, hair) and above which all is."""

COATS = ((112, 86, 52), (52, 92, 70), (70, 60, 110), (64, 110, 150))
SCARVES = ((48, 60, 150), (60, 140, 190), (110, 100, 60), (150, 150, 160))
HATS = ((60, 120, 190), (70, 60, 150), (40, 44, 60), (90, 120, 110))

MASK_OUTLINE = (
    (160, 236), (212, 230), (262, 220), (312, 230), (364, 236), (358, 278), (342, 306), (320, 324),
    (296, 338), (262, 344), (230, 339), (212, 328), (192, 300), (166, 284),
)  # fmt: skip
MASK_BGR = (226, 214, 190)
MASK_FOLDS = (254, 276, 298)
"""Rows of the folds of a paper mask."""

HALF_FACE = (EAR_RIGHT - EAR_LEFT) / 2
FACE_M = 2 * HALF_FACE / PX_PER_M
"""Ear to ear, in metres."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What somebody looks like: `tone` is one of TONES, `wear` nothing, `hat` or `mask`; `number` dresses."""

    tone: str = "light"
    wear: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where somebody's chin is, in pixels; the width of the face seen from the front; degrees."""

    x: float
    y: float
    width_px: float
    yaw: float = 0.0
    roll: float = 0.0
    step: float = 0.0

    @property
    def scale(self) -> float:
        """Pixels of the picture per pixel of the photo."""
        return self.width_px / (2 * HALF_FACE)


class Person:
    """A head on a coat."""

    def __init__(self, looks: Looks) -> None:
        number = looks.number % len(COATS)
        rng = np.random.default_rng(number)
        hat = HATS[number] if looks.wear == "hat" else None
        self._head = Head(hat, rng, partial(painted, looks=looks))
        self._body = _body(number)

    def draw(self, target: Canvas, pose: Pose) -> None:
        """Draw the person."""
        px_per_m = pose.width_px / FACE_M
        lean = np.deg2rad(pose.roll) * 0.3
        ground = (pose.x + float(np.sin(lean)) * 0.2 * px_per_m, pose.y + CHIN_M * px_per_m)
        self._body.draw(target, ground, px_per_m, pose.yaw * 0.5, pose.step)
        self._head.draw(target, (pose.x, pose.y), px_per_m, pose.yaw, pose.roll)


@lru_cache(maxsize=len(COATS))
def _body(number: int) -> Body:
    return Body(COATS[number], SCARVES[number], np.random.default_rng(number))


@lru_cache(maxsize=32)
def person(looks: Looks) -> Person:
    """Give a person; drawn once, since cutting out sprites takes longer than a clip."""
    return Person(looks)


def painted(drawing: Drawing, looks: Looks) -> Drawing:
    """Give the photo's head in a skin tone, with a mask where it is worn."""
    picture = toned(drawing, looks.tone)
    if looks.wear == "mask":
        _put_mask(picture)
    return picture


def toned(drawing: Drawing, tone: str) -> Drawing:
    """Change the skin of a BGR drawing (0..255) by the factors of `TONE_LAB`; the rest stays."""
    lab = cv2.cvtColor(drawing.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    low, high = SKIN_CHROMA
    skin = cv2.GaussianBlur(np.clip((chroma - low) / (high - low), 0, 1), (0, 0), 1.5)[..., None]
    changed = lab * np.array(TONE_LAB[tone], np.float32)
    mixed = cv2.cvtColor((changed * skin + lab * (1 - skin)).astype(np.float32), cv2.COLOR_LAB2BGR)
    return np.asarray(np.clip(mixed, 0, 1) * 255, np.float32)


def _put_mask(picture: Drawing) -> None:
    points = np.array(MASK_OUTLINE, np.int32) - (LEFT, TOP)
    cut = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(cut, [points], 1.0, cv2.LINE_AA)
    rows = np.arange(picture.shape[0], dtype=np.float32)[:, None] + TOP
    across = (np.arange(picture.shape[1], dtype=np.float32)[None, :] + LEFT - AXIS) / HALF_FACE
    light = 1 - 0.25 * across**2
    for fold in MASK_FOLDS:
        light = light - 0.16 * np.exp(-(((rows - fold) / 2.5) ** 2))
    paper = np.array(MASK_BGR, np.float32) * light[..., None]
    picture[:] = paper * cut[..., None] + picture * (1 - cut[..., None])


def face_box(pose: Pose) -> Box:
    """Give the bounds of the face of a pose in pixels, not clipped to the picture."""
    corners = np.array([(x, max(y, BROW)) for x, y in FACE_OUTLINE if y <= CHIN + 4], np.float64)
    turn = np.arcsin(np.clip((corners[:, 0] - AXIS) / HALF_FACE, -1, 1)) + np.deg2rad(pose.yaw)
    seen = np.clip(turn, -np.pi / 2, np.pi / 2)
    points = np.column_stack(
        [AXIS + HALF_FACE * np.sin(seen) - LEFT, corners[:, 1] - TOP, np.ones(len(corners))]
    )
    placed: NDArray[np.float64] = points @ head_matrix((pose.x, pose.y), pose.scale, pose.roll).T
    (x0, y0), (x1, y1) = placed.min(axis=0), placed.max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1))

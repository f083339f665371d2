"""Planar pictures: from BGR drawings to YUV 4:2:0 once, then sprites composited plane by plane.

Colours follow BT.709, limited range, as `latchkey.frames.Colour` says. Sprites carry
premultiplied planes, so one scaled product and one sum per plane blend them.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Plane, RawFrame

Drawing = NDArray[np.floating[Any]]
"""(height, width, 3) BGR, 0..255."""

Alpha = NDArray[np.floating[Any]]
"""(height, width), 0..1."""

MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""KR and KB by ITU-T H.273 table 4: BT.709, BT.601 twice, BT.2020."""

KR, KB = MATRICES[1]

SMALLEST_LEVEL_PX = 24


@dataclass(slots=True)
class Canvas:
    """A YUV 4:2:0 picture being drawn on."""

    y: Plane
    u: Plane
    v: Plane

    def copy(self) -> "Canvas":
        """Give a canvas with planes of its own."""
        return Canvas(self.y.copy(), self.u.copy(), self.v.copy())

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.y.shape[1]), int(self.y.shape[0])


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut-out: `luma` is (h, w, 2) = Y, alpha; `chroma` is (h/2, w/2, 3) = U, V, alpha.

    Y, U and V are premultiplied with alpha; all uint8.
    """

    luma: Plane
    chroma: Plane


def yuv(drawing: Drawing) -> tuple[Drawing, Drawing, Drawing]:
    """Turn BGR 0..255 into Y, U, V (float, limited range), all at full size."""
    blue, green, red = (drawing[..., channel] for channel in range(3))
    luma = KR * red + (1 - KR - KB) * green + KB * blue
    y = 16 + luma * (219 / 255)
    u = 128 + (blue - luma) * (112 / 255 / (1 - KB))
    v = 128 + (red - luma) * (112 / 255 / (1 - KR))
    return y, u, v


def bgr(frame: RawFrame) -> Plane:
    """Turn a frame into BGR for people to look at, by its own matrix and range."""
    kr, kb = MATRICES.get(frame.colour.matrix, MATRICES[1])
    size = (frame.width, frame.height)
    offset, scale = (0, 1.0) if frame.colour.full_range else (16, 255 / 219)
    swing = 127.5 if frame.colour.full_range else 112
    luma = (frame.y.astype(np.float32) - offset) * scale
    blue_diff, red_diff = (
        (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR).astype(np.float32) - 128) * (255 / swing)
        for plane in (frame.u, frame.v)
    )
    blue, red = luma + blue_diff * (1 - kb), luma + red_diff * (1 - kr)
    green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    return to_u8(np.stack([blue, green, red], axis=-1))


def canvas(drawing: Drawing) -> Canvas:
    """Turn a BGR drawing with even sides into planes."""
    y, u, v = yuv(drawing)
    return Canvas(to_u8(y), to_u8(_halved(u)), to_u8(_halved(v)))


def sprite(drawing: Drawing, alpha: Alpha, *, premultiply: bool = True) -> Sprite:
    """Turn a BGR drawing with even sides and its alpha into a sprite."""
    y, u, v = yuv(drawing)
    small = _halved(alpha)
    full, half = (alpha, small) if premultiply else (1.0, 1.0)
    luma = np.stack([y * full, alpha * 255], axis=-1)
    chroma = np.stack([_halved(u) * half, _halved(v) * half, small * 255], axis=-1)
    return Sprite(to_u8(luma), to_u8(chroma))


def levels(base: Sprite) -> list[Sprite]:
    """Give the sprite at full, half, quarter … size, so that a small one does not shimmer."""
    found = [base]
    while min(found[-1].luma.shape[:2]) >= 2 * SMALLEST_LEVEL_PX:
        last = found[-1]
        height, width = (side // 4 * 2 for side in last.luma.shape[:2])
        luma = cv2.resize(last.luma, (width, height), interpolation=cv2.INTER_AREA)
        chroma = cv2.resize(last.chroma, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        found.append(Sprite(luma, chroma))
    return found


def level_for(scale: float, count: int) -> int:
    """Give the number of halvings that suit a sprite drawn at `scale` of its full size."""
    return int(np.clip(np.floor(np.log2(1 / max(scale, 1e-6)) + 0.25), 0, count - 1))


def place(target: Canvas, piece: Sprite, matrix: NDArray[np.float64]) -> None:
    """Draw a sprite. `matrix` (2, 3) maps sprite pixels to picture pixels, centres at integers."""
    height, width = piece.luma.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    x0, y0 = (int(v) & ~1 for v in np.floor(corners.min(axis=0)) - 2)
    x1, y1 = (int(v) + 1 & ~1 for v in np.ceil(corners.max(axis=0)) + 2)
    x0, y0 = max(x0, 0), max(y0, 0)
    x1, y1 = min(x1, target.size[0]), min(y1, target.size[1])
    if x0 >= x1 or y0 >= y1:
        return
    moved = matrix.copy()
    moved[:, 2] -= (x0, y0)
    luma = cv2.warpAffine(piece.luma, moved, (x1 - x0, y1 - y0))
    half = moved.copy()
    half[:, 2] = (moved[:, 2] + moved[:, :2].sum(axis=1) * 0.5 - 0.5) / 2
    chroma = cv2.warpAffine(piece.chroma, half, ((x1 - x0) // 2, (y1 - y0) // 2))
    _blend(target.y[y0:y1, x0:x1], luma[..., 0], luma[..., 1])
    rows, columns = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
    _blend(target.u[rows, columns], chroma[..., 0], chroma[..., 2])
    _blend(target.v[rows, columns], chroma[..., 1], chroma[..., 2])


def to_u8(values: Drawing) -> Plane:
    """Round to whole 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _blend(target: Plane, premultiplied: Plane, alpha: Plane) -> None:
    rest = cv2.multiply(target, cv2.bitwise_not(alpha), scale=1 / 255)
    cv2.add(rest, premultiplied, dst=rest)
    target[:] = rest


def _halved(plane: Drawing) -> Drawing:
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    result: Drawing = plane.reshape(height, 2, width, 2).mean(axis=(1, 3), dtype=np.float32)
    return result

"""One search for faces: make the small picture a detector wants, ask it, judge its answer.

Only this small picture ever becomes BGR. A detector's answer is foreign material: what cannot
be true is refused as a whole, because a box that is nonsense hides nothing.
"""

import math
from collections.abc import Sequence
from numbers import Real

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cover, Plane, RawFrame
from latchkey.ports import FaceFinder
from latchkey.vision.light import contrast

STRIDE_PX = 32
"""Both detectors halve the picture five times: other sides would be padded or refused."""

LEAST_GAIN = 1.15
"""Less brightening than this is not worth a pass over the picture."""

SPECKLE_PX, STAIN_PX = 3, 5
"""Brightening makes noise brighter, too, and detectors take it for faces: so it is smoothed: luma by the
median of 3x3 pixels, colour over 5x5 of its coarser ones."""

FINE_SCALE = 1.5
"""A picture that is scaled down less stays as it is: small faces are searched there, and of 972 that
walk at dusk CenterFace misses 80 if they are smoothed, none so."""

Affine = NDArray[np.float64]

STRIP, PART = 2.5, 2.0
"""A picture more than so many times as long as it is wide is searched in parts at most so long, too: as a
whole it is shown so small that only large faces are left in it."""

SEAM = 0.25
"""Parts overlap by this share of the shorter side: no face that is less is cut by all."""

STRIP_LIMIT = 8.0
"""A picture longer than that is no doorbell's: it is not searched, and so covered whole."""

FACE_LIMIT = 100
"""More faces than this at a door are a detector gone wrong; the frame is covered whole instead."""


def search(
    finder: FaceFinder,
    frame: RawFrame,
    window: Cover,
    size: tuple[int, int],
    *,
    brighten: bool = True,
) -> list[Box]:
    """Find faces in one window of the frame, scaled to `size` (width, height, whole strides).

    The detector is shown a dark picture brighter than it is if `brighten`.

    Boxes are in pixels of the frame, not clipped to it. Raises FinderError if the detector fails
    or its answer cannot be true: wrong types, more than `FACE_LIMIT` faces, scores outside 0..1,
    coordinates that are not finite, turned round or of no area, or more than one picture away.
    """
    width, height = size
    boxes = ask(finder, small_bgr(_cut(frame, window), width, height, brighten=brighten))
    scale_x, scale_y = (window.x1 - window.x0) / width, (window.y1 - window.y0) / height
    return [
        Box(
            window.x0 + box.x0 * scale_x,
            window.y0 + box.y0 * scale_y,
            window.x0 + box.x1 * scale_x,
            window.y0 + box.y1 * scale_y,
            box.score,
        )
        for box in boxes
    ]


def search_turned(
    finder: FaceFinder,
    frame: RawFrame,
    part: Cover,
    size: tuple[int, int],
    degrees: float,
    *,
    brighten: bool = True,
) -> list[Box]:
    """Find faces in a part of the frame, scaled to `size` (width, height), turned by `degrees` to the left.

    A head that is rolled so far to the right stands upright in it. Boxes are upright, in pixels of the frame,
    around what was found. Raises FinderError as `search` does.
    """
    turned, back = _turned(small_bgr(_cut(frame, part), *size, brighten=brighten), degrees)
    scale = np.array([(part.x1 - part.x0) / size[0], (part.y1 - part.y0) / size[1]])
    upright = (_upright(box, back, scale) for box in ask(finder, turned))
    return [
        Box(box.x0 + part.x0, box.y0 + part.y0, box.x1 + part.x0, box.y1 + part.y0, box.score)
        for box in upright
    ]


def search_whole(finder: FaceFinder, frame: RawFrame) -> list[Box]:
    """Find faces in the whole frame at the detector's size. Raises FinderError as `search` does."""
    return search_parts(finder, frame, parts_of(frame.width, frame.height))


def search_parts(
    finder: FaceFinder, frame: RawFrame, parts: Sequence[Cover], *, brighten: bool = True
) -> list[Box]:
    """Find faces in the whole frame, at the detector's size: in parts that are alike, and in all of it."""
    all_of_it = Cover(0, 0, frame.width, frame.height)
    searched = dict.fromkeys([*parts, all_of_it])
    return [
        box
        for part in searched
        for box in search(finder, frame, part, size_of(part, finder.long_side_px), brighten=brighten)
    ]


def parts_of(width: int, height: int) -> list[Cover]:
    """Give the parts, alike and on even pixels, in which a picture is searched whole: one, if it is no strip.

    Raises FinderError for a picture that is too long.
    """
    long, short = max(width, height), min(width, height)
    if long > STRIP_LIMIT * short:
        raise FinderError(f"no detector is asked about a picture of {width}x{height}")
    if long <= STRIP * short:
        return [Cover(0, 0, width, height)]
    count = math.ceil((long / short - SEAM) / (PART - SEAM))
    side = math.ceil((long + (count - 1) * SEAM * short) / count) & ~1
    begins = [(long - side) * number // (count - 1) & ~1 for number in range(count)]
    if width > height:
        return [Cover(x0, 0, x0 + side, height) for x0 in begins]
    return [Cover(0, y0, width, y0 + side) for y0 in begins]


def ask(finder: FaceFinder, bgr: Bgr) -> list[Box]:
    """Ask the detector, and judge its answer (`search` says how). Raises FinderError."""
    height, width = bgr.shape[:2]
    try:
        answer: object = finder.find(bgr)
    except cv2.error as error:
        raise FinderError(f"{finder.name} failed: in OpenCV") from error
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit and the like: it would end the program, not the look
        raise FinderError(f"{finder.name} failed: {type(error).__name__}") from error
    if not isinstance(answer, list):
        raise FinderError(f"{finder.name} answered no list but a {type(answer).__name__}")
    if len(answer) > FACE_LIMIT:
        raise FinderError(f"{finder.name} answered {len(answer)} faces")
    return [_checked(box, width, height, finder.name) for box in answer]


def _turned(bgr: Bgr, degrees: float) -> tuple[Bgr, Affine]:
    """Turn a picture about its middle, into one that holds all of it; give the way back too, a 2x3 matrix."""
    height, width = bgr.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    across, down = (
        math.ceil(side / STRIDE_PX) * STRIDE_PX
        for side in (width * cos + height * sin, width * sin + height * cos)
    )
    matrix[:, 2] += (across - width) / 2, (down - height) / 2
    turned = cv2.warpAffine(bgr, matrix, (across, down), flags=cv2.INTER_LINEAR)
    return np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(matrix), np.float64)


def _upright(box: Box, back: Affine, scale: Affine) -> Box:
    """Give the upright box around a box of a turned picture."""
    corners = np.array([[x, y, 1.0] for x in (box.x0, box.x1) for y in (box.y0, box.y1)])
    points = corners @ back.T * scale
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1), box.score)


def _cut(frame: RawFrame, window: Cover) -> RawFrame:
    """Give a window of the frame, by reference; its corners are even."""
    rows, columns = slice(window.y0, window.y1), slice(window.x0, window.x1)
    half_rows, half_columns = (slice(part.start // 2, part.stop // 2) for part in (rows, columns))
    return RawFrame(
        frame.y[rows, columns],
        frame.u[half_rows, half_columns],
        frame.v[half_rows, half_columns],
        frame.at_ns,
        frame.colour,
    )


def size_of(part: Cover, long_side_px: int) -> tuple[int, int]:
    """Give (width, height) of the small picture of a part, with that longer side."""
    return small_size(part.x1 - part.x0, part.y1 - part.y0, long_side_px)


def small_size(width: int, height: int, long_side_px: int) -> tuple[int, int]:
    """Give (width, height) of a picture with that longer side, both multiples of `STRIDE_PX`."""
    scale = long_side_px / max(width, height)
    across, down = (max(round(side * scale / STRIDE_PX), 1) * STRIDE_PX for side in (width, height))
    return across, down


def small_bgr(frame: RawFrame, width: int, height: int, *, brighten: bool = True) -> Bgr:
    """Give the frame as (height, width, 3) BGR; both sides even. A dark picture is brightened if wanted.

    Detectors were trained on pictures taken by day: at dusk they miss faces that they find with more light.
    """
    y = _resized(frame.y, width, height)
    u, v = (_resized(plane, width // 2, height // 2) for plane in (frame.u, frame.v))
    gain = 1 / contrast(cv2.mean(y)[0]) if brighten else 1.0
    if gain <= LEAST_GAIN:
        return _bgr(y, u, v)
    if frame.width > width * FINE_SCALE:
        y = np.asarray(cv2.medianBlur(y, SPECKLE_PX), np.uint8)
        u, v = (np.asarray(cv2.blur(plane, (STAIN_PX, STAIN_PX)), np.uint8) for plane in (u, v))
    return np.asarray(cv2.convertScaleAbs(_bgr(y, u, v), alpha=gain), np.uint8)


def _bgr(y: Plane, u: Plane, v: Plane) -> Bgr:
    (height, width), quarter = y.shape, u.size
    small = np.empty((height * 3 // 2, width), np.uint8)
    chroma = small[height:].reshape(-1)
    small[:height] = y
    chroma[:quarter], chroma[quarter:] = u.reshape(-1), v.reshape(-1)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_YUV2BGR_I420), np.uint8)


def _resized(plane: Plane, width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _checked(box: object, width: int, height: int, name: str) -> Box:
    if not isinstance(box, tuple) or len(box) != 5 or not all(isinstance(side, Real) for side in box):
        raise FinderError(f"{name} answered something that is not a box")
    x0, y0, x1, y1, score = (float(side) for side in box)
    if not all(map(math.isfinite, (x0, y0, x1, y1, score))):
        raise FinderError(f"{name} answered a box that is not finite")
    if not 0 <= score <= 1:
        raise FinderError(f"{name} answered a score outside 0..1")
    near = -width <= x0 < x1 <= 2 * width and -height <= y0 < y1 <= 2 * height
    if not near:
        raise FinderError(f"{name} answered a box that is empty or far outside the picture")
    return Box(x0, y0, x1, y1, score)

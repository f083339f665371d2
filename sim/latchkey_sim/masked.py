"""A street in which somebody with a painted face walks by: for tests of what happens to hidden pixels.

The face is a patch of `PaintFinder`'s paint with a pattern of its own in it, which stands for what must
not be recognised.
"""

from collections.abc import Callable, Iterator

import numpy as np

from latchkey.frames import Cover, Plane, RawFrame
from latchkey.units import NS_PER_S

FPS = 10
SIZE = (320, 192)
PAINT_YUV = (106, 180, 206)
"""`finder.PAINT_BGR` in limited range."""

FACE_PX = 48
PATTERN_LEVELS = 12
"""How far the pattern differs from the paint: less than `PaintFinder` tolerates."""


def face_at(number: int) -> Cover:
    """Give where the face is in frame `number`."""
    left = 20 + (number * 4) % (SIZE[0] - FACE_PX - 40)
    return Cover(left, 60, left + FACE_PX, 60 + FACE_PX)


def near_face_at(number: int) -> Cover | None:
    """Give where the face is of somebody close to the lens: after three seconds, in most of the picture."""
    if number < 3 * FPS:
        return None
    left = 20 + number % 4 * 4
    return Cover(left, 8, left + 260, 180)


def masked_street(seconds: float, where: Callable[[int], Cover | None] = face_at) -> Iterator[RawFrame]:
    """Draw the frames; `where` the face is in each."""
    noise = np.random.default_rng(5)
    width, height = SIZE
    ground: Plane = (np.add.outer(np.arange(height), np.arange(width)) // 4 + 60).astype(np.uint8)
    cells = noise.integers(0, 2, (height // 4, width // 4)).repeat(4, 0).repeat(4, 1)
    pattern = ((cells * 2 - 1) * PATTERN_LEVELS).astype(np.int16)
    for number in range(int(seconds * FPS)):
        y: Plane = ground + noise.integers(0, 3, ground.shape, dtype=np.uint8)
        u, v = (np.full((height // 2, width // 2), 128, np.uint8) for _ in range(2))
        if (face := where(number)) is not None:
            x0, y0, x1, y1 = face
            y[y0:y1, x0:x1] = (PAINT_YUV[0] + pattern[: y1 - y0, : x1 - x0]).astype(np.uint8)
            u[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = PAINT_YUV[1]
            v[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = PAINT_YUV[2]
        yield RawFrame(y, u, v, number * NS_PER_S // FPS)

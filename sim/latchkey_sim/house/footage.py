"""What a camera of the house sees, with the truth about it: times in, pictures and faces out."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

import numpy as np

from latchkey.frames import Box, Plane, RawFrame
from latchkey.units import NS_PER_S
from latchkey_sim.finder import PAINT_BGR


class Footage(Protocol):
    """A scene in house time. Asked twice for the same time, it gives the same."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, even."""
        ...

    @property
    def fps(self) -> float:
        """Pictures a second while something happens."""
        ...

    def next_ns(self, at_ns: int) -> int | None:
        """Give when the next picture comes, at `at_ns` or later; None = never again.

        In between all stands still, and nothing is drawn.
        """
        ...

    def picture(self, at_ns: int) -> RawFrame:
        """Draw what is to be seen at `at_ns`, stamped so."""
        ...

    def faces(self, at_ns: int) -> tuple[Box, ...]:
        """Give the boxes of the faces in that picture, in pixels, clipped to it."""
        ...


TINY_SIZE = (128, 96)
TINY_FPS = 5.0
BODY_PX = (26, 60)
FACE_PX = (16, 18)
BODY_Y, FACE_Y = 34, 14
COAT_LEVELS = (215, 235)
STILL_AFTER_NS = NS_PER_S
"""After somebody has left, the empty place is seen for so long: a clip needs pictures to end with."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody walks from column `x0` to `x1` (pixels, middle of the body), in house time.

    `face` tells whether the face shows; else it is the back of a head.
    """

    begin_ns: int
    end_ns: int
    x0: float
    x1: float
    coat: int = COAT_LEVELS[1]
    face: bool = True

    def x(self, at_ns: int) -> float:
        """Give where the middle of the body is."""
        return self.x0 + (self.x1 - self.x0) * (at_ns - self.begin_ns) / (self.end_ns - self.begin_ns)


class TinyFootage:
    """128x96 pixels at 5 pictures a second: people are a coat and a painted face that `PaintFinder` sees.

    The face is the canary: its pink is in no wall, coat or cover, so a single such pixel in anything that
    is kept is a face that got out. In the spans that are `watched` the camera gives pictures though nobody is
    there.
    """

    def __init__(
        self,
        seed: int,
        passages: Sequence[Passage],
        *,
        fps: float = TINY_FPS,
        watched: Sequence[tuple[int, int]] = (),
    ) -> None:
        rng = np.random.default_rng([seed, 3])
        width, height = self.size = TINY_SIZE
        self.fps = fps
        self._step_ns = round(NS_PER_S / fps)
        self.passages = tuple(sorted(passages, key=lambda one: one.begin_ns))
        self.watched = tuple(watched)
        seen = [(max(one.begin_ns - NS_PER_S, 0), one.end_ns + STILL_AFTER_NS) for one in passages]
        self._spans = sorted([*seen, *watched])
        slope: Plane = (np.add.outer(np.arange(height), np.arange(width)) // 2 + 40).astype(np.uint8)
        self._ground = slope + rng.integers(0, 12, slope.shape, dtype=np.uint8)
        self._grain = [rng.integers(0, 3, slope.shape, dtype=np.uint8) for _ in range(4)]

    @classmethod
    def drawn(
        cls,
        chance: Random,
        begin_ns: Sequence[int],
        seconds: tuple[float, float],
        watched: Sequence[tuple[int, int]] = (),
    ) -> "TinyFootage":
        """Draw one passage at each time, of a length within `seconds`."""
        passages = []
        for at_ns in begin_ns:
            ends = [chance.uniform(16, 50), chance.uniform(78, 112)]
            chance.shuffle(ends)
            end_ns = at_ns + round(chance.uniform(*seconds) * NS_PER_S)
            coat = chance.randint(*COAT_LEVELS)
            passages.append(Passage(at_ns, end_ns, x0=ends[0], x1=ends[1], coat=coat))
        return cls(chance.getrandbits(32), passages, watched=watched)

    def next_ns(self, at_ns: int) -> int | None:
        """Give the next time in the camera's raster that is watched, or at which somebody is there."""
        at_ns = -(-at_ns // self._step_ns) * self._step_ns
        for begin_ns, end_ns in self._spans:
            if at_ns < end_ns:
                return max(at_ns, -(-begin_ns // self._step_ns) * self._step_ns)
        return None

    def picture(self, at_ns: int) -> RawFrame:
        """Draw the picture."""
        width, height = self.size
        y = self._ground + self._grain[at_ns // self._step_ns % len(self._grain)]
        u, v = (np.full((height // 2, width // 2), 128, np.uint8) for _ in range(2))
        for passage in self._there(at_ns):
            left = round(passage.x(at_ns)) - BODY_PX[0] // 2 & ~1
            y[BODY_Y : BODY_Y + BODY_PX[1], max(left, 0) : max(left + BODY_PX[0], 0)] = passage.coat
            if passage.face:
                box = _face_box(passage, at_ns, width)
                rows, columns = slice(int(box.y0), int(box.y1)), slice(int(box.x0), int(box.x1))
                y[rows, columns], half = PAINT_YUV[0], _halved(rows, columns)
                u[half], v[half] = PAINT_YUV[1:]
        return RawFrame(y, u, v, at_ns)

    def faces(self, at_ns: int) -> tuple[Box, ...]:
        """Give the painted faces."""
        boxes = [_face_box(passage, at_ns, self.size[0]) for passage in self._there(at_ns) if passage.face]
        return tuple(box for box in boxes if box.x1 > box.x0)

    def _there(self, at_ns: int) -> list[Passage]:
        return [passage for passage in self.passages if passage.begin_ns <= at_ns < passage.end_ns]


def _paint_yuv() -> tuple[int, int, int]:
    """Give the paint in limited-range BT.601, as OpenCV reads planes."""
    b, g, r = PAINT_BGR
    y = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256
    u = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256
    v = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256
    return round(y), round(u), round(v)


PAINT_YUV = _paint_yuv()
"""What the paint of `PaintFinder` is in the planes of a picture."""


def _face_box(passage: Passage, at_ns: int, width: int) -> Box:
    left = (round(passage.x(at_ns)) - FACE_PX[0] // 2) & ~1
    x0, x1 = (min(max(x, 0), width) for x in (left, left + FACE_PX[0]))
    return Box(float(x0), float(FACE_Y), float(x1), float(FACE_Y + FACE_PX[1]))


def _halved(rows: slice, columns: slice) -> tuple[slice, slice]:
    return slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)

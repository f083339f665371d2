"""Scores what a decoded clip shows against what the scene's truth says.

The scorer believes nothing the filter says of itself: it looks at decoded pixels. A truth face is
covered if at least `COVERED_SHARE` of its box, clipped to the picture, is cover colour
(± `TOLERANCE` in Y, U and V) in the decoded frame of equal time. A truth frame that is in no clip
counts as uncovered: footage that is missing proves nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from latchkey.frames import Box, Plane, RawFrame
from latchkey.settings import Zone
from latchkey.vision import COVER_YUV
from latchkey.vision.zones import BLACK_YUV, polygon_mask
from latchkey_sim.scene import Scene

COVERED_SHARE = 0.95
TOLERANCE = 6
"""Levels by which the encoder may change a flat cover."""

COVER_LEAST_SHARE = 0.001
"""Less cover colour than this in a picture (30 x 30 px at 720p) is chance (a coat), not a cover."""

MATCH_NS = 1_000_000
"""Clips count time in 1/90000 s: two times less than 1 ms apart are the same frame's."""


@dataclass(slots=True)
class Score:
    """The result. `faces_truth_frames` is None where there is no truth (real input)."""

    frames: int = 0
    frames_with_covers: int = 0
    hidden_area: float = 0.0
    faces_truth_frames: int | None = None
    faces_uncovered_frames: int | None = None
    uncovered_numbers: list[int] = field(default_factory=list)
    """Numbers of the scene's frames in which a face shows, or which are missing."""


class Scorer:
    """Takes decoded frames one by one; `at_ns` is scene time."""

    def __init__(self, scene: Scene | None) -> None:
        self._scene = scene
        self._frames = 0
        self._with_covers = 0
        self._hidden = 0.0
        self._covered: set[int] = set()
        self._truth = {} if scene is None else _truth_frames(scene)

    def see(self, frame: RawFrame) -> None:
        """Score one decoded frame."""
        mask = cover_mask(frame)
        share = cv2.countNonZero(mask) / mask.size
        self._frames += 1
        self._hidden += share
        self._with_covers += share >= COVER_LEAST_SHARE
        number = self._number_of(frame.at_ns)
        if number in self._truth and all(
            covered_share(mask, box) >= COVERED_SHARE for box in self._truth[number]
        ):
            self._covered.add(number)

    def score(self) -> Score:
        """Give the result over everything seen."""
        result = Score(self._frames, self._with_covers, self._hidden / max(self._frames, 1))
        if self._scene is not None:
            result.uncovered_numbers = sorted(set(self._truth) - self._covered)
            result.faces_truth_frames = len(self._truth)
            result.faces_uncovered_frames = len(result.uncovered_numbers)
        return result

    def _number_of(self, at_ns: int) -> int:
        """Give the number of the scene's frame taken at this time, or -1."""
        if self._scene is None:
            return -1
        number = round(at_ns * self._scene.fps / 1e9)
        return number if abs(self._scene.at_ns(number) - at_ns) < MATCH_NS else -1


def score(frames: Iterable[RawFrame], scene: Scene | None) -> Score:
    """Score decoded frames, stamped with scene time, against a scene; None = there is no truth."""
    scorer = Scorer(scene)
    for frame in frames:
        scorer.see(frame)
    return scorer.score()


def cover_mask(frame: RawFrame) -> Plane:
    """Give 255 where a pixel is cover colour in all three planes; chroma counts for 2 x 2 pixels."""
    return _colour_mask(frame, COVER_YUV)


def hidden_mask(frame: RawFrame, zones: Sequence[Zone]) -> Plane:
    """Give 255 where a pixel is cover colour, or within a privacy zone and black as such are."""
    mask = cover_mask(frame)
    if zones:
        black = _colour_mask(frame, BLACK_YUV)
        black &= polygon_mask(zones, frame.width, frame.height)
        mask |= black
    return mask


def _colour_mask(frame: RawFrame, yuv: tuple[int, int, int]) -> Plane:
    near = [_near(plane, value) for plane, value in zip((frame.u, frame.v), yuv[1:], strict=True)]
    chroma = cv2.bitwise_and(*near)
    size = (frame.width, frame.height)
    wide = cv2.resize(chroma, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.bitwise_and(_near(frame.y, yuv[0]), wide), np.uint8)


def _near(plane: Plane, value: int) -> Plane:
    low, high = np.array(value - TOLERANCE), np.array(value + TOLERANCE)
    return np.asarray(cv2.inRange(plane, low, high), np.uint8)


def covered_share(mask: Plane, box: Box) -> float:
    """Give how much of a box, clipped to the picture, a `cover_mask` hides, 0..1; 1 if none is inside."""
    x0, y0 = max(int(np.floor(box.x0)), 0), max(int(np.floor(box.y0)), 0)
    x1, y1 = int(np.ceil(box.x1)), int(np.ceil(box.y1))
    region = mask[y0 : max(y1, 0), x0 : max(x1, 0)]
    return cv2.countNonZero(np.ascontiguousarray(region)) / region.size if region.size else 1.0


def _truth_frames(scene: Scene) -> dict[int, list[Box]]:
    faces = {number: [face.box for face in scene.truth(number)] for number in range(scene.frame_count)}
    return {number: boxes for number, boxes in faces.items() if boxes}

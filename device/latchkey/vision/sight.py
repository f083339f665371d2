"""Sight: whether the camera sees what a detector needs. A blind detector answers "nobody": no answer at all.

Takes the small luma that the motion gate has made, a few times a second, and compares its structure, cell
by cell of a coarse grid, with what it usually is. The gate's background would not do: it learns whatever
stands still for a minute, the tape on the lens too.

Rules
- Too dark, or overexposed: by the levels at which both detectors lose faces.
- Obstructed: in most cells with steady structure it is gone, though not for want of light.
- Moved: in nearly all cells whose structure has been steady there is another one, or in most of them and the
  new picture stands still. Once it does, for `MOVED_NS`; then the new picture is the one to compare with.
- Privacy zones and their borders, which stay where they are, are not compared.
- Whatever is unclear is not learned. Where there is too little structure to tell, the picture is clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Cause
from latchkey.settings import Zone
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision.zones import polygon_mask

Luma = NDArray[np.float32]
Cells = NDArray[np.float32]
"""(`GRID`) numbers, one per cell."""

CHECK_NS = 200 * NS_PER_MS
"""How often it is looked at: half of the look-ahead, so that a frame is covered before it is unclear."""

GRID = (5, 8)
"""Rows and columns of cells: a cell of a 720p picture is 160 x 144 pixels, a head at the door."""

DARK_LEVEL = 40
"""Below this level of its bright end (the 95th percentile) a picture is too dark: at 2 % of daylight it is 46
and detectors find nearly all (.99 YuNet, .91 CenterFace), at 1.2 % 39 (.92, .87), at 1 % 37 (.81, .82)."""

DARK_LEVEL_FULL_RANGE = 28
BRIGHT_SHARE = 0.95

GLARE_LEVEL = 230
GLARE_SHARE = 0.75
"""Share of the picture at the upper end from which it is overexposed: three stops too bright it is 0.5
(recall .86 YuNet, .91 CenterFace), four 0.66 (.68, .92), five 0.71 (.50, .80)."""

FINE_PX = 7
"""Structure finer than this, at 90 rows, is compared: lamps change the coarse, things the fine."""

STRUCTURE_LEVELS = 2.0
"""Root mean square of fine structure from which a cell has some; sensor noise leaves 1."""

CELLS_LEAST = 6
"""Fewer cells with structure than this tell nothing."""

GONE = 0.4
"""Structure below this share of what it was, in equal light, is gone."""

GONE_SHARE = 0.7
"""Share of the cells with structure that must have lost it: a visitor close up hides fewer."""

OBSTRUCTED_NS = 500 * NS_PER_MS
"""For so long it must be gone: a passing insect is not an obstruction."""

STEADY = 0.6
"""Mean correlation with what is usual from which a cell is steady: leaves in the wind are not."""

CHANGED = 0.35
"""Correlation below which a cell shows something else. Different things correlate by less than 0.3."""

CHANGED_SHARE = 0.85
"""Share of steady cells that show something else when the camera was moved. A visitor leaves the corners."""

SETTLED_SHARE = 0.6
"""This share is enough once the new picture stands still: bricks, hedges and steps look alike from place to
place, so that a turn by a tenth of the view changes 0.7 to 0.85 of the cells. Visitors change up to 0.25,"""

THIRD_SHARE = 0.4
"""and not as much as this share of the cells on both sides and in the middle."""

MOVED_NS = 60 * NS_PER_S
STILL_NS = NS_PER_S
STILL = 0.7
"""Correlation with the picture one check earlier from which a cell stands still."""

LEARN_NS = 5 * NS_PER_S
"""Time constant of how much structure and light is usual, and how steady; unknown for as long at first."""

PICTURE_NS = 30 * NS_PER_S
"""Time constant of the structure itself: dusk is slower, a visitor who stands there fills few cells."""


@dataclass(frozen=True, slots=True)
class _View:
    """One picture: its fine structure, and per cell that structure's power, and the light."""

    fine: Luma
    power: Cells
    light: Cells


class Sight:
    """Judges pictures of one size, in time order. Same pictures, same answers."""

    def __init__(self, zones: Sequence[Zone] = ()) -> None:
        self._zones = tuple(zones)
        self._samples: NDArray[np.intp] | None = None
        self._seen: Luma | None = None
        self._verdict: Cause | None = None
        self._checked_ns: int | None = None
        self._usual: _View | None = None
        self._steady: Cells = np.zeros(GRID, np.float32)
        self._before: _View | None = None
        self._gone_ns: int | None = None
        self._still_ns: int | None = None
        self._changed_ns: int | None = None
        self._moved_until_ns: int | None = None

    def see(self, small: Luma, at_ns: int, *, full_range: bool = False) -> Cause | None:
        """Say why the picture is unclear, or None. `small` is its luma, about 180 rows of it."""
        if self._checked_ns is not None and 0 <= at_ns - self._checked_ns < CHECK_NS:
            return self._verdict
        step_ns = at_ns - self._checked_ns if self._checked_ns is not None else 0
        self._checked_ns = at_ns
        self._verdict = self._judge(small, at_ns, max(step_ns, 0), full_range)
        return self._verdict

    def _judge(self, small: Luma, at_ns: int, step_ns: int, full_range: bool) -> Cause | None:
        tiny = _halved(small)
        if self._samples is None:
            self._samples = _samples(self._zones, tiny.shape)
            self._seen = _away_from_zones(self._zones, tiny.shape)
        lit = _light_fault(tiny.reshape(-1)[self._samples], full_range)
        if lit is not None:
            self._before = None
            return lit
        view = _view(tiny, self._seen)
        likeness = np.zeros(GRID, np.float32) if self._usual is None else _likeness(view, self._usual)
        structure = self._structure(view, likeness, at_ns, step_ns)
        self._before = view
        return structure

    def _structure(self, view: _View, likeness: Cells, at_ns: int, step_ns: int) -> Cause | None:
        """Compare with what is usual; learn it where the picture is clear."""
        if self._is_moved(view, likeness, at_ns):
            return Cause.MOVED
        if self._is_obstructed(view, likeness, at_ns):
            return Cause.OBSTRUCTED
        if self._gone_ns is None and self._changed_ns is None:
            self._learn(view, likeness, step_ns)
        return None

    def _is_obstructed(self, view: _View, likeness: Cells, at_ns: int) -> bool:
        usual = self._usual
        gone = usual is not None and (
            _share(_gone(view, usual, likeness), _textured(usual) & (self._steady >= STEADY)) >= GONE_SHARE
        )
        if not gone:
            self._gone_ns = None
            return False
        if self._gone_ns is None:
            self._gone_ns = at_ns
        return at_ns - self._gone_ns >= OBSTRUCTED_NS

    def _is_moved(self, view: _View, likeness: Cells, at_ns: int) -> bool:
        if self._moved_until_ns is not None:
            if at_ns < self._moved_until_ns:
                return True
            self._forget()
            return False
        usual = self._usual
        if usual is None:
            return False
        steady = _textured(usual) & (self._steady >= STEADY)
        other = (likeness < CHANGED) & _textured(view)
        at_once = _share(other, steady) >= CHANGED_SHARE
        if not at_once and not _is_all_over(other, steady):
            self._changed_ns = self._still_ns = None
            return False
        if self._changed_ns is None:
            self._changed_ns = at_ns
        self._watch_still(view, at_ns)
        lasted = at_once and at_ns - self._changed_ns >= MOVED_NS
        if lasted or (self._still_ns is not None and at_ns - self._still_ns >= STILL_NS):
            self._moved_until_ns = self._changed_ns + MOVED_NS
        return at_once or self._moved_until_ns is not None

    def _watch_still(self, view: _View, at_ns: int) -> None:
        still = self._before is not None and (
            _share(_likeness(view, self._before) >= STILL, _textured(view)) >= CHANGED_SHARE
        )
        if not still:
            self._still_ns = None
        elif self._still_ns is None:
            self._still_ns = at_ns

    def _forget(self) -> None:
        """Begin anew: what is seen now is what is usual."""
        self._usual = self._moved_until_ns = None
        self._changed_ns = self._still_ns = self._gone_ns = None
        self._steady = np.zeros(GRID, np.float32)

    def _learn(self, view: _View, likeness: Cells, step_ns: int) -> None:
        share = step_ns / (LEARN_NS + step_ns)
        self._steady = self._steady + share * (likeness - self._steady)
        if self._usual is None:
            self._usual = view
            return
        usual, slowly = self._usual, step_ns / (PICTURE_NS + step_ns)
        self._usual = _View(
            usual.fine + slowly * (view.fine - usual.fine),
            usual.power + share * (view.power - usual.power),
            usual.light + share * (view.light - usual.light),
        )


def _halved(luma: Luma) -> Luma:
    return np.ascontiguousarray(luma[::2, ::2])


def _samples(zones: Sequence[Zone], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Give every fourth pixel that no privacy zone has blacked out; of all if none is left."""
    seen = np.flatnonzero(polygon_mask(zones, shape[1], shape[0]) == 0)
    return (seen if seen.size else np.arange(shape[0] * shape[1]))[::4]


def _away_from_zones(zones: Sequence[Zone], shape: tuple[int, ...]) -> Luma | None:
    """Give 0 for privacy zones and as far around as their borders show in fine structure, 1 elsewhere.

    A border is where it was, whatever the camera sees: in its cells nothing would ever change.
    None = no zone.
    """
    if not zones:
        return None
    reach = np.ones((FINE_PX + 2, FINE_PX + 2), np.uint8)
    return np.asarray(cv2.dilate(polygon_mask(zones, shape[1], shape[0]), reach) == 0, np.float32)


def _light_fault(some: Luma, full_range: bool) -> Cause | None:
    bright = np.partition(some, int(BRIGHT_SHARE * (some.size - 1)))[int(BRIGHT_SHARE * (some.size - 1))]
    if bright < (DARK_LEVEL_FULL_RANGE if full_range else DARK_LEVEL):
        return Cause.DARK
    if np.count_nonzero(some >= GLARE_LEVEL) >= GLARE_SHARE * some.size:
        return Cause.GLARE
    return None


def _view(tiny: Luma, seen: Luma | None) -> _View:
    """Give what is to be compared: structure where `seen` is 1, and none where it is 0."""
    fine = np.asarray(tiny - cv2.blur(tiny, (FINE_PX, FINE_PX)), np.float32)
    fine = fine if seen is None else fine * seen
    return _View(fine, _cells(fine * fine), _cells(tiny))


def _cells(luma: Luma) -> Cells:
    """Give the mean of each cell."""
    return np.asarray(cv2.resize(luma, GRID[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _likeness(a: _View, b: _View) -> Cells:
    """Correlation of fine structure, -1..1; 0 where one has none."""
    power = np.sqrt(a.power * _cells(b.fine * b.fine))
    return np.asarray(_cells(a.fine * b.fine) / np.maximum(power, 1e-6), np.float32)


def _textured(view: _View) -> NDArray[np.bool_]:
    return np.asarray(view.power >= STRUCTURE_LEVELS**2, bool)


def _gone(view: _View, usual: _View, likeness: Cells) -> NDArray[np.bool_]:
    """Tell which cells have lost their structure: more than the light explains, or in a new shape."""
    left = np.sqrt(view.power / np.maximum(usual.power, 1e-6))
    light = np.clip(view.light / np.maximum(usual.light, 1.0), 0.05, 1.0)
    return np.asarray((left < GONE * light) | ((left < GONE) & (likeness < CHANGED)), bool)


def _is_all_over(other: NDArray[np.bool_], steady: NDArray[np.bool_]) -> bool:
    """Whether something else is seen in most of the picture, and to the left, in the middle, to the right."""
    if _share(other, steady) < SETTLED_SHARE:
        return False
    thirds = zip(np.array_split(other, 3, axis=1), np.array_split(steady, 3, axis=1), strict=True)
    return all(np.count_nonzero(a & b) >= THIRD_SHARE * np.count_nonzero(b) for a, b in thirds)


def _share(cells: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    """Share of the cells `of` that are in `cells`; 0 if there are too few to tell."""
    count = np.count_nonzero(of)
    return float(np.count_nonzero(cells & of) / count) if count >= CELLS_LEAST else 0.0

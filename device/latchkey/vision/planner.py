"""The planner: from looks to covers, frame by frame, with the future known.

Frames are held back for `look_ahead_ns`, so a face is covered before it is first found.

Rules
- `ok`: the frame itself was looked at, or it lies between two good looks at most
  `MAX_LOOK_GAP_NS` apart. All else is `fallback_full`: a missing answer never means a bare frame.
- Covered are the faces of all looks within ± `union_s`, and faces on their way between looks.
- Without a detector all that has moved since the clip began stays covered, and everything above
  it (`fallback_region`): often only legs differ from what is behind them. If nothing has moved,
  or it is more than half of the picture, all is covered.
"""

from bisect import bisect_left, bisect_right, insort

from latchkey.frames import Box, Cover, FilterState
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_MS, to_ns
from latchkey.vision.motion import Motion
from latchkey.vision.rectangles import area, dilate, joined, on_grid, outermost
from latchkey.vision.redactor import CoverPlan
from latchkey.vision.tracks import LEAD_NS, Tracks

MAX_LOOK_GAP_NS = 135 * NS_PER_MS
"""Looks may be this far apart: 2 frames at 15 a second, 3 at 25, 4 at 30. Beyond it coverage falls
quickly: on people who walk up to a camera from 99.7 % of the faces (0.12 s) to 97.7 % (0.2 s)."""

COVER_LIMIT = 400
"""Covers in one frame: 100 faces and their way through a few looks. More is nonsense: all is covered."""

REGION_LIMIT = 16
"""Separate regions that motion leaves before they become one."""

REGION_PAD = 0.25
"""Share of its size by which a region of motion grows to the sides and down: legs are narrower than
shoulders, and hair and hands have little contrast. Upwards it reaches the edge of the picture."""

REGION_SHARE = 0.5
"""A region larger than this share of the picture becomes all of it."""


class CoverPlanner:
    """Plans the covers of one stretch of recording. Values in, values out; no clock, no pixels."""

    def __init__(self, settings: PrivacySettings, has_finder: bool) -> None:
        self._settings = settings
        self._has_finder = has_finder
        self._looked: list[int] = []
        self._faces: dict[int, list[Box]] = {}
        self._tracks = Tracks()
        self._motions: list[tuple[int, tuple[Cover, ...]]] = []
        self._moved: tuple[Cover, ...] = ()

    @property
    def look_ahead_ns(self) -> int:
        """How far after a frame looks can still cover it."""
        return max(to_ns(self._settings.union_s), LEAD_NS)

    def add_look(self, at_ns: int, boxes: list[Box] | None) -> None:
        """Take the answer of the look at the frame of `at_ns`; None = it failed or came too late.

        Answers come in the order of their frames.
        """
        if boxes is None or at_ns in self._faces:
            return
        faces = [box for box in boxes if box.score >= self._settings.threshold]
        insort(self._looked, at_ns)
        self._faces[at_ns] = faces
        self._tracks.add(at_ns, faces)

    def add_motion(self, at_ns: int, motion: Motion) -> None:
        """Take what moved in the frame of `at_ns`; frames come in order."""
        if not self._has_finder and motion.boxes:
            self._motions.append((at_ns, motion.boxes))

    def plan(self, at_ns: int, width: int, height: int) -> CoverPlan:
        """Say what to hide in the frame of `at_ns`. Looks up to `look_ahead_ns` later must be in."""
        if self._settings.mode == "everything":
            return CoverPlan(FilterState.OK, _full(width, height).covers)
        if self._settings.mode == "motion":
            return CoverPlan(FilterState.OK, self._region(at_ns, width, height).covers)
        if not self._has_finder:
            return self._region(at_ns, width, height)
        if not self._is_seen(at_ns):
            return _full(width, height)
        union_ns = to_ns(self._settings.union_s)
        first = bisect_left(self._looked, at_ns - union_ns)
        last = bisect_right(self._looked, at_ns + union_ns)
        faces = [box for look_ns in self._looked[first:last] for box in self._faces[look_ns]]
        faces += self._tracks.at(at_ns, at_ns + self.look_ahead_ns)
        if len(faces) > COVER_LIMIT:
            return _full(width, height)
        dilated = (dilate(box, self._settings.dilation) for box in faces)
        placed = (on_grid(*box[:4], width, height) for box in dilated)
        return CoverPlan(FilterState.OK, outermost(cover for cover in placed if cover))

    def forget_before(self, at_ns: int) -> None:
        """Drop looks before `at_ns`; no frame before `at_ns` + `look_ahead_ns` will be asked for."""
        keep = bisect_left(self._looked, at_ns)
        for look_ns in self._looked[:keep]:
            del self._faces[look_ns]
        del self._looked[:keep]
        self._tracks.forget_before(at_ns)

    def _is_seen(self, at_ns: int) -> bool:
        after = bisect_left(self._looked, at_ns)
        if after < len(self._looked) and self._looked[after] == at_ns:
            return True
        inside = 0 < after < len(self._looked)
        return inside and self._looked[after] - self._looked[after - 1] <= MAX_LOOK_GAP_NS

    def _region(self, at_ns: int, width: int, height: int) -> CoverPlan:
        """Cover what has moved so far; motions are taken in once and for good."""
        while self._motions and self._motions[0][0] <= at_ns + self.look_ahead_ns:
            _, boxes = self._motions.pop(0)
            self._moved = joined([*self._moved, *boxes], REGION_LIMIT)
        padded = [_column(box, width, height) for box in self._moved]
        covers = joined((cover for cover in padded if cover), REGION_LIMIT)
        if not covers or sum(map(area, covers)) > REGION_SHARE * width * height:
            return _full(width, height)
        return CoverPlan(FilterState.FALLBACK_REGION, covers)


def _column(box: Cover, width: int, height: int) -> Cover | None:
    pad_x, pad_y = (box.x1 - box.x0) * REGION_PAD, (box.y1 - box.y0) * REGION_PAD
    return on_grid(box.x0 - pad_x, 0, box.x1 + pad_x, box.y1 + pad_y, width, height)


def _full(width: int, height: int) -> CoverPlan:
    return CoverPlan(FilterState.FALLBACK_FULL, (Cover(0, 0, width, height),))

"""Follow a face that a look did not find again, by where its pixels went.

From one look to the next the detector may lose a face: it turns, blurs, is small. Its pixels are still
there. So a patch of luma is kept of each face until the next look, and searched around the place where the
face would be by then; where it fits, the face is taken to be. This is motion of pixels between two
pictures, as video coding estimates it: nothing is kept longer, and nothing describes a face.

A patch that slips to what is behind the face hides that for `FOLLOW_NS`, no more. Same frames, same answers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from latchkey.frames import Box, Cover, Plane
from latchkey.units import NS_PER_S
from latchkey.vision.rectangles import on_grid
from latchkey.vision.tracks import FAR_NS, REACH_SIZES, alike, far

FOLLOW_NS = 2 * NS_PER_S
"""A face that was not found again for so long is given up."""

PATCH_PX = 24
"""Longer side of the patch: a larger face is compared scaled down to this, at 0.1 ms."""

ROOM = 1.0
"""How many of its sizes away from the place where it would be by now a face is searched."""

ALIKE = 0.6
"""Normalised correlation from which a patch fits."""

SURE_SCORE = 0.3
"""A face found with this score once is followed, wherever it is;"""

MOVED = 0.5
"""another one once it is so many of its sizes from where it was first found: what looks like a face on a wall
does not move."""

FADED = 0.5
"""Correlation is blind to contrast: a pattern with less than this share of it is not the face."""

LOST_LIMIT = 16
"""Faces that are followed at once, at 0.1 ms and more each; more are a crowd, or not faces."""

SURELY_ALIKE = 0.75
"""The same where it is not known yet how the face moves, and it is searched as far as `REACH_SIZES` away."""

ROUNDING = 0.01
"""Correlations end at 1; what is plain all over gives any number, infinite ones too."""

LEAST_SHARE = 0.6
"""A face of which less is in the picture is not followed."""

LEAST_LEVELS = 4.0
"""Standard deviation of a patch: a plain one fits anywhere."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A face in the last look: `patch` is the luma of `place`, the part of its box inside the picture.

    `step` is its way per nanosecond, None if it was seen once; `found_ns` when the detector last found it;
    `best` the highest score it was found with, `origin` where it was first found.
    """

    box: Box
    origin: Box
    best: float
    at_ns: int
    found_ns: int
    step: tuple[float, float] | None
    place: Cover
    patch: Plane

    def expected(self, at_ns: int) -> Box:
        """Where the face would be by now."""
        if self.step is None:
            return self.box
        dx, dy = (part * (at_ns - self.at_ns) for part in self.step)
        return Box(self.box.x0 + dx, self.box.y0 + dy, self.box.x1 + dx, self.box.y1 + dy, self.box.score)

    @property
    def is_credible(self) -> bool:
        """Whether it is worth following: surely a face, or it moves as no mark on a wall does."""
        size = max(self.box.x1 - self.box.x0, self.box.y1 - self.box.y0)
        return self.best >= SURE_SCORE or _apart(self.box, self.origin) > MOVED * size


class Follower:
    """Follows the faces of one recording from look to look."""

    def __init__(self) -> None:
        self._traces: list[Trace] = []

    def lost(self, y: Plane, at_ns: int, found: Sequence[Box]) -> list[Trace]:
        """Give the faces of the last look that are not found now, where they are now by their pixels."""
        links, ran = self._links(at_ns, found)
        lost = [(i, trace) for i, trace in enumerate(self._traces) if i not in links.values()]
        moved = [
            _moved(trace, y, at_ns, near=i in ran.values())
            for i, trace in lost[:LOST_LIMIT]
            if at_ns - trace.found_ns < FOLLOW_NS
        ]
        return [trace for trace in moved if trace is not None and trace.is_credible]

    def keep(self, y: Plane, at_ns: int, found: Sequence[Box], followed: Sequence[Trace]) -> None:
        """Note the faces of a look, found and followed, for the next one."""
        links, ran = self._links(at_ns, found)
        links = {**ran, **links}
        traces = []
        for j, box in enumerate(found):
            before = self._traces[links[j]] if j in links else None
            traces.append(_trace(box, y, at_ns, before))
        traces += followed
        self._traces = [trace for trace in traces if trace is not None]

    def _links(self, at_ns: int, found: Sequence[Box]) -> tuple[dict[int, int], dict[int, int]]:
        """Give, for the index of a face found now, that of its trace: near, or from where it may have run."""
        links: dict[int, int] = {}
        ran: dict[int, int] = {}
        used: set[int] = set()
        expected = [trace.expected(at_ns) for trace in self._traces]
        looks = [(at_ns - trace.at_ns) / FAR_NS for trace in self._traces]
        for i, j in alike(expected, list(found)):
            if i not in used and j not in links:
                links[j] = i
                used.add(i)
        for i, j in far(expected, looks, list(found)):
            if i not in used and j not in links and j not in ran:
                ran[j] = i
                used.add(i)
        return links, ran


def _step(before: Trace, box: Box, at_ns: int) -> tuple[float, float] | None:
    passed_ns, old = at_ns - before.at_ns, before.box
    if passed_ns <= 0:
        return None
    across, down = box.x0 + box.x1 - old.x0 - old.x1, box.y0 + box.y1 - old.y0 - old.y1
    return across / 2 / passed_ns, down / 2 / passed_ns


def _trace(box: Box, y: Plane, at_ns: int, before: Trace | None) -> Trace | None:
    place = on_grid(*box[:4], y.shape[1], y.shape[0])
    if place is None:
        return None
    whole = (box.x1 - box.x0) * (box.y1 - box.y0)
    if (place.x1 - place.x0) * (place.y1 - place.y0) < LEAST_SHARE * whole:
        return None
    step = None if before is None else _step(before, box, at_ns)
    patch = _scaled(y[place.y0 : place.y1, place.x0 : place.x1], _scale(place))
    if float(patch.std()) < LEAST_LEVELS:
        return None
    origin, best = (before.origin, max(before.best, box.score)) if before else (box, box.score)
    return Trace(box, origin, best, at_ns, at_ns, step, place, patch)


def _around(y: Plane, area: Cover, beyond: int) -> Plane:
    """Cut a part of the picture that may reach `beyond` its edges; its last pixels go on there."""
    height, width = y.shape
    left, right = max(area.x0, -beyond), min(area.x1, width + beyond)
    top, bottom = max(area.y0, -beyond), min(area.y1, height + beyond)
    inside = y[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if not inside.size:
        return inside
    borders = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    return np.asarray(cv2.copyMakeBorder(inside, *borders, cv2.BORDER_REPLICATE), np.uint8)


def _apart(a: Box, b: Box) -> float:
    """Distance of the middles of two boxes."""
    return math.hypot(a.x0 + a.x1 - b.x0 - b.x1, a.y0 + a.y1 - b.y0 - b.y1) / 2


def _scale(place: Cover) -> float:
    return min(PATCH_PX / max(place.x1 - place.x0, place.y1 - place.y0), 1.0)


def _scaled(luma: Plane, scale: float) -> Plane:
    height, width = luma.shape
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    if size == (width, height):
        return luma.copy()
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


def _moved(trace: Trace, y: Plane, at_ns: int, *, near: bool) -> Trace | None:
    """Give the face where its pixels are now, or None if they are nowhere; `near` = it seems to have run."""
    place, now, old = trace.place, trace.expected(at_ns), trace.box
    sizes, alike_from = (REACH_SIZES, SURELY_ALIKE) if trace.step is None else (ROOM, ALIKE)
    if near:
        sizes, alike_from = ROOM, SURELY_ALIKE
    wide, high = place.x1 - place.x0, place.y1 - place.y0
    room, beyond = math.ceil(sizes * max(wide, high)), round((1 - LEAST_SHARE) * max(wide, high))
    left, top = round(place.x0 + now.x0 - old.x0) - room, round(place.y0 + now.y0 - old.y0) - room
    area = _around(y, Cover(left, top, left + wide + 2 * room, top + high + 2 * room), beyond)
    if area.shape[0] < high or area.shape[1] < wide:
        return None
    scale = _scale(place)
    fit = cv2.matchTemplate(_scaled(area, scale), trace.patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(fit)
    if not alike_from <= best <= 1 + ROUNDING:
        return None
    dx = max(left, -beyond) + column / scale - place.x0
    dy = max(top, -beyond) + row / scale - place.y0
    moved = _trace(Box(old.x0 + dx, old.y0 + dy, old.x1 + dx, old.y1 + dy, old.score), y, at_ns, trace)
    if moved is None or moved.patch.std() < FADED * trace.patch.std():
        return None
    return replace(moved, found_ns=trace.found_ns)

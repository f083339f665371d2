"""Tracks: the same face in one look and a later one, so that it is covered on its way between.

Linking errs towards covering: a wrong link draws a cover between two faces and hides no less. A
track also reaches `LEAD_NS` beyond its first and last sighting, straight on: somebody who walks into
the picture is a face before a detector knows it.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Box
from latchkey.units import NS_PER_MS
from latchkey.vision.rectangles import between

BRIDGE_NS = 800 * NS_PER_MS
"""A face that is missed for this long is still taken for the same one when it is found again."""

GAP_NS = 200 * NS_PER_MS
"""Between two sightings further apart, the way may not be straight (somebody left the picture and came back):
the face is also taken to have moved straight on after the first, and straight towards the second."""

TURN_SIZES = 0.75
"""A face found so far, in its own sizes, from where it was bound for: one of the sightings may be something
else. It is taken to have moved straight on as well, before and after."""

REACH_SIZES = 3.0
"""How far a face may have moved between two sightings, or from where it was bound for, in its own sizes. The
nearest are linked first."""

FAR_SIZES, FAR_NS, FAR_RATIO, FAR_SCORE = 6.0, 135 * NS_PER_MS, 1.5, 0.3
"""A face of that score that finds none so near may be somebody who runs or cycles past: so many sizes away
in so much time, the longest between two looks (9 m/s), a third of that up or down, and about as large."""

RUN_SIZES = 2.0
"""Who moves by more than this from look to look runs. The edge of the picture may cut them in one of two
looks, so between them they are as large as in the larger one."""

SIZE_RATIO = 2.0
"""How much larger or smaller it may have become."""

OPEN_LIMIT = 200
"""Faces that wait for their next sighting; far more than real people, few enough to compare."""


LEAD_NS = 400 * NS_PER_MS
"""How long before its first and after its last sighting a face is taken to have moved on evenly."""


LONE_NS, LONE_SIZES, LONE_SCORE = 135 * NS_PER_MS, 1.5, 0.5
"""A face found with that score in one look only may have gone so many of its sizes to either side, a third of
that up or down, until the next look, which is no later: it came from behind something, or from beside the
picture, and went."""

ELSEWHERE_SIZES = 0.75
"""A face that was seen so many of its sizes away from where it is on its way at a time is not there then. On
generated people who cross, 0.5 misses one face in 1,845, 1.0 hides a twentieth more. That holds"""

FOLLOWED_SCORE = 0.4
"""if it was found with this score at every step of the way: 0.25 misses one of those faces."""

DOUBT = 0.5
"""How much larger a face is taken to be `LEAD_NS` beyond what was seen of it: boxes jitter."""

SWAY = 0.25
"""Whoever jumps up that fast may have been faster or slower by this share in the look before and after."""


Table = NDArray[np.float64]

Seen = tuple[int, Box]
"""When a look found a face, and where."""


@dataclass(slots=True)
class Passage:
    """A face's way from one look to the next one that found it.

    `begins` tells whether no other passage leads to it without a gap or a turn; `next_ns` is the time of the
    look that found the face again after it, None if there is none within `GAP_NS`, or it had turned.
    `is_far` tells that it begins and is longer than `REACH_SIZES`: it may lead to another face, unless the
    face is found straight on. `before` and `after` are the passages it goes on from and into so.
    """

    from_ns: int
    to_ns: int
    first: Box
    last: Box
    begins: bool
    is_far: bool = False
    next_ns: int | None = None
    before: "Passage | None" = None
    after: "Passage | None" = None

    def is_sure(self, until_ns: int) -> bool:
        """Whether both ends are the same face, by looks up to `until_ns`: near, or on a straight way."""
        goes_on = self.after is not None and self.after.to_ns <= until_ns
        return not self.is_far or goes_on

    def is_followed(self, until_ns: int) -> bool:
        """Whether the face was surely seen at both ends, and no look has missed it in between."""
        seen = min(self.first.score, self.last.score) >= FOLLOWED_SCORE and not self.is_gap
        return seen and self.is_sure(until_ns)

    @property
    def is_gap(self) -> bool:
        """Whether looks have missed the face on this way."""
        return self.to_ns - self.from_ns > GAP_NS

    @property
    def is_run(self) -> bool:
        """Whether it is longer than anybody jogs."""
        return _apart(self.first, self.last) > RUN_SIZES * _size(self.first, self.last)

    def reaches(self, at_ns: int, until_ns: int) -> bool:
        """Whether the face may have been on this way, or on its straight continuation.

        Only looks up to `until_ns` count: a later one must not take a cover away.
        """
        early_ns = LEAD_NS if self.begins else 0
        late_ns = LEAD_NS if self.next_ns is None or self.next_ns > until_ns else 0
        return self.from_ns - early_ns <= at_ns <= self.to_ns + late_ns

    def at(self, at_ns: int) -> Box:
        """Where the face is at a time, on a straight line; beyond its ends larger, the further the more."""
        box = between(self.first, self.last, (at_ns - self.from_ns) / (self.to_ns - self.from_ns))
        beyond_ns = max(self.from_ns - at_ns, at_ns - self.to_ns, 0)
        if not beyond_ns and (not self.is_run or at_ns in (self.from_ns, self.to_ns)):
            return box
        grown = (1 + DOUBT * beyond_ns / LEAD_NS) / 2
        half_w = max(self.first.x1 - self.first.x0, self.last.x1 - self.last.x0) * grown
        half_h = max(self.first.y1 - self.first.y0, self.last.y1 - self.last.y0) * grown
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        if self.is_run:
            sway = SWAY * min(beyond_ns, FAR_NS) / (self.to_ns - self.from_ns) / 2
            half_h += sway * abs(self.last.y0 + self.last.y1 - self.first.y0 - self.first.y1)
        return Box(x - half_w, y - half_h, x + half_w, y + half_h, box.score)


@dataclass(slots=True)
class Sighting:
    """A face in one look; `passage` led to it, `onward` leads on from it."""

    at_ns: int
    box: Box
    passage: Passage | None = None
    onward: Passage | None = None

    def bound(self, at_ns: int) -> Box:
        """Give where the face would be at a later time, straight on from where it came."""
        before = self.passage
        if before is None:
            return self.box
        return between(before.first, before.last, (at_ns - before.from_ns) / (before.to_ns - before.from_ns))

    def reach(self, at_ns: int, until_ns: int) -> Box | None:
        """Give where it may be, if by looks up to `until_ns` it was surely a face, found once only."""
        apart_ns = abs(at_ns - self.at_ns)
        ways = [way for way in (self.passage, self.onward) if way is not None and way.to_ns <= until_ns]
        if any(way.is_sure(until_ns) for way in ways) or apart_ns > LONE_NS or self.box.score < LONE_SCORE:
            return None
        box, far = self.box, max(self.box.x1 - self.box.x0, self.box.y1 - self.box.y0) * apart_ns / LONE_NS
        across, down = LONE_SIZES * far, LONE_SIZES / 3 * far
        return Box(box.x0 - across, box.y0 - down, box.x1 + across, box.y1 + down, box.score)


class Tracks:
    """Links the faces of looks that come in time order."""

    def __init__(self) -> None:
        self._open: list[Sighting] = []
        self._recent: list[Sighting] = []
        self.passages: list[Passage] = []

    def add(self, at_ns: int, boxes: list[Box]) -> None:
        """Take the faces of one look."""
        self._open = [sighting for sighting in self._open if 0 < at_ns - sighting.at_ns <= BRIDGE_NS]
        linked_old: set[int] = set()
        linked_new: dict[int, Passage] = {}
        for (i, j), is_far in self._pairs(at_ns, boxes):
            sighting = self._open[i]
            if i in linked_old or j in linked_new or (is_far and sighting.onward is not None):
                continue
            linked_old.add(i)
            linked_new[j] = _passage(sighting, at_ns, boxes[j], is_far=is_far)
        self.passages += linked_new.values()
        left = [one for one in self._open if one.onward is None or not one.onward.is_sure(at_ns)]
        fresh = [Sighting(at_ns, box, linked_new.get(j)) for j, box in enumerate(boxes)]
        self._open = [*left, *fresh][-OPEN_LIMIT:]
        self._recent += fresh

    def _pairs(self, at_ns: int, boxes: list[Box]) -> Iterator[tuple[tuple[int, int], bool]]:
        """Give what may be the same face, the surest first, and whether it is far from where it was seen."""
        seen = [sighting.box for sighting in self._open]
        for pair in alike(seen, boxes):
            yield pair, False
        for pair in alike([sighting.bound(at_ns) for sighting in self._open], boxes):
            yield pair, True
        for pair in far(seen, [(at_ns - sighting.at_ns) / FAR_NS for sighting in self._open], boxes):
            yield pair, True

    def at(self, at_ns: int, until_ns: int) -> list[Box]:
        """Give the faces on their way at a time, and where those that one look found may be."""
        return [*self.on_their_way(at_ns, until_ns), *self._lone(at_ns, until_ns)]

    def on_their_way(self, at_ns: int, until_ns: int) -> list[Box]:
        """Give the faces on their way at a time, by looks up to `until_ns`."""
        first = bisect_left(
            self.passages, at_ns - LEAD_NS, key=_end_ns
        )  # they stand in the order of their ends
        last = bisect_right(self.passages, until_ns, key=_end_ns)
        return [p.at(at_ns) for p in self.passages[first:last] if p.reaches(at_ns, until_ns)]

    def _lone(self, at_ns: int, until_ns: int) -> list[Box]:
        first = bisect_left(
            self._recent, at_ns - LONE_NS, key=_seen_ns
        )  # so do these, in that of their looks
        last = bisect_right(self._recent, min(until_ns, at_ns + LONE_NS), key=_seen_ns)
        lone = (sighting.reach(at_ns, until_ns) for sighting in self._recent[first:last])
        return [box for box in lone if box]

    def forget_before(self, at_ns: int) -> None:
        """Drop passages that reach no later time."""
        dropped = bisect_left(self.passages, at_ns - LEAD_NS, key=_end_ns)
        for passage in self.passages[:dropped]:
            if passage.after is not None:
                passage.after.before = None  # or whoever stands there would keep all of them
        del self.passages[:dropped]
        self._recent = [sighting for sighting in self._recent if sighting.at_ns >= at_ns - LONE_NS]

    def elsewhere(self, at_ns: int, since_ns: int, until_ns: int) -> set[Seen]:
        """Give the sightings of faces that are surely somewhere else at a time: followed from there to here.

        Only looks from `since_ns` to `until_ns` count.
        """
        left: set[Seen] = set()
        for one in self.passages[bisect_left(self.passages, at_ns, key=_end_ns) :]:
            if one.from_ns <= at_ns and one.to_ns <= until_ns and one.is_followed(until_ns):
                here = one.at(at_ns)
                left.update(seen for seen in _way(one, since_ns, until_ns) if is_elsewhere(seen[1], here))
        return left


def _way(one: Passage, since_ns: int, until_ns: int) -> Iterator[Seen]:
    """Give where a face was seen on a passage, and before and after it as long as it was followed."""
    yield one.from_ns, one.first
    yield one.to_ns, one.last
    before, after = one.before, one.after
    while before is not None and before.is_followed(until_ns) and before.from_ns >= since_ns:
        yield before.from_ns, before.first
        before = before.before
    while after is not None and after.is_followed(until_ns) and after.to_ns <= until_ns:
        yield after.to_ns, after.last
        after = after.after


def _passage(sighting: Sighting, at_ns: int, box: Box, *, is_far: bool) -> Passage:
    """Link a sighting with the face of a later look."""
    before = sighting.passage
    begins = before is None or before.is_gap or _turns(sighting, box, at_ns)
    if before is not None and at_ns - sighting.at_ns <= GAP_NS and (before.is_gap or not begins):
        before.next_ns = at_ns
    passage = Passage(sighting.at_ns, at_ns, sighting.box, box, begins=begins, is_far=is_far and begins)
    sighting.onward = passage
    if before is not None and not begins:
        before.after, passage.before = passage, before
    return passage


def is_elsewhere(seen: Box, here: Box) -> bool:
    """Whether a face was seen too far from where it is to hide it there."""
    return _apart(seen, here) > ELSEWHERE_SIZES * _size(seen, here)


def _apart(a: Box, b: Box) -> float:
    """Distance of the middles of two boxes."""
    return math.hypot(a.x0 + a.x1 - b.x0 - b.x1, a.y0 + a.y1 - b.y0 - b.y1) / 2


def _size(a: Box, b: Box) -> float:
    """Longest side of two boxes."""
    return max(a.x1 - a.x0, a.y1 - a.y0, b.x1 - b.x0, b.y1 - b.y0)


def _turns(sighting: Sighting, box: Box, at_ns: int) -> bool:
    """Whether a face is found elsewhere than straight on from where it came."""
    return _apart(box, sighting.bound(at_ns)) > TURN_SIZES * max(box.x1 - box.x0, box.y1 - box.y0)


def _end_ns(passage: Passage) -> int:
    return passage.to_ns


def _seen_ns(sighting: Sighting) -> int:
    return sighting.at_ns


def alike(old: list[Box], new: list[Box]) -> list[tuple[int, int]]:
    """Give the pairs that may be the same face, the nearest in sizes first: (index of old, index of new)."""
    if not old or not new:
        return []
    across, down, ratio = _compared(old, new)
    return _nearest(np.hypot(across, down), (ratio <= SIZE_RATIO) & (np.hypot(across, down) <= REACH_SIZES))


def far(old: list[Box], looks: list[float], new: list[Box]) -> list[tuple[int, int]]:
    """Give the pairs that may be somebody who runs past, the nearest first; `looks` = `FAR_NS` since each."""
    if not old or not new:
        return []
    across, down, ratio = _compared(old, new)
    reach = FAR_SIZES * np.clip(looks, 1, 2)[:, None]
    surely = np.array([box.score for box in old])[:, None] >= FAR_SCORE
    surely = surely & (np.array([box.score for box in new]) >= FAR_SCORE)
    return _nearest(across, surely & (ratio <= FAR_RATIO) & (across <= reach) & (down <= reach / 3))


def _compared(old: list[Box], new: list[Box]) -> tuple[Table, Table, Table]:
    """Give how far each old is from each new, in sizes, across and down, and how much larger one of them is.

    All at once: a crowd makes thousands of pairs.
    """
    a, b = (np.array([box[:4] for box in boxes]) for boxes in (old, new))
    size_a, size_b = (np.maximum((box[:, 2:] - box[:, :2]).max(axis=1), 1.0) for box in (a, b))
    middle_a, middle_b = ((box[:, :2] + box[:, 2:]) / 2 for box in (a, b))
    larger, smaller = np.maximum(size_a[:, None], size_b), np.minimum(size_a[:, None], size_b)
    across, down = np.moveaxis(np.abs(middle_a[:, None] - middle_b), 2, 0) / larger
    return across, down, larger / smaller


def _nearest(distance: Table, fits: NDArray[np.bool_]) -> list[tuple[int, int]]:
    rows, columns = np.nonzero(fits)
    nearest = np.lexsort((columns, rows, distance[fits]))
    return list(zip(rows[nearest].tolist(), columns[nearest].tolist(), strict=True))

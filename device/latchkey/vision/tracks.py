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
"""How far a face may have moved between two sightings, in its own sizes: whoever runs past near the camera
moves by more than two between looks. The nearest are linked first."""

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


Seen = tuple[int, Box]
"""When a look found a face, and where."""


@dataclass(slots=True)
class Passage:
    """A face's way from one look to the next one that found it.

    `begins` tells whether no other passage leads to it without a gap or a turn; `next_ns` is the time of the
    look that found the face again after it, None if there is none within `GAP_NS`, or it had turned.
    `before` and `after` are the passages it goes on from and into without a gap or a turn.
    """

    from_ns: int
    to_ns: int
    first: Box
    last: Box
    begins: bool
    next_ns: int | None = None
    before: "Passage | None" = None
    after: "Passage | None" = None

    @property
    def is_followed(self) -> bool:
        """Whether the face was surely seen at both ends, and no look has missed it in between."""
        return min(self.first.score, self.last.score) >= FOLLOWED_SCORE and not self.is_gap

    @property
    def is_gap(self) -> bool:
        """Whether looks have missed the face on this way."""
        return self.to_ns - self.from_ns > GAP_NS

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
        if self.from_ns <= at_ns <= self.to_ns:
            return box
        beyond_ns = max(self.from_ns - at_ns, at_ns - self.to_ns)
        grown = (1 + DOUBT * beyond_ns / LEAD_NS) / 2
        half_w = max(self.first.x1 - self.first.x0, self.last.x1 - self.last.x0) * grown
        half_h = max(self.first.y1 - self.first.y0, self.last.y1 - self.last.y0) * grown
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        return Box(x - half_w, y - half_h, x + half_w, y + half_h, box.score)


@dataclass(slots=True)
class Sighting:
    """A face in one look; `passage` led to it, `next_ns` is the time of the look that found it again."""

    at_ns: int
    box: Box
    passage: Passage | None = None
    next_ns: int | None = None

    def reach(self, at_ns: int, until_ns: int) -> Box | None:
        """Give where it may be, if by looks up to `until_ns` it was surely a face, found once only."""
        apart_ns = abs(at_ns - self.at_ns)
        again = self.passage is not None or (self.next_ns is not None and self.next_ns <= until_ns)
        if again or apart_ns > LONE_NS or self.box.score < LONE_SCORE:
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
        pairs = alike([sighting.box for sighting in self._open], boxes)
        linked_old: set[int] = set()
        linked_new: dict[int, Passage] = {}
        for i, j in pairs:
            if i in linked_old or j in linked_new:
                continue
            linked_old.add(i)
            sighting = self._open[i]
            from_ns, before = sighting.at_ns, sighting.passage
            begins = before is None or before.is_gap or _turns(before, boxes[j], at_ns)
            if before is not None and at_ns - from_ns <= GAP_NS and (before.is_gap or not begins):
                before.next_ns = at_ns
            sighting.next_ns = at_ns
            passage = Passage(from_ns, at_ns, sighting.box, boxes[j], begins=begins)
            if before is not None and not begins:
                before.after, passage.before = passage, before
            linked_new[j] = passage
        self.passages += linked_new.values()
        left = [sighting for i, sighting in enumerate(self._open) if i not in linked_old]
        fresh = [Sighting(at_ns, box, linked_new.get(j)) for j, box in enumerate(boxes)]
        self._open = [*left, *fresh][-OPEN_LIMIT:]
        self._recent += fresh

    def at(self, at_ns: int, until_ns: int) -> list[Box]:
        """Give the faces on their way at a time, by looks up to `until_ns`."""
        first = bisect_left(
            self.passages, at_ns - LEAD_NS, key=_end_ns
        )  # they stand in the order of their ends
        last = bisect_right(self.passages, until_ns, key=_end_ns)
        moving = [p.at(at_ns) for p in self.passages[first:last] if p.reaches(at_ns, until_ns)]
        first = bisect_left(
            self._recent, at_ns - LONE_NS, key=_seen_ns
        )  # so do these, in that of their looks
        last = bisect_right(self._recent, min(until_ns, at_ns + LONE_NS), key=_seen_ns)
        lone = (sighting.reach(at_ns, until_ns) for sighting in self._recent[first:last])
        return [*moving, *(box for box in lone if box)]

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
            if one.from_ns <= at_ns and one.to_ns <= until_ns and one.is_followed:
                here = one.at(at_ns)
                left.update(seen for seen in _way(one, since_ns, until_ns) if is_elsewhere(seen[1], here))
        return left


def _way(one: Passage, since_ns: int, until_ns: int) -> Iterator[Seen]:
    """Give where a face was seen on a passage, and before and after it as long as it was followed."""
    yield one.from_ns, one.first
    yield one.to_ns, one.last
    before, after = one.before, one.after
    while before is not None and before.is_followed and before.from_ns >= since_ns:
        yield before.from_ns, before.first
        before = before.before
    while after is not None and after.is_followed and after.to_ns <= until_ns:
        yield after.to_ns, after.last
        after = after.after


def is_elsewhere(seen: Box, here: Box) -> bool:
    """Whether a face was seen too far from where it is to hide it there."""
    across, down = seen.x0 + seen.x1 - here.x0 - here.x1, seen.y0 + seen.y1 - here.y0 - here.y1
    size = max(here.x1 - here.x0, here.y1 - here.y0, seen.x1 - seen.x0, seen.y1 - seen.y0)
    return math.hypot(across, down) / 2 > ELSEWHERE_SIZES * size


def _turns(before: Passage, box: Box, at_ns: int) -> bool:
    """Whether a face that came that way is found elsewhere than straight on."""
    bound = between(before.first, before.last, (at_ns - before.from_ns) / (before.to_ns - before.from_ns))
    across, down = box.x0 + box.x1 - bound.x0 - bound.x1, box.y0 + box.y1 - bound.y0 - bound.y1
    return math.hypot(across, down) / 2 > TURN_SIZES * max(box.x1 - box.x0, box.y1 - box.y0)


def _end_ns(passage: Passage) -> int:
    return passage.to_ns


def _seen_ns(sighting: Sighting) -> int:
    return sighting.at_ns


def alike(old: list[Box], new: list[Box]) -> list[tuple[int, int]]:
    """Give the pairs that may be the same face, the nearest in sizes first: (index of old, index of new).

    All at once: a crowd makes thousands of pairs.
    """
    if not old or not new:
        return []
    a, b = (np.array([box[:4] for box in boxes]) for boxes in (old, new))
    size_a, size_b = (np.maximum((box[:, 2:] - box[:, :2]).max(axis=1), 1.0) for box in (a, b))
    middle_a, middle_b = ((box[:, :2] + box[:, 2:]) / 2 for box in (a, b))
    larger = np.maximum(size_a[:, None], size_b)
    distance = np.hypot(*np.moveaxis(middle_a[:, None] - middle_b, 2, 0)) / larger
    ratio = size_a[:, None] / size_b
    fits = (ratio >= 1 / SIZE_RATIO) & (ratio <= SIZE_RATIO) & (distance <= REACH_SIZES)
    rows, columns = np.nonzero(fits)
    nearest = np.lexsort((columns, rows, distance[fits]))
    return list(zip(rows[nearest].tolist(), columns[nearest].tolist(), strict=True))

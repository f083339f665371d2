"""Tracks: the same face in one look and a later one, so that it is covered on its way between.

Linking errs towards covering: a wrong link draws a cover between two faces and hides no less. A
track also reaches `LEAD_NS` beyond its first and last sighting, straight on: somebody who walks into
the picture is a face before a detector knows it.
"""

from dataclasses import dataclass

from latchkey.frames import Box
from latchkey.units import NS_PER_MS
from latchkey.vision.rectangles import between

BRIDGE_NS = 800 * NS_PER_MS
"""A face that is missed for this long is still taken for the same one when it is found again."""

REACH_SIZES = 3.0
"""How far a face may have moved between two sightings, in its own sizes: whoever runs past near the camera
moves by more than two between looks. The nearest are linked first."""

SIZE_RATIO = 2.0
"""How much larger or smaller it may have become."""

OPEN_LIMIT = 200
"""Faces that wait for their next sighting; far more than real people, few enough to compare."""


LEAD_NS = 400 * NS_PER_MS
"""How long before its first and after its last sighting a face is taken to have moved on evenly."""


DOUBT = 0.5
"""How much larger a face is taken to be `LEAD_NS` beyond what was seen of it: boxes jitter."""


@dataclass(slots=True)
class Passage:
    """A face's way from one look to the next one that found it.

    `begins` tells whether no other passage leads to it; `next_ns` is the time of the look that found
    the face again after it, None if there is none.
    """

    from_ns: int
    to_ns: int
    first: Box
    last: Box
    begins: bool
    next_ns: int | None = None

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


class Tracks:
    """Links the faces of looks that come in time order."""

    def __init__(self) -> None:
        self._open: list[tuple[int, Box, Passage | None]] = []
        self.passages: list[Passage] = []

    def add(self, at_ns: int, boxes: list[Box]) -> None:
        """Take the faces of one look."""
        self._open = [track for track in self._open if 0 < at_ns - track[0] <= BRIDGE_NS]
        pairs = [
            (_distance(old[1], new), i, j)
            for i, old in enumerate(self._open)
            for j, new in enumerate(boxes)
            if _alike(old[1], new)
        ]
        linked_old: set[int] = set()
        linked_new: dict[int, Passage] = {}
        for _, i, j in sorted(pairs):
            if i in linked_old or j in linked_new:
                continue
            linked_old.add(i)
            from_ns, box, before = self._open[i]
            if before is not None:
                before.next_ns = at_ns
            linked_new[j] = Passage(from_ns, at_ns, box, boxes[j], begins=before is None)
        self.passages += linked_new.values()
        left = [track for i, track in enumerate(self._open) if i not in linked_old]
        self._open = [*left, *((at_ns, box, linked_new.get(j)) for j, box in enumerate(boxes))][-OPEN_LIMIT:]

    def at(self, at_ns: int, until_ns: int) -> list[Box]:
        """Give the faces on their way at a time, by looks up to `until_ns`."""
        return [p.at(at_ns) for p in self.passages if p.to_ns <= until_ns and p.reaches(at_ns, until_ns)]

    def forget_before(self, at_ns: int) -> None:
        """Drop passages that reach no later time."""
        self.passages = [p for p in self.passages if p.to_ns + LEAD_NS >= at_ns]


def _size(box: Box) -> float:
    return max(box.x1 - box.x0, box.y1 - box.y0, 1.0)


def _distance(a: Box, b: Box) -> float:
    across, down = (a.x0 + a.x1 - b.x0 - b.x1) / 2, (a.y0 + a.y1 - b.y0 - b.y1) / 2
    return float((across**2 + down**2) ** 0.5 / max(_size(a), _size(b)))


def _alike(a: Box, b: Box) -> bool:
    ratio = _size(a) / _size(b)
    return 1 / SIZE_RATIO <= ratio <= SIZE_RATIO and _distance(a, b) <= REACH_SIZES

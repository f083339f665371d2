"""Faces that windows have found: they stay where they are while nothing changes there, as the whole would not
show them. Small ones who have kept their place for a while and are lost there are looked for again: somebody
went past in front of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from latchkey.frames import Box, Cover
from latchkey.units import NS_PER_S
from latchkey.vision.likeness import FAIR_SCORE, shared
from latchkey.vision.rectangles import dilate, on_grid
from latchkey.vision.stirring import SMALL_SHARE
from latchkey.vision.windows import Optics, meet

FACE_ROOM = 1.8
"""A face is searched in this many times its box: it moves, and detectors want what is around it."""

MOVED_ON = 0.3
"""A face found anew that shares more than this with where it stayed is the same one, moved on."""

SETTLED_NS = NS_PER_S
"""Who has kept a place for so long stands there,"""

LOST_NS, PLACES = 12 * NS_PER_S, 32
"""and is looked for so long after they were seen last. So many places are known at most."""

Seen = tuple[Box, int]
"""A face, and when it was found."""


@dataclass(slots=True)
class _Place:
    """Where somebody small was first seen, since when, and when last."""

    box: Box
    since_ns: int
    last_ns: int
    sought_ns: int = -1


class Staying:
    """The faces of one recording that stay in a picture of that size; `stay_ns` is how long."""

    def __init__(self, view: Optics, stay_ns: int) -> None:
        self._view = view
        self._stay_ns = stay_ns
        self._there: list[Seen] = []
        self._places: list[_Place] = []

    def note(self, found: Sequence[Box], at_ns: int) -> None:
        """Note what was found in windows."""
        self._there += [(box, at_ns) for box in found if box.score >= FAIR_SCORE]

    def keep(self, at_ns: int, changes: Sequence[Cover] | None) -> None:
        """Forget those found too long ago, and those where something has changed; None = all over."""
        there = [one for one in self._there if 0 <= at_ns - one[1] < self._stay_ns]
        self._there = [one for one in there if changes is not None and not self._touched(one[0], changes)]

    def forget(self, box: Box) -> None:
        """Forget a face that has moved on."""
        self._there = [one for one in self._there if one[0] != box]

    @property
    def faces(self) -> list[Box]:
        """Those who stay, the longest known first."""
        return [box for box, _ in self._there]

    def settle(self, faces: Sequence[Box], at_ns: int) -> None:
        """Take all faces of a look: who keeps a place, and who is lost."""
        for box in faces:
            if box.score < FAIR_SCORE or not is_small(box, self._view):
                continue
            known = [place for place in self._places if is_same(place.box, box)]
            for place in known:
                place.last_ns = at_ns
            if not known:
                self._places.append(_Place(box, at_ns, at_ns))
        kept = [place for place in self._places if place.last_ns == at_ns or self._is_sought(place, at_ns)]
        self._places = kept[-PLACES:]

    def lost(self, count: int, at_ns: int) -> list[Box]:
        """Give so many places where somebody has stood who is not seen now, each in turn."""
        sought = [place for place in self._places if self._is_sought(place, at_ns)]
        turn = sorted(sought, key=lambda place: place.sought_ns)[:count]
        for place in turn:
            place.sought_ns = at_ns
        return [place.box for place in turn]

    def _is_sought(self, place: _Place, at_ns: int) -> bool:
        lost_ns = at_ns - place.last_ns
        return place.last_ns - place.since_ns >= SETTLED_NS and 0 < lost_ns < LOST_NS

    def _touched(self, box: Box, changes: Sequence[Cover]) -> bool:
        return any(meet(room_of(box, self._view), change) for change in changes)


def room_of(face: Box, view: Optics) -> Cover:
    """Give where to search for a face that was seen a moment ago."""
    place = on_grid(*dilate(face, FACE_ROOM, 0)[:4], view.width, view.height)
    return place or Cover(0, 0, view.width, view.height)


def is_small(face: Box, view: Optics) -> bool:
    """Whether the whole picture would hardly show a face."""
    return max(face.x1 - face.x0, face.y1 - face.y0) < SMALL_SHARE * max(view.width, view.height)


def is_same(old: Box, new: Box) -> bool:
    """Whether a face found anew is the one that stayed there."""
    return shared(old, new) > MOVED_ON

"""Precaution: persons that no face explains are covered where their head would be.

A face that a detector misses belongs to somebody who moves. Persons (`persons`) of the frames within the
union count, so the cover is there before and after, and does not flicker with the blobs. A face releases
what it explains only in frames that it covers itself: there its own cover takes over. Whoever runs in the
frame itself is released only by a fair face that is there in it: one seen a moment before may have run on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from latchkey.frames import Box, Cover
from latchkey.units import NS_PER_MS
from latchkey.vision.borders import Borders
from latchkey.vision.persons import Person, is_large, persons

STEADY = 0.5
"""A small person counts if it is there in this share of the frames around: leaves and far pairs that
merge for a frame are not. Whoever comes or goes is there in half of them."""

BREADTH = 2.5
"""A face explains what moves within this many of its widths to each side: shoulders are 1.8, arms more."""

ANOTHER = 2.0
"""What is left beside it counts as another person from this many of its widths on, and so does what moves
apart from it with its middle so far away: a child beside somebody whose face is found."""

SAME_PX = 8
"""Faces this close together explain the same: a few looks see each face a few times."""

SLENDER = 12.0
"""A face explains no blob of more than this many times its height: it is a print on it, or far behind it."""

SURE = 0.4
"""A face with this score has a body: what moves alone below it is that. Boxes of things score less."""

HAIR = 1.0
"""A head with hair or a hat begins at most so many heights of its face above it."""


MOMENT_NS, STEP = 135 * NS_PER_MS, 0.25
"""Whoever has moved by more than this share of their width in that time, the longest between looks, runs."""

RUNNER_SCORE = 0.3
"""What scores less explains nobody who runs: a face that is blurred by it is found half its size away."""


class _Side(NamedTuple):
    """The columns that a face explains; what is left beside it counts from `least` on."""

    left: float
    right: float
    least: float
    face: Box


@dataclass(frozen=True, slots=True)
class Precaution:
    """What to cover in a frame beside its faces; whether a face explains somebody in it."""

    places: tuple[Box, ...]
    explained: bool


class Bystanders:
    """Remembers who may have been in recent frames."""

    def __init__(self, borders: Borders) -> None:
        self._borders = borders
        self._times: list[int] = []
        self._blobs: list[tuple[Cover, ...]] = []
        self._persons: dict[int, list[Person]] = {}
        self._across: dict[int, list[Person]] = {}

    def add(self, at_ns: int, blobs: tuple[Cover, ...]) -> None:
        """Take what moves in a frame; frames come in order."""
        self._times.append(at_ns)
        self._blobs.append(blobs)

    def forget_before(self, at_ns: int) -> None:
        """Drop older frames."""
        keep = bisect_left(self._times, at_ns)
        for time_ns in self._times[:keep]:
            self._persons.pop(time_ns, None)
            self._across.pop(time_ns, None)
        del self._times[:keep], self._blobs[:keep]

    def frames_between(self, from_ns: int, to_ns: int) -> int:
        """Give how many frames lie strictly between two times."""
        return max(bisect_left(self._times, to_ns) - bisect_right(self._times, from_ns), 0)

    def around(self, from_ns: int, to_ns: int, width: int, height: int) -> list[Person]:
        """Give the persons of the frames from `from_ns` to `to_ns`, without those of a passing moment."""
        first, last = bisect_left(self._times, from_ns), bisect_right(self._times, to_ns)
        frames = [self._at(index, width, height) for index in range(first, last)]
        found = list(dict.fromkeys(person for frame in frames for person in frame))
        small = [one for one in found if not is_large(one.blob, width, height)]
        passing = {one for one, stays in zip(small, _stay(small, frames), strict=True) if not stays}
        return [one for one in found if one not in passing]

    def running(self, at_ns: int, width: int, height: int) -> list[Person]:
        """Give the persons of one frame who were not there, or nearly, a moment before or after."""
        index = bisect_left(self._times, at_ns)
        if self._times[index : index + 1] != [at_ns]:
            return []
        first, last = (
            bisect_left(self._times, at_ns - MOMENT_NS),
            bisect_right(self._times, at_ns + MOMENT_NS),
        )
        around = [self._at(other, width, height) for other in range(first, last)]
        here = self._at(index, width, height)
        return [
            one for one in here if not all(any(_is_near(one, other) for other in some) for some in around)
        ]

    def across(self, from_ns: int, to_ns: int, width: int, height: int) -> list[Person]:
        """Give who may stand across the border of a privacy zone in the frames from `from_ns` to `to_ns`."""
        first, last = bisect_left(self._times, from_ns), bisect_right(self._times, to_ns)
        for at_ns, blobs in zip(self._times[first:last], self._blobs[first:last], strict=True):
            if at_ns not in self._across:
                self._across[at_ns] = self._borders.across(blobs, width, height)
        found = (person for at_ns in self._times[first:last] for person in self._across[at_ns])
        return list(dict.fromkeys(found))

    def _at(self, index: int, width: int, height: int) -> list[Person]:
        at_ns = self._times[index]
        if at_ns not in self._persons:
            self._persons[at_ns] = persons(self._blobs[index], width, height)
        return self._persons[at_ns]


def precaution(found: Sequence[Person], faces: Sequence[Box], *, whole: bool = False) -> Precaution:
    """Say where persons are that no face explains; `whole` = where all persons are, and all of them."""
    if not found:
        return Precaution((), explained=False)
    rests = _unexplained(found, faces)
    explained = any(rest != (person.head,) for rest, person in zip(rests, found, strict=True))
    if whole:
        return Precaution(tuple(person.body for person in found), explained)
    return Precaution(tuple(place for rest in rests for place in rest), explained)


def _is_near(one: Person, other: Person) -> bool:
    """Whether a person may be another one, who has not run."""
    moved = abs(one.blob.x0 + one.blob.x1 - other.blob.x0 - other.blob.x1) / 2
    return moved <= STEP * (one.blob.x1 - one.blob.x0)


def _stay(some: list[Person], frames: list[list[Person]]) -> list[bool]:
    """Tell which persons meet somebody in enough of the frames. All at once: there are hundreds of pairs."""
    if not some:
        return []
    numbers = np.array([number for number, frame in enumerate(frames) for _ in frame])
    x0, y0, x1, y1 = np.array([one.blob for one in some]).T[..., None]
    left, top, right, bottom = np.array([other.blob for frame in frames for other in frame]).T
    rows, columns = np.nonzero((x0 < right) & (left < x1) & (y0 < bottom) & (top < y1))
    there = np.zeros((len(some), len(frames)), bool)
    there[rows, numbers[columns]] = True
    return [bool(stays) for stays in there.sum(axis=1) >= STEADY * len(frames)]


def _unexplained(found: Sequence[Person], faces: Sequence[Box]) -> list[tuple[Box, ...]]:
    """Give, for each person, what no face explains of their head's place: all, what is beside, or nothing."""
    if not faces:
        return [(person.head,) for person in found]
    rounded = np.rint(np.array([face[:4] for face in faces]) / SAME_PX).tolist()
    different = {tuple(place): face for place, face in zip(rounded, faces, strict=True)}
    sides = [_side(face) for face in different.values()]
    return [_rest(person, sides) for person in found]


def _side(face: Box) -> _Side:
    wide, middle = face.x1 - face.x0, (face.x0 + face.x1) / 2
    return _Side(middle - BREADTH * wide, middle + BREADTH * wide, ANOTHER * wide, face)


def _rest(person: Person, sides: Sequence[_Side]) -> tuple[Box, ...]:
    fitting = []
    for side in sides:
        if _fits(person, side.face):
            if side.left - person.blob.x0 < side.least and person.blob.x1 - side.right < side.least:
                return ()  # nearly everybody
            fitting.append(side)
    return _beside(person, fitting) if fitting else (person.head,)


def _fits(person: Person, face: Box) -> bool:
    """Whether the face is large enough, and sits where the head would be or surely has this as its body."""
    head, tall = person.head, person.blob.y1 - person.blob.y0
    if (face.y1 - face.y0) * SLENDER < tall:
        return False
    x, y = (face.x0 + face.x1) / 2, (face.y0 + face.y1) / 2
    inside = head.x0 <= x <= head.x1 and head.y0 <= y <= head.y1
    return inside or (face.score >= SURE and _is_body(person.blob, face))


def _is_body(blob: Cover, face: Box) -> bool:
    """Whether a blob is where the body of a face is: a leg, an arm, a coat's flank that moves alone."""
    wide, tall = face.x1 - face.x0, face.y1 - face.y0
    away = abs(blob.x0 + blob.x1 - face.x0 - face.x1) / 2
    below = face.y0 - HAIR * tall <= blob.y0 and blob.y1 <= face.y0 + SLENDER * tall
    return below and away < ANOTHER * wide


def _beside(person: Person, sides: Sequence[_Side]) -> tuple[Box, ...]:
    """Cut the columns of faces out of a head's place; narrow rests belong to the face beside them."""
    rest = []
    x0 = float(person.blob.x0)
    for left, right, least, _ in sorted(sides):
        if left - x0 >= least:
            rest.append((x0, left))
        x0 = max(x0, right)
    if person.blob.x1 - x0 >= min(side.least for side in sides):
        rest.append((x0, float(person.blob.x1)))
    return tuple(person.head._replace(x0=left, x1=right) for left, right in rest)

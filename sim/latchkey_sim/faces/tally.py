"""Counts over many clips: misses of N with their uncertainty, by set, by mark, by size."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from latchkey.frames import FilterState
from latchkey_sim.faces.score import ClipScore, FaceScore
from latchkey_sim.faces.truth import bucket

COVERED, MOSTLY = 0.95, 0.80
"""A face is covered from the first share of its box; the second is what others count from."""

SIZE_EDGES = (16.0, 24.0, 48.0, 96.0)
Z_95 = 1.959964
"""Of the normal distribution: 95 % lie within so many deviations."""


def wilson(hits: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """Give the interval in which the true share lies, by Wilson's score; (0, 1) for a count of 0."""
    if not count:
        return 0.0, 1.0
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(slots=True)
class Tally:
    """Faces of one group under one policy.

    `bare` faces are less than COVERED hidden; `fallback` ones are hidden, but only because the filter
    gave up on the frame: both count as missed. `bare_80` is `bare` counted from MOSTLY. Of `frames` that show
    such a face, `whole` are those in which every such face is covered.
    """

    faces: int = 0
    bare: int = 0
    bare_80: int = 0
    fallback: int = 0
    frames: int = 0
    whole: int = 0

    @property
    def missed(self) -> int:
        """Faces that were not found and covered."""
        return self.bare + self.fallback

    @property
    def covered(self) -> float:
        """Share of the faces that were, 1 where there are none."""
        return 1 - self.missed / self.faces if self.faces else 1.0

    def add(self, faces: Iterable[FaceScore]) -> None:
        """Count faces of one clip."""
        frames: dict[int, bool] = {}
        for face in faces:
            self.faces += 1
            self.bare += face.share < COVERED
            self.bare_80 += face.share < MOSTLY
            self.fallback += is_fallback(face) and face.share >= COVERED
            frames[face.frame] = frames.get(face.frame, True) and not is_missed(face)
        self.frames += len(frames)
        self.whole += sum(frames.values())

    def record(self) -> dict[str, object]:
        """Give it for JSON."""
        low, high = wilson(self.missed, self.faces)
        return {
            "faces": self.faces,
            "missed": self.missed,
            "missed_share_95": [round(low, 6), round(high, 6)],
            "bare": self.bare,
            "bare_80": self.bare_80,
            "fallback": self.fallback,
            "frames_with_faces": self.frames,
            "frames_all_covered": self.whole,
        }


@dataclass(slots=True)
class SetTally:
    """Clips of one set under one policy; areas are means over clips."""

    tally: Tally = field(default_factory=Tally)
    clips: int = 0
    frames: int = 0
    empty_frames: int = 0
    false_frames: int = 0
    ok_frames: int = 0
    missing_frames: int = 0
    hidden: float = 0.0
    asked_px: float = 0.0
    """Shown to the detector, per frame; a mean over clips too."""

    ratios: list[float] = field(default_factory=list)
    ideals: list[float] = field(default_factory=list)
    """Hidden area over the faces' own, per clip; what it would be with a detector that is always right."""

    def add(self, clip: ClipScore) -> None:
        """Count a clip."""
        self.clips += 1
        self.frames += clip.frames
        self.missing_frames += clip.missing_frames
        self.empty_frames += clip.empty_frames
        self.false_frames += clip.false_frames
        self.ok_frames += clip.states.get(FilterState.OK.value, 0)
        self.hidden += (clip.hidden - self.hidden) / self.clips
        self.asked_px += (clip.asked_px - self.asked_px) / self.clips
        if clip.true_area:
            self.ratios.append(clip.hidden_beside / clip.true_area)
            self.ideals.append(clip.ideal_beside / clip.true_area)
        self.tally.add(clip.faces)

    def record(self) -> dict[str, object]:
        """Give it for JSON."""
        return {
            **self.tally.record(),
            "clips": self.clips,
            "frames": self.frames,
            "frames_without_faces": self.empty_frames,
            "frames_falsely_covered": self.false_frames,
            "frames_ok": self.ok_frames,
            "frames_missing": self.missing_frames,
            "hidden": round(self.hidden, 5),
            "asked_px": round(self.asked_px),
            "hidden_per_face_area": round(median(self.ratios), 2) if self.ratios else None,
            "ideal_per_face_area": round(median(self.ideals), 2) if self.ideals else None,
        }


def is_fallback(face: FaceScore) -> bool:
    """Whether the filter had given up on the frame."""
    return face.state is not FilterState.OK


def is_missed(face: FaceScore) -> bool:
    """Whether a face was not found and covered."""
    return face.share < COVERED or is_fallback(face)


def by_set(scores: Iterable[ClipScore]) -> dict[tuple[str, str], SetTally]:
    """Count by (set, policy)."""
    found: dict[tuple[str, str], SetTally] = {}
    for clip in scores:
        found.setdefault((clip.set_name, clip.policy), SetTally()).add(clip)
    return found


def by_mark(
    scores: Iterable[ClipScore], keep: Callable[[FaceScore], bool] = lambda _: True
) -> dict[tuple[str, str, str, str], Tally]:
    """Count by (set, mark, value, policy); size is a mark too."""
    found: dict[tuple[str, str, str, str], Tally] = {}
    for clip in scores:
        groups: dict[tuple[str, str], list[FaceScore]] = {}
        for face in filter(keep, clip.faces):
            for pair in _marks(face):
                groups.setdefault(pair, []).append(face)
        for (mark, value), faces in groups.items():
            found.setdefault((clip.set_name, mark, value, clip.policy), Tally()).add(faces)
    return found


def _marks(face: FaceScore) -> Iterator[tuple[str, str]]:
    yield "size", bucket(face.size_px, SIZE_EDGES, " px")
    yield from face.marks.items()


def worst(scores: Sequence[ClipScore], policy: str, count: int = 10) -> list[tuple[ClipScore, FaceScore]]:
    """Give bare faces, the least covered and largest first, no two of a clip within 15 frames."""
    mine = [clip for clip in scores if clip.policy == policy]
    bare = [(clip, face) for clip in mine for face in clip.faces if face.share < COVERED]
    bare.sort(key=lambda one: (one[1].share, -one[1].size_px))
    kept: list[tuple[ClipScore, FaceScore]] = []
    for clip, face in bare:
        if not any(other is clip and abs(old.frame - face.frame) < 15 for other, old in kept):
            kept.append((clip, face))
    return kept[:count]


def median(values: Sequence[float]) -> float:
    """Give the middle value; there must be one."""
    return sorted(values)[len(values) // 2]

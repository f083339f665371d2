"""Scores one written clip, face by face, by its decoded pixels (`latchkey_sim.scoring`)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from latchkey.frames import Box, FilterState, RawFrame
from latchkey.pipeline.groups import Kept
from latchkey_sim.faces.ideal import ideal_share
from latchkey_sim.faces.policies import Policy
from latchkey_sim.faces.truth import Face, FaceClip, Moment
from latchkey_sim.footage import decoded
from latchkey_sim.scoring import COVER_LEAST_SHARE, MATCH_NS, cover_mask, covered_share


@dataclass(frozen=True, slots=True)
class FaceScore:
    """One face in one frame: `share` of its box is hidden. `state` is the filter's word for the frame.

    A frame that is not in the file has the share 0.
    """

    frame: int
    box: Box
    share: float
    state: FilterState
    marks: Mapping[str, str]

    @property
    def size_px(self) -> float:
        """The longer side of the box."""
        return max(self.box.x1 - self.box.x0, self.box.y1 - self.box.y0)


@dataclass(slots=True)
class ClipScore:
    """What one policy did to one clip. Areas are means over the clip's frames, as shares of the picture."""

    clip: str
    policy: str
    faceless: bool
    marks: Mapping[str, str] = field(default_factory=dict)
    faces: list[FaceScore] = field(default_factory=list)
    frames: int = 0
    missing_frames: int = 0
    states: dict[str, int] = field(default_factory=dict)
    hidden: float = 0.0
    true_area: float = 0.0
    """Of faces that count; taken only over frames that have one, as is `hidden_beside`."""

    hidden_beside: float = 0.0
    ideal_beside: float = 0.0
    """What the rules would hide in the same frames with a detector that is always right (`ideal_share`)."""

    empty_frames: int = 0
    false_frames: int = 0
    """Frames that are known to show no face at all, and those of them that hide something."""

    asked_px: float = 0.0
    """Pixels shown to the detector, per frame."""

    @property
    def set_name(self) -> str:
        """The part of the clip's name before the first slash."""
        return self.clip.split("/")[0]


def measure(clip: FaceClip, policy: Policy, folder: Path, frames: Iterable[RawFrame]) -> ClipScore:
    """Have a policy hide the faces of a clip, and score what it has written. The file is deleted."""
    out = folder / "clip.mp4"
    written = policy.run(frames, clip.fps, out)
    try:
        score = score_clip(clip, policy.name, written, decoded(out) if written else ())
    finally:
        out.unlink()
    score.asked_px = policy.asked_px / max(score.frames, 1)
    return score


def score_clip(clip: FaceClip, policy: str, written: Sequence[Kept], shown: Iterable[RawFrame]) -> ClipScore:
    """Score decoded frames against a clip's truth; a frame's time tells which one it is."""
    moments = clip.moments()
    numbers = {_key(moment.at_ns): number for number, moment in enumerate(moments)}
    states = {_key(one.at_ns): one.state for one in written}
    faceless = not any(moment.faces for moment in moments)
    result = ClipScore(clip.name, policy, faceless, clip.marks)
    result.frames = len(moments)
    result.states = dict(Counter(state.value for state in states.values()))
    with_faces = 0
    seen: set[int] = set()
    for frame in shown:
        number = _nearest(numbers, frame.at_ns)
        if number is None or number in seen:
            continue
        seen.add(number)
        mask = cover_mask(frame)
        hidden = cv2.countNonZero(mask) / mask.size
        result.hidden += hidden / len(moments)
        if moments[number].faces == ():
            result.empty_frames += 1
            result.false_frames += hidden >= COVER_LEAST_SHARE
        counted = _counted(moments[number])
        if not counted:
            continue
        with_faces += 1
        result.hidden_beside += hidden
        result.ideal_beside += ideal_share(moments, number, frame.width, frame.height)
        result.true_area += sum(_area(face.box) for face in counted) / mask.size
        state = states.get(_key(moments[number].at_ns), FilterState.OK)
        result.faces += [
            _scored(clip, face, number, covered_share(mask, face.box), state) for face in counted
        ]
    if with_faces:
        result.hidden_beside /= with_faces
        result.ideal_beside /= with_faces
        result.true_area /= with_faces
    _add_missing(result, clip, moments, seen)
    return result


def _add_missing(result: ClipScore, clip: FaceClip, moments: Sequence[Moment], seen: set[int]) -> None:
    for number, moment in enumerate(moments):
        if number not in seen:
            result.missing_frames += 1
            result.faces += [_scored(clip, face, number, 0.0, FilterState.OK) for face in _counted(moment)]


def _counted(moment: Moment) -> list[Face]:
    return [face for face in moment.faces or () if not face.ignore]


def _scored(clip: FaceClip, face: Face, number: int, share: float, state: FilterState) -> FaceScore:
    return FaceScore(number, face.box, share, state, {**clip.marks, **face.marks})


def _key(at_ns: int) -> int:
    return round(at_ns / MATCH_NS)


def _nearest(numbers: Mapping[int, int], at_ns: int) -> int | None:
    """Give the number of the frame of this time: ticks of a file are rounded, by less than MATCH_NS."""
    key = _key(at_ns)
    return next((numbers[near] for near in (key, key - 1, key + 1) if near in numbers), None)


def _area(box: Box) -> float:
    return (box.x1 - box.x0) * (box.y1 - box.y0)

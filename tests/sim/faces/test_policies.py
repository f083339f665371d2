"""The whole way: hide, encode, decode, score. What is not in the written pixels does not count."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from latchkey.frames import Bgr, Box, Cover, FilterState, RawFrame
from latchkey.pipeline.groups import Kept
from latchkey.vision import CoverPlan, redact
from latchkey_sim.faces.paths import Approach, Cross
from latchkey_sim.faces.policies import DoorbellFilter, PerFrame, Policy, Unfiltered, write
from latchkey_sim.faces.score import ClipScore, measure, score_clip
from latchkey_sim.faces.truth import Face, FaceClip, Moment
from latchkey_sim.faces.walks import Script, Walk

WALK = Walk(Script("short", (Approach(30, 50),), (320, 192), seconds=1.2), 4)


class TruthFinder:
    """A detector that knows the truth of one clip, frame by frame, in the order in which it is asked."""

    name, long_side_px = "truth", 320

    def __init__(self, clip: FaceClip, every: int = 1) -> None:
        self._boxes = [[face.box for face in moment.faces or ()] for moment in clip.moments()][::every]
        self._asked = 0

    def find(self, bgr: Bgr) -> list[Box]:
        boxes = self._boxes[self._asked]
        self._asked += 1
        return boxes


def scored(clip: FaceClip, policy: Policy, folder: Path) -> ClipScore:
    return measure(clip, policy, folder, list(clip.frames()))


def covered(score: ClipScore) -> list[bool]:
    return [face.share >= 0.95 for face in score.faces]


def test_an_unfiltered_clip_has_no_face_covered(tmp_path: Path) -> None:
    score = scored(WALK, Unfiltered(), tmp_path)
    assert len(score.faces) == 18
    assert not any(covered(score))
    assert score.hidden < 0.01
    assert not list(tmp_path.iterdir())


def test_boxes_of_every_frame_cover_every_face_in_the_written_file(tmp_path: Path) -> None:
    score = scored(WALK, PerFrame("per frame", TruthFinder(WALK)), tmp_path)
    assert all(covered(score))
    assert 1.2 < score.hidden_beside / score.true_area < 2.5


def test_holding_the_last_of_every_fifth_answer_loses_a_face_that_moves(tmp_path: Path) -> None:
    clip = Walk(Script("quick", (Cross(40, 1.0),), (320, 192), seconds=1.2), 4)
    held = scored(clip, PerFrame("causal", TruthFinder(clip, every=5), every=5), tmp_path)
    fresh = scored(clip, PerFrame("per frame", TruthFinder(clip)), tmp_path)
    assert sum(covered(held)) < sum(covered(fresh)) == len(fresh.faces)


def test_a_filter_without_a_detector_states_its_fallback(tmp_path: Path) -> None:
    score = scored(WALK, DoorbellFilter(None), tmp_path)
    assert all(covered(score))
    assert {face.state for face in score.faces} <= {FilterState.FALLBACK_FULL, FilterState.FALLBACK_REGION}
    assert "ok" not in score.states


def test_a_cover_that_is_listed_but_not_filled_is_a_miss() -> None:
    frames = [redact(frame, CoverPlan(FilterState.OK, ())) for frame in WALK.frames()]
    everywhere = (Cover(0, 0, 320, 192),)
    said = [Kept(frame.at_ns, FilterState.OK, everywhere, repaired=False) for frame in frames]
    score = score_clip(WALK, "liar", said, [RawFrame(f.y, f.u, f.v, f.at_ns) for f in frames])
    assert not any(covered(score))


def test_a_frame_that_is_not_in_the_file_leaves_its_faces_bare(tmp_path: Path) -> None:
    class Dropping:
        name, asked_px = "dropping", 0

        def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Kept]:
            kept = [frame for number, frame in enumerate(frames) if number != 7]
            full = CoverPlan(FilterState.OK, (Cover(0, 0, 320, 192),))
            return write((redact(frame, full) for frame in kept), fps, out)

    score = scored(WALK, Dropping(), tmp_path)
    assert score.missing_frames == 1
    assert [face.frame for face in score.faces if face.share < 0.95] == [7]


def test_a_picture_shown_at_the_wrong_time_covers_nothing() -> None:
    full = CoverPlan(FilterState.OK, (Cover(0, 0, 320, 192),))
    safe = [redact(frame, full) for frame in WALK.frames()]
    late = [RawFrame(f.y, f.u, f.v, f.at_ns + 20_000_000) for f in safe]
    assert not any(covered(score_clip(WALK, "late", [], late)))


class Sampled:
    """A clip whose truth is known for every other frame, with one face that is to be ignored."""

    name, fps = "video/sampled", 10.0
    marks: dict[str, str] = {}  # noqa: RUF012 -- a protocol's property

    def frames(self) -> Iterator[RawFrame]:
        y, chroma = np.full((64, 64), 90, np.uint8), np.full((32, 32), 128, np.uint8)
        return (RawFrame(y, chroma, chroma, number * 100_000_000) for number in range(4))

    def moments(self) -> list[Moment]:
        faces = (Face(Box(0, 0, 20, 20)), Face(Box(30, 30, 50, 50), ignore=True))
        return [Moment(n * 100_000_000, faces if n % 2 == 0 else None) for n in range(4)]


def test_only_known_frames_and_faces_that_count_are_scored(tmp_path: Path) -> None:
    score = scored(Sampled(), Unfiltered(), tmp_path)
    assert [face.frame for face in score.faces] == [0, 2]
    assert score.true_area == pytest.approx(400 / 4096)
    assert score.frames == 4


def test_what_is_covered_where_nobody_is_counts_as_false(tmp_path: Path) -> None:
    empty = Walk(Script("nobody", (), (320, 192), seconds=1.0), 4, set_name="empty")
    score = scored(empty, PerFrame("guessing", TruthFinder(WALK)), tmp_path)
    assert (score.empty_frames, score.false_frames) == (15, 15)
    assert scored(empty, Unfiltered(), tmp_path).false_frames == 0
    assert scored(WALK, Unfiltered(), tmp_path).empty_frames == 0

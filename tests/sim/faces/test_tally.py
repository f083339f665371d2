"""Counting: what is a miss, how sure one can be, which goals fail."""

import json
from pathlib import Path

import pytest

from latchkey.frames import Box, FilterState
from latchkey_sim.faces.goals import Goal, goals
from latchkey_sim.faces.misses import write_misses
from latchkey_sim.faces.report import record, text
from latchkey_sim.faces.score import ClipScore, FaceScore
from latchkey_sim.faces.tally import SetTally, by_mark, by_set, wilson, worst
from latchkey_sim.faces.walks import WALKS, Walk

POLICY = "latchkey yunet"


def face(share: float, frame: int = 0, state: FilterState = FilterState.OK, **marks: str) -> FaceScore:
    return FaceScore(frame, Box(0, 0, 30, 40), share, state, marks)


def clip(*faces: FaceScore, name: str = "walks/one", hidden: float = 0.05, frames: int = 100) -> ClipScore:
    states = {"ok": frames}
    score = ClipScore(name, POLICY, faceless=not faces, faces=list(faces), frames=frames, states=states)
    score.hidden = score.hidden_beside = hidden
    score.true_area = 0.02 if faces else 0.0
    return score


def found(judged: list[Goal], part: str) -> bool | None:
    (goal,) = [goal for goal in judged if part in goal.what]
    return goal.passed


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 73, 0.0, 0.05), (5, 100, 0.0215, 0.1118), (10, 10, 0.7225, 1.0), (1, 1000, 0.000177, 0.005642)],
)
def test_wilson_intervals_are_those_of_the_tables(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=0.0001)


def test_nothing_is_known_of_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_face_hidden_by_a_fallback_counts_as_missed_but_not_as_bare() -> None:
    tally = SetTally()
    tally.add(clip(face(1.0, 0), face(1.0, 1, FilterState.FALLBACK_FULL), face(0.9, 2), face(0.5, 3)))
    counts = tally.tally
    assert (counts.faces, counts.missed, counts.bare, counts.bare_80, counts.fallback) == (4, 3, 2, 1, 1)


def test_a_frame_is_whole_only_if_every_face_in_it_is_covered() -> None:
    tally = SetTally()
    tally.add(clip(face(1.0, 7), face(0.2, 7), face(1.0, 8)))
    assert (tally.tally.frames, tally.tally.whole) == (2, 1)


def test_whole_frames_are_counted_by_what_faces_are_like_within_their_own_clip() -> None:
    one = clip(face(1.0, 7, yaw="<15°"), face(0.2, 7, yaw=">=35°"), face(1.0, 8, yaw=">=35°"))
    other = clip(face(1.0, 7, yaw=">=35°"), name="walks/two")
    counts = {value: tally for (_, mark, value, _), tally in by_mark([one, other]).items() if mark == "yaw"}
    assert (counts["<15°"].frames, counts["<15°"].whole) == (1, 1)
    assert (counts[">=35°"].frames, counts[">=35°"].whole) == (3, 2)
    assert "66.67%" in text([one, other], [POLICY], [POLICY])


def test_faces_are_counted_by_what_they_are_like() -> None:
    marks = by_mark([clip(face(1.0, tone="dark"), face(0.0, tone="dark"), face(1.0, tone="light"))])
    assert marks["walks", "tone", "dark", POLICY].missed == 1
    assert marks["walks", "tone", "light", POLICY].missed == 0
    assert marks["walks", "size", "24-48 px", POLICY].faces == 3


def test_one_missed_face_of_a_hundred_fails_the_goals_of_the_walks() -> None:
    faces = [face(1.0, number) for number in range(99)]
    assert found(goals([clip(*faces)], POLICY), "of faces covered") is True
    judged = goals([clip(*faces, face(0.3, 99))], POLICY)
    assert found(judged, "of faces covered") is False
    assert found(judged, "of frames wholly covered") is False


def test_a_face_in_footage_fails_its_goal_only_if_it_is_large_and_facing() -> None:
    bare = face(0.0, view="facing")
    small = FaceScore(0, Box(0, 0, 9, 12), 0.0, FilterState.OK, {"view": "facing"})
    for one, passed in ((bare, False), (face(0.0, view="lost profile"), None), (small, None)):
        assert found(goals([clip(one, name="video/a")], POLICY), "footage") is passed


def test_a_gap_between_skin_tones_fails_its_goal() -> None:
    def tones(dark_missed: int) -> ClipScore:
        dark = [face(0.0 if n < dark_missed else 1.0, n, tone="dark") for n in range(100)]
        return clip(*dark, *(face(1.0, n, tone="light") for n in range(100)))

    assert found(goals([tones(0)], POLICY), "walks: gap") is True
    assert found(goals([tones(1)], POLICY), "walks: gap") is False


def test_hiding_too_much_fails_even_where_every_face_is_covered() -> None:
    judged = goals([clip(face(1.0), hidden=0.15)], POLICY)
    assert found(judged, "13% of the picture") is False
    assert found(judged, "x its faces' area") is False
    assert found(goals([clip(name="empty/wall", hidden=0.02)], POLICY), "without faces") is False


def test_fallbacks_are_allowed_only_where_it_is_too_dark() -> None:
    hidden = clip(face(1.0, 0, FilterState.FALLBACK_FULL), name="stills/a", frames=10)
    hidden.states = {"fallback_full": 10}
    assert found(goals([hidden], POLICY), "are ok") is False
    hidden.marks = {"light": "12 %"}
    assert found(goals([hidden], POLICY), "are ok") is None


def test_a_goal_that_nothing_was_measured_for_is_neither_passed_nor_failed() -> None:
    assert {goal.passed for goal in goals([], POLICY)} == {None}


def test_the_worst_misses_are_told_once_per_scene_not_once_per_frame() -> None:
    faces = [face(0.0, number) for number in range(20)] + [face(0.4, 60)]
    faces.append(face(1.0, 90, FilterState.FALLBACK_FULL))
    assert [one.frame for _, one in worst([clip(*faces)], POLICY)] == [0, 15, 60]


def test_the_report_names_every_miss_and_counts_the_same_as_its_json() -> None:
    scores = [clip(face(0.1, 12, tone="dark"), face(1.0, 13, tone="light"))]
    told = text(scores, [POLICY], [POLICY])
    assert "walks/one frame 12 box 0,0,30,40 (40 px): 10% hidden" in told
    assert "walks/one: 1 of 2, frames 12\n" in told
    assert "are controls" not in told
    assert "are controls" in text(scores, [POLICY, "causal"], [POLICY])
    (row,) = json.loads(json.dumps(record(scores, [POLICY], [POLICY])))["sets"]
    assert (row["faces"], row["bare"], row["policy"]) == (2, 1, POLICY)
    assert by_set(scores)["walks", POLICY].tally.missed == 1


def test_the_report_tells_faces_apart_only_by_what_differs_between_them() -> None:
    scores = [clip(face(1.0, 1, tone="dark", rain="dry"), face(1.0, 2, tone="light", rain="dry"))]
    told = text(scores, [POLICY], [POLICY])
    assert "walks            tone     dark " in told
    assert "walks            rain" not in told


def test_frames_with_misses_are_told_as_ranges() -> None:
    faces = [face(0.0, number) for number in (3, 4, 5, 9, 11, 12)]
    assert "walks/one: 6 of 6, frames 3-5 9 11-12\n" in text([clip(*faces)], [POLICY], [POLICY])


@pytest.mark.slow
def test_a_sheet_shows_the_faces_that_show_and_is_not_made_without_any(tmp_path: Path) -> None:
    walk = Walk(WALKS[0], 0)
    bare = clip(FaceScore(1, Box(600, 300, 640, 340), 0.2, FilterState.OK, {}), name=walk.name)
    assert write_misses(tmp_path / "some", [bare], POLICY, [walk]) == 1
    assert [path.name for path in (tmp_path / "some").iterdir()] == ["misses-latchkey-yunet.png"]
    assert write_misses(tmp_path / "none", [clip(face(1.0))], POLICY, [walk]) == 0
    assert not (tmp_path / "none").exists()

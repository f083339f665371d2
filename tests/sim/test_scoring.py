"""The scorer: an open face is flagged, a covered one is not, a missing frame is not forgiven."""

from collections.abc import Iterator

import numpy as np
import pytest

from latchkey.frames import Box, Cover, FilterState, RawFrame
from latchkey.settings import Zone
from latchkey.vision import COVER_YUV, CoverPlan, redact
from latchkey.vision.zones import PrivacyZones
from latchkey_sim.scene import SHORT_VISIT, Lens, Scene
from latchkey_sim.scoring import TOLERANCE, Score, Scorer, cover_mask, covered_share, hidden_mask, score


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(1, SHORT_VISIT, Lens(640, 360))


@pytest.fixture(scope="module")
def truth_numbers(scene: Scene) -> list[int]:
    return [number for number in range(scene.frame_count) if scene.truth(number)]


def raw(scene: Scene) -> Iterator[RawFrame]:
    return (scene.render(number) for number in range(scene.frame_count))


def cover_of(box: Box, grow: float = 1.0) -> Cover:
    wide, tall = (box.x1 - box.x0) * (grow - 1) / 2, (box.y1 - box.y0) * (grow - 1) / 2
    x0, y0 = int(max(box.x0 - wide, 0)), int(max(box.y0 - tall, 0))
    return Cover(x0, y0, max(int(box.x1 + wide) + 1, x0 + 1), max(int(box.y1 + tall) + 1, y0 + 1))


def covered(scene: Scene, number: int, grow: float = 1.0) -> RawFrame:
    frame = scene.render(number)
    covers = tuple(cover_of(face.box, grow) for face in scene.truth(number))
    safe = redact(frame, CoverPlan(FilterState.OK, covers))
    return RawFrame(safe.y, safe.u, safe.v, safe.at_ns)


def test_the_unfiltered_scene_is_flagged_in_every_truth_frame(scene: Scene, truth_numbers: list[int]) -> None:
    result = score(raw(scene), scene)
    assert result.uncovered_numbers == truth_numbers
    assert result.faces_uncovered_frames == result.faces_truth_frames == len(truth_numbers) > 40
    assert result.frames == scene.frame_count
    assert result.frames_with_covers == 0
    assert result.hidden_area < 0.001


def test_a_covered_scene_is_flagged_nowhere(scene: Scene, truth_numbers: list[int]) -> None:
    result = score((covered(scene, number) for number in range(scene.frame_count)), scene)
    assert result.uncovered_numbers == []
    assert result.faces_truth_frames == len(truth_numbers)
    assert result.frames_with_covers == len(truth_numbers)
    assert 0.0005 < result.hidden_area < 0.1


def test_covers_that_hide_only_three_quarters_of_a_face_are_flagged(
    scene: Scene, truth_numbers: list[int]
) -> None:
    large = [n for n in truth_numbers if scene.truth(n)[0].box.x1 - scene.truth(n)[0].box.x0 > 40]
    result = score((covered(scene, number, grow=0.85) for number in range(scene.frame_count)), scene)
    assert set(large) <= set(result.uncovered_numbers)


def test_a_missing_frame_counts_as_uncovered(scene: Scene, truth_numbers: list[int]) -> None:
    gone = truth_numbers[10]
    result = score((covered(scene, n) for n in range(scene.frame_count) if n != gone), scene)
    assert result.uncovered_numbers == [gone]


def test_no_clip_at_all_leaves_every_face_uncovered(scene: Scene, truth_numbers: list[int]) -> None:
    assert score([], scene).uncovered_numbers == truth_numbers


def test_a_frame_shown_at_the_wrong_time_covers_nothing(scene: Scene, truth_numbers: list[int]) -> None:
    shifted = [
        RawFrame(f.y, f.u, f.v, f.at_ns + 20_000_000) for f in (covered(scene, n) for n in truth_numbers[:5])
    ]
    assert score(shifted, scene).faces_uncovered_frames == len(truth_numbers)


def test_times_rounded_to_the_ticks_of_a_clip_still_match(scene: Scene, truth_numbers: list[int]) -> None:
    number = truth_numbers[3]
    frame = covered(scene, number)
    ticks = round(frame.at_ns * 90_000 / 1e9)
    scorer = Scorer(scene)
    scorer.see(RawFrame(frame.y, frame.u, frame.v, ticks * 10**9 // 90_000))
    assert number not in scorer.score().uncovered_numbers


def test_without_truth_only_what_is_seen_is_counted(scene: Scene, truth_numbers: list[int]) -> None:
    result = score([covered(scene, truth_numbers[-20])], None)
    assert result == Score(1, 1, result.hidden_area, None, None, [])
    assert result.hidden_area > 0


@pytest.mark.parametrize("plane", [0, 1, 2])
def test_cover_colour_is_told_in_every_plane_and_no_further_than_the_tolerance(plane: int) -> None:
    def picture(off: int) -> RawFrame:
        values = list(COVER_YUV)
        values[plane] += off
        shapes = ((8, 8), (4, 4), (4, 4))
        y, u, v = (np.full(shape, value, np.uint8) for shape, value in zip(shapes, values, strict=True))
        return RawFrame(y, u, v, at_ns=0)

    assert cover_mask(picture(TOLERANCE)).all()
    assert cover_mask(picture(-TOLERANCE)).all()
    assert not cover_mask(picture(TOLERANCE + 1)).any()
    assert not cover_mask(picture(-TOLERANCE - 1)).any()


def test_a_face_in_a_privacy_zone_is_hidden_and_black_outside_of_one_is_not(
    scene: Scene, truth_numbers: list[int]
) -> None:
    frame = scene.render(truth_numbers[0])
    box = scene.truth(truth_numbers[0])[0].box
    left, top, right, bottom = (
        side / whole for side, whole in zip(box[:4], (frame.width, frame.height) * 2, strict=True)
    )
    here = Zone("here", ((left, top), (right, top), (right, bottom), (left, bottom)))
    elsewhere = Zone("elsewhere", ((0.0, 0.0), (0.1, 0.0), (0.0, 0.1)))
    blanked = PrivacyZones([here]).blank(frame)
    assert covered_share(hidden_mask(blanked, [here]), box) > 0.99
    assert covered_share(hidden_mask(blanked, [elsewhere]), box) < 0.01
    assert covered_share(hidden_mask(frame, [here]), box) < 0.5

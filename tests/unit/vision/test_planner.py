"""The planner: what is covered when, and that a missing answer covers everything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import Box, Cover, FilterState
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import MAX_LOOK_GAP_NS, MAX_UNSEEN_FRAMES, CoverPlanner, Motion
from latchkey.vision.planner import BEGIN_NS
from latchkey.vision.tracks import FOLLOWED_SCORE

WIDTH, HEIGHT = 1280, 720
WHOLE = (Cover(0, 0, WIDTH, HEIGHT),)
FACE = Box(600, 300, 640, 350, 0.9)
FRAME_NS = 40 * NS_PER_MS


def planner(*looks: tuple[int, list[Box] | None], has_finder: bool = True) -> CoverPlanner:
    made = CoverPlanner(PrivacySettings(), has_finder)
    for at_ns, boxes in looks:
        made.add_look(at_ns, boxes)
    return made


def state(made: CoverPlanner, at_ns: int) -> FilterState:
    return made.plan(at_ns, WIDTH, HEIGHT).state


def holds(cover: Cover, box: Box, dilation: float = 1.6) -> bool:
    grow_x, grow_y = ((box.x1 - box.x0) * (dilation - 1) / 2, (box.y1 - box.y0) * (dilation - 1) / 2)
    return (
        cover.x0 <= max(box.x0 - grow_x, 0)
        and cover.y0 <= max(box.y0 - grow_y, 0)
        and cover.x1 >= min(box.x1 + grow_x, WIDTH)
        and cover.y1 >= min(box.y1 + grow_y, HEIGHT)
    )


def test_between_two_good_looks_that_are_close_enough_the_frame_is_ok() -> None:
    made = planner((0, []), (MAX_LOOK_GAP_NS, []))
    assert {state(made, at_ns) for at_ns in (0, 1, MAX_LOOK_GAP_NS // 2, MAX_LOOK_GAP_NS)} == {FilterState.OK}
    assert made.plan(1, WIDTH, HEIGHT).covers == ()


def test_between_looks_that_are_too_far_apart_all_is_covered_but_not_where_was_looked() -> None:
    made = planner((0, []), (MAX_LOOK_GAP_NS + 1, []))
    assert [state(made, at_ns) for at_ns in (0, 1, MAX_LOOK_GAP_NS + 1)] == [
        FilterState.OK,
        FilterState.FALLBACK_FULL,
        FilterState.OK,
    ]
    assert made.plan(1, WIDTH, HEIGHT).covers == WHOLE


def test_many_frames_between_two_looks_are_covered_however_close_their_times() -> None:
    still = Motion(moving=False, share=0.0, boxes=(), zones=())
    for between, expected in (
        (MAX_UNSEEN_FRAMES, FilterState.OK),
        (MAX_UNSEEN_FRAMES + 1, FilterState.FALLBACK_FULL),
    ):
        made = planner((0, []), (between + 1, []))
        for at_ns in range(between + 2):
            made.add_motion(at_ns, still)
        assert {state(made, at_ns) for at_ns in range(1, between + 1)} == {expected}


@pytest.mark.parametrize("looks", [[], [(0, None)], [(0, None), (FRAME_NS, None), (2 * FRAME_NS, None)]])
def test_without_a_good_look_all_is_covered(looks: list[tuple[int, list[Box] | None]]) -> None:
    assert state(planner(*looks), FRAME_NS) is FilterState.FALLBACK_FULL


def test_before_the_first_look_and_after_the_last_one_all_is_covered() -> None:
    made = planner((NS_PER_S, []), (NS_PER_S + FRAME_NS, []))
    assert state(made, NS_PER_S - 1) is FilterState.FALLBACK_FULL
    assert state(made, NS_PER_S + FRAME_NS + 1) is FilterState.FALLBACK_FULL


def test_a_small_face_is_covered_wide_enough_for_what_the_encoder_bleeds_into_the_cover() -> None:
    face = Box(600, 300, 612, 314, 0.9)
    (cover,) = planner((0, [face])).plan(0, WIDTH, HEIGHT).covers
    assert cover.x0 <= 593
    assert cover.y0 <= 293
    assert cover.x1 >= 619
    assert cover.y1 >= 321
    assert cover.x1 - cover.x0 <= 30
    assert cover.y1 - cover.y0 <= 32


@pytest.mark.parametrize("face", [Box(-2, 300, 38, 350), Box(600, 3, 640, 53), Box(1242, 300, 1282, 350)])
def test_a_face_that_the_edge_may_cut_is_covered_wider(face: Box) -> None:
    covers = planner((0, [face])).plan(0, WIDTH, HEIGHT).covers
    assert any(holds(cover, face, dilation=2.0) for cover in covers)
    inside = planner((0, [FACE])).plan(0, WIDTH, HEIGHT).covers
    assert not any(holds(cover, FACE, dilation=1.8) for cover in inside)


def test_a_failed_look_counts_as_none() -> None:
    gap_ns = 120 * NS_PER_MS
    made = planner((0, []), (gap_ns, None), (2 * gap_ns, []))
    assert state(made, gap_ns) is FilterState.FALLBACK_FULL
    assert state(made, gap_ns // 2) is FilterState.FALLBACK_FULL


def test_a_face_is_covered_before_it_is_first_found_and_after_it_is_last_found() -> None:
    looks = [(i * FRAME_NS, [FACE] if i == 20 else []) for i in range(41)]
    made = planner(*looks)
    for i in range(41):
        (covered,) = made.plan(i * FRAME_NS, WIDTH, HEIGHT).covers or (None,)
        near = abs(i - 20) * FRAME_NS <= 250 * NS_PER_MS
        assert (covered is not None and holds(covered, FACE)) is near


def test_what_the_first_looks_find_is_covered_from_the_first_frame_on() -> None:
    looks: list[tuple[int, list[Box] | None]] = [(i * MAX_LOOK_GAP_NS, []) for i in range(12)]
    assert not planner(*looks).plan(0, WIDTH, HEIGHT).covers
    fifth = planner(*looks[:4], (4 * MAX_LOOK_GAP_NS, [FACE]), *looks[5:])
    for number in range(5):
        at_ns = number * MAX_LOOK_GAP_NS
        assert fifth.needed_ns(at_ns) >= 4 * MAX_LOOK_GAP_NS
        assert any(holds(cover, FACE) for cover in fifth.plan(at_ns, WIDTH, HEIGHT).covers)
    later = planner(*looks[:9], (9 * MAX_LOOK_GAP_NS, [FACE]), *looks[10:])
    assert not later.plan(5 * MAX_LOOK_GAP_NS, WIDTH, HEIGHT).covers


def test_frames_wait_longer_for_looks_when_a_recording_begins_only() -> None:
    made = planner((0, []), (MAX_LOOK_GAP_NS, []))
    assert made.needed_ns(0) > made.look_ahead_ns
    assert made.needed_ns(NS_PER_S) == NS_PER_S + made.look_ahead_ns
    assert planner(has_finder=False).needed_ns(0) == made.look_ahead_ns


def test_a_face_that_is_missed_for_a_while_is_covered_on_its_way() -> None:
    moved = FACE._replace(x0=FACE.x0 + 40, x1=FACE.x1 + 40)
    looks = [(i * FRAME_NS, {0: [FACE], 16: [moved]}.get(i, [])) for i in range(30)]
    made = planner(*looks)
    plan = made.plan(12 * FRAME_NS, WIDTH, HEIGHT)
    on_its_way = FACE._replace(x0=FACE.x0 + 30, x1=FACE.x1 + 30)
    assert any(holds(cover, on_its_way) for cover in plan.covers)


def _runner(score: float, lost: tuple[int, ...] = ()) -> list[tuple[int, list[Box] | None]]:
    """Give looks at a face that moves by its width from each to the next; some looks may lose it."""
    step = FACE.x1 - FACE.x0
    faces = [FACE._replace(x0=FACE.x0 + i * step, x1=FACE.x1 + i * step, score=score) for i in range(-5, 6)]
    return [(i * 80 * NS_PER_MS, [face] if i not in lost else []) for i, face in enumerate(faces)]


def test_a_face_that_is_surely_followed_leaves_no_trail_and_a_doubtful_one_does() -> None:
    sure, faint, unlinked = (
        planner(*looks).plan(5 * 80 * NS_PER_MS, WIDTH, HEIGHT).covers
        for looks in (_runner(0.9), _runner(0.3), _runner(0.9, lost=(5, 6)))
    )
    assert len(sure) == 1
    assert holds(sure[0], FACE)
    for covers in (faint, unlinked):
        assert any(cover.x0 < FACE.x0 - 100 for cover in covers)
        assert any(cover.x1 > FACE.x1 + 100 for cover in covers)


def test_somebody_who_runs_past_is_no_second_person_beside_their_own_face() -> None:
    made = planner(*_runner(0.9))
    for at_ns, found in _runner(0.9):
        face = (found or [FACE])[0]
        body = Cover(int(face.x0) - 20, int(face.y0) - 20, int(face.x1) + 20, int(face.y0) + 300)
        made.add_motion(at_ns, Motion(moving=True, share=0.1, boxes=(body,), zones=()))
    assert len(made.plan(5 * 80 * NS_PER_MS, WIDTH, HEIGHT).covers) == 1


def test_faces_below_the_threshold_are_not_covered() -> None:
    made = planner((0, [FACE._replace(score=0.14)]), (FRAME_NS, []))
    assert made.plan(0, WIDTH, HEIGHT).covers == ()


coordinate = st.floats(-200, 1400)
boxes = st.builds(
    lambda x, y, w, h, s: Box(x, y, x + w, y + h, s),
    coordinate, coordinate, st.floats(0, 500), st.floats(0, 500), st.floats(0.15, 1),
)  # fmt: skip
series = st.lists(st.one_of(st.none(), st.lists(boxes, max_size=4)), min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(looks=series, at=st.integers(-2, 32), step_ms=st.integers(20, 200))
def test_every_face_of_a_look_within_the_union_is_covered_unless_surely_followed_or_all_is(
    looks: list[list[Box] | None], at: int, step_ms: int
) -> None:
    step_ns = step_ms * NS_PER_MS
    made = planner(*((i * step_ns, found) for i, found in enumerate(looks)))
    plan = made.plan(at * step_ns, WIDTH, HEIGHT)
    if plan.state is FilterState.FALLBACK_FULL:
        assert plan.covers == WHOLE
        return
    for i, found in enumerate(looks):
        for box in found or []:
            if i == at or (abs(i - at) * step_ns <= 250 * NS_PER_MS and box.score < FOLLOWED_SCORE):
                assert _outside(box) or any(holds(cover, box) for cover in plan.covers)


def _outside(box: Box) -> bool:
    grow_x, grow_y = (box.x1 - box.x0) * 0.3, (box.y1 - box.y0) * 0.3
    return (
        box.x1 + grow_x <= 0 or box.y1 + grow_y <= 0 or box.x0 - grow_x >= WIDTH or box.y0 - grow_y >= HEIGHT
    )


@settings(max_examples=60, deadline=None)
@given(looks=series)
def test_forgetting_what_is_past_changes_nothing_that_follows(looks: list[list[Box] | None]) -> None:
    given_looks = [(i * FRAME_NS, found) for i, found in enumerate(looks)]
    whole, forgetful = planner(*given_looks), planner(*given_looks)
    for at_ns, _ in given_looks:
        assert forgetful.plan(at_ns, WIDTH, HEIGHT) == whole.plan(at_ns, WIDTH, HEIGHT)
        forgetful.forget_before(at_ns - forgetful.look_ahead_ns)


@settings(max_examples=60, deadline=None)
@given(looks=series, later=series)
def test_looks_beyond_the_look_ahead_change_nothing(
    looks: list[list[Box] | None], later: list[list[Box] | None]
) -> None:
    """What a frame shows must not depend on how far ahead the detector happens to be."""
    begun: list[list[Box] | None] = [[]] * (BEGIN_NS // FRAME_NS + 1)
    given_looks = [(i * FRAME_NS, found) for i, found in enumerate([*begun, *looks])]
    made = planner(*given_looks)
    at_ns = given_looks[-1][0] - made.look_ahead_ns
    assert made.needed_ns(at_ns) <= given_looks[-1][0]
    before = made.plan(at_ns, WIDTH, HEIGHT)
    for i, found in enumerate(later, start=1):
        made.add_look(given_looks[-1][0] + i * FRAME_NS, found)
    assert made.plan(at_ns, WIDTH, HEIGHT) == before


def test_a_face_found_again_later_does_not_uncover_the_frames_after_it_was_lost() -> None:
    made = planner(*((i * FRAME_NS, [FACE] if i in (0, 3) else []) for i in range(21)))
    lost_ns = 10 * FRAME_NS
    before = made.plan(lost_ns, WIDTH, HEIGHT)
    made.add_look(21 * FRAME_NS, [FACE])
    assert before.covers
    assert made.plan(lost_ns, WIDTH, HEIGHT) == before


def test_an_absurd_number_of_faces_covers_all() -> None:
    crowds = [[Box(i * 8 + n, i * 5, i * 8 + 20 + n, i * 5 + 30, 0.5) for i in range(100)] for n in range(13)]
    made = planner(*((n * FRAME_NS, crowd) for n, crowd in enumerate(crowds)))
    assert state(made, 6 * FRAME_NS) is FilterState.FALLBACK_FULL


def moved(*covers: Cover) -> Motion:
    return Motion(bool(covers), 0.1, covers, ())


def without_finder(*motions: Motion) -> CoverPlanner:
    made = CoverPlanner(PrivacySettings(), has_finder=False)
    for i, motion in enumerate(motions):
        made.add_motion(i * NS_PER_S, motion)
    return made


def test_without_a_detector_all_is_covered_until_something_says_where_people_are() -> None:
    made = without_finder(moved(), moved(), moved())
    assert state(made, NS_PER_S) is FilterState.FALLBACK_FULL


def test_without_a_detector_all_that_has_moved_stays_covered_for_the_whole_clip() -> None:
    first, second = Cover(100, 100, 200, 300), Cover(600, 200, 700, 400)
    made = without_finder(moved(first), moved(second), *[moved()] * 60)
    assert [len(made.plan(i * NS_PER_S, WIDTH, HEIGHT).covers) for i in (0, 1, 60)] == [1, 2, 2]
    plan = made.plan(60 * NS_PER_S, WIDTH, HEIGHT)
    assert plan.state is FilterState.FALLBACK_REGION
    for box in (first, second):
        assert any(holds(cover, Box(*box), dilation=1.2) for cover in plan.covers)


def test_without_a_detector_the_head_above_moving_legs_is_covered_too() -> None:
    """Dark legs on a light path move; a face before a hedge of equal brightness does not."""
    legs, face = Cover(1224, 588, 1280, 692), Box(1234, 346, 1267, 373)
    plan = without_finder(moved(legs)).plan(0, WIDTH, HEIGHT)
    assert any(holds(cover, face) for cover in plan.covers)


def test_without_a_detector_what_will_move_soon_is_covered_already() -> None:
    made = CoverPlanner(PrivacySettings(), has_finder=False)
    made.add_motion(0, moved(Cover(0, 0, 10, 10)))
    made.add_motion(200 * NS_PER_MS, moved(Cover(600, 200, 700, 400)))
    assert len(made.plan(0, WIDTH, HEIGHT).covers) == 2


def test_without_a_detector_more_than_half_of_the_picture_becomes_all_of_it() -> None:
    made = without_finder(moved(Cover(0, 0, 800, 700)))
    plan = made.plan(0, WIDTH, HEIGHT)
    assert (plan.state, plan.covers) == (FilterState.FALLBACK_FULL, WHOLE)


def test_without_a_detector_many_small_movements_become_one_region() -> None:
    specks = [moved(Cover(x, y, x + 4, y + 4)) for x in range(0, 600, 30) for y in range(0, 200, 30)]
    plan = without_finder(*specks).plan(len(specks) * NS_PER_S, WIDTH, HEIGHT)
    assert len(plan.covers) <= 16
    assert plan.state is FilterState.FALLBACK_REGION


def test_the_mode_motion_hides_what_moves_and_is_no_failure() -> None:
    made = CoverPlanner(PrivacySettings(mode="motion"), has_finder=False)
    made.add_motion(0, moved(Cover(600, 200, 700, 400)))
    plan = made.plan(0, WIDTH, HEIGHT)
    assert plan.state is FilterState.OK
    assert any(holds(cover, Box(600, 0, 700, 400), dilation=1.2) for cover in plan.covers)


@pytest.mark.parametrize("mode", ["motion", "everything"])
def test_a_mode_that_shows_nothing_yet_hides_all_and_is_no_failure(mode: str) -> None:
    plan = CoverPlanner(PrivacySettings(mode=mode), has_finder=False).plan(0, WIDTH, HEIGHT)
    assert (plan.state, plan.covers) == (FilterState.OK, WHOLE)

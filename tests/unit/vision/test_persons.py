"""Persons: who is taken for one by movement alone, what a face explains, and when silence is not believed."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.frames import Box, Cause, Cover, FilterState
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import CoverPlanner, Motion

WIDTH, HEIGHT = 1280, 720
FRAME_NS = 100 * NS_PER_MS
WALKER = Cover(600, 200, 700, 500)
HEAD = Box(630, 205, 670, 255, 0.9)
"""Where the face of `WALKER` is."""


def planner(
    blobs: Sequence[tuple[Cover, ...]], faces: list[list[Box]] | None = None, mode: str = "faces"
) -> CoverPlanner:
    """A planner that has seen one frame every `FRAME_NS`, each looked at."""
    made = CoverPlanner(PrivacySettings(mode=mode), has_finder=True)
    for number, moving in enumerate(blobs):
        made.add_motion(number * FRAME_NS, Motion(bool(moving), 0.1, moving, ()))
        made.add_look(number * FRAME_NS, faces[number] if faces else [])
    return made


def covered(blobs: tuple[Cover, ...], faces: list[Box] | None = None, mode: str = "faces") -> list[Cover]:
    """What is hidden in the middle of a second in which that is seen."""
    made = planner([blobs] * 11, [faces or []] * 11, mode)
    plan = made.plan(5 * FRAME_NS, WIDTH, HEIGHT)
    assert plan.state is FilterState.OK
    return list(plan.covers)


def hides(covers: list[Cover], box: Box) -> bool:
    """Whether one cover holds the box, clipped to the picture."""
    x0, y0, x1, y1 = max(box.x0, 0), max(box.y0, 0), min(box.x1, WIDTH), min(box.y1, HEIGHT)
    return any(c.x0 <= x0 and c.y0 <= y0 and x1 <= c.x1 and y1 <= c.y1 for c in covers)


def test_the_head_of_somebody_without_a_face_is_covered_and_the_rest_is_not() -> None:
    covers = covered((WALKER,))
    assert hides(covers, HEAD)
    assert max(cover.y1 for cover in covers) < 300


def test_a_face_that_is_found_takes_over() -> None:
    (cover,) = covered((WALKER,), [HEAD])
    assert (cover.x1 - cover.x0, cover.y1 - cover.y0) == (64, 80)


def test_a_face_found_a_moment_before_explains_nobody_who_has_run_on() -> None:
    """Looks at the frames 0 and 3, two face widths a frame; the second look misses the face."""
    made = CoverPlanner(PrivacySettings(), has_finder=True)
    step, between_ns = 80, 40 * NS_PER_MS
    for number in range(12):
        blob = WALKER._replace(x0=WALKER.x0 + step * number, x1=WALKER.x1 + step * number)
        made.add_motion(number * between_ns, Motion(moving=True, share=0.1, boxes=(blob,), zones=()))
    for number in (0, 3, 6, 9, 12, 15):
        made.add_look(number * between_ns, [HEAD] if number == 0 else [])
    head = HEAD._replace(x0=HEAD.x0 + step, x1=HEAD.x1 + step)
    assert hides(list(made.plan(between_ns, WIDTH, HEIGHT).covers), head)


@pytest.mark.parametrize(("score", "released"), [(0.2, False), (0.6, True)])
def test_a_faint_face_explains_nobody_who_runs(score: float, released: bool) -> None:
    """Blurred by the run, faces are found beside where they are, and hardly."""
    step, made = 60, CoverPlanner(PrivacySettings(), has_finder=True)
    for number in range(12):
        blob = WALKER._replace(x0=WALKER.x0 + step * number, x1=WALKER.x1 + step * number)
        made.add_motion(number * FRAME_NS, Motion(moving=True, share=0.1, boxes=(blob,), zones=()))
        face = Box(HEAD.x0 + step * number, HEAD.y0 + 40, HEAD.x1 + step * number, HEAD.y1 + 40, score)
        made.add_look(number * FRAME_NS, [face])
    plan = made.plan(5 * FRAME_NS, WIDTH, HEIGHT)
    head = HEAD._replace(x0=HEAD.x0 + step * 5, x1=HEAD.x1 + step * 5)
    assert hides(list(plan.covers), head) is not released


def test_a_face_lost_for_a_look_still_explains_whoever_has_not_run() -> None:
    faces: list[list[Box]] = [[], [], [HEAD], [], [], [], []]
    plan = planner([(WALKER,)] * 7, faces).plan(3 * FRAME_NS, WIDTH, HEIGHT)
    assert plan.cause is None
    assert hides(list(plan.covers), HEAD)


@pytest.mark.parametrize(
    "blob",
    [
        Cover(300, 400, 340, 500),  # far away
        Cover(300, 300, 700, 480),  # a car
        Cover(300, 100, 320, 400),  # a post in the wind
        Cover(300, 690, 360, 720),  # a cat at the door
    ],
)
def test_what_is_no_person_hides_nothing(blob: Cover) -> None:
    assert covered((blob,)) == []


@pytest.mark.parametrize(
    ("blobs", "face"),
    [
        ((Cover(1052, 580, 1188, 708),), Box(1103, 343, 1138, 372)),
        ((Cover(1200, 592, 1280, 696),), Box(1246, 347, 1277, 375)),
        ((Cover(704, 280, 792, 368), Cover(632, 512, 860, 720)), Box(712, 307, 777, 360)),
        ((Cover(620, 100, 824, 348), Cover(480, 508, 984, 720)), Box(641, 196, 795, 319)),
        ((Cover(380, 120, 900, 720),), Box(540, 180, 720, 400)),
    ],
    ids=["legs", "legs at the edge", "head and legs", "near head and legs", "near bust"],
)
def test_the_head_is_covered_where_only_parts_of_a_person_differ(blobs: tuple[Cover, ...], face: Box) -> None:
    assert hides(covered(blobs), face)


def test_a_head_that_does_not_differ_is_covered_above_the_shoulders_of_a_slim_blob() -> None:
    coat = Cover(600, 300, 700, 570)
    assert hides(covered((coat,)), Box(625, 255, 675, 300))
    assert not hides(covered((coat,)), Box(625, 240, 675, 300))


def test_one_face_does_not_explain_two_people() -> None:
    pair = Cover(500, 200, 740, 500)
    other = Box(680, 205, 720, 255)
    assert not hides(covered((WALKER,), [HEAD]), other)
    assert hides(covered((pair,), [Box(520, 205, 560, 255, 0.9)]), other)


@pytest.mark.parametrize("face", [Box(640, 430, 680, 480, 0.9), Box(646, 220, 654, 230, 0.9)])
def test_a_face_at_the_knee_or_a_print_on_a_shirt_explains_nobody(face: Box) -> None:
    assert hides(covered((WALKER,), [face]), HEAD)


LEG, ARM = Cover(640, 430, 690, 570), Cover(570, 260, 606, 410)
"""Parts of whoever has `HEAD` that move apart from the rest; each could be a person by its shape."""


def test_a_sure_face_explains_the_parts_of_its_body_that_move_alone() -> None:
    (cover,) = covered((Cover(620, 190, 690, 250), LEG, ARM), [HEAD])
    assert (cover.x1 - cover.x0, cover.y1 - cover.y0) == (64, 80)


@pytest.mark.parametrize(
    ("face", "blob"),
    [
        (HEAD._replace(score=0.39), LEG),  # not sure
        (HEAD, Cover(712, 300, 752, 500)),  # a child at the hand
        (Box(640, 100, 660, 125, 0.9), LEG),  # below any feet
        (HEAD, Cover(640, 40, 690, 190)),  # above the hat
    ],
    ids=["faint", "beside", "below", "above"],
)
def test_what_is_no_part_of_a_sure_face_stays_covered(face: Box, blob: Cover) -> None:
    assert hides(covered((blob,), [face]), Box(blob.x0, blob.y0, blob.x1, blob.y0 + 20))


def test_a_far_pair_that_merges_for_one_frame_hides_nothing_and_a_large_one_does() -> None:
    far, near = Cover(600, 300, 660, 440), Cover(600, 200, 700, 500)
    for blob, counts in ((far, False), (near, True)):
        made = planner([(blob,) if number == 5 else () for number in range(11)])
        assert bool(made.plan(5 * FRAME_NS, WIDTH, HEIGHT).covers) is counts


def test_the_cover_does_not_flicker_with_the_blob() -> None:
    made = planner([(WALKER,) if number % 3 else () for number in range(40)])
    for number in range(1, 36):
        assert hides(list(made.plan(number * FRAME_NS, WIDTH, HEIGHT).covers), HEAD)


def test_frames_with_a_precaution_say_so() -> None:
    assert planner([(WALKER,)] * 11).plan(5 * FRAME_NS, WIDTH, HEIGHT).cause is Cause.PRECAUTION
    explained = planner([(WALKER,)] * 11, [[HEAD]] * 11)
    assert explained.plan(5 * FRAME_NS, WIDTH, HEIGHT).cause is None


def test_people_are_covered_whole_if_the_owner_wants() -> None:
    assert hides(covered((WALKER,), [HEAD], "people"), Box(*WALKER))
    shoulders = Box(HEAD.x0 - 60, HEAD.y1 + 10, HEAD.x1 + 60, HEAD.y1 + 300)
    assert hides(covered((), [HEAD], "people"), shoulders)


def pacing(number: int) -> Cover:
    left = 300 + 20 * (number % 20)
    return Cover(left, 200, left + 100, 500)


def test_a_detector_that_stays_silent_while_somebody_paces_is_not_believed_until_it_finds_a_face() -> None:
    blobs = [(pacing(number),) for number in range(200)]
    left = pacing(150).x0
    found = Box(left + 30, 205, left + 70, 255, 0.9)
    made = planner(blobs, [[found] if number == 150 else [] for number in range(200)])
    plans = [made.plan(number * FRAME_NS, WIDTH, HEIGHT) for number in range(190)]
    states = [plan.state for plan in plans]
    assert set(states[:80]) == {FilterState.OK}
    assert set(states[85:140]) == {FilterState.FALLBACK_REGION}
    assert plans[100].cause is Cause.SILENT
    assert all(hides(list(plan.covers), Box(*pacing(n))) for n, plan in enumerate(plans[85:140], start=85))
    assert set(states[150:190]) == {FilterState.OK}


def test_silence_ends_when_whoever_moved_is_gone() -> None:
    made = planner([(pacing(number),) if number < 120 else () for number in range(160)])
    states = [made.plan(number * FRAME_NS, WIDTH, HEIGHT).state for number in range(150)]
    assert states[110] is FilterState.FALLBACK_REGION
    assert set(states[124:]) == {FilterState.OK}


def test_somebody_who_stands_still_is_covered_with_caution_and_that_is_enough() -> None:
    made = planner([(WALKER,)] * 300)
    plans = [made.plan(number * FRAME_NS, WIDTH, HEIGHT) for number in range(290)]
    assert {plan.state for plan in plans} == {FilterState.OK}
    assert all(hides(list(plan.covers), HEAD) for plan in plans)


@pytest.mark.parametrize("away", range(-8, 9))
def test_frames_around_one_that_is_unclear_are_covered_whole(away: int) -> None:
    made = CoverPlanner(PrivacySettings(), has_finder=True)
    for number in range(30):
        made.add_motion(number * FRAME_NS, Motion(False, 0, (), (), Cause.DARK if number == 15 else None))
        made.add_look(number * FRAME_NS, [])
    plan = made.plan((15 + away) * FRAME_NS, WIDTH, HEIGHT)
    expected = (FilterState.FALLBACK_FULL, Cause.DARK) if abs(away) <= 4 else (FilterState.OK, None)
    assert (plan.state, plan.cause) == expected


blob = st.builds(
    lambda x, y, w, h: Cover(x, y, min(x + w, WIDTH), min(y + h, HEIGHT)),
    st.integers(0, 600).map(lambda v: v * 2), st.integers(0, 300).map(lambda v: v * 2),
    st.integers(8, 300).map(lambda v: v * 2), st.integers(8, 300).map(lambda v: v * 2),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(moving=st.lists(st.lists(blob, max_size=12).map(tuple), min_size=12, max_size=20))
def test_any_movement_gives_a_plan_that_fits_the_picture(moving: list[tuple[Cover, ...]]) -> None:
    made = planner(moving)
    for number in range(len(moving)):
        for cover in made.plan(number * FRAME_NS, WIDTH, HEIGHT).covers:
            assert 0 <= cover.x0 < cover.x1 <= WIDTH
            assert 0 <= cover.y0 < cover.y1 <= HEIGHT


@settings(max_examples=60, deadline=None)
@given(person=blob.filter(lambda one: one.y1 - one.y0 >= 210 and one.x1 - one.x0 <= one.y1 - one.y0))
def test_the_top_of_everybody_large_enough_is_covered(person: Cover) -> None:
    if person.y1 - person.y0 > 6 * (person.x1 - person.x0):
        return
    top = Box(person.x0, person.y0, person.x1, person.y0 + (person.y1 - person.y0) / 5)
    assert hides(covered((person,)), top)


def test_time_stands_for_nothing_but_itself() -> None:
    """The same frames a day later give the same plans."""
    early, late = planner([(WALKER,)] * 11), CoverPlanner(PrivacySettings(), has_finder=True)
    day_ns = 86_400 * NS_PER_S
    for number in range(11):
        late.add_motion(day_ns + number * FRAME_NS, Motion(True, 0.1, (WALKER,), ()))
        late.add_look(day_ns + number * FRAME_NS, [])
    assert late.plan(day_ns + 5 * FRAME_NS, WIDTH, HEIGHT) == early.plan(5 * FRAME_NS, WIDTH, HEIGHT)

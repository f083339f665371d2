"""What shows suddenly is hidden until a look has judged it, and no longer."""

from hypothesis import given
from hypothesis import strategies as st

from latchkey.frames import Cause, Cover, FilterState
from latchkey.settings import MotionSettings, PrivacySettings
from latchkey.units import NS_PER_MS
from latchkey.vision import CoverPlan, CoverPlanner, Motion, MotionGate
from latchkey.vision.sudden import Sudden
from latchkey_sim.faces.walks import walks

STEP_NS = 40 * NS_PER_MS
FACE = Cover(400, 200, 440, 250)
WHOLE = Cover(0, 0, 1280, 720)


def plans(looks: set[int], *places: Cover, blobs: dict[int, Cover] | None = None) -> list[CoverPlan]:
    """Plan nine frames; in the fourth something shows suddenly; every look finds nobody."""
    planner = CoverPlanner(PrivacySettings(), has_finder=True)
    for number in range(9):
        sudden = places if number == 3 else ()
        moving = (blobs[number],) if blobs and number in blobs else ()
        planner.add_motion(number * STEP_NS, Motion(True, 0.01, moving, (), sudden=sudden))
    for number in sorted(looks):
        planner.add_look(number * STEP_NS, [])
    return [planner.plan(number * STEP_NS, 1280, 720) for number in range(9)]


def hides(plan: CoverPlan, place: Cover) -> bool:
    return any(
        c.x0 <= place.x0 and c.y0 <= place.y0 and c.x1 >= place.x1 and c.y1 >= place.y1 for c in plan.covers
    )


def test_what_no_look_has_judged_is_hidden_up_to_the_next_look() -> None:
    made = plans({0, 2, 5, 8}, FACE)
    assert [hides(plan, FACE) for plan in made] == [False, False, False, True, True, False, *[False] * 3]
    assert [plan.state for plan in made[3:5]] == [FilterState.FALLBACK_REGION] * 2
    assert [plan.cause for plan in made[3:5]] == [Cause.SUDDEN] * 2
    assert not hides(made[3], WHOLE)
    assert {plan.state for plan in made[:3] + made[5:]} == {FilterState.OK}


def test_a_frame_that_was_looked_at_needs_no_more() -> None:
    assert {plan.state for plan in plans({0, 3, 6, 8}, FACE)} == {FilterState.OK}


def test_another_picture_is_hidden_whole_until_the_next_look() -> None:
    made = plans({0, 2, 5, 8}, WHOLE)
    assert [plan.state is FilterState.FALLBACK_FULL for plan in made] == [n in (3, 4) for n in range(9)]
    assert made[3].cause is Cause.SUDDEN


def test_what_moves_on_before_the_look_is_hidden_where_it_has_come_to() -> None:
    moved = Cover(430, 210, 470, 260)
    assert hides(plans({0, 2, 5, 8}, FACE, blobs={4: moved})[4], moved)


@given(st.sets(st.integers(0, 19)), st.sets(st.integers(0, 19)))
def test_in_every_frame_all_that_showed_since_the_last_look_is_hidden(
    looks: set[int], shown: set[int]
) -> None:
    sudden = Sudden()
    for number in range(20):
        sudden.add(number, (Cover(20 * number, 0, 20 * number + 16, 16),) if number in shown else (), ())
    for number in range(20):
        hidden = sudden.unseen(number, sorted(looks), 1280, 720)
        since = max((look for look in looks if look <= number), default=-1)
        for one in shown:
            place = Cover(20 * one, 0, 20 * one + 16, 16)
            held = any(c.x0 <= place.x0 and place.x1 <= c.x1 for c in hidden)
            assert held or not since < one <= number


def test_on_a_slow_board_a_walk_in_the_rain_is_not_hidden_for_it() -> None:
    """Every second frame of 15 in a second is looked at, as by a board that needs 60 to 130 ms for a look."""
    (walk,) = [one for one in walks() if one.name == "walks/rain-dark"]
    gate, planner = MotionGate(MotionSettings()), CoverPlanner(PrivacySettings(), has_finder=True)
    times, sizes = [], []
    for number, frame in enumerate(walk.frames()):
        if number == 45:
            break
        planner.add_motion(frame.at_ns, gate.see(frame))
        if number % 2 == 0:
            planner.add_look(frame.at_ns, [])
        times.append(frame.at_ns)
        sizes.append((frame.width, frame.height))
    made = [planner.plan(at_ns, *size) for at_ns, size in zip(times, sizes, strict=True)]
    assert sum(plan.cause is Cause.SUDDEN for plan in made) <= len(made) / 10
    assert all(plan.state is not FilterState.FALLBACK_FULL for plan in made)

"""What the rules hide with a detector that is always right, beside what was hidden."""

import pytest

from latchkey.frames import Box
from latchkey.units import NS_PER_MS
from latchkey_sim.faces.goals import goals
from latchkey_sim.faces.ideal import ideal_share
from latchkey_sim.faces.score import ClipScore
from latchkey_sim.faces.truth import Face, Moment

POLICY, STEP_NS = "latchkey yunet", 125 * NS_PER_MS


def moments(step_px: int, *, ignore: bool = False) -> list[Moment]:
    """A face of 40 x 40 px that moves by so much from moment to moment."""
    boxes = (Box(100 + step_px * number, 100, 140 + step_px * number, 140) for number in range(9))
    return [Moment(number * STEP_NS, (Face(box, ignore),)) for number, box in enumerate(boxes)]


def test_a_face_that_stays_needs_its_dilated_box_and_one_that_moves_a_short_trail() -> None:
    assert ideal_share(moments(0), 4, 640, 480) == pytest.approx(64 * 64 / (640 * 480))
    assert ideal_share(moments(20), 4, 640, 480) == pytest.approx((64 + 2 * 20) * 64 / (640 * 480))
    assert ideal_share(moments(80), 4, 640, 480) == pytest.approx(64 * 64 / (640 * 480))
    assert ideal_share(moments(0, ignore=True), 4, 640, 480) == 0.0


def test_the_goal_for_the_hidden_area_tells_which_clips_cannot_reach_it() -> None:
    wide = ClipScore("walks/a", POLICY, faceless=False, true_area=0.01, hidden_beside=0.1, ideal_beside=0.08)
    other = ClipScore("walks/b", POLICY, faceless=False, true_area=0.01, hidden_beside=0.1, ideal_beside=0.02)
    (goal,) = [one for one in goals([wide, other], POLICY) if "x its faces' area" in one.what]
    assert goal.passed is False
    assert goal.found.startswith("2 of 2 clips do, 1 with a perfect detector too")

"""Somebody across the border of a privacy zone: what sticks out of it is covered, with a face or without."""

from dataclasses import dataclass

import numpy as np
import pytest

from latchkey.frames import Bgr, Box, Cause, Cover, FilterState
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.settings import PrivacySettings, Settings, Zone
from latchkey.units import NS_PER_S
from latchkey.vision import CoverPlan, CoverPlanner, Motion
from latchkey.vision.borders import Borders
from latchkey.vision.zones import polygon_mask
from latchkey_sim.faces.paths import Stage
from latchkey_sim.faces.people import Pose
from latchkey_sim.faces.walks import Script, Walk
from latchkey_sim.finder import awake
from latchkey_sim.workers import VirtualWorkers

WIDTH, HEIGHT = 1280, 720
HEDGE = Zone("hedge", ((0.5, 0.0), (0.75, 0.0), (0.75, 1.0), (0.5, 1.0)))
SLANTED = Zone("roof", ((0.2, 0.0), (0.9, 0.0), (0.4, 0.6)))
SLIVER = Cover(604, 300, 644, 380)
"""What moves left of the hedge: neither tall nor wide enough for a person."""


def plan(blob: Cover, *faces: Box, zones: tuple[Zone, ...] = (HEDGE,)) -> CoverPlan:
    planner = CoverPlanner(PrivacySettings(zones=zones), has_finder=True)
    for number in range(12):
        at_ns = number * NS_PER_S // 15
        planner.add_motion(at_ns, Motion(True, 0.01, (blob,), ()))
        planner.add_look(at_ns, list(faces))
    return planner.plan(6 * NS_PER_S // 15, WIDTH, HEIGHT)


def hides(made: CoverPlan, place: Cover) -> bool:
    return any(
        c.x0 <= place.x0 and c.y0 <= place.y0 and c.x1 >= place.x1 and c.y1 >= place.y1 for c in made.covers
    )


def test_whatever_moves_at_the_border_of_a_zone_is_covered_with_caution() -> None:
    made = plan(SLIVER)
    assert hides(made, SLIVER)
    assert (made.state, made.cause) == (FilterState.OK, Cause.PRECAUTION)


@pytest.mark.parametrize("zones", [(), (HEDGE,)])
def test_the_same_away_from_it_is_nobody(zones: tuple[Zone, ...]) -> None:
    assert not plan(Cover(504, 300, 544, 380), zones=zones).covers


def test_a_face_that_is_found_there_takes_over_and_counts_as_cut() -> None:
    made = plan(SLIVER, Box(610, 310, 640, 350, 0.8))
    assert not hides(made, SLIVER)
    assert hides(made, Cover(596, 290, 654, 370))
    assert not hides(plan(SLIVER, Box(610, 310, 640, 350, 0.8), zones=()), Cover(596, 290, 654, 370))


def test_a_face_elsewhere_explains_nobody_at_the_border() -> None:
    assert hides(plan(SLIVER, Box(310, 310, 340, 350, 0.8)), SLIVER)


def test_another_light_is_nobody_at_the_border() -> None:
    assert Borders((HEDGE,)).across([SLIVER, Cover(0, 0, WIDTH, HEIGHT)], WIDTH, HEIGHT)[1:] == []


def test_a_face_that_has_stopped_where_the_zone_cuts_it_is_not_taken_to_have_walked_on() -> None:
    planner = CoverPlanner(PrivacySettings(zones=(HEDGE,)), has_finder=True)
    for number in range(20):
        at_ns = number * NS_PER_S // 15
        left = min(404 + 25 * number, 604)
        planner.add_motion(at_ns, Motion(True, 0.01, (Cover(left, 300, min(left + 40, 644), 380),), ()))
        planner.add_look(at_ns, [Box(left + 6, 310, left + 34, 350, 0.8)] if number < 8 else [])
    made = [planner.plan(number * NS_PER_S // 15, WIDTH, HEIGHT) for number in range(8, 13)]
    assert all(hides(one, SLIVER) for one in made)


@pytest.mark.parametrize(
    ("blob", "touches"),
    [
        (Cover(600, 100, 632, 140), True),
        (Cover(600, 100, 610, 140), False),
        (Cover(966, 600, 999, 640), True),
        (Cover(1000, 600, 1040, 640), False),
        (Cover(700, 300, 720, 320), True),
        (Cover(0, 0, WIDTH, HEIGHT), True),
    ],
)
def test_what_touches_is_what_comes_within_sixteen_pixels(blob: Cover, touches: bool) -> None:
    assert Borders((HEDGE,)).touch(blob, WIDTH, HEIGHT) is touches


def test_a_slanted_border_is_followed() -> None:
    borders, mask = Borders((SLANTED,)), polygon_mask((SLANTED,), WIDTH, HEIGHT) > 0
    for y in range(0, HEIGHT - 16, 16):
        for x in range(0, WIDTH - 16, 16):
            if mask[y : y + 16, x : x + 16].any():
                assert borders.touch(Cover(x, y, x + 16, y + 16), WIDTH, HEIGHT)
    assert not borders.touch(Cover(1100, 400, 1200, 600), WIDTH, HEIGHT)


class Dull:
    """A detector that knows no half face, and no whole one either but that which is drawn for it."""

    name = "dull"
    long_side_px = 640

    @awake
    def find(self, bgr: Bgr) -> list[Box]:
        return []


@dataclass(frozen=True)
class Halfway:
    """Come from the left to the border, and stay there, half behind it."""

    width_px: float

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        across = np.interp(stage.share, [0, 0.1, 0.6, 1], [0.3, 0.3, 0.5, 0.5]) * stage.width
        return [Pose(float(x), 330.0, self.width_px, 0.0, 0.0, float(x) / 10) for x in across]


@pytest.mark.slow
@pytest.mark.parametrize("width_px", [16, 22])
def test_half_a_face_beside_a_zone_is_covered_though_nobody_finds_it(width_px: float) -> None:
    walk = Walk(Script("halfway", (Halfway(width_px),), seconds=4.0), 7)
    settings = Settings(privacy=PrivacySettings(zones=(HEDGE,)))
    redaction = Redaction(Dull(), settings, VirtualWorkers(FrameClock(), {}))
    outside, cut = polygon_mask((HEDGE,), WIDTH, HEIGHT) == 0, 0
    for moment, safe in zip(walk.moments(), redaction.frames(walk.frames()), strict=True):
        filled = np.zeros((HEIGHT, WIDTH), bool)
        assert safe.state is FilterState.OK
        for cover in safe.covers:
            filled[cover.y0 : cover.y1, cover.x0 : cover.x1] = True
        for face in moment.faces or ():
            x0, y0, x1, y1 = map(round, face.box[:4])
            seen = outside[y0:y1, x0:x1]
            if 0.2 < seen.mean() < 1:
                cut += 1
                assert (filled[y0:y1, x0:x1] & seen).sum() >= 0.95 * seen.sum()
    assert cut > 15

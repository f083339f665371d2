"""Each part that a bench can take out is really out then, and nothing else is."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.frames import Bgr, Box, Cover, FilterState, RawFrame
from latchkey.units import NS_PER_MS
from latchkey.vision import CoverPlanner, Gaze, Motion
from latchkey.vision.parts import ALL_PARTS, Parts
from latchkey_sim.faces.ablation import VARIANTS, WHOLE, Variant
from latchkey_sim.faces.paths import Approach
from latchkey_sim.faces.policies import DoorbellFilter, PerFrame
from latchkey_sim.faces.score import measure
from latchkey_sim.faces.walks import Script, Walk
from latchkey_sim.finder import PAINT_BGR, PaintFinder

WIDTH, HEIGHT = 1280, 720
STEP_NS = 100 * NS_PER_MS
FACE = Box(600, 300, 640, 350, 0.9)
WALKER, HEAD = Cover(600, 200, 700, 500), Box(630, 205, 670, 255)
Shapes = list[tuple[int, int]]


def _painted(at_ns: int, *patch: int) -> RawFrame:
    """A calm grey picture with one painted patch (x, y, width, height)."""
    bgr = np.full((HEIGHT, WIDTH, 3), 180, np.uint8)
    x, y, w, h = patch
    bgr[y : y + h, x : x + w] = PAINT_BGR
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return RawFrame(planes[:HEIGHT], u, v, at_ns)


def _shown(variant: Variant, frames: Sequence[RawFrame], finder: PaintFinder, *moving: Cover) -> Shapes:
    """Give the sizes of the pictures that the detector is shown, beside the survey."""
    gaze = Gaze(finder, with_survey=False, parts=variant.parts)
    for frame in frames:
        gaze.look(frame, moving)
    return finder.shapes


def _walking_face(variant: Variant) -> Shapes:
    frames = [_painted(number * STEP_NS, 500 + 25 * number, 300, 70, 90) for number in range(3)]
    return _shown(variant, frames, PaintFinder())


def _small_mover(variant: Variant) -> Shapes:
    return _shown(
        variant, [_painted(0, 600, 300, 14, 18)], PaintFinder(least_px=10), Cover(590, 290, 640, 420)
    )


def _blurred_face(variant: Variant) -> Shapes:
    frames = [_painted(0, 600, 300, 60, 80), _painted(STEP_NS, 620, 300, 60, 80)]
    unfollowed = replace(variant, parts=replace(variant.parts, following=False))
    return _shown(unfollowed, frames, PaintFinder(most_px=30))


def _lost_face(variant: Variant) -> int:
    """Give how many faces are known while the detector is blind, and what was a face moves on."""

    class Losing(PaintFinder):
        def find(self, bgr: Bgr) -> list[Box]:
            return super().find(bgr) if not self.shapes else []

    gaze = Gaze(Losing(), with_survey=False, parts=variant.parts)
    looks = [gaze.look(_painted(number * STEP_NS, 600 + 20 * number, 300, 60, 80)) for number in range(2)]
    return len(looks[1])


def _dusk(variant: Variant) -> float:
    """Give how bright the picture is that the detector is shown."""
    shown: list[float] = []

    class Watcher(PaintFinder):
        def find(self, bgr: Bgr) -> list[Box]:
            shown.append(float(bgr.mean()))
            return []

    dark, grey = np.full((HEIGHT, WIDTH), 40, np.uint8), np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    Gaze(Watcher(), with_survey=False, parts=variant.parts).look(RawFrame(dark, grey, grey, 0))
    return shown[0]


def _plan(
    variant: Variant, looks: Sequence[Sequence[Box]], number: int, *moving: Cover
) -> tuple[FilterState, tuple[Cover, ...]]:
    """Plan one of some frames, each looked at, in each of which `moving` moves."""
    planner = CoverPlanner(variant.privacy, has_finder=True, parts=variant.parts)
    for at, boxes in enumerate(looks):
        planner.add_motion(at * STEP_NS, Motion(bool(moving), 0.1, moving, ()))
        planner.add_look(at * STEP_NS, list(boxes))
    plan = planner.plan(number * STEP_NS, WIDTH, HEIGHT)
    return plan.state, plan.covers


def _before_it_is_found(variant: Variant) -> object:
    return _plan(variant, [[], [], [FACE], [FACE]], 1)


def _on_its_way(variant: Variant) -> object:
    moved = FACE._replace(x0=FACE.x0 + 40, x1=FACE.x1 + 40)
    return _plan(variant, [[FACE], *([()] * 6), [moved], *([()] * 5)], 4)


def _without_a_face(variant: Variant) -> object:
    return _plan(variant, [[]] * 7, 3, WALKER)


def _after_it_was_found(variant: Variant) -> object:
    return _plan(variant, [[FACE], [], [], [], [], []], 2)


def _found(variant: Variant) -> object:
    return _plan(variant, [[FACE]], 0)


def _faint(variant: Variant) -> object:
    return _plan(variant, [[FACE._replace(score=0.3)]], 0)


def _first_look(variant: Variant) -> int:
    finder = PaintFinder()
    Gaze(finder, with_survey=variant.privacy.survey).look(_painted(0, 600, 300, 60, 80))
    return len(finder.shapes)


def _checks(variant: Variant) -> bool:
    return variant.privacy.self_check


SHOWS_IT: dict[str, Callable[[Variant], object]] = {
    "attention": _walking_face,
    "close-ups": _small_mover,
    "second-scale": _blurred_face,
    "following": _lost_face,
    "brightening": _dusk,
    "look-ahead": _before_it_is_found,
    "tracks": _on_its_way,
    "precaution": _without_a_face,
    "survey": _first_look,
    "union": _after_it_was_found,
    "dilation": _found,
    "low-threshold": _faint,
    "self-check": _checks,
}
"""For each part a situation in which it makes the difference."""


def test_every_part_has_a_situation_that_shows_it() -> None:
    assert set(SHOWS_IT) == set(VARIANTS)


@pytest.mark.parametrize("situation", SHOWS_IT)
def test_a_part_that_is_out_makes_the_difference_in_its_situation(situation: str) -> None:
    assert SHOWS_IT[situation](VARIANTS[situation]) != SHOWS_IT[situation](WHOLE)


@pytest.mark.parametrize("situation", ["attention", "close-ups", "second-scale", "following", "brightening"])
def test_the_other_parts_work_on(situation: str) -> None:
    """But for the second scale, which belongs to windows."""
    tied = {"attention"} if situation == "second-scale" else set()
    for part in set(VARIANTS) - {situation} - tied:
        assert SHOWS_IT[situation](VARIANTS[part]) == SHOWS_IT[situation](WHOLE), part


def test_what_each_part_is_without() -> None:
    assert _walking_face(WHOLE) == [(256, 480), (96, 96), (96, 96)]
    assert _walking_face(VARIANTS["attention"]) == [(256, 480)] * 3
    assert len(_small_mover(VARIANTS["close-ups"])) == len(_small_mover(WHOLE)) - 1
    assert len(_blurred_face(VARIANTS["second-scale"])) == len(_blurred_face(WHOLE)) - 1
    assert _dusk(VARIANTS["brightening"]) == pytest.approx(28, abs=2)
    assert _first_look(VARIANTS["survey"]) == 1
    for part, situation in (
        ("look-ahead", _before_it_is_found),
        ("tracks", _on_its_way),
        ("precaution", _without_a_face),
        ("union", _after_it_was_found),
        ("low-threshold", _faint),
    ):
        assert situation(VARIANTS[part]) == (FilterState.OK, ()), part
        assert situation(WHOLE) != (FilterState.OK, ()), part
    assert _found(VARIANTS["dilation"]) == (FilterState.OK, (Cover(600, 300, 640, 350),))


def test_a_filter_that_lacks_a_part_is_measured_beside_the_whole_one(tmp_path: Path) -> None:
    clip = Walk(Script("short", (Approach(60, 80),), (640, 352), seconds=1.0), 4)
    frames = list(clip.frames())
    whole, blind = (
        measure(clip, DoorbellFilter(PaintFinder(), variant), tmp_path, frames)
        for variant in (WHOLE, VARIANTS["precaution"])
    )
    assert (whole.policy, blind.policy) == ("latchkey paint", "paint without precaution")
    assert whole.asked_px == blind.asked_px > 0
    assert blind.hidden < whole.hidden or blind.hidden == 0


def test_the_cost_is_what_the_detector_was_shown(tmp_path: Path) -> None:
    clip = Walk(Script("short", (Approach(60, 80),), (640, 352), seconds=1.0), 4)
    score = measure(clip, PerFrame("per frame", PaintFinder()), tmp_path, clip.frames())
    assert score.asked_px == 480 * 256


def test_nothing_in_the_device_takes_a_part_out() -> None:
    """No setting, no command, no message: `Parts` is made in one place, with all of them."""
    device = Path(__file__).parents[3] / "device"
    made = {
        (path.name, bool(node.args or node.keywords))
        for path in device.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Parts"
    }
    assert made == {("parts.py", False)}
    assert Parts() == ALL_PARTS

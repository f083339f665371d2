"""Scenes end to end: played in a house, with the device's own code, and looked at as the owner does."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from latchkey.adapters.finders import open_finder
from latchkey.frames import RawFrame
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings
from latchkey.units import NS_PER_S
from latchkey_sim.house.house import House, Report
from latchkey_sim.house.owner import open_clip
from latchkey_sim.scenes import Expected, Expects, Scene, SceneFootage, find_scene, scenario_of, shipped_names
from latchkey_sim.scoring import COVERED_SHARE, cover_mask

SMALL = (640, 360)


@pytest.fixture(scope="module")
def detector(absent: Callable[[str, str], None]) -> FaceFinder:
    found = open_finder(PrivacySettings(threads=1)).finder
    if found is None:
        absent("centerface", "no face detector is installed")
        raise AssertionError
    return found


def short(name: str) -> Scene:
    scene = find_scene(name)
    recording = replace(scene.settings.recording, pre_roll_s=1.0, post_roll_s=2.0, threads=1)
    return replace(scene, size=SMALL, fps=10.0, settings=replace(scene.settings, recording=recording))


def played(scene: Scene, finder: FaceFinder | None) -> tuple[House, Report]:
    house = House(scenario_of(scene), 1, [Expects(scene)], finder=lambda: finder)
    return house, house.run()


def recorded(house: House) -> list[RawFrame]:
    """Give the frames of all clips of the first door; it booted at the beginning of the scene."""
    (bell,) = house.doors
    opened = [open_clip(bell.vault, entry) for entry in bell.index.entries()]
    return [frame for clip in opened if clip is not None for frame in clip.frames]


@pytest.mark.slow
def test_a_visit_is_announced_recorded_and_no_face_shows(detector: FaceFinder) -> None:
    scene = short("runner")
    footage = SceneFootage(scene)
    house, report = played(scene, detector)
    assert (report.rings, report.clips) == (1, 1)
    assert not report.failed
    step_ns, seen = round(NS_PER_S / scene.fps), 0
    for frame in recorded(house):
        mask = cover_mask(frame)
        for box in footage.faces(round(frame.at_ns / step_ns) * step_ns):
            x0, y0, x1, y1 = (round(side) for side in box[:4])
            part = mask[y0:y1, x0:x1]
            assert (part > 0).mean() >= COVERED_SHARE, (frame.at_ns, box)
            seen += 1
    assert seen > 25


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in shipped_names() if find_scene(name).expect])
def test_what_a_shipped_scene_expects_comes_to_be(name: str) -> None:
    _, report = played(replace(short(name), size=(320, 180), fps=5.0), None)
    assert report.verdicts == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        Expected("nothing", 3, 4),
        Expected("motion", 0, 1),
        Expected("ring", 0, 2),
        Expected("clip", 0.2),
        Expected("clip", 3, 10.9),
    ],
)
def test_what_was_expected_in_vain_is_blamed(wrong: Expected) -> None:
    scene = replace(short("runner"), size=(320, 180), fps=5.0, expect=(wrong,))
    _, report = played(scene, None)
    assert [verdict.checker for verdict in report.verdicts] == ["expects"]


@pytest.mark.slow
def test_a_scene_played_again_leaves_the_same_trace() -> None:
    scene = short("cat")
    first, second = (played(scene, None)[1].trace.sha256 for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_a_fault_of_a_scene_comes_when_it_says() -> None:
    house, report = played(short("power-cut"), None)
    assert report.faults_met == 1
    assert house.doors[0].lives == 2

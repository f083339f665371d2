"""Pictures of scenes: what is drawn is what the truth says, and the same every time."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from latchkey.frames import Box, Plane, RawFrame
from latchkey.units import NS_PER_S, to_ns
from latchkey_sim.scenes import (
    Actor,
    CameraEvent,
    Headlights,
    LightKey,
    Point,
    Scene,
    SceneFootage,
    Visibility,
    WeatherSpell,
    find_scene,
    shipped_names,
)
from latchkey_sim.scenes.bench import SIZE, measured
from latchkey_sim.scenes.contact import contact_sheet

SMALL = (640, 360)

DIGEST = """
import hashlib, sys
from dataclasses import replace
from latchkey_sim.scenes import SceneFootage, find_scene
footage = SceneFootage(replace(find_scene(sys.argv[1]), size=(640, 360)))
total = hashlib.sha256()
for at_ns in footage.times_ns()[::29]:
    frame = footage.picture(at_ns)
    for plane in (frame.y, frame.u, frame.v):
        total.update(plane.tobytes())
    total.update(repr(footage.truth(at_ns)).encode())
print(total.hexdigest())
"""


def small(name: str) -> Scene:
    return replace(find_scene(name), size=SMALL)


def digest(footage: SceneFootage, times_ns: list[int]) -> str:
    total = hashlib.sha256()
    for at_ns in times_ns:
        frame = footage.picture(at_ns)
        for plane in (frame.y, frame.u, frame.v):
            total.update(plane.tobytes())
        total.update(repr(footage.truth(at_ns)).encode())
    return total.hexdigest()


def staged(*course: Point, seconds: float = 10, **keys: object) -> Scene:
    """Give a scene of one person before bricks."""
    actor = Actor("person", "ann", course, **keys)  # type: ignore[arg-type]
    return Scene("staged", "for tests", seconds, actors=(actor,), place="bricks", size=SMALL)


def standing(look: str = "door", *, roll: float = 0.0, x_m: float = 0.1, z_m: float = 1.2) -> Scene:
    ends = (Point(at_s, x_m=x_m, z_m=z_m, look=look, roll_deg=roll) for at_s in (0, 10))
    return staged(*ends)


def changed(one: RawFrame, other: RawFrame, levels: int = 8) -> Plane:
    """Mark the pixels in which two pictures differ."""
    return np.asarray(cv2.absdiff(one.y, other.y) > levels, np.uint8)


def skin(scene: Scene, who: int, at_ns: int) -> Plane:
    """Mark somebody's skin: what differs once it has another tone, all else being equal."""

    def toned(tone: str) -> RawFrame:
        actors = list(scene.actors)
        actors[who] = replace(actors[who], tone=tone)
        return SceneFootage(replace(scene, actors=tuple(actors))).picture(at_ns)

    return changed(toned("light"), toned("dark"))


def telling(footage: SceneFootage) -> list[int]:
    """Give times of pictures with faces, from all of a scene; of one without any, some of all."""
    times = footage.times_ns()[::3]
    faced = [at_ns for at_ns in times if footage.faces(at_ns)] or times
    return [faced[len(faced) * n // 8] for n in (1, 3, 5, 7)]


def inside(mask: Plane, box: Box, grown: float) -> float:
    """Give the share of marked pixels that lie in a box, made larger by a share of its sides first."""
    wide, tall = (box.x1 - box.x0) * grown, (box.y1 - box.y0) * grown
    x0, y0 = max(round(box.x0 - wide), 0), max(round(box.y0 - tall), 0)
    part = mask[y0 : round(box.y1 + tall), x0 : round(box.x1 + wide)]
    return float(part.sum() / max(mask.sum(), 1))


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scene_is_drawn_and_its_boxes_hold_the_faces(name: str) -> None:
    scene = small(name)
    footage = SceneFootage(scene)
    lit = replace(scene, light=())
    looked = 0
    for at_ns in telling(footage):
        frame = footage.picture(at_ns)
        assert (frame.width, frame.height, frame.at_ns) == (*SMALL, at_ns)
        for one in footage.truth(at_ns).seen:
            if not one.visibility.shows or one.box is None:
                continue
            assert 0 <= one.box.x0 < one.box.x1 <= SMALL[0]
            assert 0 <= one.box.y0 < one.box.y1 <= SMALL[1]
            mask = skin(lit, [actor.name for actor in scene.actors].index(one.who), at_ns)
            if mask.sum() >= 20:
                assert inside(mask, one.box, 0.35) > 0.9, (one, at_ns)
                looked += 1
    assert looked >= 2 or name == "cat"


@pytest.mark.slow
@pytest.mark.parametrize("face", ["photo", "drawn"])
@pytest.mark.parametrize("roll", [0.0, 40.0, -40.0])
def test_a_face_fills_its_box(face: str, roll: float) -> None:
    scene = standing(roll=roll)
    scene = replace(scene, actors=(replace(scene.actors[0], face=face),))
    (box,) = SceneFootage(scene).faces(5 * NS_PER_S)
    rows, columns = np.nonzero(skin(scene, 0, 5 * NS_PER_S))
    wide, tall = box.x1 - box.x0, box.y1 - box.y0
    assert columns.min() == pytest.approx(box.x0, abs=0.2 * wide)
    assert columns.max() == pytest.approx(box.x1, abs=0.2 * wide)
    assert rows.min() == pytest.approx(box.y0, abs=0.25 * tall)
    assert rows.max() == pytest.approx(box.y1, abs=0.2 * tall)


@pytest.mark.slow
def test_a_head_that_is_turned_away_has_no_box_and_shows_no_skin() -> None:
    scene = standing("back")
    (one,) = SceneFootage(scene).truth(5 * NS_PER_S).seen
    assert (one.visibility, one.box) == (Visibility.AWAY, None)
    front = skin(standing(), 0, 5 * NS_PER_S).sum()
    assert skin(scene, 0, 5 * NS_PER_S).sum() < 0.02 * front


def test_a_head_turned_to_the_side_shows_a_profile_in_a_narrower_box() -> None:
    front, side = (SceneFootage(standing(look)).truth(5 * NS_PER_S).seen[0] for look in ("door", "right"))
    assert front.visibility is Visibility.FACING
    assert front.box is not None
    assert side.box is not None
    assert side.box.x1 - side.box.x0 < 0.9 * (front.box.x1 - front.box.x0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["crowd", "two-people", "back-of-head"])
def test_where_the_truth_has_no_box_hardly_any_skin_shows(name: str) -> None:
    """Of a face that is hidden or outside at most a quarter; of one turned away ear and cheek."""
    scene = small(name)
    footage = SceneFootage(scene)
    names = [actor.name for actor in scene.actors]
    largest = {
        who: max((skin_px(footage, who, at_ns) for at_ns in footage.busy_times_ns()[::5]), default=0.0)
        for who in names
    }
    looked = 0
    for at_ns in footage.busy_times_ns()[4::9]:
        for one in footage.truth(at_ns).seen:
            if one.box is None and largest[one.who]:
                assert skin(scene, names.index(one.who), at_ns).sum() < 0.25 * largest[one.who], (one, at_ns)
                looked += 1
    assert looked > 3


def skin_px(footage: SceneFootage, who: str, at_ns: int) -> float:
    """Give the pixels of somebody's box."""
    boxes = [one.box for one in footage.truth(at_ns).seen if one.who == who and one.box is not None]
    return sum((box.x1 - box.x0) * (box.y1 - box.y0) for box in boxes)


def test_who_stands_behind_somebody_is_hidden() -> None:
    behind, before = standing(z_m=2.4).actors[0], replace(standing(z_m=1.2).actors[0], name="before")
    scene = replace(standing(), actors=(behind, before))
    seen = {one.who: one for one in SceneFootage(scene).truth(5 * NS_PER_S).seen}
    assert seen["ann"].visibility is Visibility.HIDDEN
    assert seen["before"].visibility is Visibility.FACING
    beside = replace(scene, actors=(standing(x_m=-1.2, z_m=2.4).actors[0], before))
    assert len(SceneFootage(beside).faces(5 * NS_PER_S)) == 2


def test_a_car_hides_who_is_behind_it_for_a_moment() -> None:
    footage = SceneFootage(find_scene("car"))
    views = [one.visibility for at_ns in footage.times_ns() for one in footage.truth(at_ns).seen]
    assert 2 <= views.count(Visibility.HIDDEN) <= 15
    assert views.count(Visibility.FACING) + views.count(Visibility.PROFILE) > 30


def test_who_has_left_the_picture_is_outside_even_with_the_back_turned() -> None:
    footage = SceneFootage(find_scene("passer-by"))
    views = [one.visibility for at_ns in footage.times_ns() for one in footage.truth(at_ns).seen]
    order = [view for view, before in pairwise([*reversed(views), None]) if view is not before]
    assert order[0] is order[-1] is Visibility.OUTSIDE
    assert set(order) == {Visibility.OUTSIDE, Visibility.FACING, Visibility.PROFILE, Visibility.AWAY}


@pytest.mark.slow
def test_the_wall_of_the_porch_hides_who_is_behind_it() -> None:
    scene = replace(standing(x_m=-2.2, z_m=4.2), place="porch")
    (one,) = SceneFootage(scene).truth(5 * NS_PER_S).seen
    assert one.visibility is Visibility.HIDDEN
    empty = SceneFootage(replace(scene, actors=())).picture(5 * NS_PER_S)
    assert changed(SceneFootage(scene).picture(5 * NS_PER_S), empty)[:, :180].sum() == 0


def test_a_poster_is_printed_and_no_living_face() -> None:
    poster = Actor("poster", "poster", (Point(0, x_m=0.5, z_m=2.5),))
    footage = SceneFootage(replace(standing(x_m=-0.5), actors=(poster, *standing(x_m=-0.5).actors)))
    truth = footage.truth(5 * NS_PER_S)
    assert {one.who: one.visibility for one in truth.seen} == {
        "poster": Visibility.PRINTED,
        "ann": Visibility.FACING,
    }
    assert len(truth.faces) == 1


@pytest.mark.slow
def test_a_knocked_camera_sees_faces_where_the_truth_says() -> None:
    scene = replace(standing(), camera=(CameraEvent("knocked", 2.0),))
    footage = SceneFootage(scene)
    (before,), (after,) = footage.faces(1 * NS_PER_S), footage.faces(5 * NS_PER_S)
    assert abs(before.x0 - after.x0) + abs(before.y0 - after.y0) > 20
    assert inside(skin(scene, 0, 5 * NS_PER_S), after, 0.2) > 0.95


@pytest.mark.slow
def test_a_hand_on_the_lens_hides_everybody_for_as_long_as_it_is_there() -> None:
    scene = replace(standing(), camera=(CameraEvent("obstructed", 2.0, 4.0),))
    footage = SceneFootage(scene)
    assert [len(footage.faces(second * NS_PER_S)) for second in (1, 4, 7)] == [1, 0, 1]
    assert skin(scene, 0, 4 * NS_PER_S).sum() == 0
    assert footage.picture(4 * NS_PER_S).y.mean() < 0.5 * footage.picture(1 * NS_PER_S).y.mean()


@pytest.mark.slow
def test_it_gets_dark_evenly_and_headlights_shine_in_the_dark() -> None:
    light = (LightKey(0, "day"), LightKey(8, "night"))
    scene = Scene(
        "dark", "for tests", 12, place="bricks", size=SMALL, light=light, headlights=(Headlights(9, 2),)
    )
    footage = SceneFootage(scene)
    means = [footage.picture(to_ns(at_s)).y.mean() for at_s in (0, 4, 8, 10)]
    assert means[0] > 1.5 * means[1] > 2 * means[2]
    assert footage.picture(10 * NS_PER_S).y.max() > 200 > footage.picture(8 * NS_PER_S).y.max()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rain", "tree-shadows"])
def test_weather_changes_the_picture_from_frame_to_frame_while_it_lasts(kind: str) -> None:
    scene = Scene("weather", "for tests", 10, place="bricks", size=SMALL, weather=(WeatherSpell(kind, 2, 4),))
    footage = SceneFootage(scene)
    during = changed(footage.picture(3 * NS_PER_S), footage.picture(to_ns(3.5)), 15).mean()
    after = changed(footage.picture(to_ns(6.2)), footage.picture(to_ns(6.7)), 15).mean()
    assert during > 0.003 > after


@pytest.mark.slow
def test_a_parcel_stays_where_the_courier_has_put_it() -> None:
    scene = small("courier")
    footage = SceneFootage(scene)
    end_ns = footage.times_ns()[-1]
    without = SceneFootage(replace(scene, actors=())).picture(end_ns)
    rows, columns = np.nonzero(changed(footage.picture(end_ns), without, 12))
    assert rows.min() > 0.8 * SMALL[1]
    assert 20 < np.ptp(columns) < 80


def test_nothing_is_drawn_while_nothing_happens() -> None:
    footage = SceneFootage(find_scene("quiet-hours"))
    assert len(footage.spells_ns) == 2
    (_, first_end), (second_begin, _) = footage.spells_ns
    assert second_begin - first_end > 5 * 3600 * NS_PER_S
    assert 0 <= (footage.next_ns(first_end) or 0) - second_begin < NS_PER_S // 10
    assert len(footage.times_ns()) < 800


@pytest.mark.slow
def test_the_empty_place_is_seen_for_as_long_as_clips_begin_before_and_go_on_after_a_visit() -> None:
    scene = find_scene("quiet-hours")
    footage = SceneFootage(scene)
    ((begin_ns, end_ns), _), ((comes_ns, gone_ns), _) = footage.spells_ns, footage.busy_ns
    assert comes_ns - begin_ns > to_ns(scene.settings.recording.pre_roll_s)
    assert end_ns - gone_ns > to_ns(scene.settings.motion.hold_s + scene.settings.recording.post_roll_s)


@pytest.mark.slow
def test_who_is_in_the_picture_is_drawn_in_all_of_it() -> None:
    """No spell begins too late or ends too early: at both ends of it the place is empty."""
    for name in ("passer-by", "car", "cat"):
        scene = small(name)
        footage = SceneFootage(scene)
        empty = SceneFootage(replace(scene, actors=()))
        for at_ns in (footage.busy_ns[0][0], footage.busy_ns[-1][1]):
            assert changed(footage.picture(at_ns), empty.picture(at_ns)).sum() == 0, (name, at_ns)


def test_pictures_come_in_the_raster_of_the_camera() -> None:
    footage = SceneFootage(find_scene("visitor"))
    times = footage.times_ns()
    assert {after - before for before, after in pairwise(times)} == {NS_PER_S // 10}
    assert footage.next_ns(times[5] - 1) == times[5]
    assert footage.next_ns(times[-1] + 1) is None


def test_rings_and_expected_events_stand_at_their_moment() -> None:
    footage = SceneFootage(find_scene("visitor"))
    told = [(at_ns, footage.truth(at_ns).events) for at_ns in footage.times_ns()]
    assert [(at_ns, events) for at_ns, events in told if "ring" in events] == [
        (to_ns(10.5), ("ring", "clip"))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["crowd", "dusk-to-night", "knocked", "obstructed", "rain", "tree-shadows"])
def test_a_scene_is_the_same_bytes_again_and_in_another_process(name: str) -> None:
    footage = SceneFootage(small(name))
    times = footage.times_ns()[::29]
    first = digest(footage, times)
    footage.picture(footage.times_ns()[-1])
    assert digest(footage, times) == first, "it must not matter what was drawn before"
    run = [sys.executable, "-c", DIGEST, name]
    other = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    assert other == first


@pytest.mark.slow
def test_a_contact_sheet_is_a_picture() -> None:
    data = contact_sheet(SceneFootage(small("poster")), 3)
    sheet = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert sheet is not None
    assert sheet.shape[1] == 1600


@pytest.mark.slow
def test_the_measurement_draws_as_many_pictures_as_it_says() -> None:
    rate = measured("cat", 5)
    assert (rate.name, rate.frames, SIZE) == ("cat", 5, (1280, 720))
    assert rate.per_s > 0

"""The language of scenes: what it says, what it refuses, and on which line."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from latchkey.settings.lines import key_lines, line_of
from latchkey_sim.scenes import (
    Actor,
    Expected,
    LightKey,
    Point,
    Scene,
    SceneError,
    SceneFault,
    checked,
    find_scene,
    load,
    parse,
    shipped_names,
    shipped_text,
    to_toml,
)
from latchkey_sim.scenes.model import COUNT_LIMIT
from latchkey_sim.scenes.reference import scenes_reference

ROOT = Path(__file__).resolve().parents[3]

GOOD = """schema = 1
name = "Visit"
about = "for tests"
seconds = 12

[[light]]
at = 0
is = "day"

[[actor]]
kind = "person"
name = "ann"
course = [
  { at = 0, place = "step" },
  { at = 8, place = "door" },
  { at = 12, place = "door" },
]
rings = [9]

[settings.recording]
post_roll_s = 2.0
"""


def refused(text: str) -> str:
    with pytest.raises(SceneError) as caught:
        parse(text, "visit.toml")
    return str(caught.value)


def test_a_scene_says_who_comes_when_and_how_the_doorbell_is_set_up() -> None:
    scene = parse(GOOD)
    assert scene.actors[0].course[1] == Point(8.0, "door")
    assert scene.rings_s == (9.0,)
    assert scene.settings.recording.post_roll_s == 2.0
    assert scene.size == (1280, 720)


def test_the_same_scene_can_be_built_in_python() -> None:
    ann = Actor("person", "ann", (Point(0, "step"), Point(8, "door"), Point(12, "door")), rings_s=(9.0,))
    settings = parse(GOOD).settings
    built = Scene("Visit", "for tests", 12, actors=(ann,), light=(LightKey(0, "day"),), settings=settings)
    assert checked(built) == parse(GOOD)


@pytest.mark.parametrize("name", shipped_names())
def test_a_scene_survives_being_written_and_read(name: str) -> None:
    scene = find_scene(name)
    assert parse(to_toml(scene)) == scene


def test_what_has_its_default_is_not_written() -> None:
    keys = {line.partition(" = ")[0] for line in to_toml(parse(GOOD)).splitlines() if " = " in line}
    assert not keys & {"fps", "size", "place", "tone", "wear"}


def test_a_scene_with_every_kind_of_entry_survives_being_written_and_read() -> None:
    rich = replace(
        parse(GOOD),
        about='quotes " and \\ and ü',
        expect=(Expected("clip", 1.5, 2.0), Expected("nothing", 0)),
        faults=(SceneFault("power-cut", 3.0, value=1 << 40, operation=7),),
    )
    assert parse(to_toml(rich)) == rich


@pytest.mark.parametrize(
    ("was", "now", "line", "told"),
    [
        ('name = "ann"', 'name = "ann"\ncolour = "red"', 13, "unknown key actor[1].colour; known here: kind"),
        ("seconds = 12", "secnds = 12", 4, "unknown key secnds"),
        ("seconds = 12", "seconds = true", 4, "seconds must be a number, not True"),
        ("seconds = 12", "seconds = 0.5", 4, "seconds must lie in 1..86400, not 0.5"),
        ("seconds = 12", "seconds = nan", 4, "seconds must lie in 1..86400, not nan"),
        ("seconds = 12\n", "", 1, "the key seconds is missing"),
        ("seconds = 12", "seconds = 12\nsize = [1280]", 5, "size must have 2 entries, not 1"),
        ("seconds = 12", "seconds = 12\nsize = [1281, 720]", 5, "width and height must be even"),
        ('name = "Visit"', 'name = ""', 2, "name must have 1 to 300 characters"),
        ('name = "Visit"', 'name = "a\\nb"', 2, "name must be one line of printable text"),
        ("schema = 1", "schema = 2", 1, "this version reads scenes of schema 1, not 2"),
        ("schema = 1\n", "", 1, "the key schema is missing"),
        ('is = "day"', 'is = "dawn"', 8, "light[1].is must be one of day, dusk, night, not 'dawn'"),
        ('is = "day"', 'is = "day"\n[[light]]\nat = 0\nis = "dusk"', 10, "0 s is not after 0 s"),
        ('kind = "person"', 'kind = "dog"', 11, "actor[1].kind must be one of person, courier, car, cat"),
        ('kind = "person"', 'kind = "cat"', 18, "rings means nothing for a cat"),
        ('at = 8, place = "door"', 'at = 8, place = "roof"', 15, "course[2].place must be one of door"),
        ('at = 8, place = "door"', 'at = 80, place = "door"', 15, "80 s is after the end of the scene"),
        ('at = 8, place = "door"', 'at = -1, place = "door"', 15, "must lie in 0..86400, not -1"),
        ('at = 8, place = "door"', "at = 8, x = 1", 15, "a point is either a place, or x and z"),
        ('at = 8, place = "door"', 'at = 8, place = "door", x = 1', 15, "a point is either a place"),
        ('at = 8, place = "door"', 'at = 0.1, x = 4, z = 5.5', 15, "faster than a person moves"),
        ('at = 0, place = "step"', 'at = 8, place = "step"', 15, "8 s is not after 8 s"),
        ('at = 0, place = "step"', 'at = 1, place = "step"', 14, "ann would appear out of nowhere at 1 s"),
        ('{ at = 12, place = "door" },', "", 15, "ann would vanish at 8 s, in the picture"),
        ("rings = [9]", "rings = [9, 0.5]", 18, "ann is 1.4 m away at 0.5 s, and cannot reach the bell"),
        ("rings = [9]", "rings = 9", 18, "actor[1].rings must be a list, not 9"),
        ("rings = [9]", "rings = [9]\nleaves_parcel = 5", 19, "leaves_parcel means nothing for a person"),
        ("rings = [9]", 'rings = [9]\n[[fault]]\nkind = "flood"\nat = 1', 20, "unknown kind of fault"),
        ("rings = [9]", 'rings = [9]\n[[camera]]\nkind = "knocked"\nat = 5\nfor = 9', 22, "14 s is after"),
        ("post_roll_s = 2.0", "post_roll_s = 2000.0", 21, "settings.recording.post_roll_s must lie in 1..60"),
        ("post_roll_s = 2.0", "post_rol_s = 2.0", 21, "unknown key settings.recording.post_rol_s"),
        ("[settings.recording]\npost_roll_s", "[settings.vault]\npath = 'a'\ndays", 21, "names no files"),
        ("seconds = 12", "seconds = 12\nbackdrop = 'gone.png'", 5, "the picture gone.png is missing"),
        ("[settings.recording]\npost_roll_s", "[settings.camera]\nfps", 21, "is the scene's: use"),
        ("seconds = 12", "seconds =", 4, "invalid value"),
        ("seconds = 12", "seconds = 12\nseconds = 13", 5, "the key seconds is there twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(was: str, now: str, line: int, told: str) -> None:
    assert was in GOOD
    said = refused(GOOD.replace(was, now, 1))
    assert said.startswith(f"visit.toml:{line}: ")
    assert told in said


def test_a_near_miss_is_named() -> None:
    with pytest.raises(SceneError) as caught:
        parse(GOOD.replace("seconds", "secnds"))
    assert caught.value.hint == "did you mean seconds?"


def test_a_scene_built_in_python_is_refused_by_key() -> None:
    twins = replace(parse(GOOD), actors=parse(GOOD).actors * 2)
    with pytest.raises(SceneError, match=r"^Visit: actor\[2\].name: two actors are called ann"):
        checked(twins)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seconds": -3.0}, "seconds: must lie in 1..86400, not -3.0"),
        ({"place": "moon"}, "place: must be one of porch"),
        ({"light": (LightKey(0, "dawn"),)}, r"light\[1\].is: must be one of day"),
        ({"expect": (Expected("nothing", -1.0),)}, r"expect\[1\].at: must lie in 0..86400"),
    ],
)
def test_a_value_that_no_file_could_hold_is_refused_in_python_too(change: dict[str, Any], told: str) -> None:
    with pytest.raises(SceneError, match=f"^Visit: {told}"):
        checked(replace(parse(GOOD), **change))


def test_a_picture_that_is_none_is_refused_and_a_good_one_is_found_beside_the_file(tmp_path: Path) -> None:
    file, picture = tmp_path / "visit.toml", tmp_path / "door.png"
    file.write_text(GOOD.replace("seconds = 12", 'seconds = 12\nbackdrop = "door.png"'))
    picture.write_bytes(b"no picture")
    with pytest.raises(SceneError, match=r"visit\.toml:5: .* is no picture"):
        load(file)
    cv2.imwrite(str(picture), np.full((90, 160, 3), 120, np.uint8))
    assert load(file).backdrop == picture


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 3000,
        "a = " + "9" * 5000,
        "x" * 5000 + " = 1",
        "a." * 2000 + "b = 1",
        "schema = 1\n" * 2,
    ],
    ids=["deep", "digits", "long", "dots", "twice"],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    assert refused(text).startswith("visit.toml")


def test_lists_have_a_limit() -> None:
    assert f"more than {COUNT_LIMIT} entries" in refused(
        GOOD + '[[light]]\nat = 1\nis = "day"\n' * (COUNT_LIMIT + 1)
    )


@pytest.mark.parametrize("name", ["nowhere.toml", "/dev/zero.toml"])
def test_a_file_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(SceneError, match=r"No such file|Not a directory"):
        find_scene(name)


def test_an_unknown_shipped_scene_names_those_there_are() -> None:
    with pytest.raises(SceneError) as caught:
        shipped_text("holiday")
    assert "visitor" in str(caught.value.hint)


def test_lines_are_found_through_strings_comments_dots_and_nested_lists() -> None:
    text = (
        "a = 1 # b = 2\n"
        'text = """\n[[actor]]\nkind = "no"\n"""\n'
        "'quoted.key' = '# no comment'\n"
        "c.d.e = [1,\n 2, # two\n { f = [3,\n 4], g = 'x]' }]\n"
        "[[actor]]\nname = 1\n"
        "[actor.inner]\ndeep = 2020-01-01T00:00:00Z\n"
        "[[actor]]\nname = 2\n"
        "[[actor.list]]\nlast = 1e3\n"
    )
    lines = key_lines(text)
    assert lines[("a",)] == 1
    assert lines[("text",)] == 2
    assert lines[("quoted.key",)] == 6
    assert lines[("c", "d", "e")] == 7
    assert lines[("c", "d", "e", 1)] == 8
    assert lines[("c", "d", "e", 2, "f", 1)] == 10
    assert lines[("c", "d", "e", 2, "g")] == 10
    assert lines[("actor", 0, "name")] == 12
    assert lines[("actor", 0, "inner", "deep")] == 14
    assert lines[("actor", 1)] == 15
    assert lines[("actor", 1, "list", 0, "last")] == 18
    assert line_of(lines, ("actor", 1, "gone")) == 15


def test_the_page_is_made_from_the_declarations() -> None:
    page = (ROOT / "docs" / "scenes.md").read_text()
    assert scenes_reference() in page, "python -m latchkey_sim.scenes.reference"


def test_the_worked_example_of_the_page_is_a_scene() -> None:
    page = (ROOT / "docs" / "scenes.md").read_text()
    examples = [part.split("```")[0] for part in page.split("```toml\n")[1:]]
    assert examples
    for example in examples:
        assert parse(example).actors


def test_every_shipped_scene_is_listed_with_what_it_is_for() -> None:
    page = (ROOT / "docs" / "scenes.md").read_text()
    for name in shipped_names():
        assert f"| `{name}` | {find_scene(name).about} |" in page


def test_twenty_scenes_and_more_are_shipped_and_use_every_word_of_the_language() -> None:
    scenes = [find_scene(name) for name in shipped_names()]
    assert len(scenes) >= 20
    used = {
        spec.name for scene in scenes for spec in fields(scene) if getattr(scene, spec.name) != spec.default
    }
    assert used >= {"actors", "light", "headlights", "weather", "camera", "expect", "faults", "settings"}
    actors = [actor for scene in scenes for actor in scene.actors]
    assert {actor.kind for actor in actors} == {"person", "courier", "car", "cat", "poster"}
    assert {actor.wear for actor in actors} == {"nothing", "hat", "mask", "sunglasses"}
    assert {(actor.face, actor.tone) for actor in actors} >= {
        (face, tone) for face in ("photo", "drawn") for tone in ("light", "medium", "dark")
    }

"""What people write: seeds, faults, files of drawn scenarios; and what they are told where it is wrong."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from latchkey.errors import EXIT_SCENE, EXIT_USAGE, LatchkeyError, UsageError
from latchkey_sim.house.drawing import VERSION, draw
from latchkey_sim.house.footage import TinyFootage
from latchkey_sim.scenes import SceneError, SceneFault, to_toml
from latchkey_sim.screen import Screen, run_on_screen
from latchkey_sim.simulate import COMMAND
from latchkey_sim.simulate.drawnfile import file_of, parse_drawn, scenario_of_file
from latchkey_sim.simulate.faultlines import read_fault, read_faults
from latchkey_sim.simulate.seeds import Seed, read_seed

DRAWN_V2 = "66a25c013447bf4cb8b29c0f28eb57d23abec9f5527d9afb62e3aef580e794d9"


def sim(*words: object, screen: Screen | None = None) -> tuple[int, Screen]:
    """Run `latchkey sim`."""
    return run_on_screen(COMMAND, *words, screen=screen)


def test_a_seed_reads_as_it_is_written() -> None:
    for seed in (Seed(0), Seed(123), Seed(7, "visitor"), Seed(7, "a/b@c.toml")):
        assert read_seed(str(seed)) == seed
    assert read_seed("123") == Seed(123)
    assert read_seed("5@visitor") == Seed(5, "visitor")


@pytest.mark.parametrize("text", ["", "x", "-1", "v:1", "1.5", "v1:", "@visitor", "1@", "9" * 19, "٣"])
def test_what_is_no_seed_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no seed") as caught:
        read_seed(text)
    assert f"v{VERSION}:123" in str(caught.value.hint)


def test_a_seed_of_another_version_is_refused_and_both_versions_are_told() -> None:
    with pytest.raises(UsageError, match=f"version {VERSION + 1}; this latchkey draws version {VERSION}"):
        read_seed(f"v{VERSION + 1}:123")


def drawings() -> str:
    """Give a fingerprint of what seeds draw, of all but settings that a new release adds."""
    state = hashlib.sha256()
    for seed in range(200):
        scenario = draw(seed)
        state.update(repr((scenario.name, scenario.span_ns, scenario.faults)).encode())
        for door in scenario.doors:
            assert isinstance(door.footage, TinyFootage)
            kept = (door.settings.recording.pre_roll_s, door.settings.vault.days)
            seen = door.footage.passages, door.footage.watched
            past = door.past_days, door.past_bytes, door.past_events
            told = (door.rings_ns, sorted(door.costs_ns.items()), past, seen, kept)
            state.update(repr(told).encode())
    return state.hexdigest()


def test_seeds_draw_what_they_always_drew() -> None:
    """Where this fails, seeds that people hold mean something else: raise `drawing.VERSION`, and pin anew."""
    assert (VERSION, drawings()) == (2, DRAWN_V2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("kill@5", SceneFault("kill", 5.0)),
        ("power-cut@12=4s", SceneFault("power-cut", 12.0, value=4_000_000_000)),
        ("net-loss@5.25+10=30", SceneFault("net-loss", 5.25, 10.0, 30)),
        ("broker-slow@0+3.5=200ms", SceneFault("broker-slow", 0.0, 3.5, 200_000_000)),
        ("clock-step@3+4=-45s", SceneFault("clock-step", 3.0, 4.0, -45_000_000_000)),
    ],
)
def test_a_fault_reads_as_it_is_written(text: str, fault: SceneFault) -> None:
    assert read_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kill@", "is no fault"),
        ("kill@x", "is no fault"),
        ("kill@5+", "is no fault"),
        ("kill@-5", "is no fault"),
        ("kill@1e9", "is no fault"),
        ("net-loss@5=1.5", "a whole number"),
        ("kill@999999", "longer than a day"),
        ("kill@5=99999999s", "above 2"),
        ("powercut@5", "unknown kind of fault 'powercut'"),
    ],
)
def test_what_is_no_fault_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_faults(text)


def test_help_is_given_without_loading_the_simulator() -> None:
    """In a process of its own: this one has loaded all there is."""
    code = (
        "import sys, argparse; from latchkey_sim.simulate import COMMAND;"
        " COMMAND.configure(argparse.ArgumentParser());"
        " print(sorted({'cv2', 'latchkey_sim.house'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_near_scene_is_hinted() -> None:
    with pytest.raises(SceneError) as caught:
        sim("run", "vistor")
    assert caught.value.hint == "did you mean visitor?"


def test_a_near_kind_is_hinted() -> None:
    with pytest.raises(UsageError) as caught:
        read_fault("powercut@5")
    assert caught.value.hint == "did you mean power-cut?"


def test_a_file_of_faults_is_read_and_wrong_ones_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('schema = 1\n[[fault]]\nkind = "kill"\nat = 3\nvalue = 5\n')
    assert read_faults(str(path)) == (SceneFault("kill", 3.0, value=5),)
    path.write_text('schema = 1\n[[fault]]\nkind = "kil"\nat = 3\n')
    with pytest.raises(SceneError, match=r"faults\.toml:3: unknown kind of fault 'kil'") as caught:
        read_faults(str(path))
    assert caught.value.exit_code == EXIT_SCENE
    path.write_text('schema = 1\n[[fault]]\nkind = "kill"\nwhen = 3\n')
    with pytest.raises(SceneError, match=r"faults\.toml:4: unknown key fault\[1\]\.when"):
        read_faults(str(path))
    with pytest.raises(SceneError, match=r"missing\.toml: "):
        read_faults(str(tmp_path / "missing.toml"))


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_a_drawn_scenario_is_the_same_from_its_file(seed: int) -> None:
    text = to_toml(file_of(seed))
    read, drawn = scenario_of_file(parse_drawn(text, "drawn.toml")), draw(seed)
    assert (read.span_ns, read.faults) == (drawn.span_ns, drawn.faults)
    assert [door.rings_ns for door in read.doors] == [door.rings_ns for door in drawn.doors]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('drawn = "v9:1"', "2: 'v9:1' is a seed of version 9"),
        ('drawn = "1@visitor"', "2: a scene is played as it is"),
        ("rings = []", "4: this seed has 1 door"),
        ("rings = [[3.0], [4.0]]", "4: this seed has 1 door"),
        ("rings = [[31.0]]", "4: 31 s is after the end, at 30 s"),
        ('[[fault]]\nkind = "kill"\nat = 3\ndoor = 1', "8: there is no door 1"),
        ('[[fault]]\nkind = "kil"\nat = 3', "6: unknown kind of fault 'kil'"),
        ('[[fault]]\nkind = "kill"\nat = 29\nfor = 2', "5: 31 s is after the end"),
        ("colour = 3", "5: unknown key colour"),
    ],
)
def test_a_wrong_file_of_a_drawn_scenario_is_told_with_its_line(line: str, told: str) -> None:
    key = line.split(" ")[0]
    lines = ["schema = 1", 'drawn = "v2:1"', "seconds = 30", "rings = [[3.0]]"]
    text = "\n".join([line if one.startswith(f"{key} ") else one for one in lines])
    if line not in text:
        text += f"\n{line}"
    with pytest.raises(SceneError, match=r"drawn\.toml:") as caught:
        parse_drawn(text, "drawn.toml")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["run", "vistor"], EXIT_SCENE, "there is no such scene"),
        (["run", "no/such.toml"], EXIT_SCENE, "No such file"),
        (["run", "cat", "--seed", "v9:1"], EXIT_USAGE, "version 9"),
        (["run", "cat", "--faults", "kill@50"], EXIT_SCENE, "50 s is after the end of the scene"),
        (["run", "cat", "rain", "--html", "x.html"], EXIT_USAGE, "one scene"),
        (["run", "cat", "--broker", "http://x"], EXIT_USAGE, "no URL of a broker"),
        (["run", "cat", "--broker", "mqtt://x", "--faults", "kill@5"], EXIT_USAGE, "no faults"),
        (["run", "cat", "rain", "--real-time"], EXIT_USAGE, "one scene"),
        (["replay", "v9:1"], EXIT_USAGE, "version 9"),
        (["replay", "1@vistor"], EXIT_SCENE, "there is no such scene"),
        (["replay", "1", "--faults", "kill@5"], EXIT_USAGE, "faults of its own"),
        (["shrink", "x"], EXIT_USAGE, "is no seed"),
        (["soak", "--seed", "v9:1"], EXIT_USAGE, "version 9"),
    ],
)
def test_what_cannot_be_played_is_told_before_anything_is(words: list[str], code: int, told: str) -> None:
    with pytest.raises(LatchkeyError) as caught:
        sim(*words)
    assert (caught.value.exit_code, told in str(caught.value)) == (code, True), str(caught.value)

"""Faults as people give them: what each kind takes, how long it lasts, and what met nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from latchkey.errors import EXIT_OK, LatchkeyError, UsageError
from latchkey.units import NS_PER_S
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.house import House
from latchkey_sim.house.scenario import Fault
from latchkey_sim.house.tiny import tiny_scenario
from latchkey_sim.scenes import SceneError, parse
from latchkey_sim.screen import Screen, run_on_screen
from latchkey_sim.simulate import COMMAND
from latchkey_sim.simulate.drawnfile import parse_drawn
from latchkey_sim.simulate.faultlines import read_fault, read_faults
from latchkey_sim.simulate.seeds import Seed
from latchkey_sim.testing import Scenario, SimHouse

WRONG = [
    ("power-cut@12=-5s", "of power-cut must lie in 0s..86400s, not -5s"),
    ("kill@1=-100000s", "of kill must lie in 0s..86400s, not -100000s"),
    ("bell-held@1=-5s", "of bell-held must lie in 0.05s..3600s, not -5s"),
    ("net-delay@3+20=-5s", "of net-delay must lie in 0s..60s, not -5s"),
    ("net-delay@3=9007199s", "of net-delay must lie in 0s..60s, not 9007199s"),
    ("net-loss@3=100000", "of net-loss must lie in 0..100, not 100000"),
    ("disk-full@3=-5", "of disk-full must lie in 0 bytes..1099511627776 bytes, not -5 bytes"),
    ("disk-slow@3=9000000s", "of disk-slow must lie in 0s..60s, not 9000000s"),
    ("bell-bounce@3=1000000", "of bell-bounce must lie in 1..10, not 1000000"),
    ("clock-no-ntp@3=1971", "of clock-no-ntp must lie in 0 or 1970, not 1971"),
    ("low-memory@3=99", "low-memory takes no value"),
    ("kill@3+4", "kill is an instant: `value` says for how long"),
    ("clock-no-ntp@3+4", "clock-no-ntp is an instant"),
]
SCENE = 'schema = 1\nname = "S"\nabout = "s"\nseconds = 30\n[[fault]]\nkind = "{}"\nat = 3\n{}\n'
DRAWN = (
    f'schema = 1\ndrawn = "{Seed(1)}"\nseconds = 30\nrings = [[3.0]]\n'
    '[[fault]]\nkind = "{}"\nat = 3\n{}\n'
)


def sim(*words: object) -> tuple[int, Screen]:
    """Run `latchkey sim`."""
    return run_on_screen(COMMAND, *words)


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_a_value_that_a_kind_does_not_take_is_refused_on_the_command_line(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_fault(text)
    assert str(caught.value) == f"{text!r}: {told}"


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        ("net-loss", "value = 300", ":8: of net-loss must lie in 0..100, not 300"),
        ("net-delay", 'value = "61s"', ":8: of net-delay must lie in 0s..60s, not 61s"),
        ("net-delay", 'value = "1.5"', 'must be a whole number, or a time like "4s" or "200ms", not'),
        ("kill", "operation = 3", ":8: kill does not wait for an operation on a disk"),
    ],
)
def test_a_file_is_refused_with_its_line(kind: str, line: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(f'schema = 1\n\n\n\n[[fault]]\nkind = "{kind}"\nat = 3\n{line}\n')
    readers: list[Callable[[], object]] = [
        lambda: parse(SCENE.format(kind, line), "S.toml"),
        lambda: parse_drawn(DRAWN.format(kind, line), "D.toml"),
        lambda: read_faults(str(path)),
    ]
    for read in readers:
        with pytest.raises(SceneError) as caught:
            read()
        assert told in str(caught.value)
        assert caught.value.line == 8


def test_an_instant_of_a_scene_has_no_length_and_times_may_be_written_as_such() -> None:
    with pytest.raises(SceneError, match=r"S\.toml:8: kill is an instant"):
        parse(SCENE.format("kill", "for = 4"), "S.toml")
    (fault,) = parse(SCENE.format("net-delay", 'value = "250ms"')).faults
    assert fault.fault() == Fault("net-delay", 3 * NS_PER_S, value=250_000_000)
    (usual,) = parse(SCENE.format("net-loss", "")).faults
    assert usual.fault().value == KINDS["net-loss"].takes.usual == 30


@pytest.mark.parametrize(
    ("doing", "told"),
    [
        (lambda house: house.net.lose(300), "net-loss must lie in 0..100, not 300"),
        (lambda house: house.net.delay(-3), "seconds must lie in 0..1000000000, not -3"),
        (lambda house: house.net.delay(100), "net-delay must lie in 0s..60s, not 100s"),
        (lambda house: house.net.partition(float("nan")), "seconds must lie in 0..1000000000, not nan"),
        (lambda house: house.run_for(float("inf")), "seconds must lie in 0..1000000000, not inf"),
        (lambda house: house.run_until(float("nan")), "seconds must lie in 0..1000000000, not nan"),
        (lambda house: house.after(-1, print), "seconds must lie in 0..1000000000, not -1"),
        (lambda house: house.device.press(-1), "seconds must lie in 0..1000000000, not -1"),
        (lambda house: house.device.press(0.04), "bell-held must lie in 0.05s..3600s, not 0.04s"),
        (lambda house: house.device.cut_power(1e8), "power-cut must lie in 0s..86400s, not 100000000s"),
        (lambda house: house.fault("kill", seconds=5), "kill is an instant"),
        (lambda house: house.fault("kill", door=1), "there is no door 1; they are numbered from 0 to 0"),
        (lambda house: house.disk.fail(operation=0), "counted from 1, not 0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_in_tests(
    doing: Callable[[SimHouse], object], told: str
) -> None:
    with SimHouse() as house:
        house.run_until(1)
        with pytest.raises(ValueError, match=r"^(of |nothing |the |seconds |kill |there )") as caught:
            doing(house)
        assert told in str(caught.value)
        assert not [entry for entry in house.trace.entries if entry.kind in ("fault", "press")]


def test_faults_of_a_scenario_of_ones_own_are_held_to_their_kinds_too() -> None:
    tiny = tiny_scenario()
    wrong = Scenario("own", tiny.span_ns, tiny.doors, (Fault("net-loss", NS_PER_S, value=300),))
    with pytest.raises(ValueError, match=r"net-loss must lie in 0\.\.100"):
        SimHouse(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.lasts])
def test_a_kind_that_lasts_goes_on_to_the_end_where_no_length_is_given(name: str) -> None:
    fault = Fault(name, 5 * NS_PER_S, value=KINDS[name].takes.usual)
    house = House(tiny_scenario(fault), 1, [])
    report = house.run()
    ends = [entry.at_ns for entry in report.trace.entries if entry.text.startswith(f"{name} ends")]
    assert ends == [house.scenario.span_ns]


@pytest.mark.slow
def test_a_fault_without_a_length_is_met_and_one_that_meets_nothing_is_told(
    quick: Path, tmp_path: Path
) -> None:
    faults = ["--faults", "camera-stall@1", "--faults", "broker-duplicate@5.5+0.01"]
    out = tmp_path / "out"
    words = [*faults, "--detector", "none", "--json", "--out", out, "--junit", tmp_path / "j.xml"]
    code, screen = sim("run", quick, *words)
    assert code == EXIT_OK, screen.told
    assert "1 of 2 faults met" in screen.told
    missed = "broker-duplicate at 5.5 s met nothing: nothing came of it"
    assert f"latchkey: note: {missed}" in screen.told
    (played,) = json.loads(screen.shown)["played"]
    assert (played["faults"], played["faults_met"]) == (2, 1)
    assert missed in (out / "report.html").read_text()
    (case,) = ElementTree.parse(tmp_path / "j.xml").getroot().iter("testcase")
    assert str(case.findtext("system-out")).splitlines() == ["1 of 2 faults met", missed]


def test_a_fault_after_the_end_is_told_as_it_was_given(quick: Path, tmp_path: Path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('schema = 1\n[[fault]]\nkind = "kill"\nat = 3\n[[fault]]\nkind = "kill"\nat = 900\n')
    for given, told in (
        ("net-loss@5+86400", "--faults net-loss@5+86400: 86405 s is after the end of the scene, at"),
        (str(faults), f"{faults}:7: fault[2].at: 900 s is after the end of the scene, at"),
    ):
        with pytest.raises(SceneError) as caught:
            sim("run", quick, "--faults", given)
        assert str(caught.value).startswith(told)


def test_a_fault_without_a_time_is_asked_for_it(quick: Path) -> None:
    with pytest.raises(LatchkeyError, match="--faults power-cut: when") as caught:
        sim("run", quick, "--faults", "power-cut")
    assert "power-cut@12=4s" in str(caught.value.hint)


def test_the_list_of_faults_says_which_last_and_what_they_take() -> None:
    rows = {row.split()[0]: row for row in sim("list", "--faults")[1].shown.splitlines()}
    assert set(rows) == set(KINDS)
    assert rows["net-loss"].split()[1:4] == ["@S+S", "=30", "(0..100)"]
    assert rows["kill"].split()[1:4] == ["@S", "=3s", "(0s..86400s)"]
    listed = {one["name"]: one for one in json.loads(sim("list", "--faults", "--json")[1].shown)}
    assert listed["kill"]["lasts"] is False
    assert listed["net-delay"]["value"] == {"low": 0, "high": 60 * 10**9, "usual": 5 * 10**8, "unit": "ns"}
    assert listed["low-memory"]["value"] is None

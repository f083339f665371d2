"""Seeds, replays and golden traces, as users of the plugin meet them."""

import json
from pathlib import Path

import pytest

import latchkey_sim.testing.evidence  # noqa: F401 -- a run within the run must not load it anew

pytestmark = pytest.mark.slow
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--strict-markers", "-W", "error")

SEEDS = """
import pytest
def test_plain():
    pass
@pytest.mark.parametrize("way", ["a", "b"])
def test_two(device, way, latchkey_seed):
    pass
@pytest.mark.parametrize("latchkey_seed", [8, 9])
def test_own(house):
    assert house.seed in (8, 9)
def test_draws(house):
    assert house.world.chance("x").random() < 0.5, house.seed
"""

GOLDEN = """
def test_it(house, device):
    house.run_until(PRESS_S)
    device.press()
    house.run()
    house.golden("ring")
"""


def ran(pytester: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(test_it=text)
    return pytester.runpytest_inprocess(*QUIET, "-q", *arguments)


def collected(pytester: pytest.Pytester, *arguments: str) -> list[str]:
    lines = ran(pytester, SEEDS, "--collect-only", *arguments).outlines
    return [line.partition("::")[2] for line in lines if "::" in line]


def test_tests_that_play_a_house_are_played_with_each_seed_that_is_asked_for(
    pytester: pytest.Pytester,
) -> None:
    own = ["test_own[8]", "test_own[9]"]
    two = [f"test_two[{way}-seed={seed}]" for way in "ab" for seed in (1, 2)]
    drawn = ["test_draws[seed=1]", "test_draws[seed=2]"]
    assert sorted(collected(pytester, "--latchkey-seeds=2")) == sorted(["test_plain", *two, *own, *drawn])
    assert sorted(collected(pytester)) == sorted(
        ["test_plain", "test_two[a]", "test_two[b]", *own, "test_draws"]
    )


def test_the_command_that_a_failure_prints_plays_the_same_again(pytester: pytest.Pytester) -> None:
    result = ran(pytester, SEEDS, "--latchkey-seeds=8", "-k", "draws")
    failed = result.parseoutcomes()["failed"]
    assert 1 <= failed < 8
    commands = [line for line in result.outlines if line.startswith("pytest 'test_it.py::test_draws[seed=")]
    assert len(commands) == failed
    _, test, option = commands[0].split(" ")
    again = ran(pytester, SEEDS, test.strip("'"), option)
    again.assert_outcomes(failed=1)
    assert f"pytest {test} {option}" in again.outlines


def test_the_command_for_a_test_with_parameters_names_it(pytester: pytest.Pytester) -> None:
    text = "import pytest\n@pytest.mark.parametrize('way', ['a'])\ndef test_it(house, way):\n    assert 0\n"
    result = ran(pytester, text)
    assert "pytest 'test_it.py::test_it[a-seed=1]' --latchkey-replay=1" in result.outlines
    again = ran(pytester, text, "test_it.py::test_it[a-seed=1]", "--latchkey-replay=1")
    again.assert_outcomes(failed=1)


def test_a_replay_tells_its_trace_though_it_passes(pytester: pytest.Pytester) -> None:
    result = ran(
        pytester, "def test_it(house):\n    pass\n", "--latchkey-replay=v2:3", "--latchkey-out=out", "-rP"
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*- latchkey: what happened until *", "*door0   power     on"])
    assert [path.name for path in (pytester.path / "out").rglob("*.*")][-1] == "trace.txt"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--latchkey-seeds=0"], "ERROR: --latchkey-seeds must be 1 or more, not 0"),
        (
            ["--latchkey-seeds=2", "--latchkey-replay=3"],
            "*--latchkey-seeds and --latchkey-replay exclude each*",
        ),
        (["--latchkey-replay=v1"], "*argument --latchkey-replay: 'v1' is no seed (seeds look like 123,*"),
        (["--latchkey-replay=v99:1"], "*argument --latchkey-replay: 'v99:1' is a seed of version 99;*"),
        (["--latchkey-replay=v2:1@cat"], "*argument --latchkey-replay: 'v2:1@cat' names a scene;*"),
    ],
)
def test_seeds_that_make_no_sense_are_refused(
    pytester: pytest.Pytester, arguments: list[str], told: str
) -> None:
    result = ran(pytester, SEEDS, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


def test_seeds_are_shared_out_by_xdist_and_their_traces_are_the_same(pytester: pytest.Pytester) -> None:
    text = "def test_it(house):\n    house.run()\n"
    found = []
    for number, workers in enumerate((["-p", "no:xdist"], ["-n", "2"])):
        pytester.makepyfile(test_it=text)
        junit = f"--junitxml=junit{number}.xml"
        result = pytester.runpytest_subprocess(
            "--latchkey-seeds=4", "-p", "no:cacheprovider", junit, *workers
        )
        result.assert_outcomes(passed=4)
        rows = (pytester.path / f"junit{number}.xml").read_text().split("<property ")
        found.append(sorted(row.split("/>")[0] for row in rows if "latchkey_trace_sha256" in row))
    assert found[0] == found[1]
    assert len(set(found[0])) == 4


def golden(pytester: pytest.Pytester, press_s: float, *arguments: str) -> pytest.RunResult:
    return ran(pytester, GOLDEN.replace("PRESS_S", str(press_s)), *arguments)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(row) for row in path.read_text().splitlines()]


def test_a_golden_trace_is_written_compared_with_tolerance_and_renewed(pytester: pytest.Pytester) -> None:
    path = pytester.path / "golden" / "ring.jsonl"
    result = golden(pytester, 8)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*there is no golden trace */golden/ring.jsonl; --update-golden writes it"])
    golden(pytester, 8, "--update-golden").assert_outcomes(passed=1)
    assert lines(path)[0] == {"golden": 1, "seed": 1}
    ring = {"at": 8.05, "who": "door0", "kind": "message", "what": "event/doorbell"}
    assert {**ring, "values": {"event_type": "ring"}} in lines(path)
    golden(pytester, 8).assert_outcomes(passed=1)
    golden(pytester, 8.3).assert_outcomes(passed=1)
    other = golden(pytester, 9)
    other.assert_outcomes(failed=1)
    other.stdout.fnmatch_lines(["E*~     8.050 door0 bell somebody rings   now at 9.050"])
    golden(pytester, 9, "--update-golden").assert_outcomes(passed=1)
    golden(pytester, 9).assert_outcomes(passed=1)


def test_other_seeds_neither_compare_nor_write_the_golden_trace_of_the_first(
    pytester: pytest.Pytester,
) -> None:
    path = pytester.path / "golden" / "ring.jsonl"
    golden(pytester, 8, "--update-golden", "--latchkey-seeds=2").assert_outcomes(passed=2)
    written = path.read_text()
    golden(pytester, 8, "--latchkey-replay=2").assert_outcomes(passed=1)
    golden(pytester, 8, "--latchkey-replay=2", "--update-golden").assert_outcomes(passed=1)
    assert path.read_text() == written


def test_a_file_that_is_no_golden_trace_is_told_with_its_line_and_can_be_written_anew(
    pytester: pytest.Pytester,
) -> None:
    golden(pytester, 8, "--update-golden")
    path = pytester.path / "golden" / "ring.jsonl"
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:2], "<<<<<<< HEAD", *rows[2:]]))
    golden(pytester, 8).stdout.fnmatch_lines(["E*ring.jsonl:3: this is no line of a golden trace;*"])
    path.write_text("\n".join(['{"golden": 99, "seed": 1}', *rows[1:]]))
    golden(pytester, 8).stdout.fnmatch_lines(["E*ring.jsonl:1: its format is not known here;*"])
    golden(pytester, 8, "--update-golden").assert_outcomes(passed=1)
    assert path.read_text().splitlines() == rows

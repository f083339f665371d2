"""Tests that hang or are interrupted, and what the plugin tells of those that were not quite asked."""

import signal

import pytest

import latchkey_sim.testing.evidence  # noqa: F401 -- a run within the run must not load it anew
from latchkey_sim.house.limits import OutOfTime, wall_limit
from latchkey_sim.testing import SimHouse
from latchkey_sim.testing.evidence import contact_sheet, trace_around

pytestmark = pytest.mark.slow
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist", "--strict-markers")


def ran(pytester: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(test_it=text)
    return pytester.runpytest_inprocess(*QUIET, "-W", "error", *arguments)


def test_a_timer_for_now_that_sets_itself_again_fails_with_its_trace(pytester: pytest.Pytester) -> None:
    text = """
def test_it(house):
    def again():
        house.after(0, again)
    again()
    house.run()
"""
    result = ran(pytester, text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Stuck: * actions of timers and faults at once*", "*trace.txt"])


@pytest.mark.parametrize("hangs", ["house.run_for(1e8)", "\n    while True:\n        pass"])
def test_what_hangs_ends_with_its_limit_and_its_trace(pytester: pytest.Pytester, hangs: str) -> None:
    text = f"""
def test_it(house):
    house.run_until(3)
    {hangs}
"""
    result = ran(pytester, text, "--latchkey-limit=3")
    result.assert_outcomes(failed=1)
    told = "latchkey: not at its end after 3 s of real time, at * s of the house, in test_it.py:*"
    result.stdout.fnmatch_lines([told, "*- latchkey: what happened until *", "*trace.txt"])


def test_a_fixture_that_hangs_while_it_plays_ends_with_the_limit_too(pytester: pytest.Pytester) -> None:
    text = """
import pytest
@pytest.fixture
def worn(house):
    house.run_for(1e8)
def test_it(worn):
    pass
"""
    result = ran(pytester, text, "--latchkey-limit=2")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["latchkey: not at its end after 2 s *, in test_it.py:4 *", "*trace.txt"])


def test_a_limit_that_makes_no_sense_is_refused(pytester: pytest.Pytester) -> None:
    result = ran(pytester, "", "--latchkey-limit=0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --latchkey-limit must be above 0*"])


def test_a_test_that_is_interrupted_leaves_its_trace(pytester: pytest.Pytester) -> None:
    text = "def test_it(house):\n    house.run_until(3)\n    raise KeyboardInterrupt\n"
    pytester.makepyfile(test_it=text)
    result = pytester.runpytest_inprocess(*QUIET, "--latchkey-out=out", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["latchkey: out/test_it.py-test_it/trace.txt"])
    assert "door0   power     on" in (pytester.path / "out" / "test_it.py-test_it" / "trace.txt").read_text()


def test_the_alarm_of_somebody_else_rings_though_a_limit_was_within_it() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(OutOfTime), wall_limit(0.05):
            signal.pause()
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        with wall_limit(60):
            signal.pause()
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_test_that_fails_before_the_first_picture_has_a_sheet_that_says_so(
    pytester: pytest.Pytester,
) -> None:
    result = ran(pytester, "def test_it(house):\n    assert 0\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*sheet.png"])
    with SimHouse() as house:
        assert contact_sheet(house.world).startswith(b"\x89PNG")


def test_the_trace_of_a_failure_shows_what_messages_say() -> None:
    with SimHouse() as house:
        house.run_until(7)
        house.device.press()
        house.run_for(1)
        lines = trace_around(house.world).splitlines()
    (ring,) = [line for line in lines if "/event/doorbell " in line]
    assert '"event_type":"ring"' in ring
    assert all(len(line) < 300 for line in lines)


def test_what_was_not_asked_is_told_at_the_end(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latchkey_sim.testing.stage.Stage.finder", lambda _stage: None)
    text = """
import pytest
@pytest.mark.latchkey_scene("cat", full=True)
def test_it(house):
    house.run_until(0.5)
@pytest.mark.latchkey_scene("cat")
def test_small(house):
    house.run_until(0.5)
"""
    result = ran(pytester, text)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["latchkey: note: without a face detector *`covered` is not asked*(1 test)"])


GOLDEN = "def test_it(house):\n    house.run_until(2)\n    house.golden('{}')\n"


def test_a_golden_trace_of_another_seed_is_told_to_be_no_comparison(pytester: pytest.Pytester) -> None:
    ran(pytester, GOLDEN.format("ring"), "--update-golden").assert_outcomes(passed=1)
    result = ran(pytester, GOLDEN.format("ring"), "--latchkey-replay=7")
    result.assert_outcomes(passed=1)
    told = "latchkey: note: ring.jsonl belongs to seed 1: with other seeds nothing is compared*(1 test)"
    result.stdout.fnmatch_lines([told])


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", ""])
def test_a_golden_trace_lies_in_its_folder(pytester: pytest.Pytester, name: str) -> None:
    result = ran(pytester, GOLDEN.format(name), "--update-golden")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ValueError: * is no name of a golden trace*"])
    assert not (pytester.path.parent / "escaped.jsonl").exists()
    assert not list(pytester.path.rglob("*.jsonl"))

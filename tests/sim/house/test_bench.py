"""The figures of the simulator: what a table says of goals, and that what is measured cheaply can be."""

import pytest

from latchkey_sim.house import bench
from latchkey_sim.house.bench import Figure, main, tell

MET, MISSED = Figure("this", "3", ">= 2", True), Figure("that", "1", ">= 2", False)
UNJUDGED = Figure("other", "7")


def test_a_goal_that_is_missed_is_told_and_makes_the_code_1() -> None:
    lines: list[str] = []
    assert tell(iter([MET, MISSED, UNJUDGED]), lines.append) == 1
    assert [line.split() for line in lines] == [
        ["this", "3", ">=", "2", "met"],
        ["that", "1", ">=", "2", "MISSED"],
        ["other", "7"],
    ]
    assert tell(iter([MET, UNJUDGED]), lines.append) == 0


def test_a_part_that_there_is_not_is_refused() -> None:
    lines: list[str] = []
    assert main(["daily"], lines.append) == 2
    assert "no such part: daily" in lines[0]


@pytest.mark.slow
def test_a_soak_tells_how_much_it_played_and_what_failed() -> None:
    played, _, _, failed = bench.soaking(seconds=1, jobs=1)
    done, of = map(int, played.value.split(" of "))
    assert 0 < done <= of
    assert played.goal == ">= 8"
    assert failed.is_met


@pytest.mark.slow
def test_repeats_compare_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    (same,) = bench.repeats(seeds=2, times=3, jobs=1)
    assert (same.value, same.is_met) == ("0", True)
    counted = iter(range(100))
    trace = "latchkey_sim.house.trace.Trace.sha256"
    monkeypatch.setattr(trace, property(lambda self: str(next(counted))))
    (differing,) = bench.repeats(seeds=2, times=3, jobs=1)
    assert (differing.value, differing.is_met) == ("4", False)


@pytest.mark.slow
def test_a_day_without_pictures_has_all_its_rings() -> None:
    day, with_clips = bench.one_day()
    assert "24 rings" in day.what
    assert "12 clips" in with_clips.what

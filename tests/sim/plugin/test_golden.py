"""What makes two traces the same, and how it is told that they are not."""

from pathlib import Path

import pytest

from latchkey_sim.house.house import House
from latchkey_sim.house.tiny import tiny_scenario
from latchkey_sim.testing.golden import SHOWN_LIMIT, GoldenError, Line, Rules, check, differences, lines_of

RULES = Rules(tolerance_s=0.5)


def line(at_s: float, what: str, kind: str = "bell") -> Line:
    return Line(round(at_s * 1000), "door0", kind, what)


def test_what_belongs_to_no_other_may_come_in_another_order() -> None:
    now = [line(1.0, "b"), line(1.1, "a"), line(5.0, "a")]
    assert differences([line(1.0, "a"), line(1.2, "b"), line(5.4, "a")], now, RULES) == []


def test_what_comes_later_than_is_tolerated_is_told_with_both_times() -> None:
    told = differences([line(1.0, "a")], [line(1.501, "a")], RULES)
    assert told == ["~     1.000 door0 bell a   now at 1.501"]


def test_counts_are_exact_and_the_one_that_is_missing_or_new_is_named() -> None:
    three = [line(1.0, "a"), line(2.0, "a"), line(3.0, "a")]
    two = [line(1.0, "a"), line(3.2, "a")]
    assert differences(three, two, RULES) == ["-     2.000 door0 bell a"]
    assert differences(two, three, RULES) == ["+     2.000 door0 bell a"]
    assert differences([], three, RULES)[-1] == "+     3.000 door0 bell a"
    assert differences(three[:1], [line(1, "b")], RULES) == [
        "-     1.000 door0 bell a",
        "+     1.000 door0 bell b",
    ]


def test_what_a_message_says_counts_but_not_its_ids_times_and_what_is_left_out() -> None:
    house = House(tiny_scenario(), 1, [])
    house.run()
    clips = [one for one in lines_of(house, RULES) if one.what == "event/clip"]
    assert '"event_type": "start", "seq": 0, "trigger": "motion"' in clips[0].values
    assert not any(f'"{name}":' in one.values for one in clips for name in ("id", "start"))
    fewer = lines_of(house, Rules(ignore=("lamp", "message health/state"), ignore_fields=("seq",)))
    assert not {"lamp", "frame", "vault", "state"} & {one.kind for one in fewer}
    assert not any(one.what == "health/state" or '"seq"' in one.values for one in fewer)


def test_another_seed_has_the_same_golden_lines_where_nothing_but_ids_is_drawn() -> None:
    one, other = House(tiny_scenario(), 1, []), House(tiny_scenario(), 2, [])
    assert one.run().trace.sha256 != other.run().trace.sha256
    assert lines_of(one, RULES) == lines_of(other, RULES)


def test_of_a_wholly_other_trace_only_the_beginning_is_told(tmp_path: Path) -> None:
    house, path = House(tiny_scenario(), 1, []), tmp_path / "x.jsonl"
    house.run()
    rows = [line(n, str(n)).as_json() for n in range(SHOWN_LIMIT)]
    path.write_text("\n".join(['{"golden": 1, "seed": 1}', *rows]))
    with pytest.raises(GoldenError) as caught:
        check(path, house, RULES, update=False)
    text = str(caught.value).splitlines()
    assert text[0].endswith("x.jsonl (- golden, + now, ~ at another time):")
    assert text[-2].startswith("… and ")
    assert len(text) == SHOWN_LIMIT + 3


def test_what_repeats_at_the_same_distance_is_one_line_of_the_file_and_every_time_counts(
    tmp_path: Path,
) -> None:
    house, path = House(tiny_scenario(span_s=600), 1, []), tmp_path / "x.jsonl"
    house.run()
    check(path, house, RULES, update=True)
    rows = [row for row in path.read_text().splitlines() if "motion/state" in row and '"OFF"' in row]
    shown = '"who": "door0", "kind": "message", "what": "motion/state", "values": "OFF"}'
    assert rows == [
        f'{{"at": 0.0, {shown}',
        f'{{"at": 12.4, {shown}',
        f'{{"at": 60.0, "every": 60.0, "times": 10, {shown}',
    ]
    check(path, house, RULES, update=False)
    path.write_text(path.read_text().replace('"times": 10', '"times": 11'))
    with pytest.raises(GoldenError) as caught:
        check(path, house, RULES, update=False)
    assert "-   660.000 door0 message motion/state" in str(caught.value)

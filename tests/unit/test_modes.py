"""Whoever is on the broker can make the camera more private, and take that back: no more (I9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey import wire
from latchkey.events import ModesSet
from latchkey.pipeline import modes
from latchkey.pipeline.modes import MOST_PRIVATE, ModesDamaged, Wishes
from latchkey.settings import BaselineSettings
from latchkey.units import NS_PER_S
from latchkey.wire import ARMED_SET, SHUTTER_SET, SNOOZE_SET, TEST_SET, Command

MINUTE_NS = 60 * NS_PER_S

words = st.builds(Command, st.sampled_from([ARMED_SET, SHUTTER_SET]), st.sampled_from(["ON", "OFF"]))
snoozes = st.builds(Command, st.just(SNOOZE_SET), st.integers(-5, 5000))
tests = st.just(Command(TEST_SET, "ring"))
commands = st.lists(st.tuples(words | snoozes | tests, st.integers(0, 10**13)), max_size=20)
baselines = st.builds(BaselineSettings, armed=st.booleans())


def follow(sent: list[tuple[Command, int]]) -> Wishes:
    wishes = Wishes()
    for command, now_ns in sent:
        wishes = modes.apply(wishes, command, now_ns)
    return wishes


@given(baselines, commands, st.integers(0, 10**15))
def test_no_sequence_of_commands_ends_less_private_than_the_baseline(
    baseline: BaselineSettings, sent: list[tuple[Command, int]], now_ns: int
) -> None:
    found = modes.effective(baseline, follow(sent), now_ns)
    alone = modes.effective(baseline, Wishes(), now_ns)
    assert found.armed <= alone.armed
    assert found.shutter_closed >= alone.shutter_closed
    assert found.snoozed >= alone.snoozed


@given(baselines, commands, st.integers(0, 10**15))
def test_taking_everything_back_ends_exactly_at_the_baseline(
    baseline: BaselineSettings, sent: list[tuple[Command, int]], now_ns: int
) -> None:
    undo = [(Command(ARMED_SET, "ON"), 0), (Command(SHUTTER_SET, "OFF"), 0), (Command(SNOOZE_SET, 0), 0)]
    assert modes.effective(baseline, follow(sent + undo), now_ns) == ModesSet(
        armed=baseline.armed, shutter_closed=False, snoozed=False
    )


@given(commands, st.integers(0, 10**13))
def test_no_snooze_outlasts_a_day(sent: list[tuple[Command, int]], now_ns: int) -> None:
    last_ns = max([at_ns for _, at_ns in sent], default=now_ns)
    assert modes.snooze_left_ns(follow(sent), last_ns) <= wire.SNOOZE_LIMIT_MIN * MINUTE_NS


@given(st.booleans(), st.booleans(), st.integers(0, 1440), st.integers(0, 10**13), st.integers(0, 2 * 10**18))
def test_stored_modes_come_back(off: bool, closed: bool, minutes: int, now_ns: int, wall_ns: int) -> None:
    wishes = Wishes(off, closed, now_ns + minutes * MINUTE_NS if minutes else 0)
    assert modes.decode_wishes(modes.encode_wishes(wishes, now_ns, wall_ns), now_ns, wall_ns) == wishes


def test_a_snooze_goes_on_while_the_power_is_off() -> None:
    data = modes.encode_wishes(Wishes(snooze_until_ns=30 * MINUTE_NS), 0, 0)
    assert modes.decode_wishes(data, 0, 10 * MINUTE_NS).snooze_until_ns == 20 * MINUTE_NS
    assert modes.decode_wishes(data, 0, 31 * MINUTE_NS) == Wishes()


def test_a_clock_that_went_back_does_not_prolong_a_snooze() -> None:
    data = modes.encode_wishes(Wishes(snooze_until_ns=30 * MINUTE_NS), 0, 10**18)
    assert modes.decode_wishes(data, 0, 0).snooze_until_ns == 30 * MINUTE_NS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"schema":1,"disarmed":0,"shutter_closed":false,"saved_s":0,"snooze_left_s":0}',
        b'{"schema":2,"disarmed":true,"shutter_closed":false,"saved_s":0,"snooze_left_s":0}',
        b'{"schema":1,"disarmed":true,"shutter_closed":false,"saved_s":0,"snooze_left_s":86401}',
        b'{"schema":1,"disarmed":true,"shutter_closed":false,"saved_s":0,"snooze_left_s":0,"x":1}',
        b"[" * 100_000,
    ],
)
def test_damaged_modes_are_noticed(data: bytes) -> None:
    with pytest.raises(ModesDamaged):
        modes.decode_wishes(data, 0, 0)


def test_what_holds_after_damage_closes_the_shutter() -> None:
    assert modes.effective(BaselineSettings(), MOST_PRIVATE, 0).shutter_closed

"""`SimHouse` without pytest, and how it takes mistakes."""

import pytest

from latchkey_sim.house.tiny import tiny_scenario
from latchkey_sim.testing import Fault, SimHouse, Stage


def test_the_same_doings_with_the_same_seed_give_the_same_trace() -> None:
    traces = []
    for seed in (1, 1, 2):
        with SimHouse(seed=seed) as house:
            house.run_until(7)
            house.device.press()
            with house.net.lose(40):
                house.run_for(10)
            house.device.cut_power()
            assert house.run().verdicts == []
            traces.append(house.trace.sha256)
    assert traces[0] == traces[1] != traces[2]


def test_time_does_not_go_back_and_does_not_go_on_when_all_is_over() -> None:
    house = SimHouse()
    house.run_until(5)
    with pytest.raises(ValueError, match=r"^4 s is past: it is 5 s$"):
        house.run_until(4)
    assert house.run() is house.run()
    with pytest.raises(ValueError, match="has finished"):
        house.run_for(1)


def test_a_fault_that_is_not_known_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no fault 'fire'; there are bell-bounce, "):
        SimHouse().fault("fire")
    with pytest.raises(ValueError, match="one of vault and state"):
        SimHouse().disk.fail(vault=False, state=False)


@pytest.mark.parametrize(
    "begin",
    [
        lambda house: house.net.partition(),
        lambda house: house.net.delay(1.5),
        lambda house: house.net.portal(),
        lambda house: house.broker.stop(forget=True),
        lambda house: house.broker.slow(1.0),
        lambda house: house.broker.refuse(),
        lambda house: house.disk.fail(),
        lambda house: house.disk.fill(),
        lambda house: house.disk.slow(0.5),
        lambda house: house.disk.remove(),
        lambda house: house.clock.jump(-86_400),
        lambda house: house.fault("camera-black"),
    ],
)
def test_whatever_fails_until_the_end_is_over_then_and_breaks_no_promise(begin) -> None:  # type: ignore[no-untyped-def]
    house = SimHouse()
    house.run_until(4)
    begin(house)
    house.run_until(8)
    house.device.press()
    house.run_for(5)
    assert [str(verdict) for verdict in house.run().verdicts] == []
    assert len(house.broker.messages("event/doorbell")) == 1


def test_each_of_several_doors_has_a_device_of_its_own() -> None:
    one = tiny_scenario(rings_s=())
    two = type(one)(
        "two", one.span_ns, (one.doors[0], one.doors[0]), (Fault("kill", 2 * 10**9, value=10**9),)
    )
    house = SimHouse(two)
    house.run_until(6)
    first, second = house.devices
    assert first.id != second.id
    assert second.press()
    house.run()
    assert house.broker.messages("event/doorbell")[0].client == "door1"
    assert house.verdicts == []


def test_a_day_begins_when_the_stage_says() -> None:
    house = SimHouse(Stage(starts="23:59"))
    house.run_until(5)
    house.device.press()
    house.run_until(70)
    assert f"{house.clock.utc:%Y-%m-%d %H:%M:%S}" == "2026-09-22 00:00:10"
    assert house.broker.messages("event/doorbell")[0].values["ts"] == "2026-09-21T23:59:05Z"
    assert house.run().verdicts == []

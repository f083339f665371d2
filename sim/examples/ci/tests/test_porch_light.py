"""The automation against a simulated doorbell: the device's own code, virtual time, and what goes wrong."""

import pytest
from porch_light import LIGHT, PorchLight

from latchkey_sim.testing import SimBroker, SimClock, SimDevice, SimHouse, SimNet

at_night = pytest.mark.latchkey_scene(starts="22:30")
by_day = pytest.mark.latchkey_scene(starts="12:00")


@pytest.fixture(autouse=True)
def porch_light(house: SimHouse, broker: SimBroker, clock: SimClock) -> PorchLight:
    """Put the automation on the broker."""
    light = PorchLight(broker.publish, lambda: clock.utc, house.after)
    broker.subscribe(lambda message: light.on_doorbell(message.payload), "event/doorbell")
    return light


def switched(broker: SimBroker) -> list[str]:
    return [message.text for message in broker.messages(LIGHT)]


@at_night
def test_a_ring_at_night_turns_the_light_on_within_a_second_and_off_after_five_minutes(
    house: SimHouse, device: SimDevice, broker: SimBroker
) -> None:
    house.run_until(7)
    device.press()
    house.run_for(1)
    assert switched(broker) == ["ON"]
    house.run_for(298)
    assert switched(broker) == ["ON"]
    house.run_for(2)
    assert switched(broker) == ["ON", "OFF"]


@by_day
def test_a_ring_by_day_leaves_it_alone(house: SimHouse, device: SimDevice, broker: SimBroker) -> None:
    house.run_until(7)
    device.press()
    house.run()
    assert switched(broker) == []


@at_night
def test_whoever_rings_again_gets_the_whole_time_again(
    house: SimHouse, device: SimDevice, broker: SimBroker
) -> None:
    house.run_until(7)
    device.press()
    house.run_for(200)
    device.press()
    house.run_for(200)
    assert switched(broker) == ["ON", "ON"]
    house.run_for(200)
    assert switched(broker) == ["ON", "ON", "OFF"]


@at_night
def test_a_message_that_the_network_doubles_is_one_ring(
    house: SimHouse, device: SimDevice, broker: SimBroker
) -> None:
    house.run_until(7)
    with broker.duplicate(5):
        device.press()
        house.run_for(5)
    assert [message.again for message in broker.messages("event/doorbell")] == [False, True]
    assert switched(broker) == ["ON"]


@at_night
def test_a_ring_that_is_told_long_after_turns_no_light_on(
    house: SimHouse, device: SimDevice, broker: SimBroker, net: SimNet
) -> None:
    house.run_until(3)
    with net.partition():
        house.run_until(7)
        device.press()
        house.run_until(100)
    house.run_for(60)
    assert [message.values["event_type"] for message in broker.messages("event/doorbell")] == ["missed"]
    assert switched(broker) == []


@at_night
def test_power_that_goes_right_after_a_ring_changes_nothing(
    house: SimHouse, device: SimDevice, broker: SimBroker
) -> None:
    house.run_until(7)
    device.press()
    house.run_for(0.2)
    device.cut_power(5)
    house.run()
    assert switched(broker)[:1] == ["ON"]
    assert device.is_on


@pytest.mark.latchkey_scene("visitor", starts="22:30")
def test_a_whole_visit_is_as_it_was(house: SimHouse) -> None:
    house.run()
    house.golden("visit-at-night", ignore=("filter", "message health/state"))

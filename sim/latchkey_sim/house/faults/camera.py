"""The camera, in the ways in which cameras fail."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from latchkey_sim.house.camera import Sensor
from latchkey_sim.house.faults.kinds import (
    Begin,
    Kind,
    Running,
    Takes,
    Until,
    drawn,
    numbers,
    seconds,
    time_s,
)
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


def _while(on: Callable[[Sensor, int], None], off: Callable[[Sensor], None]) -> Begin:
    """Give a beginning that changes a sensor, and changes it back."""

    def begin(house: "House", fault: Fault) -> Running:
        sensor = house.doors[fault.door].sensor
        before = sensor.met
        on(sensor, fault.value)

        def undo() -> bool:
            off(sensor)
            return sensor.met > before

        return Until(undo)

    return begin


def _flag(name: str) -> Begin:
    return _while(lambda sensor, _: setattr(sensor, name, True), lambda sensor: setattr(sensor, name, False))


def _number(name: str) -> Begin:
    return _while(lambda sensor, value: setattr(sensor, name, value), lambda sensor: setattr(sensor, name, 0))


def _kind(name: str, meaning: str, begin: Begin) -> Kind:
    return Kind(name, meaning, begin, drawn(name, seconds=(2, 12)))


KINDS = (
    _kind("camera-stall", "the camera says nothing", _flag("stalled")),
    _kind("camera-black", "its pictures are black", _flag("black")),
    _kind("camera-torn", "the lower half of its pictures is that of the one before", _flag("torn")),
    _kind("camera-unplugged", "it is gone, and can be had again when it is over", _flag("unplugged")),
    Kind(
        "camera-drop",
        "every `value`-th picture is lost",
        _number("drop_every"),
        drawn("camera-drop", seconds=(4, 15), values=numbers(2, 5)),
        Takes(1, 1000, 3),
    ),
    Kind(
        "camera-late",
        "pictures come `value` late",
        _number("late_ns"),
        drawn("camera-late", seconds=(4, 15), values=seconds(0.1, 1.5)),
        time_s(0, 60, 0.5),
    ),
)

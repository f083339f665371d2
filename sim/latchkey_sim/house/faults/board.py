"""The board: hot, short of memory, with a worn button."""

from typing import TYPE_CHECKING

from latchkey_sim.house.faults.kinds import Kind, Once, Running, Takes, Until, drawn, numbers, seconds, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


def _throttling(house: "House", fault: Fault) -> Running:
    load = house.doors[fault.door].load
    before, load.factor = load.met["slow"], fault.value

    def undo() -> bool:
        load.factor = 1
        return load.met["slow"] > before

    return Until(undo)


def _low_memory(house: "House", fault: Fault) -> Running:
    load = house.doors[fault.door].load
    before, load.starved = load.met["starved"], frozenset({"pack", "look"})

    def undo() -> bool:
        load.starved = frozenset()
        return load.met["starved"] > before

    return Until(undo)


def _bounce(house: "House", fault: Fault) -> Running:
    presses = len(house.presses)
    house.bounces[fault.door] = fault.value

    def undo() -> bool:
        house.bounces[fault.door] = 0
        return any(door == fault.door for _, door in house.presses[presses:])

    return Until(undo)


def _held(house: "House", fault: Fault) -> Running:
    return Once(house.press(fault.door, held_ns=fault.value))


KINDS = (
    Kind(
        "throttling",
        "all work takes `value` times as long",
        _throttling,
        drawn("throttling", seconds=(5, 20), values=numbers(2, 12)),
        Takes(1, 1000, 4),
    ),
    Kind(
        "low-memory",
        "looks, and packing of pictures, find no memory",
        _low_memory,
        drawn("low-memory", seconds=(4, 15)),
    ),
    Kind(
        "bell-bounce",
        "the contact bounces `value` times at each press",
        _bounce,
        drawn("bell-bounce", seconds=(10, 30), values=numbers(1, 5)),
        Takes(1, 10, 3),
    ),
    Kind(
        "bell-held",
        "somebody leans on the button for `value`",
        _held,
        drawn("bell-held", values=seconds(1, 15)),
        time_s(0.05, 3600, 5),
        lasts=False,
    ),
)

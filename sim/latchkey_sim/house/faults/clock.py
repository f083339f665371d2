"""The wall clock of a device without a battery: wrong after a start, set by force, never set at all."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from latchkey.units import NS_PER_HOUR, NS_PER_S, S_PER_DAY
from latchkey_sim.house.faults.kinds import Begin, Kind, Once, Running, Takes, Until, drawn, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

DAY_NS = S_PER_DAY * NS_PER_S
OFF_NS = 3 * NS_PER_S
"""How long power is away before a start with a wrong clock."""

BASE = 1970
TEN_YEARS_S = 3653 * S_PER_DAY


def _set_by(house: "House", door: int, by_ns: int) -> None:
    """Shift the wall clock of a device, alive or not."""
    bell = house.doors[door]
    if bell.life is not None:
        bell.life.clock.shift_wall(by_ns)
    else:
        bell.wall_offset_ns += by_ns


def _offset_ns(house: "House", door: int) -> int:
    bell = house.doors[door]
    return bell.wall_offset_ns if bell.life is None else bell.life.clock.wall_offset_ns


def _after_a_start(offset_ns: Callable[["House"], int]) -> Begin:
    """Let power go, and start with a clock so far off; it is right again when the fault is over."""

    def begin(house: "House", fault: Fault) -> Running:
        bell = house.doors[fault.door]
        alive, off_ns = bell.life is not None, offset_ns(house)
        house.cut_power(fault.door, OFF_NS)
        bell.wall_offset_ns = off_ns

        def undo() -> bool:
            _set_by(house, fault.door, -_offset_ns(house, fault.door))
            return alive

        return Until(undo)

    return begin


def _step(house: "House", fault: Fault) -> Running:
    _set_by(house, fault.door, fault.value)

    def undo() -> bool:
        _set_by(house, fault.door, -fault.value)
        return True

    return Until(undo)


def _no_ntp(house: "House", fault: Fault) -> Running:
    bell = house.doors[fault.door]
    alive = bell.life is not None
    house.cut_power(fault.door, OFF_NS)
    bell.wall_offset_ns = -house.clock.wall_ns() if fault.value == BASE else bell.wall_offset_ns - OFF_NS
    return Once(alive)


def _to_1970(house: "House") -> int:
    return -house.clock.wall_ns()


def _steps(chance: Random) -> int:
    return chance.choice((-1, 1)) * chance.choice((45 * NS_PER_S, NS_PER_HOUR, DAY_NS, 30 * DAY_NS))


def _kind(name: str, meaning: str, begin: Begin) -> Kind:
    return Kind(name, meaning, begin, drawn(name, seconds=(4, 20)))


KINDS = (
    _kind(
        "clock-1970",
        "power goes, and it starts in 1970",
        _after_a_start(_to_1970),
    ),
    _kind(
        "clock-minus-two-weeks",
        "power goes, and it starts two weeks ago",
        _after_a_start(lambda _: -14 * DAY_NS),
    ),
    _kind(
        "clock-plus-ten-years",
        "power goes, and it starts in ten years",
        _after_a_start(lambda _: TEN_YEARS_S * NS_PER_S),
    ),
    Kind(
        "clock-step",
        "the wall clock jumps by `value`, and back when it is over",
        _step,
        drawn("clock-step", seconds=(4, 20), values=_steps),
        time_s(-TEN_YEARS_S, TEN_YEARS_S, 3600),
    ),
    Kind(
        "clock-no-ntp",
        "power goes, and it starts at the last time it knew, or in 1970 (`value`), and is never set right",
        _no_ntp,
        drawn("clock-no-ntp", values=lambda chance: chance.choice((0, BASE))),
        Takes(0, BASE, 0, only=(0, BASE)),
        lasts=False,
    ),
)

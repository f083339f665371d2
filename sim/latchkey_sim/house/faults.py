"""Kinds of faults, each with what it does to a house, and how to tell that it had an effect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


class Running(Protocol):
    """A fault that has begun."""

    def end(self) -> bool:
        """End it; tell whether anything came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault, in words, and how it begins."""

    name: str
    meaning: str
    begin: Callable[["House", Fault], Running]


class _Instant:
    def __init__(self, met: bool) -> None:
        self._met = met

    def end(self) -> bool:
        return self._met


def _power_cut(house: "House", fault: Fault) -> Running:
    alive = house.doors[fault.door].life is not None
    house.cut_power(fault.door, fault.value)
    return _Instant(alive)


KINDS = {"power-cut": Kind("power-cut", "power goes for `value` ns", _power_cut)}

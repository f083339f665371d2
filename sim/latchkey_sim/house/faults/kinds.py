"""What a kind of fault is: words, a beginning, and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Protocol

from latchkey.units import NS_PER_S
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


class Running(Protocol):
    """A fault that has begun."""

    def end(self) -> bool:
        """End it; tell whether anything came of it."""
        ...


Begin = Callable[["House", Fault], Running]
Draw = Callable[[Random, int], Fault]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    `meaning` says what happens, and what `value` of a `Fault` is. `draw` gives one that a device can survive,
    of a random time and strength, within a span.
    """

    name: str
    meaning: str
    begin: Begin
    draw: Draw


class Once:
    """A fault that is over at once: it met something, or it did not."""

    def __init__(self, met: bool) -> None:
        self._met = met

    def end(self) -> bool:
        """Tell."""
        return self._met


class Until:
    """A fault that lasts until `undo` is called, which tells whether anything came of it."""

    def __init__(self, undo: Callable[[], bool]) -> None:
        self._undo = undo

    def end(self) -> bool:
        """Undo it."""
        return self._undo()


def drawn(
    name: str,
    *,
    seconds: tuple[float, float] = (0, 0),
    values: Callable[[Random], int] = lambda _chance: 0,
    operation: float = 0,
) -> Draw:
    """Give a `draw` for faults that last so many seconds, with a value, and begin early enough to matter.

    `operation` is the share of them that come with one of the operations on a disk.
    """

    def draw(chance: Random, span_ns: int) -> Fault:
        at_ns = round(chance.uniform(0.1, 0.7) * span_ns)
        for_ns = min(round(chance.uniform(*seconds) * NS_PER_S), span_ns - at_ns)
        value = values(chance)
        nth = chance.randint(1, 25) if chance.random() < operation else None
        return Fault(name, at_ns, for_ns, 0, value, nth)

    return draw


def seconds(low: float, high: float) -> Callable[[Random], int]:
    """Give values that are nanoseconds."""
    return lambda chance: round(chance.uniform(low, high) * NS_PER_S)


def numbers(low: int, high: int) -> Callable[[Random], int]:
    """Give values that are whole numbers, both ends included."""
    return lambda chance: chance.randint(low, high)

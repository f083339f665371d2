"""What a kind of fault is: words, a beginning, what it takes, and how it is drawn."""

from collections.abc import Callable, Iterator
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
class Takes:
    """What the value of a kind may be: from `low` to `high`, or one of `only`; `usual` where none is given.

    `unit` is `s` where the value is in nanoseconds, and shown in seconds.
    """

    low: int
    high: int
    usual: int
    unit: str = ""
    only: tuple[int, ...] = ()

    def has(self, value: int) -> bool:
        """Whether a value is legal."""
        return value in self.only if self.only else self.low <= value <= self.high

    def shown(self, value: int) -> str:
        """Write a value for people."""
        return f"{value / NS_PER_S:.12g}s" if self.unit == "s" else f"{value}{self.unit and ' '}{self.unit}"

    @property
    def legal(self) -> str:
        """Say which values are legal."""
        if self.only:
            return " or ".join(map(str, self.only))
        return f"{self.shown(self.low)}..{self.shown(self.high)}"


NOTHING = Takes(0, 0, 0)
"""Of kinds that take no value."""


def time_s(low: float, high: float, usual: float) -> Takes:
    """Give the values of a kind that takes a time, in seconds here."""
    low_ns, high_ns, usual_ns = (round(one * NS_PER_S) for one in (low, high, usual))
    return Takes(low_ns, high_ns, usual_ns, "s")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    `meaning` says what happens, `takes` what `value` of a `Fault` may be. `draw` gives one that a device can
    survive, of a random time and strength, within a span. What `lasts` goes on for `for_ns`, and to the end
    where that is 0; the rest is an instant. What `counts` may wait for an operation on a disk, as long as
    it lasts.
    """

    name: str
    meaning: str
    begin: Begin
    draw: Draw
    takes: Takes = NOTHING
    lasts: bool = True
    counts: bool = False

    def goes_on(self, operation: int | None) -> bool:
        """Whether it lasts, or waits for an operation."""
        return self.lasts or operation is not None

    def problems(
        self, value: int | None, operation: int | None = None, lasts_s: float = 0
    ) -> Iterator[tuple[str, str]]:
        """Say what is wrong with a fault of this kind: the key, and what is legal."""
        if value is not None and not self.takes.has(value):
            told = f"must lie in {self.takes.legal}, not {self.takes.shown(value)}"
            yield (
                "value",
                f"{self.name} takes no value" if self.takes is NOTHING else f"of {self.name} {told}",
            )
        if operation is not None and not self.counts:
            yield "operation", f"{self.name} does not wait for an operation on a disk"
        elif operation is not None and operation < 1:
            yield "operation", f"the operations to come are counted from 1, not {operation}"
        if lasts_s < 0:
            yield "for", f"nothing lasts for {lasts_s:g} s"
        elif lasts_s and not self.goes_on(operation):
            instead = "" if self.takes.unit != "s" else ": `value` says for how long"
            yield "for", f"{self.name} is an instant{instead}"


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

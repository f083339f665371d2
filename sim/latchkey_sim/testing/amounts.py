"""Numbers as tests give them: seconds, faults; what makes no sense is a ValueError that says why."""

from math import isfinite

from latchkey.units import NS_PER_S, to_ns
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.scenario import Fault

SECONDS_LIMIT = 10**9
"""Thirty years."""


def ns_of(seconds: float, *, low: float = 0) -> int:
    """Give seconds in ns. Raises ValueError for what is no number, below `low` or out of all reason."""
    if not isfinite(seconds) or not low <= seconds <= SECONDS_LIMIT:
        raise ValueError(f"seconds must lie in {low:g}..{SECONDS_LIMIT}, not {seconds:g}")
    return to_ns(seconds)


def must_be_sound(fault: Fault, doors: int) -> None:
    """See that a fault is one of its kind, at one of so many doors. Raises ValueError."""
    kind = KINDS.get(fault.kind)
    if kind is None:
        raise ValueError(f"there is no fault {fault.kind!r}; there are {', '.join(sorted(KINDS))}")
    for _, told in kind.problems(fault.value, fault.operation, fault.for_ns / NS_PER_S):
        raise ValueError(told)
    if fault.at_ns < 0:
        raise ValueError(f"nothing fails at {fault.at_ns / NS_PER_S:g} s, before the beginning")
    if not 0 <= fault.door < doors:
        raise ValueError(f"there is no door {fault.door}; they are numbered from 0 to {doors - 1}")

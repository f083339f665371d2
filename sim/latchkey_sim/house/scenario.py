"""What happens in a house: who comes, who rings, what fails, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from latchkey.ports import Lane
from latchkey.settings import Settings
from latchkey_sim.house.footage import Footage

PAST_BYTES = 740
"""What a clip of days gone by takes, about."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something fails, from `at_ns` on for `for_ns` (0 = to the end, or it is an instant), at door `door`.

    `value` is what the kind takes: a factor, a number of bytes, nanoseconds. With `operation` it comes with
    the so many-th operation on a disk from `at_ns` on, instead of at once.
    """

    kind: str
    at_ns: int
    for_ns: int = 0
    door: int = 0
    value: int = 0
    operation: int | None = None

    @property
    def end_ns(self) -> int:
        """When it is over."""
        return self.at_ns + self.for_ns


@dataclass(frozen=True, slots=True)
class Door:
    """One doorbell: what its camera sees, how it is set up, when it is pressed, what its work costs.

    `past_days` are the ages of clips that lie in its vault when all begins, oldest first, in days, each of
    `past_bytes`; `past_events` so many events wait in its outbox.
    """

    footage: Footage
    settings: Settings
    rings_ns: tuple[int, ...] = ()
    costs_ns: Mapping[Lane, int] = field(default_factory=dict)
    past_days: tuple[int, ...] = ()
    past_bytes: int = PAST_BYTES
    past_events: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario of `span_ns`. After that nothing new happens, faults are over, and what waits is sent."""

    name: str
    span_ns: int
    doors: tuple[Door, ...]
    faults: tuple[Fault, ...] = ()

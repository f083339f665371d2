"""Workers in virtual time: a job runs at once, and its answer is there after a stated cost."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from latchkey.errors import WorkerBusy
from latchkey.ports import Clock, Lane

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[T]):
    value: T | None
    error: BaseException | None


class VirtualTicket(Generic[T]):
    """A job whose answer is known, but not before its time has come."""

    def __init__(self, clock: Clock, ready_ns: int | None, cost_ns: int, outcome: _Outcome[T]) -> None:
        self._clock = clock
        self._cost_ns = cost_ns
        self._ready_ns = ready_ns
        self._outcome = outcome

    def done(self) -> bool:
        """Whether the cost has passed; never, where the lane hangs."""
        return self._ready_ns is not None and self._clock.now_ns() >= self._ready_ns

    def wait(self, limit_ns: int) -> bool:
        """Whether the cost would have passed by then; time does not pass meanwhile."""
        return self._ready_ns is not None and self._clock.now_ns() + limit_ns >= self._ready_ns

    def result(self) -> T:
        """Give the answer or raise the error."""
        if self._outcome.error is not None:
            raise self._outcome.error
        return self._outcome.value  # type: ignore[return-value]  # None is a legal answer

    def cost_ns(self) -> int:
        """Give the stated cost."""
        return self._cost_ns


class VirtualWorkers:
    """One worker per lane. `costs_ns` gives what a job of a lane takes; `hang` stops a lane."""

    def __init__(self, clock: Clock, costs_ns: Mapping[Lane, int], queue_limit: int = 64) -> None:
        self._clock = clock
        self._costs_ns = dict(costs_ns)
        self._free_ns: dict[Lane, int] = {}
        self._hanging: set[Lane] = set()
        self._stuck: Counter[Lane] = Counter()
        self._queue_limit = queue_limit

    def hang(self, lane: Lane, *, hanging: bool = True) -> None:
        """Make a lane swallow its jobs from now on, or answer again."""
        (self._hanging.add if hanging else self._hanging.discard)(lane)
        self._stuck[lane] = 0

    def cost(self, lane: Lane, cost_ns: int) -> None:
        """Set what a job of `lane` takes from now on."""
        self._costs_ns[lane] = cost_ns

    def submit(self, lane: Lane, job: Callable[[], T]) -> VirtualTicket[T]:
        """Run the job; raises WorkerBusy where a hanging lane is full."""
        if lane in self._hanging:
            if self._stuck[lane] >= self._queue_limit:
                raise WorkerBusy(f"the {lane} worker has {self._queue_limit} jobs waiting")
            self._stuck[lane] += 1
            return VirtualTicket(self._clock, None, 0, _Outcome(None, None))
        cost_ns = self._costs_ns.get(lane, 0)
        ready_ns = max(self._clock.now_ns(), self._free_ns.get(lane, 0)) + cost_ns
        self._free_ns[lane] = ready_ns
        try:
            outcome = _Outcome(job(), None)
        except Exception as error:  # noqa: BLE001 -- travels to whoever asks the ticket
            outcome = _Outcome(None, error)
        return VirtualTicket(self._clock, ready_ns, cost_ns, outcome)

    def close(self) -> None:
        """Nothing waits: jobs ran when they came."""

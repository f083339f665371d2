"""Workers of a device of the house: jobs run when they end, take what their lane costs, and can fail.

Unlike `VirtualWorkers` a job that takes time has not happened before that time has passed: power that goes
meanwhile takes it along.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from latchkey.errors import WorkerBusy
from latchkey.ports import Clock, Lane

T = TypeVar("T")

QUEUE_LIMIT = 64


@dataclass(slots=True)
class Load:
    """What work costs on this device, and what is wrong with it. May be changed at any time.

    `factor` is by how much all is slower, `extra_ns` what jobs of a lane take on top. Jobs of the lanes in
    `starved` find no memory. `met` counts jobs that one of these hit.
    """

    costs_ns: dict[Lane, int] = field(default_factory=dict)
    factor: int = 1
    extra_ns: dict[Lane, int] = field(default_factory=dict)
    starved: frozenset[Lane] = frozenset()
    met: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("slow", "extra", "starved"), 0))

    @classmethod
    def of(cls, costs_ns: Mapping[Lane, int] | None) -> "Load":
        """Begin with these costs."""
        return cls(dict(costs_ns or {}))

    def cost_ns(self, lane: Lane) -> int:
        """Give what a job that begins now takes."""
        cost_ns, extra_ns = self.costs_ns.get(lane, 0) * self.factor, self.extra_ns.get(lane, 0)
        self.met["slow"] += self.factor > 1 and cost_ns > 0
        self.met["extra"] += extra_ns > 0
        return cost_ns + extra_ns


class _Job(Generic[T]):
    """A job of a lane, and its ticket."""

    def __init__(self, workers: "HouseWorkers", lane: Lane, work: Callable[[], T], ready_ns: int) -> None:
        self._workers = workers
        self._work: Callable[[], T] | None = work
        self._value: T | None = None
        self._error: Exception | None = None
        self.lane = lane
        self.ready_ns = ready_ns
        self.took_ns = 0

    def done(self) -> bool:
        """Whether its time has passed."""
        self._workers.run_until(self._workers.now_ns())
        return self._work is None

    def wait(self, limit_ns: int) -> bool:
        """Whether its time would have passed by then; time does not pass meanwhile."""
        if self.ready_ns <= self._workers.now_ns() + limit_ns:
            self._workers.run_lane(self.lane, self.ready_ns)
        return self._work is None

    def result(self) -> T:
        """Give the answer or raise the error."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # None is a legal answer

    def cost_ns(self) -> int:
        """Give what it took."""
        return self.took_ns

    def run(self, *, starved: bool) -> None:
        """Do it."""
        work, self._work = self._work, None
        if work is None:
            return
        try:
            if starved:
                raise MemoryError("there is no memory left")
            self._value = work()
        except Exception as error:  # noqa: BLE001 -- travels to whoever asks the ticket
            self._error = error


class HouseWorkers:
    """One worker per lane, jobs of a lane in order."""

    def __init__(self, clock: Clock, load: Load) -> None:
        self._clock = clock
        self._load = load
        self._lanes: dict[Lane, deque[_Job[Any]]] = {}
        self._free_ns: dict[Lane, int] = {}
        self._running: set[Lane] = set()
        self._news = False

    def now_ns(self) -> int:
        """Give the device's time."""
        return self._clock.now_ns()

    def submit(self, lane: Lane, job: Callable[[], T]) -> _Job[T]:
        """Queue a job; one that takes no time is done at once. Raises WorkerBusy where the lane is full."""
        self.run_until(self.now_ns())
        jobs = self._lanes.setdefault(lane, deque())
        if len(jobs) >= QUEUE_LIMIT:
            raise WorkerBusy(f"the {lane} worker has {QUEUE_LIMIT} jobs waiting")
        cost_ns = self._load.cost_ns(lane)
        ready_ns = max(self.now_ns(), self._free_ns.get(lane, 0)) + cost_ns
        self._free_ns[lane] = ready_ns
        queued = _Job(self, lane, job, ready_ns)
        queued.took_ns = cost_ns
        jobs.append(queued)
        self.run_lane(lane, self.now_ns())
        return queued

    def run_until(self, at_ns: int) -> None:
        """Do what is ready by `at_ns`, in the order in which it becomes ready."""
        while (lane := self._next_lane()) is not None and self._lanes[lane][0].ready_ns <= at_ns:
            self._run_first(lane)

    def run_lane(self, lane: Lane, at_ns: int) -> None:
        """Do what is ready in one lane."""
        while lane not in self._running and (jobs := self._lanes.get(lane)) and jobs[0].ready_ns <= at_ns:
            self._run_first(lane)

    @property
    def wake_ns(self) -> int | None:
        """When a job ends that nobody has been told of yet, or None; asked once after each step."""
        if self._news:
            self._news = False
            return self.now_ns()
        lane = self._next_lane()
        return None if lane is None else self._lanes[lane][0].ready_ns

    @property
    def waiting(self) -> int:
        """How many jobs have not ended."""
        return sum(map(len, self._lanes.values()))

    @property
    def is_at_work(self) -> bool:
        """Whether what happens now happens in a job."""
        return bool(self._running)

    def close(self) -> None:
        """Finish what is queued."""
        for lane in sorted(self._lanes):
            self.run_lane(lane, self._free_ns.get(lane, 0))

    def _next_lane(self) -> Lane | None:
        waiting = [lane for lane, jobs in self._lanes.items() if jobs and lane not in self._running]
        return min(waiting, key=lambda lane: (self._lanes[lane][0].ready_ns, lane), default=None)

    def _run_first(self, lane: Lane) -> None:
        starved = lane in self._load.starved
        self._load.met["starved"] += starved
        self._news = True
        self._running.add(lane)  # a job may ask for others meanwhile, but not for the next of its own lane
        try:
            self._lanes[lane].popleft().run(starved=starved)
        finally:
            self._running.discard(lane)

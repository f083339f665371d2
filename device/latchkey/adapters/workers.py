"""Worker threads, one per lane, each with a bounded queue.

Live, a ticket is done when its job is. In lockstep (virtual time) a job takes no time: `done`
waits for it, so what the loop sees does not depend on how fast the machine is. A job that hangs is waited
for once, for a while; then whoever asks goes on as if it were live.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

from latchkey.errors import WorkerBusy
from latchkey.ports import Clock, Lane
from latchkey.units import NS_PER_S

T = TypeVar("T")

HANG_LIMIT_S = 60.0
"""A job in lockstep that takes longer hangs: a look at a 4K picture takes 2 s on a small board."""

QUEUE_LIMIT = 64
"""Jobs a lane holds; callers keep far fewer in flight, so a full lane is one that hangs."""

CLOSE_LIMIT_S = 10.0
"""How long `close` waits for a lane; one that still hangs is left behind (threads are daemons)."""


class _Job:
    """A callable, its future, and how long it ran."""

    def __init__(self, work: Callable[[], Any], clock: Clock) -> None:
        self.future: Future[Any] = Future()
        self.cost_ns = 0
        self._work = work
        self._clock = clock

    def run(self) -> None:
        began_ns = self._clock.now_ns()
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 -- travels to whoever asks the ticket
            self.future.set_exception(error)
        else:
            self.cost_ns = self._clock.now_ns() - began_ns
            self.future.set_result(result)


class ThreadTicket(Generic[T]):
    """A job in a lane."""

    def __init__(self, job: _Job, patience_s: float) -> None:
        self._job = job
        self._future: Future[T] = job.future
        self._lockstep = patience_s > 0
        self._patience_s = patience_s

    def done(self) -> bool:
        """Whether the job has ended; in lockstep, wait for it first, unless it hangs."""
        if self._patience_s and not wait([self._future], self._patience_s).done:
            self._patience_s = 0
        return self._future.done()

    def wait(self, limit_ns: int) -> bool:
        """Wait for the job in real time, at most so long."""
        return bool(wait([self._future], limit_ns / NS_PER_S).done)

    def result(self) -> T:
        """Give what the job returned, or raise what it raised."""
        return self._future.result()

    def cost_ns(self) -> int:
        """Give how long the job ran; 0 in lockstep, however far the loop got meanwhile."""
        return 0 if self._lockstep else self._job.cost_ns


class ThreadWorkers:
    """One daemon thread per lane, started when its first job comes."""

    def __init__(self, clock: Clock, *, lockstep: bool = False, hang_limit_s: float = HANG_LIMIT_S) -> None:
        self._clock = clock
        self._patience_s = hang_limit_s if lockstep else 0
        self._lanes: dict[Lane, queue.Queue[_Job | None]] = {}
        self._threads: dict[Lane, threading.Thread] = {}
        self._starting = threading.Lock()

    def submit(self, lane: Lane, job: Callable[[], T]) -> ThreadTicket[T]:
        """Queue a job; raises WorkerBusy where the lane is full."""
        with self._starting:  # the film worker submits as well
            if lane not in self._lanes:
                self._start(lane)
        queued = _Job(job, self._clock)
        if not self._patience_s:
            queued.future.add_done_callback(lambda _: self._clock.wake())
        try:
            self._lanes[lane].put_nowait(queued)
        except queue.Full as error:
            raise WorkerBusy(f"the {lane} worker has {QUEUE_LIMIT} jobs waiting") from error
        return ThreadTicket(queued, self._patience_s)

    def close(self) -> None:
        """Let each lane finish what it has, then stop its thread."""
        for lane, jobs in self._lanes.items():
            try:
                jobs.put(None, timeout=CLOSE_LIMIT_S)
            except queue.Full:
                continue
            self._threads[lane].join(CLOSE_LIMIT_S)
        self._lanes.clear()

    def _start(self, lane: Lane) -> None:
        jobs: queue.Queue[_Job | None] = queue.Queue(QUEUE_LIMIT)
        thread = threading.Thread(target=_serve, args=(jobs,), name=f"latchkey-{lane}", daemon=True)
        self._lanes[lane], self._threads[lane] = jobs, thread
        thread.start()


def _serve(jobs: "queue.Queue[_Job | None]") -> None:
    while (job := jobs.get()) is not None:
        job.run()
        del job  # or its pictures would live until the next job comes

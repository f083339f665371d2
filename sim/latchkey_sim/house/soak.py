"""Many drawn scenarios over several processes, in the order of their seeds, whatever the number of processes.

run(seeds, jobs) -> Soak: counts, the seeds that failed, and one hash over all traces
"""

import hashlib
import multiprocessing
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import cv2

from latchkey.errors import LatchkeyError
from latchkey.units import NS_PER_S
from latchkey_sim.house.checkers import all_checkers
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.house import House, Report
from latchkey_sim.house.limits import OutOfTime, wall_limit

CHUNK = 8
"""Seeds handed to a process at a time, at most."""

CHUNK_S = 0.5
"""Real time that such a handful is to take: where seeds are slow, they are handed out one by one."""

AHEAD = 4
"""Chunks that wait for each process, so that none is idle; there may be seeds without end."""

LIMIT_S = 60.0
"""Real time for one seed: a thousand times what it takes."""


class SoakBroke(LatchkeyError):
    """A process of a soak died, so that nobody knows what became of its seeds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seed came to. `trouble` is empty where every checker was content."""

    seed: int
    trace_sha256: str
    trouble: tuple[str, ...]
    with_ring: bool
    with_clip: bool
    with_fault: bool
    virtual_s: float
    seconds_wall: float = field(default=0.0, compare=False)


MANY, PROMISED_SHARE = 50, 0.8
"""Drawn scenarios promise a ring, a clip and a fault; of many, so many keep it whatever fails."""


@dataclass(slots=True)
class Soak:
    """What many seeds came to. It failed where one did, or where too many lack what was promised."""

    scenarios: int = 0
    failures: int = 0
    seconds_wall: float = 0.0
    trace_sha256: str = ""
    failed: list[Outcome] = field(default_factory=list)
    with_ring: int = 0
    with_clip: int = 0
    with_fault: int = 0
    with_all: int = 0
    virtual_s: float = 0.0

    @property
    def lacks(self) -> str:
        """Say what too many of the scenarios had not, or nothing."""
        had = (("ring", self.with_ring), ("clip", self.with_clip), ("fault", self.with_fault))
        if self.scenarios < MANY:
            return ""
        least = PROMISED_SHARE * self.scenarios
        return ", ".join(f"{count} of {self.scenarios} had a {what}" for what, count in had if count < least)

    def as_json(self) -> dict[str, object]:
        """Give it as plain values; of failures the seed and what was found."""
        failed = [{"seed": one.seed, "trouble": list(one.trouble)} for one in self.failed]
        return {
            "scenarios": self.scenarios,
            "failures": self.failures,
            "seconds_wall": round(self.seconds_wall, 3),
            "trace_sha256": self.trace_sha256,
            "failed": failed,
            "lacks": self.lacks,
            "with_ring": self.with_ring,
            "with_clip": self.with_clip,
            "with_fault": self.with_fault,
            "with_all": self.with_all,
            "virtual_s": round(self.virtual_s, 3),
        }


def run_seed(seed: int, limit_s: float = LIMIT_S) -> Outcome:
    """Play the drawn scenario of a seed under all checkers. Never raises: what breaks is trouble."""
    began_s = time.monotonic()
    return replace(_played(seed, limit_s), seconds_wall=time.monotonic() - began_s)


def _played(seed: int, limit_s: float) -> Outcome:
    house, trouble = House(draw(seed), seed, all_checkers()), ""
    try:
        with wall_limit(limit_s):
            return _outcome(house, house.run())
    except OutOfTime:
        trouble = f"not at its end after {limit_s:g} s of real time"
    except Exception as error:  # noqa: BLE001 -- whatever a device raises is what a soak is for
        house.note(-1, "broke", type(error).__name__)
        trouble = raised(error)
    told, virtual_s = (*map(str, house.verdicts), trouble), house.clock.now_ns() / NS_PER_S
    return Outcome(seed, house.trace.sha256, told, False, False, False, virtual_s)


def run(
    seeds: Iterable[int],
    jobs: int = 1,
    *,
    minutes: float | None = None,
    limit_s: float = LIMIT_S,
    tell: Callable[[Outcome], None] = lambda _outcome: None,
) -> Soak:
    """Play all seeds, in `jobs` processes, as many as end within `minutes`; `tell` hears each, in order.

    Raises SoakBroke.
    """
    soak, traces = Soak(), hashlib.sha256()
    began_s = time.monotonic()
    until_s = None if minutes is None else began_s + minutes * 60
    with closing(_outcomes(seeds, jobs, limit_s, until_s)) as outcomes:
        for outcome in outcomes:
            soak.scenarios += 1
            soak.virtual_s += outcome.virtual_s
            traces.update(outcome.trace_sha256.encode())
            if outcome.trouble:
                soak.failures += 1
                soak.failed.append(outcome)
            soak.with_ring += outcome.with_ring
            soak.with_clip += outcome.with_clip
            soak.with_fault += outcome.with_fault
            soak.with_all += outcome.with_ring and outcome.with_clip and outcome.with_fault
            tell(outcome)
            if until_s is not None and time.monotonic() > until_s:
                break
    if not soak.scenarios:
        raise SoakBroke("no scenario came to its end in that time", hint="give it more --minutes")
    soak.seconds_wall = time.monotonic() - began_s
    soak.trace_sha256 = traces.hexdigest()
    return soak


def _outcomes(seeds: Iterable[int], jobs: int, limit_s: float, until_s: float | None) -> Generator[Outcome]:
    """Give what seeds come to, in order; of several processes none outlives it, whatever they play."""
    if jobs <= 1:
        _settle_down()
        for seed in seeds:
            yield run_seed(seed, limit_s)
        return
    context, rest = multiprocessing.get_context("spawn"), iter(seeds)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_be_a_worker)
    waiting: deque[Future[list[Outcome]]] = deque()
    size = 1
    try:
        while (chunk := list(islice(rest, size))) or waiting:
            if chunk:
                waiting.append(pool.submit(_run_chunk, chunk, limit_s))
            if not chunk or len(waiting) >= jobs * AHEAD:
                left_s = None if until_s is None else max(until_s - time.monotonic(), 0)
                outcomes = waiting.popleft().result(left_s)
                yield from outcomes
                slowest_s = max(outcome.seconds_wall for outcome in outcomes)
                size = max(1, min(CHUNK, int(CHUNK_S / max(slowest_s, 1e-3))))
    except BrokenProcessPool as error:
        raise SoakBroke(
            "a process of the soak died, perhaps for want of memory", hint="try again with fewer --jobs"
        ) from error
    except TimeoutError:
        return  # the minutes are over, and what is being played would be late
    finally:
        _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    """End a pool at once: what its processes still play is of no use to anybody."""
    processes = [*(pool._processes or {}).values()]  # from Python 3.14 on this has a name
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def _run_chunk(seeds: list[int], limit_s: float) -> list[Outcome]:
    return [run_seed(seed, limit_s) for seed in seeds]


def _be_a_worker() -> None:
    """Leave Ctrl-C, which a terminal sends to all of its processes, to the first of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _settle_down()


def _settle_down() -> None:
    """One thread to a process: there are as many processes as there is work for."""
    cv2.setNumThreads(1)


def _outcome(house: House, report: Report) -> Outcome:
    rang = any("/event/doorbell" in heard.publication.topic for heard in house.broker.heard)
    whole = [
        e for bell in house.doors for e in bell.index.rows() if e.state == "whole" and e.clip not in bell.past
    ]
    return Outcome(
        report.seed,
        report.trace.sha256,
        tuple(map(str, report.verdicts)),
        rang,
        bool(whole),
        report.faults_met > 0,
        report.virtual_ns / NS_PER_S,
    )


def raised(error: Exception) -> str:
    """Tell what was raised, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return f"{where}: {type(error).__name__}: {error}"

"""Many drawn scenarios over several processes, in the order of their seeds, whatever the number of processes.

run(seeds, jobs) -> Soak: counts, the seeds that failed, and one hash over all traces
"""

import hashlib
import multiprocessing
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
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
"""Seeds handed to a process at a time."""

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


@dataclass(slots=True)
class Soak:
    """What many seeds came to."""

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

    def as_json(self) -> dict[str, object]:
        """Give it as plain values; of failures the seed and what was found."""
        failed = [{"seed": one.seed, "trouble": list(one.trouble)} for one in self.failed]
        return {
            "scenarios": self.scenarios,
            "failures": self.failures,
            "seconds_wall": round(self.seconds_wall, 3),
            "trace_sha256": self.trace_sha256,
            "failed": failed,
            "with_ring": self.with_ring,
            "with_clip": self.with_clip,
            "with_fault": self.with_fault,
            "with_all": self.with_all,
            "virtual_s": round(self.virtual_s, 3),
        }


def run_seed(seed: int, limit_s: float = LIMIT_S) -> Outcome:
    """Play the drawn scenario of a seed under all checkers. Never raises: what breaks is trouble."""
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
    for outcome in _outcomes(seeds, jobs, limit_s):
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
        if minutes is not None and time.monotonic() - began_s > minutes * 60:
            break
    soak.seconds_wall = time.monotonic() - began_s
    soak.trace_sha256 = traces.hexdigest()
    return soak


def _outcomes(seeds: Iterable[int], jobs: int, limit_s: float) -> Iterator[Outcome]:
    if jobs <= 1:
        _settle_down()
        for seed in seeds:
            yield run_seed(seed, limit_s)
        return
    context, rest = multiprocessing.get_context("spawn"), iter(seeds)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_be_a_worker)
    waiting: deque[Future[list[Outcome]]] = deque()
    try:
        while (chunk := list(islice(rest, CHUNK))) or waiting:
            if chunk:
                waiting.append(pool.submit(_run_chunk, chunk, limit_s))
            if not chunk or len(waiting) >= jobs * AHEAD:
                yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise SoakBroke(
            "a process of the soak died, perhaps for want of memory", hint="try again with fewer --jobs"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


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

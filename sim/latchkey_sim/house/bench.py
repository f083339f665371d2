"""Figures of the simulator, as a table with goals: `python -m latchkey_sim.house.bench [PART...]`.

Parts: soak, day, doors, memory, scenes, repeats. The code is 1 where a goal is missed. `CPU-s` are seconds of
one core; houses that are timed in them have no checkers.
"""

import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, repeat
from random import Random

import cv2

from latchkey.adapters.finders import open_finder
from latchkey.frames import Bgr, Box, RawFrame
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings
from latchkey.units import MIB, NS_PER_S, S_PER_DAY
from latchkey_sim.finder import PaintFinder
from latchkey_sim.house import soak
from latchkey_sim.house.footage import Footage, TinyFootage
from latchkey_sim.house.house import House, Report
from latchkey_sim.house.scenario import Door, Scenario
from latchkey_sim.house.tiny import tiny_settings
from latchkey_sim.scenes.bench import GOAL, SIZE, Rate, measured
from latchkey_sim.scenes.footage import SceneFootage
from latchkey_sim.scenes.library import find_scene, shipped_names

SOAK_S, SOAK_GOAL, SOAK_CORES = 60, 1000, 2
DAY_GOAL_S = 1.0
REPEATED_SEEDS, REPEATS = 20, 100
DOORS = (1, 10, 50)
MANY_DOORS, MANY_S = 50, 3600
BELLS_A_DAY = 24
VISITS_A_DAY = 12
SCENE = "visitor"
SCENE_FRAMES = 24
"""Pictures of each shipped scene that are drawn and measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table. `is_met` is None where there is no goal."""

    what: str
    value: str
    goal: str = ""
    is_met: bool | None = None

    def line(self) -> str:
        """Give it as text."""
        verdict = {None: "", True: "met", False: "MISSED"}[self.is_met]
        return f"{self.what:<62} {self.value:>28}  {self.goal:<12} {verdict}".rstrip()


def soaking(seconds: float = SOAK_S, jobs: int | None = None) -> Iterator[Figure]:
    """Play drawn scenarios for a while, under all checkers."""
    jobs = jobs or os.cpu_count() or 1
    before_s = _cpu_s()
    done = soak.run(count(), jobs, minutes=seconds / 60)
    spent_s = _cpu_s() - before_s
    goal = round(SOAK_GOAL * seconds / SOAK_S * min(jobs, SOAK_CORES) / SOAK_CORES)
    what = f"scenarios with ring, clip and fault in {done.seconds_wall:.0f} s, {jobs} processes"
    yield Figure(what, f"{done.with_all} of {done.scenarios}", f">= {goal}", done.with_all >= goal)
    yield Figure("scenarios per CPU-s, starting the processes included", f"{done.scenarios / spent_s:.1f}")
    yield Figure("virtual time in that", f"{done.virtual_s / done.seconds_wall:.0f} x real time")
    seeds = ", ".join(str(one.seed) for one in done.failed[:5])
    yield Figure(
        "of these failed",
        f"{done.failures} {seeds} {done.lacks}".rstrip(),
        "0",
        not (done.failures or done.lacks),
    )


def _cpu_s() -> float:
    """Give what this process has used, and those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def one_day() -> Iterator[Figure]:
    """Play a day of one door: first without pictures, then with visits in tiny ones."""
    took_s, report = _played(_many(1, S_PER_DAY, BELLS_A_DAY))
    what = f"one device-day without pictures, {report.rings} rings, CPU-s"
    yield Figure(what, f"{took_s:.2f}", f"<= {DAY_GOAL_S:g}", took_s <= DAY_GOAL_S)
    took_s, report = _played(_many(1, S_PER_DAY, BELLS_A_DAY, VISITS_A_DAY))
    yield Figure(f"the same with {report.clips} clips of tiny pictures, CPU-s", f"{took_s:.2f}")


def many_doors() -> Iterator[Figure]:
    """Play many doors for an hour, without pictures."""
    took_s, report = _played(_many(MANY_DOORS, MANY_S, 1))
    steps = report.steps * MANY_DOORS
    what = f"{MANY_DOORS} doors, {MANY_S / 3600:g} h without pictures"
    yield Figure(f"{what}: steps of devices per CPU-s", f"{steps / took_s:.0f}")
    yield Figure(f"{what}: events in the trace per CPU-s", f"{len(report.trace.entries) / took_s:.0f}")
    yield Figure(f"{what}: device time per CPU time", f"{MANY_DOORS * MANY_S / took_s:.0f} x")


def memory() -> Iterator[Figure]:
    """Play houses of several doors in processes of their own, a visit at each door."""
    peaks = [_peak_bytes(doors) for doors in DOORS]
    for doors, peak in zip(DOORS, peaks, strict=True):
        yield Figure(f"peak memory, house with {doors} door(s), MiB", f"{peak / MIB:.0f}")
    per_door = (peaks[-1] - peaks[0]) / (DOORS[-1] - DOORS[0])
    yield Figure(
        f"memory per simulated device (of {DOORS[-1]} against {DOORS[0]}), MiB", f"{per_door / MIB:.2f}"
    )


def scenes(names: Sequence[str] = (), frames: int = SCENE_FRAMES) -> Iterator[Figure]:
    """Draw scenes at 720p; then play one with a device, and tell drawing, detector and the rest apart."""
    cv2.setNumThreads(1)
    rates = [measured(name, frames) for name in names or shipped_names()]
    per_s = sum(rate.frames for rate in rates) / sum(rate.drawing_s for rate in rates)
    slowest: Rate = min(rates, key=lambda rate: rate.per_s)
    size = f"{SIZE[0]}x{SIZE[1]}"
    what = f"pictures of {len(rates)} scenes drawn at {size}, with truth, per CPU-s"
    yield Figure(what, f"{per_s:.0f}", f">= {GOAL:.0f}", per_s >= GOAL)
    yield Figure(f"the slowest of them, {slowest.name}", f"{slowest.per_s:.0f}")
    yield from _costs_apart(size)


def repeats(seeds: int = REPEATED_SEEDS, times: int = REPEATS, jobs: int | None = None) -> Iterator[Figure]:
    """Play seeds again and again, in processes whose hashes of text differ."""
    traces: dict[int, set[str]] = defaultdict(set)
    done = soak.run(
        chain.from_iterable(repeat(range(seeds), times)),
        jobs or os.cpu_count() or 1,
        tell=lambda outcome: traces[outcome.seed].add(outcome.trace_sha256),
    )
    differences = sum(len(found) - 1 for found in traces.values())
    what = f"differing traces of {seeds} seeds, each {times} times ({done.scenarios} runs)"
    yield Figure(what, str(differences), "0", differences == 0)


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "soak": soaking,
    "day": one_day,
    "doors": many_doors,
    "memory": memory,
    "scenes": scenes,
    "repeats": repeats,
}


def main(names: Sequence[str], out: Callable[[str], object] = sys.stdout.write) -> int:
    """Print the table, line by line as it comes; 1 where a goal is missed."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        out(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}\n")
        return 2
    return tell(chain.from_iterable(PARTS[name]() for name in names or PARTS), out)


def tell(figures: Iterator[Figure], out: Callable[[str], object]) -> int:
    """Print figures; 1 where one of them misses its goal."""
    missed = 0
    for figure in figures:
        out(f"{figure.line()}\n")
        missed += figure.is_met is False
    return 1 if missed else 0


def _many(doors: int, span_s: int, bells: int, visits: int = 0) -> Scenario:
    """Give a quiet house: at each door so many rings, and visits, spread over the span."""
    settings = tiny_settings()
    every_ns = span_s * NS_PER_S // bells
    made = []
    for number in range(doors):
        shift_ns = every_ns * (number + 1) // (doors + 1)
        begins_ns = [shift_ns + n * (span_s * NS_PER_S // max(visits, 1)) for n in range(visits)]
        footage = TinyFootage.drawn(Random(number), begins_ns, (2, 4))  # noqa: S311 -- a scene
        rings_ns = tuple(shift_ns + n * every_ns + NS_PER_S for n in range(bells))
        made.append(Door(footage, settings, rings_ns))
    return Scenario("bench", span_s * NS_PER_S, tuple(made))


def _played(scenario: Scenario, finder: FaceFinder | None = None) -> tuple[float, Report]:
    """Play without checkers, on one core; give CPU-seconds and report."""
    cv2.setNumThreads(1)
    house = House(scenario, 1, [], finder=lambda: finder or PaintFinder(long_side_px=128))
    began_s = time.process_time()
    report = house.run()
    return time.process_time() - began_s, report


def _peak_bytes(doors: int) -> int:
    command = [sys.executable, "-m", "latchkey_sim.house.bench", "--peak", str(doors)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- ourselves
    return int(done.stdout)


def _tell_peak(doors: int) -> None:
    _played(_many(doors, 60, 1, 1))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")


class _Timed:
    """Footage and detector of another kind, with the CPU-seconds that they take."""

    def __init__(self, footage: Footage, finder: FaceFinder) -> None:
        self._footage = footage
        self._finder = finder
        self.size = footage.size
        self.fps = footage.fps
        self.name = finder.name
        self.long_side_px = finder.long_side_px
        self.drawing_s = self.looking_s = 0.0
        self.pictures = self.looks = 0

    def next_ns(self, at_ns: int) -> int | None:
        return self._footage.next_ns(at_ns)

    def faces(self, at_ns: int) -> tuple[Box, ...]:
        return self._footage.faces(at_ns)

    def picture(self, at_ns: int) -> RawFrame:
        began_s = time.process_time()
        picture = self._footage.picture(at_ns)
        self.drawing_s += time.process_time() - began_s
        self.pictures += 1
        return picture

    def find(self, bgr: Bgr) -> list[Box]:
        began_s = time.process_time()
        found = self._finder.find(bgr)
        self.looking_s += time.process_time() - began_s
        self.looks += 1
        return found


def _costs_apart(size: str) -> Iterator[Figure]:
    finder: FaceFinder = open_finder(PrivacySettings()).finder or PaintFinder(long_side_px=480)
    scene = replace(find_scene(SCENE), size=SIZE)
    timed = _Timed(SceneFootage(scene), finder)
    took_s, _ = _played(
        Scenario(SCENE, round(scene.seconds * NS_PER_S), (Door(timed, tiny_settings()),)), timed
    )
    each_ms = 1000 / max(timed.pictures, 1)
    what = f"scene {SCENE} at {size} under a device, CPU-ms per picture"
    yield Figure(f"{what}: drawing", f"{timed.drawing_s * each_ms:.1f}")
    yield Figure(f"{what}: detector ({timed.name}, {timed.looks} looks)", f"{timed.looking_s * each_ms:.1f}")
    rest_s = took_s - timed.drawing_s - timed.looking_s
    yield Figure(f"{what}: all else of filter and clip", f"{rest_s * each_ms:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _tell_peak(int(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))

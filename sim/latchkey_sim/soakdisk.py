"""Power cuts by the million: `python -m latchkey_sim.soakdisk` (`make soak-disk`) prints what they showed.

Every write path of the device and of its owner's commands runs again and again, each time with other sizes,
faults and chance. At each of its operations images of what a power cut may leave are drawn; those that differ
are started, checked, and counted. A problem prints the one command that draws its image again. How far it is
goes to standard error. Exit code: 0 no problem, 1 some, 130 stopped before the end.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from typing import TextIO, get_args

from latchkey.errors import EXIT_FAILED
from latchkey_sim.outage import CONTROLS, PATHS, SHORT, Tally, Trouble, WritePath, survey

PER_OPERATION = 50
"""Images drawn at each operation of a run."""

SHORT_RUNS = 8
"""Runs of a short path for each one of the others."""

TELL_S = 10
EXIT_STOPPED = 130

AHEAD = 4
"""Runs that each worker has waiting."""

_WIDTH = 30
_KIB_PER_MIB = 1024

Watch = Callable[[dict[str, Tally]], None]
"""Told of the tallies after each run."""


def soak(
    names: Sequence[str], images: int, jobs: int, first_seed: int, watch: Watch = lambda _tallies: None
) -> dict[str, Tally]:
    """Run the named paths in turn, seed after seed, until `images` that differ are checked; give a tally for
    each path.

    The same arguments but `jobs` give the same tallies.
    """
    tallies = {name: Tally() for name in names}
    checked = 0
    with ProcessPoolExecutor(jobs) as pool:
        for runs in _batches(names, first_seed, jobs * AHEAD):
            for name, tally in pool.map(_run, runs):
                tallies[name].join(tally)
                watch(tallies)
                checked += tally.images
                if checked >= images:
                    pool.shutdown(cancel_futures=True)
                    return tallies
    return tallies


def _batches(names: Sequence[str], first_seed: int, rounds: int) -> Iterator[list[tuple[str, int]]]:
    for first in count(0, rounds):
        yield [run for number in range(first, first + rounds) for run in _round(names, first_seed, number)]


def _round(names: Sequence[str], first_seed: int, number: int) -> Iterator[tuple[str, int]]:
    for name in names:
        runs = SHORT_RUNS if name in SHORT else 1
        for seed in range(first_seed + number * runs, first_seed + (number + 1) * runs):
            yield name, seed


def _run(run: tuple[str, int]) -> tuple[str, Tally]:
    name, seed = run
    return name, survey(_path(name), seed, PER_OPERATION)


def _path(name: str) -> WritePath:
    return (PATHS | CONTROLS)[name]


def report(tallies: dict[str, Tally], seconds: float, out: TextIO) -> int:
    """Print a table and the first problems; give the number of problems."""
    total = Tally()
    print(f"{'path':{_WIDTH}}{'drawn':>12}{'images':>12}{'operations':>12}   troubles", file=out)
    for name, tally in tallies.items():
        total.join(tally)
        found = ", ".join(f"{number} {trouble}" for trouble, number in sorted(tally.troubles.items()))
        numbers = f"{tally.drawn:>12}{tally.images:>12}{tally.operations:>12}"
        print(f"{name:{_WIDTH}}{numbers}   {found or 'none'}", file=out)
    rows: list[tuple[str, int]] = [("drawn, legal", total.drawn), ("images, all different", total.images)]
    rows += [("operations", total.operations), ("with a flipped bit", total.rotten)]
    rows += [("cut again while starting", total.cut_again)]
    rows += [(trouble, total.troubles[trouble]) for trouble in get_args(Trouble)]
    rows += [("seconds", round(seconds)), ("images per second", round(total.images / seconds))]
    rows += [
        ("drawn per second", round(total.drawn / seconds)),
        ("MiB of the largest process", _largest_mib()),
    ]
    for label, number in rows:
        print(f"{label:{_WIDTH}}{number:>12}", file=out)
    for place, problem in total.first:
        print(f"{problem.trouble}: {problem.text}\n    {place.command}", file=out)
    return sum(total.troubles.values())


def _largest_mib() -> int:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) // _KIB_PER_MIB


class _Progress:
    """Says every `TELL_S` seconds how far a soak is; keeps the tallies for the report where it is stopped."""

    def __init__(self, images: int, begun_s: float) -> None:
        self.tallies: dict[str, Tally] = {}
        self._images = images
        self._begun_s = self._told_s = begun_s

    def __call__(self, tallies: dict[str, Tally]) -> None:
        self.tallies = tallies
        now_s = time.monotonic()
        if now_s - self._told_s < TELL_S:
            return
        self._told_s = now_s
        done = sum(tally.images for tally in tallies.values())
        troubles = sum(sum(tally.troubles.values()) for tally in tallies.values())
        seconds = now_s - self._begun_s
        left_s = (self._images - done) * seconds / max(done, 1)
        text = f"{done} of {self._images} images, {troubles} problems, {seconds:.0f} s"
        sys.stderr.write(f"{text}, about {max(left_s, 0):.0f} s to go\n")


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Run the command; give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m latchkey_sim.soakdisk", description=__doc__)
    parser.add_argument(
        "--images", type=int, default=1_000_000, help="how many to check that differ, at least"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--path", choices=sorted(PATHS | CONTROLS), help="one write path alone")
    parser.add_argument("--operation", type=int, help="with --image: that one image alone")
    parser.add_argument("--image", type=int, help="with --operation: that one image alone")
    parser.add_argument("--controls", action="store_true", help="wrong ways to write: they must show trouble")
    chosen = parser.parse_args(arguments)
    if (chosen.operation is None) != (chosen.image is None) or (chosen.image is not None and not chosen.path):
        parser.error("--operation and --image go together, with --path and --seed")
    if min(chosen.images, chosen.jobs) < 1:
        parser.error("--images and --jobs are at least 1")
    begun_s = time.monotonic()
    if chosen.image is not None:
        only = (chosen.operation, chosen.image)
        tallies = {chosen.path: survey(_path(chosen.path), chosen.seed, PER_OPERATION, only)}
        return EXIT_FAILED if report(tallies, time.monotonic() - begun_s, out) else 0
    names = [chosen.path] if chosen.path else list(CONTROLS if chosen.controls else PATHS)
    progress, is_stopped = _Progress(chosen.images, begun_s), False
    try:
        tallies = soak(names, chosen.images, chosen.jobs, chosen.seed, progress)
    except KeyboardInterrupt:
        tallies, is_stopped = progress.tallies, True
    if report(tallies, time.monotonic() - begun_s, out):
        return EXIT_FAILED
    return EXIT_STOPPED if is_stopped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))

"""Power cuts by the million: `python -m latchkey_sim.soakdisk` (`make soak-disk`) prints what they showed.

Every write path of the device runs again and again, each time with other sizes, faults and chance. At each
of its operations images of what a power cut may leave are drawn, started and checked. A problem prints the
one command that draws its image again. Exit code: 0 none, 1 some.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from typing import TextIO, get_args

from latchkey.errors import EXIT_FAILED
from latchkey_sim.outage import CONTROLS, PATHS, Tally, Trouble, WritePath, survey

PER_OPERATION = 50
"""Images at each operation of a run."""

AHEAD = 4
"""Runs that each worker has waiting."""

_WIDTH = 30


def soak(names: Sequence[str], images: int, jobs: int, first_seed: int) -> dict[str, Tally]:
    """Run the named paths in turn, seed after seed, until `images` are checked; give a tally for each path.

    The same arguments but `jobs` give the same tallies.
    """
    tallies = {name: Tally() for name in names}
    checked = 0
    with ProcessPoolExecutor(jobs) as pool:
        for runs in _batches(names, first_seed, jobs * AHEAD * len(names)):
            for name, tally in pool.map(_run, runs):
                tallies[name].join(tally)
                checked += tally.images
                if checked >= images:
                    pool.shutdown(cancel_futures=True)
                    return tallies
    return tallies


def _batches(names: Sequence[str], first_seed: int, size: int) -> Iterator[list[tuple[str, int]]]:
    per_name = size // len(names)
    for seed in count(first_seed, per_name):
        yield [(name, seed + number) for number in range(per_name) for name in names]


def _run(run: tuple[str, int]) -> tuple[str, Tally]:
    name, seed = run
    return name, survey(_path(name), seed, PER_OPERATION)


def _path(name: str) -> WritePath:
    return (PATHS | CONTROLS)[name]


def report(tallies: dict[str, Tally], seconds: float, out: TextIO) -> int:
    """Print a table and the first problems; give the number of problems."""
    total = Tally()
    for name, tally in tallies.items():
        total.join(tally)
        found = ", ".join(f"{number} {trouble}" for trouble, number in sorted(tally.troubles.items()))
        print(f"{name:{_WIDTH}}{tally.images:>10} images   {found or 'no trouble'}", file=out)
    rows: list[tuple[str, int]] = [("images", total.images), ("operations", total.operations)]
    rows += [("with a flipped bit", total.rotten), ("cut again while starting", total.cut_again)]
    rows += [(trouble, total.troubles[trouble]) for trouble in get_args(Trouble)]
    rows.append(("images per second", round(total.images / seconds)))
    for label, number in rows:
        print(f"{label:{_WIDTH}}{number:>10}", file=out)
    for place, problem in total.first:
        print(f"{problem.trouble}: {problem.text}\n    {place.command}", file=out)
    return sum(total.troubles.values())


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Run the command; give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m latchkey_sim.soakdisk", description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000, help="how many to check, at least")
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
    else:
        names = [chosen.path] if chosen.path else list(CONTROLS if chosen.controls else PATHS)
        tallies = soak(names, chosen.images, chosen.jobs, chosen.seed)
    return EXIT_FAILED if report(tallies, time.monotonic() - begun_s, out) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))

"""Draws images at every operation of a write path, and has each started and checked.

Little is pending at most operations, so most of what is drawn has been drawn before. An image that was
started already, with the same promises, is drawn and not started again; all counts of images are of those
that differ.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from latchkey_sim.crashdisk import CrashDisk, Files, Power, PowerCut, cut_after, rot
from latchkey_sim.outage.home import Found, Home, Problem, WritePath

ROT_SHARE = 1 / 16
"""Images in which one bit has flipped."""

AGAIN_SHARE = 1 / 4
"""Images whose first start loses power too, before one of its first `AGAIN_OPERATIONS` operations."""

AGAIN_OPERATIONS = 12
SHOWN = 5
"""Problems that a tally names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image comes from; enough to draw it again. `operation` and `image` count from 0."""

    path: str
    seed: int
    operation: int
    image: int

    @property
    def command(self) -> str:
        """The one command that draws and checks this image again."""
        return (
            f"python -m latchkey_sim.soakdisk --path {self.path} --seed {self.seed}"
            f" --operation {self.operation} --image {self.image}"
        )


@dataclass(slots=True)
class Tally:
    """What images showed: `rotten` of them had a flipped bit, `cut_again` a second power cut while starting.

    `drawn` images are legal ones, at each operation as many; `images` are those among them that differ, in
    what is found or in what is promised. `first` are the first problems, with their places.
    """

    drawn: int = 0
    images: int = 0
    operations: int = 0
    rotten: int = 0
    cut_again: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    first: list[tuple[Place, Problem]] = field(default_factory=list)

    def add(self, place: Place, problems: list[Problem]) -> None:
        """Count what one image showed."""
        self.images += 1
        self.troubles.update(problem.trouble for problem in problems)
        self.first = (self.first + [(place, problem) for problem in problems])[:SHOWN]

    def join(self, other: "Tally") -> None:
        """Add another tally."""
        self.drawn += other.drawn
        self.images += other.images
        self.operations += other.operations
        self.rotten += other.rotten
        self.cut_again += other.cut_again
        self.troubles += other.troubles
        self.first = (self.first + other.first)[:SHOWN]


def survey(
    path: WritePath,
    seed: int,
    per_operation: int,
    only: tuple[int, int] | None = None,
    disk: Callable[[Power, Files], CrashDisk] = CrashDisk,
) -> Tally:
    """Run a path once, with `per_operation` images at each of its operations and at its end.

    `only` (operation, image) draws that one image alone. `disk` makes the disks that the path writes to.
    """
    power = Power()
    home = Home(_chance(path.name, seed), power, disk=disk)
    tally, seen = Tally(), set[int]()

    def news(what: tuple[int, ...]) -> bool:
        is_new = hash(what) not in seen
        seen.add(hash(what))
        return is_new

    def look(_operation: str) -> None:
        operation, promised = tally.operations, home.promises.fingerprint
        tally.operations += 1
        for image in range(per_operation) if only is None else [only[1]] if only[0] == operation else []:
            place = Place(path.name, seed, operation, image)
            tally.drawn += 1
            chance = _chance(path.name, seed, operation, image)
            drawn = _Drawn(home.draw(chance), chance)
            drawn.rot()
            if chance.random() < AGAIN_SHARE:
                cut = chance.randrange(AGAIN_OPERATIONS)
                if not news((promised, drawn.found.fingerprint, cut)):
                    continue
                drawn.start_until(cut, path, home)
            if drawn.problems or news((promised, drawn.found.fingerprint)):
                tally.rotten += bool(drawn.found.rotten)
                tally.cut_again += drawn.is_cut_again
                last = _started(path, Home(chance, Power(), found=drawn.found), home)
                tally.add(place, [*drawn.problems, *last])

    power.watch = look
    path.run(home)
    look("the end")
    return tally


@dataclass(slots=True)
class _Drawn:
    """An image, the chance to go on with, and what showed in a start before it that lost power too."""

    found: Found
    chance: Random
    problems: list[Problem] = field(default_factory=list)
    is_cut_again: bool = False

    def rot(self) -> None:
        """Flip a bit in one image of a few."""
        found, chance = self.found, self.chance
        if chance.random() < ROT_SHARE:
            found.rotten = rot(found.vault if found.vault and chance.random() < 0.5 else found.state, chance)

    def start_until(self, cut: int, path: WritePath, home: Home) -> None:
        """Start on it, let power go before an operation of that, and be the image of that moment."""
        again = Home(self.chance, cut_after(cut), found=self.found)
        again.is_last = False
        try:
            self.problems += _started(path, again, home)
        except PowerCut:
            self.is_cut_again = True
        self.found = again.draw(self.chance)


def _started(path: WritePath, life: Home, home: Home) -> Iterator[Problem]:
    try:
        yield from path.check(life, home.promises)
    except Exception as error:  # noqa: BLE001 -- whatever rises out of a start is what is looked for
        yield Problem("did not start", f"{type(error).__name__}: {error}")


def _chance(*place: str | int) -> Random:
    return Random("/".join(map(str, place)))  # noqa: S311 -- images, not keys

"""What a planted bug is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: in `file` of the package, `old` (which is there exactly once) becomes `new`.

    `checker` finds it with seed `seed`; `Stuck` is the house itself, which comes to no end.
    """

    name: str
    file: str
    old: str
    new: str
    checker: str
    seed: int

"""What a bug is that is planted in a copy of the device."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: in `file` of the package, `old` (which is there exactly once) becomes `new`; so with `more`.

    `checker` finds it with seed `seed`; `Stuck` is the house itself, which comes to no end.
    """

    name: str
    file: str
    old: str
    new: str
    checker: str
    seed: int
    more: tuple[tuple[str, str, str], ...] = ()

    @property
    def edits(self) -> tuple[tuple[str, str, str], ...]:
        """Give all its edits: file, old, new."""
        return (self.file, self.old, self.new), *self.more

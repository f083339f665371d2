"""What a command of the `latchkey` program is; packages add their own as entry points."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command writes: data to `out`, everything for people to `err`."""

    out: TextIO
    err: TextIO

    def say(self, text: str) -> None:
        """Tell a person something, on stderr, so that stdout stays data."""
        print(text, file=self.err, flush=True)


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `run` gives the exit code, or raises a LatchkeyError that `main` prints."""

    name: str
    help: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Terminal], int]

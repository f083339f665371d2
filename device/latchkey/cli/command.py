"""What a command of the `latchkey` program is; packages add their own as entry points."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import TextIO

from latchkey.cli.stop import Stop
from latchkey.errors import OutputFailed, masked

LINE_LIMIT_CHARS = 600
"""No error is longer, whatever a person typed: the middle is left out."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command writes: data to `out`, everything for people to `err`; `stop` is Ctrl-C."""

    out: TextIO
    err: TextIO
    stop: Stop = field(default_factory=Stop)

    def put(self, text: str = "") -> None:
        """Write a line of data. Raises OutputFailed, BrokenPipeError."""
        try:
            print(text, file=self.out)
        except OSError as error:
            raise _output_failed(error) from error

    def put_bytes(self, data: bytes) -> None:
        """Write data that is no text. Raises OutputFailed, BrokenPipeError."""
        try:
            self.out.buffer.write(data)
        except OSError as error:
            raise _output_failed(error) from error

    def say(self, text: str = "") -> None:
        """Tell a person something, on stderr, so that stdout stays data."""
        with suppress(OSError):  # a stderr that is full or gone: there is nobody to tell
            print(text, file=self.err, flush=True)

    def complain(self, error: object, hint: str | None = None) -> None:
        """Say an error, and its hint, on one line each, whatever characters are in them; no secret key."""
        self.say(f"latchkey: error: {one_line(str(error))}")
        if hint:
            self.say(f"latchkey: hint: {one_line(hint)}")

    def flush(self) -> None:
        """Have all data written. Raises OutputFailed, BrokenPipeError."""
        try:
            self.out.flush()
        except OSError as error:
            raise _output_failed(error) from error


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `run` gives the exit code, or raises a LatchkeyError that `main` prints.

    `minds_stop` = it asks `terminal.stop` itself and ends in order; others are interrupted at once.
    """

    name: str
    help: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Terminal], int]
    minds_stop: bool = False


def standard_terminal() -> Terminal:
    """Give stdin's, stdout's and stderr's terminal, whatever became of them.

    What the caller closed is opened on /dev/null, so that no file of ours gets its number: a closed
    stdout for reading, so that data written to it fails, a closed stderr for writing.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest free number: this one
    out = sys.stdout if sys.stdout is not None else open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- for good
    err = sys.stderr if sys.stderr is not None else open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- for good
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="backslashreplace")  # a file's name may be no text at all
    return Terminal(out, err)


def abandon_output(terminal: Terminal) -> None:
    """Let what could not be written go: the interpreter would try, and complain, once more."""
    for stream in (terminal.out, terminal.err):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _output_failed(error: OSError) -> OSError | OutputFailed:
    """A reader that went away is no trouble; a full disk is."""
    if isinstance(error, BrokenPipeError):
        return error
    return OutputFailed(f"cannot write to standard output: {error.strerror or error}")


def one_line(text: str) -> str:
    """Give a text that others wrote as one line without control characters: a terminal obeys those, and what
    turns the direction of writing. No secret key, and no more than `LINE_LIMIT_CHARS`.
    """
    shown = masked("".join(char if char.isprintable() else repr(char)[1:-1] for char in text))
    if len(shown) <= LINE_LIMIT_CHARS:
        return shown
    half = LINE_LIMIT_CHARS // 2
    return f"{shown[:half]} ... {shown[-half:]}"

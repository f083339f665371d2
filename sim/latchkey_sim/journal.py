"""Two journals: one keeps its lines, one prints them for a person to enjoy.

    00:07.3  motion   something moves
    00:12.6  bell     somebody rings

The time is that of the scene (since `start_ns`), not of the machine. Colour only on a terminal.
"""

from contextlib import suppress
from typing import TextIO

from latchkey.cli.progress import DIM, RESET, scene_time
from latchkey.ports import JournalLine

PART_WIDTH = 8
COLOURS = {
    "bell": "\x1b[1;33m",
    "motion": "\x1b[36m",
    "clip": "\x1b[32m",
    "filter": "\x1b[35m",
    "link": "\x1b[34m",
    "vault": "\x1b[32m",
    "camera": "\x1b[36m",
}
SEVERITY_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[1;31m"}


class ListJournal:
    """Keeps every line in `lines`."""

    def __init__(self) -> None:
        self.lines: list[JournalLine] = []

    def note(self, line: JournalLine) -> None:
        """Keep a line."""
        self.lines.append(line)


class PrintingJournal(ListJournal):
    """Keeps every line and prints it, `debug` ones excepted."""

    def __init__(self, stream: TextIO, start_ns: int = 0) -> None:
        super().__init__()
        self._stream = stream
        self._start_ns = start_ns
        self._colour = stream.isatty()

    def note(self, line: JournalLine) -> None:
        """Keep and print a line; a terminal's progress bar is wiped first."""
        super().note(line)
        if line.severity == "debug":
            return
        wipe = "\r\x1b[K" if self._colour else ""
        with suppress(OSError):  # a log that is full or gone does not end the play
            print(wipe + self._text(line), file=self._stream, flush=True)

    def _text(self, line: JournalLine) -> str:
        time, part = scene_time(line.at_ns - self._start_ns), line.part.ljust(PART_WIDTH)
        mark = f"{line.severity}: " if line.severity in SEVERITY_COLOURS else ""
        if not self._colour:
            return f"{time}  {part} {mark}{line.text}"
        colour = SEVERITY_COLOURS.get(line.severity) or COLOURS.get(line.part, "")
        return f"{DIM}{time}{RESET}  {colour}{part}{RESET} {mark}{line.text}"

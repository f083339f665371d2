"""The log as lines of text."""

import time
from contextlib import suppress
from typing import TextIO

from latchkey.ports import JournalLine


class TextJournal:
    """Writes `HH:MM:SS part text` lines; `debug` ones only where asked for."""

    def __init__(self, stream: TextIO, *, debug: bool = False) -> None:
        self._stream = stream
        self._debug = debug

    def note(self, line: JournalLine) -> None:
        """Write one line; a log that is full or gone does not silence the bell."""
        if line.severity == "debug" and not self._debug:
            return
        mark = "" if line.severity in ("info", "debug") else f"{line.severity}: "
        text = f"{time.strftime('%H:%M:%S')}  {line.part:<8} {mark}{line.text}"
        with suppress(OSError):
            print(text, file=self._stream, flush=True)

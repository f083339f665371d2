"""A bell for machines without a button: the Enter key."""

import os
import threading
from collections import deque
from contextlib import suppress
from typing import TextIO

from latchkey.ports import Clock


class EnterBell:
    """Rings whenever a line comes in on `stream`; without a stream it is silent."""

    def __init__(self, clock: Clock, stream: TextIO | None) -> None:
        self._clock = clock
        self._presses: deque[int] = deque(maxlen=64)
        if stream is not None:
            threading.Thread(target=self._listen, args=(stream.fileno(),), daemon=True).start()

    def presses(self) -> list[int]:
        """Give the presses since the last call."""
        taken = []
        while self._presses:
            taken.append(self._presses.popleft())
        return taken

    def _listen(self, handle: int) -> None:
        """Read past Python's buffer: its lock, held in a thread when the process ends, aborts that."""
        with suppress(OSError):  # the terminal is gone, and with it the finger
            while data := os.read(handle, 1024):
                for _ in range(data.count(b"\n")):
                    self._presses.append(self._clock.now_ns())
                    self._clock.wake()

"""A bell for machines without a button: the Enter key."""

import threading
from collections import deque
from typing import TextIO

from latchkey.ports import Clock


class EnterBell:
    """Rings whenever a line comes in on `stream`; without a stream it is silent."""

    def __init__(self, clock: Clock, stream: TextIO | None) -> None:
        self._clock = clock
        self._presses: deque[int] = deque(maxlen=64)
        if stream is not None:
            threading.Thread(target=self._listen, args=(stream,), daemon=True).start()

    def presses(self) -> list[int]:
        """Give the presses since the last call."""
        taken = []
        while self._presses:
            taken.append(self._presses.popleft())
        return taken

    def _listen(self, stream: TextIO) -> None:
        for _ in stream:
            self._presses.append(self._clock.now_ns())
            self._clock.wake()

"""A lamp that remembers what it showed."""

from latchkey.ports import Clock, LampState, Trouble


class RecordingLamp:
    """Keeps each change with its time in `shown`; repeats are no change."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.shown: list[tuple[int, LampState]] = []
        self.trouble: Trouble = ""

    def show(self, state: LampState, trouble: Trouble = "") -> None:
        """Note `state` if it is new; the last `trouble` is in its own place."""
        self.trouble = trouble
        if not self.shown or self.shown[-1][1] != state:
            self.shown.append((self._clock.now_ns(), state))

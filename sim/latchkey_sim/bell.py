"""A bell that is pressed by script."""

from collections.abc import Iterable

from latchkey.ports import Clock


class ScriptedBell:
    """Gives the presses of a script once their time has come; `press` adds one now."""

    def __init__(self, clock: Clock, times_ns: Iterable[int] = ()) -> None:
        self._clock = clock
        self._coming = sorted(times_ns)

    def presses(self) -> list[int]:
        """Give the monotonic times of the presses since the last call."""
        now_ns = self._clock.now_ns()
        due = [at_ns for at_ns in self._coming if at_ns <= now_ns]
        self._coming = self._coming[len(due) :]
        return due

    def press(self) -> None:
        """Press the button now."""
        self._coming = sorted([*self._coming, self._clock.now_ns()])

    @property
    def next_ns(self) -> int | None:
        """When the next scripted press comes, or None."""
        return self._coming[0] if self._coming else None

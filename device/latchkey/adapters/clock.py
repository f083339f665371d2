"""The system's time."""

import threading
import time

from latchkey.units import NS_PER_S


class SystemClock:
    """Monotonic and wall time of the operating system; `wait_until` sleeps the calling thread."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def now_ns(self) -> int:
        """Give the kernel's monotonic time."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Give UTC as the kernel believes it."""
        return time.time_ns()

    def wait_until(self, at_ns: int) -> None:
        """Sleep until `at_ns` or a `wake`, whichever is first."""
        self._woken.wait(max(0, at_ns - self.now_ns()) / NS_PER_S)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait."""
        self._woken.set()

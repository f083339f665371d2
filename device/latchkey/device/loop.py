"""The loop that steps a device, or one side of it, and waits in between. It decides nothing."""

from collections.abc import Callable
from typing import Protocol

from latchkey.ports import Clock
from latchkey.units import NS_PER_MS

LISTEN_NS = 100 * NS_PER_MS
"""Longest wait between two questions whether to stop."""


class Runs(Protocol):
    """What `run` steps: a whole device, or one side of it."""

    def step(self) -> int:
        """Do everything that is due; give the monotonic ns at which to be called next."""
        ...

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to do."""
        ...


def run(
    device: Runs, clock: Clock, should_stop: Callable[[], bool], stepped: Callable[[], None] = lambda: None
) -> None:
    """Step the device until `should_stop()` or a recorded video has ended; tell `stepped` after each step.

    `should_stop` is asked every `LISTEN_NS`: a signal's handler cannot wake a clock, for the thread
    it interrupts may hold the clock's lock.
    """
    while not should_stop() and not device.ended:
        wake_ns = device.step()
        stepped()
        clock.wait_until(min(wake_ns, clock.now_ns() + LISTEN_NS))

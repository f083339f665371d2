"""From the raw edges of a button to presses: pure, in the device's monotonic time.

A contact bounces for a few milliseconds, and a wire picks up spikes: only a level that holds for `STABLE_NS`
counts. After a press nothing counts for `LOCKOUT_NS`, so that a nervous finger rings once. A button that is
held, or stuck, is one press, and after `HELD_NS` that is said once.
"""

from dataclasses import dataclass
from typing import Literal

from latchkey.units import NS_PER_MS, NS_PER_S

STABLE_NS = 50 * NS_PER_MS
LOCKOUT_NS = 2 * NS_PER_S
"""From one press to the next that counts."""

HELD_NS = 10 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Push:
    """What came of the edges: a press, at the time of its first stable edge, or that the button is held."""

    kind: Literal["press", "held"]
    at_ns: int


class Debouncer:
    """Takes edges in the order of their times, and gives pushes.

    It begins with the button up, or down since `down_since_ns`: then nobody pressed it, a device that starts
    while a button is stuck must not ring, but that it is held is said.
    """

    def __init__(self, down_since_ns: int | None = None) -> None:
        self._down = self._stable_down = down_since_ns is not None
        self._edge_ns = 0
        self._quiet_until_ns: int | None = None
        self._held_at_ns = None if down_since_ns is None else down_since_ns + HELD_NS

    def edge(self, *, down: bool, at_ns: int) -> list[Push]:
        """Take the level that the button has from `at_ns` on; give what was settled before that."""
        pushes = self.settle(at_ns)
        if down is not self._down:
            self._down, self._edge_ns = down, at_ns
        return pushes

    def settle(self, now_ns: int) -> list[Push]:
        """Give what has become clear by `now_ns`."""
        pushes = []
        if self._down is not self._stable_down and now_ns - self._edge_ns >= STABLE_NS:
            self._stable_down = self._down
            self._held_at_ns = None
            if self._down and (self._quiet_until_ns is None or self._edge_ns >= self._quiet_until_ns):
                self._quiet_until_ns = self._edge_ns + LOCKOUT_NS
                self._held_at_ns = self._edge_ns + HELD_NS
                pushes.append(Push("press", self._edge_ns))
        if self._held_at_ns is not None and now_ns >= self._held_at_ns:
            pushes.append(Push("held", self._held_at_ns))
            self._held_at_ns = None
        return pushes

    @property
    def wake_ns(self) -> int | None:
        """When `settle` will have something to say if no edge comes before, or None."""
        if self._down is not self._stable_down:
            return self._edge_ns + STABLE_NS
        return self._held_at_ns

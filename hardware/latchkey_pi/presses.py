"""From the level of the bell's wire to presses: pure, in the device's monotonic time.

level -> OffDelay (only where the wire pulses) -> Debouncer -> press, held
"""

from latchkey.pipeline.debounce import Debouncer, Push
from latchkey_pi.contacts import OffDelay


class Presses:
    """Takes the levels of a wire in time order, and gives pushes. `pulses`: it carries alternating current.

    A button that is down at the very start is stuck, or the wire is short: it rings once it was up.
    """

    def __init__(self, *, down: bool, at_ns: int, pulses: bool) -> None:
        self._delay = OffDelay() if pulses else None
        if self._delay is not None and down:
            self._delay.level(down=True, at_ns=at_ns)
        self._debouncer = Debouncer(down_since_ns=at_ns if down else None)

    def blip(self, *, down: bool, at_ns: int) -> list[Push]:
        """Take that an edge came and the level is still, or again, this: what was between does not hold."""
        pushes = self.level(down=not down, at_ns=at_ns)
        return pushes + self.level(down=down, at_ns=at_ns)

    def level(self, *, down: bool, at_ns: int) -> list[Push]:
        """Take the level that holds from `at_ns` on."""
        if self._delay is None:
            return self._debouncer.edge(down=down, at_ns=at_ns)
        return self._feed(self._delay.level(down=down, at_ns=at_ns), at_ns)

    def settle(self, now_ns: int) -> list[Push]:
        """Give what has become clear by `now_ns`."""
        if self._delay is None:
            return self._debouncer.settle(now_ns)
        return self._feed(self._delay.settle(now_ns), now_ns)

    @property
    def wake_ns(self) -> int | None:
        """When `settle` will have something to say if no level comes before, or None."""
        times = [self._debouncer.wake_ns, self._delay.wake_ns if self._delay is not None else None]
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    def _feed(self, levels: list[tuple[bool, int]], now_ns: int) -> list[Push]:
        pushes = [push for down, at_ns in levels for push in self._debouncer.edge(down=down, at_ns=at_ns)]
        return pushes + self._debouncer.settle(now_ns)

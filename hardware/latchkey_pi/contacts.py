"""Levels of wires that are not bells: pure, in the device's monotonic time.

The bell's own rules are `latchkey.pipeline.debounce`. Here are the two that it does not know: the pulses of
an optocoupler on an alternating current, and contacts of which both states matter.
"""

from latchkey.units import NS_PER_MS

PULSE_GAP_NS = 100 * NS_PER_MS
"""An optocoupler behind half-wave rectified 50 Hz is off for 10 ms in every 20; ten of those missing is
up.
"""

CONTACT_STABLE_NS = 100 * NS_PER_MS
"""A reed contact bounces for a few milliseconds while a shutter is slid past it, a finger for longer."""


class OffDelay:
    """Makes one long closing out of pulses: it opens only once nothing came for `PULSE_GAP_NS`.

    Takes levels in time order and gives those that hold, with their times.
    """

    def __init__(self) -> None:
        self._raw = False
        self._down = False
        self._up_since_ns = 0

    def level(self, *, down: bool, at_ns: int) -> list[tuple[bool, int]]:
        """Take the level that holds from `at_ns` on."""
        given = self.settle(at_ns)
        if self._raw and not down:
            self._up_since_ns = at_ns
        self._raw = down
        if down and not self._down:
            self._down = True
            given.append((True, at_ns))
        return given

    def settle(self, now_ns: int) -> list[tuple[bool, int]]:
        """Give what has become clear by `now_ns`."""
        if self._down and not self._raw and now_ns - self._up_since_ns >= PULSE_GAP_NS:
            self._down = False
            return [(False, self._up_since_ns)]
        return []

    @property
    def wake_ns(self) -> int | None:
        """When `settle` will have something to say if no level comes before, or None."""
        return self._up_since_ns + PULSE_GAP_NS if self._down and not self._raw else None


class Contact:
    """A contact that is open or closed: what has held for `CONTACT_STABLE_NS`.

    `unsure` is what it counts as until it has held anything.
    """

    def __init__(self, *, unsure: bool) -> None:
        self.is_closed = unsure
        self._raw: bool | None = None
        self._since_ns = 0

    def see(self, *, closed: bool, at_ns: int) -> bool:
        """Take the level at `at_ns`; tell whether the contact counts as closed."""
        if closed is not self._raw:
            self._raw, self._since_ns = closed, at_ns
        elif at_ns - self._since_ns >= CONTACT_STABLE_NS:
            self.is_closed = closed
        return self.is_closed

"""Contacts beside the bell: the shutter over the lens, and a motion sensor. Asked by the loop, woken by
edges.
"""

from latchkey.ports import Clock
from latchkey_pi.contacts import Contact
from latchkey_pi.pins import Input


class SenseLine:
    """A line whose state matters. `unsure` is what it counts as until it has held anything."""

    def __init__(self, line: Input, clock: Clock, *, unsure: bool) -> None:
        self._line = line
        self._clock = clock
        self._contact = Contact(unsure=unsure)
        line.watch(clock.wake)

    def is_active(self) -> bool:
        """Whether the contact is closed, or the sensor sees somebody. Never blocks. Raises PinLost."""
        return self._contact.see(closed=self._line.level(), at_ns=self._clock.now_ns())

    def close(self) -> None:
        """Let go of the line."""
        self._line.close()

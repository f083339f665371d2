"""Contacts beside the camera: the shutter over the lens, and a motion sensor. The loop asks, edges wake."""

from latchkey.ports import Clock
from latchkey_pi.contacts import Contact
from latchkey_pi.pins import Input


class SenseLine:
    """A line whose state matters: at the start what it is then, afterwards what has held for a while."""

    def __init__(self, line: Input, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self._contact = Contact(unsure=line.level())
        line.watch(clock.wake)

    def is_active(self) -> bool:
        """Whether the contact is closed, or the sensor sees somebody. Never blocks. Raises PinLost."""
        return self._contact.see(closed=self._line.level(), at_ns=self._clock.now_ns())


class PiSenses:
    """What is wired of them."""

    def __init__(self, shutter: SenseLine | None, motion: SenseLine | None) -> None:
        self._shutter = shutter
        self._motion = motion

    def shutter_closed(self) -> bool:
        """Whether the shutter's contact is closed."""
        return self._shutter is not None and self._shutter.is_active()

    def somebody(self) -> bool:
        """Whether the motion sensor sees somebody."""
        return self._motion is not None and self._motion.is_active()

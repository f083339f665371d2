"""Whether a camera repeats one picture, bit by bit: a sensor has noise, a frozen one has none."""

from latchkey.frames import Plane
from latchkey.units import NS_PER_S

SILENT_NS = 5 * NS_PER_S
"""A camera that says neither frame nor `Still` for this long is frozen; so is one that repeats
the same picture, bit by bit: a sensor has noise."""

REPEAT_STEP = 64
"""Every so many rows are compared: noise differs in each. As bytes, since arrays this large would make the
loop wait for whoever else runs Python."""


class Repeats:
    """Compares each picture with the one before."""

    def __init__(self) -> None:
        self._since_ns: int | None = None
        self._last_rows = b""

    def see(self, luma: Plane, at_ns: int) -> bool:
        """Take the next picture's luma; tell whether it has been the very same one for `SILENT_NS`."""
        last, self._last_rows = self._last_rows, luma[::REPEAT_STEP].tobytes()
        if last != self._last_rows:
            self._since_ns = None
            return False
        if self._since_ns is None:
            self._since_ns = at_ns
        return at_ns - self._since_ns > SILENT_NS

"""Day or night, by what the camera does to see: how long it exposes, and how much it amplifies.

Pictures cannot tell: exposure makes them equally bright until it is at its end. Both directions need a margin
(hysteresis) and time, or an infrared light that switches on makes it day, and so on for ever: the light it
gives is less than what `DAY_EXPOSURE` asks for.
"""

from dataclasses import dataclass

from latchkey.units import NS_PER_S

NIGHT_EXPOSURE_US = 250_000
"""Exposure times gain, in µs at gain 1, from which it is night: 1/30 s at gain 7.5."""

DAY_EXPOSURE_US = 40_000
"""Below it is day again: 1/30 s at gain 1.2. A sixth, so that a light of our own does not reach it."""

SETTLE_NS = 10 * NS_PER_S
"""How long it must be so: headlights pass in less."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a picture's metadata says of the light: exposure in µs, and gains multiplied."""

    time_us: int
    gain: float

    @property
    def total_us(self) -> float:
        """Exposure that would be needed without any gain."""
        return self.time_us * self.gain


class DayNight:
    """Tells whether it is night; begins with day."""

    def __init__(self) -> None:
        self.is_night = False
        self._since_ns: int | None = None

    def see(self, exposure: Exposure, at_ns: int) -> bool:
        """Take the exposure of a picture; tell whether it is night now."""
        total = exposure.total_us
        other = total < DAY_EXPOSURE_US if self.is_night else total > NIGHT_EXPOSURE_US
        if not other:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = at_ns
        elif at_ns - self._since_ns >= SETTLE_NS:
            self.is_night, self._since_ns = not self.is_night, None
        return self.is_night

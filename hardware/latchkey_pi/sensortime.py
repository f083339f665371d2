"""Times of pictures: the sensor's own, as long as it can be believed. Pure.

`SensorTimestamp` is when the first row began to be exposed, in nanoseconds of the clock that `Clock.now_ns`
reads. It is better than the time of arrival, which wanders with the load; the wall clock, which jumps, is
never asked.
"""

from latchkey.units import NS_PER_S

BELIEVED_NS = 1 * NS_PER_S
"""A picture arrives well within this of its exposure; further off it is another clock."""

AHEAD_NS = 5_000_000
"""No picture was taken after it arrived, but for rounding."""


class SensorTimes:
    """Gives each picture a time, rising strictly; `strange` counts those that the sensor had wrong."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self.strange = 0

    def at_ns(self, sensor_ns: int | None, now_ns: int) -> int | None:
        """Give the time of a picture that arrives now; None = it is no newer than the last, to be dropped."""
        if sensor_ns is None or not now_ns - BELIEVED_NS <= sensor_ns <= now_ns + AHEAD_NS:
            self.strange += 1
            sensor_ns = now_ns
        if self._last_ns is not None and sensor_ns <= self._last_ns:
            return None
        self._last_ns = sensor_ns
        return sensor_ns

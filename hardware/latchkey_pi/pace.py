"""How many pictures a second the chip can afford: fewer while it is hot or throttled.

A hot chip halves its clock by itself, at a moment nobody chose, and the filter falls behind: then whole
pictures are covered. Taking fewer pictures before that keeps it cool. Down is quick, up is slow and has a
margin.
"""

from dataclasses import dataclass

from latchkey.units import NS_PER_S

SHARES = (1.0, 0.75, 0.5, 0.35)
"""Of the rate that the settings ask for, from cool to hot."""

LEAST_FPS = 5.0
DOWN_NS = 20 * NS_PER_S
"""From one step down to the next: a chip's temperature follows in about that time."""

UP_NS = 120 * NS_PER_S
"""How long it must have been cool for a step up."""

MARGIN_C = 8.0
"""Cool is so much below what counts as hot."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """What the firmware says, as `vcgencmd get_throttled` prints it: bits 0 to 3 hold now, 16 to 19 since
    the start.
    """

    bits: int = 0

    @property
    def is_weak(self) -> bool:
        """Whether the supply gives less than 4.63 V now."""
        return bool(self.bits & 1)

    @property
    def is_slowed(self) -> bool:
        """Whether the clock is capped or the chip throttled now, for whatever reason."""
        return bool(self.bits & 0b1110)


@dataclass(frozen=True, slots=True)
class Heat:
    """How the chip is: degrees Celsius, None = unknown, and what the firmware does about it."""

    celsius: float | None
    throttled: Throttled = Throttled()


class Pace:
    """Gives the rate for `fps` pictures a second wanted, slower from `slow_at_c` on."""

    def __init__(self, fps: float, slow_at_c: float) -> None:
        self._wanted = fps
        self._slow_at_c = slow_at_c
        self._step = 0
        self._down_ns: int | None = None
        self._cool_ns: int | None = None

    @property
    def fps(self) -> float:
        """Pictures a second now."""
        return max(self._wanted * SHARES[self._step], min(self._wanted, LEAST_FPS))

    def see(self, heat: Heat, at_ns: int) -> bool:
        """Take how the chip is; tell whether the rate changed."""
        before = self.fps
        if self._is_hot(heat):
            self._cool_ns = None
            if self._down_ns is None or at_ns - self._down_ns >= DOWN_NS:
                self._step, self._down_ns = min(self._step + 1, len(SHARES) - 1), at_ns
        elif not self._is_cool(heat):
            self._cool_ns = None
        elif self._cool_ns is None:
            self._cool_ns = at_ns
        elif at_ns - self._cool_ns >= UP_NS:
            self._step, self._cool_ns = max(self._step - 1, 0), at_ns
        return self.fps != before

    def _is_hot(self, heat: Heat) -> bool:
        return heat.throttled.is_slowed or (heat.celsius is not None and heat.celsius >= self._slow_at_c)

    def _is_cool(self, heat: Heat) -> bool:
        return heat.celsius is None or heat.celsius < self._slow_at_c - MARGIN_C

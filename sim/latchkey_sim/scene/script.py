"""The script of a visit: where the visitor is and looks at every moment, in numbers.

World: metres; the lens is the origin of X (to the right in the picture) and Z (away from the
door). Yaw in degrees: 0 = faces the lens, + = the face turns to the right of the picture, 180 =
the back of the head. A `Track` eases from key to key, so that every start and stop is soft.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latchkey.units import to_ns

Curve = NDArray[np.float64]
Key = tuple[float, float]
"""(seconds, value)"""


@dataclass(frozen=True, slots=True)
class Track:
    """One number over time: keys in time order; constant before the first and after the last."""

    keys: tuple[Key, ...]

    def at(self, times_s: Curve) -> Curve:
        """Give the values at `times_s`, eased (smoothstep) between keys."""
        key_s = np.array([key[0] for key in self.keys])
        values = np.array([key[1] for key in self.keys])
        left = np.clip(np.searchsorted(key_s, times_s, side="right") - 1, 0, len(key_s) - 1)
        right = np.minimum(left + 1, len(key_s) - 1)
        span_s = np.where(right > left, key_s[right] - key_s[left], 1.0)
        part = np.clip((times_s - key_s[left]) / span_s, 0.0, 1.0)
        eased = part * part * (3 - 2 * part)
        result: Curve = values[left] + (values[right] - values[left]) * eased
        return result

    def stretched(self, factor: float) -> "Track":
        """Give the same track at another pace: times are multiplied by `factor`."""
        return Track(tuple((at_s * factor, value) for at_s, value in self.keys))


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant worth showing, and what happens in it."""

    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """A visit. `reach` is how far the arm is at the bell, 0..1; the times of rings are beside it."""

    duration_s: float
    x_m: Track
    z_m: Track
    head_yaw: Track
    body_yaw: Track
    roll: Track
    reach: Track
    rings_s: tuple[float, ...]
    moments: tuple[Moment, ...]

    @property
    def rings_ns(self) -> tuple[int, ...]:
        """When the bell is pressed, in ns since the scene began."""
        return tuple(to_ns(ring_s) for ring_s in self.rings_s)


VISIT = Script(
    duration_s=42.0,
    x_m=Track(((4.4, 3.6), (8.8, 0.3), (11.2, 0.06), (23.8, 0.06), (26.0, 0.4), (30.6, 4.6))),
    z_m=Track(((4.0, 3.4), (6.6, 3.0), (11.2, 0.62), (23.6, 0.62), (28.4, 2.9), (31.0, 3.3))),
    head_yaw=Track(
        (
            (4.0, -38),
            (6.8, -24),
            (8.4, 0),
            (14.2, 0),
            (14.9, 30),
            (16.3, 30),
            (17.1, -34),
            (18.5, -34),
            (19.3, 0),
            (21.0, 6),
            (22.6, 6),
            (23.5, 170),
            (28.0, 150),
        )
    ),
    body_yaw=Track(((4.0, -52), (7.0, -38), (8.8, 0), (22.7, 0), (23.9, 172), (28.0, 138))),
    roll=Track(((8.0, 0), (9.5, 3), (11.5, -2), (13.4, 0), (15.2, 7), (17.6, -8), (20.0, 4), (22.4, 0))),
    reach=Track(((11.9, 0.0), (12.5, 1.0), (13.0, 1.0), (13.7, 0.0))),
    rings_s=(12.6,),
    moments=(
        Moment(6.6, "comes up the path"),
        Moment(9.4, "at the step"),
        Moment(12.6, "rings"),
        Moment(17.8, "waits, looks about"),
        Moment(23.1, "turns round"),
        Moment(27.6, "leaves"),
    ),
)
"""The visit of `latchkey demo`: about 24 s of a person in 42 s, so that the clip ends by itself."""

SHORT_VISIT = Script(
    duration_s=9.0,
    x_m=Track(((0.2, 2.15), (2.7, 0.2), (4.6, 0.2), (7.0, 4.2))),
    z_m=Track(((0.0, 2.0), (2.2, 0.8), (4.4, 0.8), (6.6, 2.4))),
    head_yaw=Track(((0.0, -25), (2.0, 0), (4.2, 5), (5.0, 165))),
    body_yaw=Track(((0.0, -35), (2.0, 0), (4.2, 0), (5.2, 150))),
    roll=Track(((0.0, 0), (2.6, 5), (4.0, 0))),
    reach=Track(((2.3, 0.0), (2.8, 1.0), (3.2, 1.0), (3.8, 0.0))),
    rings_s=(3.0,),
    moments=(Moment(1.2, "comes"), Moment(3.0, "rings"), Moment(4.6, "turns round"), Moment(5.6, "leaves")),
)
"""A visit in nine seconds, for tests that go end to end."""

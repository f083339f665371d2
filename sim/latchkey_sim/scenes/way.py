"""Where an actor is and how it holds itself at any time, from the points of its course.

Positions go straight from point to point, and are the mean over `EASE_S` around a time, so that nobody stops
or turns at once. Angles: 0 = towards the lens, 90 = to the right of the picture, 180 = away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latchkey_sim.faces.paths import STRIDE_M
from latchkey_sim.scenes.model import Actor

Series = NDArray[np.float64]

EASE_S = 0.5
TURN_S = 0.6
"""Heads and bodies take so long to turn."""

WALKING_M_S = 0.15
"""Slower is standing."""

SAMPLES = np.linspace(-0.5, 0.5, 13)
GLANCES = {"door": 0.0, "left": -60.0, "right": 60.0, "back": 180.0}
FOLLOWS = 0.35
"""Who stands and looks aside turns the body by so much of the glance."""

VIEW_STEP_S = 0.25

REACH_S = (0.7, 0.15, 0.35, 0.9)
"""Before a press: arm goes out, is there; after it: is still there, is back."""


@dataclass(frozen=True, slots=True)
class Stance:
    """An actor at one time. `reach`: how far the arm is at the bell, 0..1; `step` is the walk's phase."""

    x_m: float
    z_m: float
    head_deg: float
    body_deg: float
    roll_deg: float
    reach: float
    step: float
    bob_m: float


class Way:
    """The course of one actor, to be asked at any time."""

    def __init__(self, actor: Actor) -> None:
        course = actor.course
        self.begin_s, self.end_s = course[0].at_s, course[-1].at_s
        self._rings_s = actor.rings_s
        self._at = np.array([point.at_s for point in course])
        grounds = np.array([point.ground for point in course])
        self._x, self._z = grounds.T
        self._roll = np.array([point.roll_deg for point in course])
        ways = np.hypot(np.diff(self._x), np.diff(self._z))
        self._walked = np.concatenate([[0.0], np.cumsum(ways)])
        self._moving = ways > WALKING_M_S * np.diff(self._at)
        self._headings = np.rad2deg(np.arctan2(np.diff(self._x), -np.diff(self._z)))
        looks = [point.look for point in course[:-1]]
        self._last = len(looks) - 1
        self._ahead = self._moving & np.array([look in (None, "ahead") for look in looks], bool)
        self._glances = np.array([GLANCES.get(look or "door", 0.0) for look in looks])
        self._rests = self._glances * [1.0 if look == "back" else FOLLOWS for look in looks]

    def at(self, at_s: float) -> Stance | None:
        """Give the stance at a time; None while the actor is not there."""
        if not self.begin_s <= at_s <= self.end_s:
            return None
        near = at_s + SAMPLES * EASE_S
        x, z, walked, roll = (
            float(np.interp(near, self._at, row).mean())
            for row in (self._x, self._z, self._walked, self._roll)
        )
        step = walked / STRIDE_M * np.pi
        head, body = self._angles(at_s + SAMPLES * TURN_S)
        return Stance(
            x + 0.012 * float(np.sin(step)) + 0.005 * float(np.sin(at_s * 1.3)),
            z,
            _middle(head) + 3.0 * float(np.sin(at_s * 0.9)),
            _middle(body),
            roll + 1.5 * float(np.sin(at_s * 0.7)),
            self._reach(at_s),
            step,
            0.022 * abs(float(np.sin(step))),
        )

    def in_view_s(self, half_m: float) -> tuple[float, float] | None:
        """Give from when to when it can be in the picture, as wide as it is; None = never.

        Half the picture is 45 degrees. Times are looked at every `VIEW_STEP_S`, and told so much too long.
        """
        times = np.append(np.arange(self.begin_s, self.end_s, VIEW_STEP_S), self.end_s)
        x, z = np.interp(times, self._at, self._x), np.interp(times, self._at, self._z)
        seen = times[np.abs(x) - half_m < z]
        if not len(seen):
            return None
        return float(seen[0]) - VIEW_STEP_S, float(seen[-1]) + VIEW_STEP_S

    def _angles(self, times_s: Series) -> tuple[Series, Series]:
        """Give where head and body point at some times, as seen from the lens, before they are eased."""
        if not len(self._moving):
            return np.zeros_like(times_s), np.zeros_like(times_s)
        legs = np.minimum(np.maximum(np.searchsorted(self._at, times_s, side="right") - 1, 0), self._last)
        x, z = np.interp(times_s, self._at, self._x), np.interp(times_s, self._at, self._z)
        going = self._headings[legs] - np.rad2deg(np.arctan2(-x, z))
        head = np.where(self._ahead[legs], going, self._glances[legs])
        return head, np.where(self._moving[legs], going, self._rests[legs])

    def _reach(self, at_s: float) -> float:
        out, there, still, back = REACH_S
        for ring_s in self._rings_s:
            keys = [ring_s - out, ring_s - there, ring_s + still, ring_s + back]
            part = float(np.interp(at_s, keys, [0.0, 1.0, 1.0, 0.0]))
            if part > 0:
                return part * part * (3 - 2 * part)
        return 0.0


def _middle(angles: Series) -> float:
    """Give the mean of angles in degrees that follow each other, within -180..180."""
    first = float(angles[0])
    return float(_wrapped(first + _wrapped(angles - first).mean()))


def _wrapped(angle: Series) -> Series:
    return (angle + 180.0) % 360.0 - 180.0

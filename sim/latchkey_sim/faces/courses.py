"""Ways drawn at random: somebody goes from point to point on the ground at a walker's or runner's pace.

A point is given as it is seen (share of the picture's width, width of the face in pixels); between two of
them people go straight in the world, not in the picture. Same generator, same way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from latchkey_sim.faces.paths import HORIZON, STRIDE_M, Series
from latchkey_sim.faces.people import FACE_M, Pose

SMALLEST_PX, LARGEST_PX = 14.0, 400.0
FAR_PX, NEAR_PX = (SMALLEST_PX, 60.0), (60.0, LARGEST_PX)
"""Widths of faces of those who come from afar, and of those who have come."""

BESIDE = 0.1
"""How far outside of the picture somebody is who is not there yet, as a share of its width, at least."""

PACES_M_S = (0.4, 3.3)
"""Strolling to running."""

TURNED_AWAY = 65.0
"""A head turned further shows neither both eyes nor what a drawn cylinder is like: nobody to recognise."""

SMOOTH_S = 0.35
"""Heads take so long to turn."""

FACE_TALL = 0.8
"""Brow to chin over ear to ear."""

Point = tuple[float, float]
"""(x as a share of the picture's width, width of the face in pixels)."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Go straight to a point at a pace, then stay there for so long."""

    to: Point
    pace_m_s: float
    stay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Course:
    """Where somebody starts and when (before 0: already under way), and the legs of the way."""

    start: Point
    starts_s: float
    legs: tuple[Leg, ...]


def draw_poses(rng: np.random.Generator, times_s: Series, size: tuple[int, int]) -> list[Pose]:
    """Draw a way, how the head is held on it, and where camera and chin are; give a pose per frame."""
    way = draw_course(rng, float(times_s[-1]), size)
    x, width_px, heading = followed(way, times_s, size)
    yaw = _smooth(heading * rng.uniform(0.1, 1.0) ** 2, times_s) + _wave(rng, times_s, rng.uniform(0, 25))
    roll = _wave(rng, times_s, rng.uniform(8, 45) if rng.uniform() < 0.4 else 4.0)
    rows = _rows(rng, width_px, size[1])
    per_m = width_px / FACE_M
    across_px = x * size[0] + _wave(rng, times_s, rng.uniform(0, 2))
    walked_m = np.cumsum(np.hypot(np.gradient(across_px) / per_m, 0.002))
    steps = walked_m / STRIDE_M * np.pi
    rows = rows - 0.02 * np.abs(np.sin(steps)) * per_m
    columns = (across_px, rows, width_px, yaw, roll, steps)
    return [Pose(*map(float, row)) for row in zip(*columns, strict=True)]


def draw_course(rng: np.random.Generator, seconds: float, size: tuple[int, int]) -> Course:
    """Draw one of the kinds of ways."""
    kinds = list(KINDS.values())
    course = kinds[int(rng.integers(len(kinds)))](rng, seconds)
    if rng.uniform() < 0.5:  # mirrored
        legs = tuple(Leg((1 - leg.to[0], leg.to[1]), leg.pace_m_s, leg.stay_s) for leg in course.legs)
        course = Course((1 - course.start[0], course.start[1]), course.starts_s, legs)
    widest = 0.5 * min(size)
    legs = tuple(Leg((leg.to[0], min(leg.to[1], widest)), leg.pace_m_s, leg.stay_s) for leg in course.legs)
    return Course((course.start[0], min(course.start[1], widest)), course.starts_s, legs)


def followed(way: Course, times_s: Series, size: tuple[int, int]) -> tuple[Series, Series, Series]:
    """Give per frame x, width of the face, and where somebody heads: 0 to the camera, 90 right, 180 away."""
    places = [_ground(way.start, size)]
    reached_s, headings = [way.starts_s], [0.0]
    for leg in way.legs:
        here, there = places[-1], _ground(leg.to, size)
        across, away = there - here
        takes_s = max(float(np.hypot(across, away)) / leg.pace_m_s, 1e-3)
        places += [there, there]
        reached_s += [reached_s[-1] + takes_s, reached_s[-1] + takes_s + leg.stay_s + 1e-6]
        headings += [float(np.rad2deg(np.arctan2(across, -away))), 0.0]
    across_m, away_m = (np.interp(times_s, reached_s, axis) for axis in np.array(places).T)
    leg_of = np.clip(np.searchsorted(reached_s, times_s), 0, len(headings) - 1)
    going = np.where(times_s < reached_s[-1], np.array(headings)[leg_of], 0.0)
    focal_px = max(size) / 2
    return 0.5 + across_m * focal_px / away_m / size[0], FACE_M * focal_px / away_m, going


def _ground(point: Point, size: tuple[int, int]) -> Series:
    """Give (metres to the right, metres away) of a point as seen."""
    focal_px = max(size) / 2
    away_m = focal_px * FACE_M / point[1]
    return np.array([(point[0] - 0.5) * size[0] * away_m / focal_px, away_m])


def _rows(rng: np.random.Generator, width_px: Series, height: int) -> Series:
    """Give the chin's rows for somebody of some height (tall, small, seated); mostly in view."""
    horizon = height * (HORIZON + rng.uniform(-0.17, 0.08))
    rows = horizon + rng.uniform(-0.35, 0.5) * width_px / FACE_M
    highest = np.minimum(width_px * FACE_TALL * rng.choice([0.6, 1.3], p=[0.15, 0.85]), 0.9 * height)
    return np.asarray(np.clip(rows, highest, height * 0.97))


def _wave(rng: np.random.Generator, times_s: Series, reach: float) -> Series:
    """Swing slowly to both sides, never quite regularly."""
    phase, pace = rng.uniform(0, 6, 2), rng.uniform(0.6, 2.4)
    wave = np.sin(times_s * pace + phase[0]) * 0.7 + np.sin(times_s * pace * 1.7 + phase[1]) * 0.3
    return np.asarray(reach * wave)


def _smooth(values: Series, times_s: Series) -> Series:
    """Take the mean over `SMOOTH_S` around each frame."""
    near = np.abs(times_s[:, None] - times_s) <= SMOOTH_S / 2
    return np.asarray((near * values).sum(axis=1) / near.sum(axis=1))


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _pace(rng: np.random.Generator) -> float:
    return _log(rng, *PACES_M_S)


def _outside(width_px: float) -> float:
    return -BESIDE - width_px / 1000


def _approach(rng: np.random.Generator, seconds: float) -> Course:
    """Walk up, stand there, perhaps turn back."""
    far, near = (rng.uniform(0.1, 0.9), _log(rng, *FAR_PX)), (rng.uniform(0.25, 0.75), _log(rng, *NEAR_PX))
    legs = [Leg(near, _pace(rng), rng.uniform(0, 0.5) * seconds)]
    if rng.uniform() < 0.4:
        legs.append(Leg(far, _pace(rng)))
    return Course(far, rng.uniform(-0.5, 0.5), tuple(legs))


def _cross(rng: np.random.Generator, _: float) -> Course:
    """Go past; one in three turns back half way."""
    first, last = (_log(rng, SMALLEST_PX, LARGEST_PX) for _ in range(2))
    last = float(np.clip(last, first / 2, first * 2))
    start, pace = (_outside(first), first), _pace(rng)
    legs = [Leg((1 - _outside(last), last), pace)]
    if rng.uniform() < 0.35:
        legs = [Leg((rng.uniform(0.3, 0.7), last), pace, rng.uniform(0, 0.4)), Leg(start, pace)]
    return Course(start, rng.uniform(-0.3, 1.0), tuple(legs))


def _call(rng: np.random.Generator, seconds: float) -> Course:
    """Come in from a side, stay, leave to either side or not at all."""
    width = _log(rng, 24, LARGEST_PX)
    legs = [Leg((rng.uniform(0.15, 0.85), width), _pace(rng), rng.uniform(0.2, 0.8) * seconds)]
    if rng.uniform() < 0.6:
        away = rng.choice([_outside(width), 1 - _outside(width)])
        legs.append(Leg((float(away), width * rng.uniform(0.6, 1.2)), _pace(rng)))
    return Course((_outside(width), width * rng.uniform(0.6, 1.2)), rng.uniform(-0.2, 0.8), tuple(legs))


def _stay(rng: np.random.Generator, _: float) -> Course:
    """Be there from the start, and hold still."""
    point = (rng.uniform(0.08, 0.92), _log(rng, SMALLEST_PX, LARGEST_PX))
    return Course(point, 0.0, (Leg(point, 1.0),))


def _leave(rng: np.random.Generator, seconds: float) -> Course:
    """Be there from the start, go half way or out of the picture."""
    width = _log(rng, SMALLEST_PX, LARGEST_PX)
    point = (rng.uniform(0.1, 0.9), width)
    out = (float(rng.choice([_outside(width), 1 - _outside(width), rng.uniform(0.2, 0.8)])), width)
    return Course(point, rng.uniform(0, 0.7) * seconds, (Leg(out, _pace(rng)),))


def _peek(rng: np.random.Generator, _: float) -> Course:
    """Lean into the picture from its edge and out again, several times."""
    width = _log(rng, 50, 250)
    reach = width / 1280
    legs = []
    for _ in range(4):
        legs += [Leg((reach * rng.uniform(0.2, 1.2), width), rng.uniform(0.2, 0.8), rng.uniform(0, 0.6))]
        legs += [Leg((-reach * 0.8, width), rng.uniform(0.2, 0.8), rng.uniform(0, 0.3))]
    return Course((-reach, width), rng.uniform(-0.3, 0.3), tuple(legs))


def _wander(rng: np.random.Generator, _: float) -> Course:
    """Go here and there."""
    points = [(rng.uniform(0.05, 0.95), _log(rng, 20, 300)) for _ in range(4)]
    legs = tuple(Leg(point, _pace(rng), rng.uniform(0, 1)) for point in points[1:])
    return Course(points[0], rng.uniform(-0.5, 0), legs)


Kind = Callable[[np.random.Generator, float], Course]
KINDS: dict[str, Kind] = {
    "approach": _approach,
    "cross": _cross,
    "call": _call,
    "stay": _stay,
    "leave": _leave,
    "peek": _peek,
    "wander": _wander,
}

"""Ways that somebody can go in front of a camera: a row of poses, one per frame.

Widths are of the face seen from the front, ear to ear, in pixels of the picture.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from latchkey_sim.faces.people import FACE_M, Pose

Series = NDArray[np.float64]
CAMERA_M, CHIN_M, STRIDE_M = 1.25, 1.46, 0.55
HORIZON = 0.52
"""Row of the horizon, as a share of the height."""

BEYOND = 0.06
"""How far beyond the edges somebody who crosses begins and ends, as a share of the width."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The picture and the frames of a clip."""

    width: int
    height: int
    fps: float
    count: int

    @property
    def times_s(self) -> Series:
        """When each frame is taken."""
        return np.arange(self.count) / self.fps

    @property
    def share(self) -> Series:
        """How much of the clip is over at each frame, 0..1."""
        return np.linspace(0, 1, self.count)


class Path(Protocol):
    """A way to go; `rng` draws what differs from seed to seed."""

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """Give a pose per frame."""
        ...


def _poses(
    stage: Stage,
    x: Series | float,
    width_px: Series | float,
    yaw: Series | float = 0,
    roll: Series | float = 0,
) -> list[Pose]:
    """Put a row of poses together; `x` in widths of the picture, the chin's height by perspective."""
    ones = np.ones(stage.count)
    columns = [np.asarray(part) * ones for part in (x, width_px, yaw, roll)]
    across, wide, yaws, rolls = columns
    per_m = wide / FACE_M
    walked_m = np.cumsum(np.abs(np.gradient(across) * stage.width / per_m) + 0.02)
    steps = walked_m / STRIDE_M * np.pi
    rows = HORIZON * stage.height + (CAMERA_M - CHIN_M - 0.02 * np.abs(np.sin(steps))) * per_m
    return [
        Pose(*map(float, row))
        for row in zip(across * stage.width, rows, wide, yaws, rolls, steps, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Approach:
    """Walk up to the camera, looking `turn` degrees to both sides, leaning the head by `roll`."""

    far_px: float
    near_px: float
    turn: float = 0.0
    roll: float = 0.0

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        start, drift, phase = rng.uniform(0.3, 0.7), rng.uniform(-0.15, 0.15), rng.uniform(0, 6)
        yaw = self.turn * np.sin(stage.times_s * 1.7 + phase)
        lean = self.roll * np.sin(stage.times_s * 1.3 + phase)
        widths = 1 / np.linspace(1 / self.far_px, 1 / self.near_px, stage.count)  # a steady pace
        return _poses(stage, start + drift * stage.share, widths, yaw, lean)


@dataclass(frozen=True, slots=True)
class Cross:
    """Cross the picture from edge to edge, `passes` times to and fro, turned `yaw` from the camera."""

    width_px: float
    passes: float = 1.0
    yaw: float = 35.0

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        way = (stage.share * self.passes + rng.integers(0, 2)) % 2
        back = way > 1
        x = -BEYOND + (1 + 2 * BEYOND) * np.where(back, 2 - way, way)
        return _poses(stage, x, self.width_px, np.where(back, -self.yaw, self.yaw))


@dataclass(frozen=True, slots=True)
class RunPast:
    """Cross the picture once, at so many metres a second, from `after_s` on."""

    width_px: float
    pace_mps: float
    after_s: float = 1.0
    yaw: float = 20.0

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        gone_px = np.maximum(stage.times_s - self.after_s, 0) * self.pace_mps * self.width_px / FACE_M
        x = gone_px / stage.width - BEYOND - self.width_px / stage.width
        back = bool(rng.integers(0, 2))
        return _poses(stage, 1 - x if back else x, self.width_px, -self.yaw if back else self.yaw)


@dataclass(frozen=True, slots=True)
class EnterAndStop:
    """Come in from an edge, stop for a while, leave by the same edge."""

    width_px: float

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        stand = rng.uniform(0.2, 0.4)
        x = np.interp(stage.share, [0, 0.28, 0.72, 1], [-0.08, stand, stand, -0.08])
        yaw = np.interp(stage.share, [0, 0.25, 0.35, 0.65, 0.75, 1], [35, 30, 0, 0, -30, -35])
        return _poses(stage, x if rng.uniform() < 0.5 else 1 - x, self.width_px, yaw)


@dataclass(frozen=True, slots=True)
class Stand:
    """Stand there, rolling and turning the head slowly up to so many degrees to both sides."""

    width_px: float
    roll: float = 0.0
    yaw: float = 0.0

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        swing = np.interp(stage.share, [0, 0.1, 0.4, 0.5, 0.8, 0.9, 1], [0, 0, 1, 1, -1, -1, 0])
        x = rng.uniform(0.3, 0.7) + 0.01 * np.sin(stage.times_s)
        return _poses(stage, x, self.width_px, self.yaw * swing, self.roll * swing)


@dataclass(frozen=True, slots=True)
class Peek:
    """Lean into the picture from an edge and out again, several times."""

    width_px: float

    def poses(self, stage: Stage, rng: np.random.Generator) -> list[Pose]:
        """See `Path`."""
        reach = self.width_px / stage.width * 0.6
        x = reach * np.sin(stage.times_s * 2.2 + rng.uniform(0, 6))
        return _poses(stage, x if rng.uniform() < 0.5 else 1 - x, self.width_px, 10)

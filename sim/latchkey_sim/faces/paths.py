"""Ways that somebody can go in front of a camera: a row of poses, one per frame.

Widths are of the face seen from the front, ear to ear, in pixels of the picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latchkey_sim.faces.people import FACE_M, Pose

Series = NDArray[np.float64]
CAMERA_M, CHIN_M, STRIDE_M = 1.25, 1.46, 0.55
HORIZON = 0.52
"""Row of the horizon, as a share of the height."""


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


Path = Callable[[Stage, np.random.Generator], list[Pose]]


def _poses(
    stage: Stage, x: Series | float, width_px: Series | float, yaw: Series | float = 0, roll: Series | float = 0
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


def _nearing(stage: Stage, far_px: float, near_px: float) -> Series:
    """Give widths of somebody who walks up at a steady pace: their inverse falls evenly."""
    return np.asarray(1 / np.linspace(1 / far_px, 1 / near_px, stage.count))


def approach(far_px: float, near_px: float, turn: float = 0.0, roll: float = 0.0) -> Path:
    """Walk up to the camera, looking `turn` degrees to both sides, leaning the head by `roll`."""

    def path(stage: Stage, rng: np.random.Generator) -> list[Pose]:
        start, drift, phase = rng.uniform(0.3, 0.7), rng.uniform(-0.15, 0.15), rng.uniform(0, 6)
        yaw = turn * np.sin(stage.times_s * 1.7 + phase)
        lean = roll * np.sin(stage.times_s * 1.3 + phase)
        return _poses(stage, start + drift * stage.share, _nearing(stage, far_px, near_px), yaw, lean)

    return path


def cross(width_px: float, passes: float = 1.0, yaw: float = 35.0, margin: float = 0.06) -> Path:
    """Cross the picture from edge to edge, `passes` times to and fro, half turned to the camera."""

    def path(stage: Stage, rng: np.random.Generator) -> list[Pose]:
        begin = 0 if rng.uniform() < 0.5 else 1
        way = (stage.share * passes + begin) % 2
        x = -margin + (1 + 2 * margin) * np.where(way > 1, 2 - way, way)
        heading = np.where(way > 1, 1.0, -1.0)
        return _poses(stage, x, width_px, yaw * -heading)

    return path


def enter_and_stop(width_px: float) -> Path:
    """Come in from an edge, stop for a while, leave by the same edge."""

    def path(stage: Stage, rng: np.random.Generator) -> list[Pose]:
        stand = rng.uniform(0.2, 0.4)
        x = np.interp(stage.share, [0, 0.28, 0.72, 1], [-0.08, stand, stand, -0.08])
        yaw = np.interp(stage.share, [0, 0.25, 0.35, 0.65, 0.75, 1], [35, 30, 0, 0, -30, -35])
        return _poses(stage, x if rng.uniform() < 0.5 else 1 - x, width_px, yaw)

    return path


def stand(width_px: float, roll: float = 0.0, yaw: float = 0.0) -> Path:
    """Stand there, rolling and turning the head slowly up to so many degrees to both sides."""

    def path(stage: Stage, rng: np.random.Generator) -> list[Pose]:
        swing = np.interp(stage.share, [0, 0.1, 0.4, 0.5, 0.8, 0.9, 1], [0, 0, 1, 1, -1, -1, 0])
        x = rng.uniform(0.3, 0.7) + 0.01 * np.sin(stage.times_s)
        return _poses(stage, x, width_px, yaw * swing, roll * swing)

    return path


def peek(width_px: float) -> Path:
    """Lean into the picture from an edge and out again, several times."""

    def path(stage: Stage, rng: np.random.Generator) -> list[Pose]:
        half = width_px / stage.width / 2
        x = half * 1.2 * np.sin(stage.times_s * 2.2 + rng.uniform(0, 6))
        return _poses(stage, x if rng.uniform() < 0.5 else 1 - x, width_px, 10)

    return path

"""The scene itself: frames by number, each with its truth. Same seed, same frames.

The porch is drawn once; a frame copies it, lets leaf shadows drift over it (too soft to count as
motion), puts the visitor in, and adds sensor noise. Only the visitor's region is composited.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from latchkey.frames import Colour, RawFrame
from latchkey.units import NS_PER_S, to_ns
from latchkey_sim.scene.body import CHIN_M, Bgr3, Body
from latchkey_sim.scene.head import PX_PER_M, Head
from latchkey_sim.scene.planar import Canvas, canvas
from latchkey_sim.scene.porch import Lens, draw_porch, noise
from latchkey_sim.scene.script import VISIT, Script
from latchkey_sim.scene.truth import TruthFace, face_box

COATS: tuple[Bgr3, ...] = ((112, 86, 52), (52, 92, 70), (70, 60, 110), (64, 110, 150))
HATS: tuple[Bgr3, ...] = ((60, 120, 190), (70, 60, 150), (120, 96, 60), (90, 120, 110))
SCARVES: tuple[Bgr3, ...] = ((48, 60, 150), (60, 140, 190), (110, 100, 60), (150, 150, 160))

NOISE_LEVELS = 1.6
"""Standard deviation of the sensor's noise in luma, of 255."""

NOISE_FRAMES, NOISE_MARGIN_PX = 3, 64
SHADOW_LEVELS = 9
"""How much darker leaf shadow is at most: well under the motion threshold of 30."""

SHADOW_DRIFT_S = 7.0
STRIDE_M = 0.55


@dataclass(frozen=True, slots=True)
class _Pose:
    """Where the visitor is in one frame, in picture terms."""

    ground_px: tuple[float, float]
    chin_px: tuple[float, float]
    px_per_m: float
    head_yaw: float
    body_yaw: float
    roll: float
    reach: float
    step: float


class Scene:
    """A visit as a numbered row of frames. `at_ns` counts from the beginning of the scene."""

    def __init__(
        self, seed: int = 1, script: Script = VISIT, lens: Lens | None = None, fps: float = 15.0
    ) -> None:
        self.script, self.fps = script, fps
        self.lens = lens or Lens()
        self.frame_count = int(script.duration_s * fps)
        self.duration_ns = to_ns(script.duration_s)
        rng = np.random.default_rng(seed)
        self._head = Head(HATS[(seed - 1) % len(HATS)], rng)
        self._body = Body(COATS[(seed - 1) % len(COATS)], SCARVES[(seed - 1) % len(SCARVES)], rng)
        self._porch = canvas(draw_porch(self.lens, rng))
        self._noise = _noise_bank(self.lens, rng)
        self._shadow = _leaf_shadow(self.lens, rng)
        self._seed = seed
        self._poses = self._plan()

    def at_ns(self, number: int) -> int:
        """When frame `number` is taken, in ns since the scene began."""
        return round(number * NS_PER_S / self.fps)

    def truth(self, number: int) -> tuple[TruthFace, ...]:
        """The faces that can be seen in frame `number`."""
        pose = self._poses[number]
        size = (self.lens.width, self.lens.height)
        box = face_box(pose.chin_px, pose.px_per_m / PX_PER_M, pose.head_yaw, pose.roll, size)
        return () if box is None else (TruthFace(box, pose.head_yaw),)

    def render(self, number: int, at_ns: int | None = None) -> RawFrame:
        """Draw frame `number`, stamped `at_ns` (its own time if not given). The planes are the caller's."""
        picture = self._porch.copy()
        self._cast_shadow(picture, number)
        self._draw_visitor(picture, self._poses[number])
        self._add_noise(picture, number)
        stamp = self.at_ns(number) if at_ns is None else at_ns
        return RawFrame(picture.y, picture.u, picture.v, stamp, Colour())

    def _plan(self) -> list[_Pose]:
        script, lens = self.script, self.lens
        times_s = np.arange(self.frame_count) / self.fps
        tracks = (script.x_m, script.z_m, script.head_yaw, script.body_yaw, script.roll, script.reach)
        x_m, z_m, head, body, roll, reach = (track.at(times_s) for track in tracks)
        walked_m = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x_m), np.diff(z_m)))])
        steps = walked_m / STRIDE_M * np.pi
        bob_m = 0.022 * np.abs(np.sin(steps))
        poses = []
        for i in range(self.frame_count):
            sway_m = float(x_m[i] + 0.012 * np.sin(steps[i]) + 0.006 * np.sin(times_s[i] * 1.3))
            ground = lens.see((sway_m, float(bob_m[i]), float(z_m[i])))
            chin = lens.see((sway_m, CHIN_M + float(bob_m[i]), float(z_m[i])))
            per_m = lens.focal_px / float(z_m[i])
            poses.append(
                _Pose(
                    ground,
                    chin,
                    per_m,
                    float(head[i]),
                    float(body[i]),
                    float(roll[i]),
                    float(reach[i]),
                    float(steps[i]),
                )
            )
        return poses

    def _draw_visitor(self, picture: Canvas, pose: _Pose) -> None:
        width = self.lens.width
        if not -pose.px_per_m * 0.4 < pose.ground_px[0] < width + pose.px_per_m * 0.4:
            return
        ground_shadow(picture, pose.ground_px, pose.px_per_m)
        self._body.draw(picture, pose.ground_px, pose.px_per_m, pose.body_yaw, pose.step)
        self._head.draw(picture, pose.chin_px, pose.px_per_m, pose.head_yaw, pose.roll)
        if pose.reach > 0:
            shoulder = (pose.chin_px[0] - 0.2 * pose.px_per_m, pose.chin_px[1] + 0.1 * pose.px_per_m)
            rest = (shoulder[0] - 0.04 * pose.px_per_m, shoulder[1] + 0.62 * pose.px_per_m)
            bell = (width * 0.49, self.lens.height * 1.02)
            hand = tuple(a + (b - a) * pose.reach for a, b in zip(rest, bell, strict=True))
            self._body.draw_arm(picture, shoulder, (hand[0], hand[1]), pose.px_per_m)

    def _cast_shadow(self, picture: Canvas, number: int) -> None:
        height, width = picture.y.shape
        turn = 2 * np.pi * number / self.fps / SHADOW_DRIFT_S
        x, y = int(12 + 11 * np.sin(turn)), int(12 + 8 * np.cos(turn * 0.7))
        cv2.subtract(picture.y, self._shadow[y : y + height, x : x + width], dst=picture.y)

    def _add_noise(self, picture: Canvas, number: int) -> None:
        height, width = picture.y.shape
        mix = (number * 2654435761 + self._seed * 40503) & 0xFFFFFFFF
        x, y = (mix >> 8) % NOISE_MARGIN_PX, (mix >> 16) % NOISE_MARGIN_PX
        grain = self._noise[mix % NOISE_FRAMES][y : y + height, x : x + width]
        cv2.add(picture.y, grain, dst=picture.y, dtype=cv2.CV_8U)


def _noise_bank(lens: Lens, rng: np.random.Generator) -> list[NDArray[np.int8]]:
    shape = (lens.height + NOISE_MARGIN_PX, lens.width + NOISE_MARGIN_PX)
    return [
        np.rint(rng.standard_normal(shape, np.float32) * NOISE_LEVELS).astype(np.int8)
        for _ in range(NOISE_FRAMES)
    ]


def _leaf_shadow(lens: Lens, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blots of shade on wall and ground; none on the sky."""
    height, width = lens.height + 24, lens.width + 24
    blots = np.clip(noise(rng, height, width, 46) * 0.5 + noise(rng, height, width, 17) * 0.35, 0, 1)
    rows = np.arange(height, dtype=np.float32)[:, None] / lens.height
    columns = np.arange(width, dtype=np.float32)[None, :] / lens.width
    where = np.maximum(np.clip((rows - 0.68) * 8, 0, 1), np.clip((0.33 - columns) * 20, 0, 1))
    return np.asarray(np.rint(cv2.GaussianBlur(blots, (0, 0), 3) * where * SHADOW_LEVELS), np.uint8)


def ground_shadow(picture: Canvas, ground_px: tuple[float, float], px_per_m: float) -> None:
    """A soft dark ellipse where the visitor stands."""
    wide, tall = 0.42 * px_per_m, 0.10 * px_per_m
    x0, x1 = (int(np.clip(ground_px[0] + side * wide, 0, picture.size[0])) for side in (-1, 1))
    y0, y1 = (int(np.clip(ground_px[1] + side * tall, 0, picture.size[1])) for side in (-1, 1))
    if x0 >= x1 or y0 >= y1:
        return
    x = (np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(ground_px[0])) / np.float32(wide)
    y = (np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(ground_px[1])) / np.float32(tall)
    light = 1 - 0.5 * np.clip(1 - x * x - y * y, 0, 1)
    region = picture.y[y0:y1, x0:x1]
    region[:] = (region * light).astype(np.uint8)

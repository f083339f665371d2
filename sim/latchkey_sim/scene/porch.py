"""The porch, drawn once: brick wall and door frame on the left, a path over the lawn, a hedge,
the houses across the street. Everything comes from numpy, OpenCV and one seed.

Textures are flat drawings in metres; `Lens` says where a point of the world lies in the picture,
and a perspective warp puts each texture there.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from latchkey_sim.scene.planar import Alpha, Drawing

Point = tuple[float, float, float]
"""X to the right, height over the ground, Z away from the door; metres."""

WALL_X_M = -1.15
WALL_END_M = 3.6
WALL_TOP_M = 3.4
HEDGE_Z_M = 6.2
GROUND_NEAR_M, GROUND_FAR_M = 2.2, 16.0
GROUND_HALF_M = 9.0
GROUND_PX_PER_M = 90
WALL_PX_PER_M = 200
JOINT_PX = 3


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole: focal length and horizon in pixels, height over the ground in metres."""

    width: int = 1280
    height: int = 720
    height_m: float = 1.40

    @property
    def focal_px(self) -> float:
        """Half the width: 90 degrees across, as doorbells have at least."""
        return self.width / 2

    @property
    def horizon_px(self) -> float:
        """Row of the horizon; a little low, as the lens looks slightly up."""
        return self.height * 0.54

    def see(self, point: Point) -> tuple[float, float]:
        """Give the picture coordinates of a point of the world (Z > 0)."""
        x_m, height_m, z_m = point
        scale = self.focal_px / z_m
        return self.width / 2 + x_m * scale, self.horizon_px + (self.height_m - height_m) * scale


def draw_porch(lens: Lens, rng: np.random.Generator) -> Drawing:
    """Draw the empty scene as BGR at the size of the lens."""
    picture = _sky(lens, rng)
    _street(picture, lens, rng)
    _ground(picture, lens, rng)
    _hedge(picture, lens, rng)
    _wall(picture, lens, rng)
    _door_frame(picture, rng)
    return _vignette(picture)


def noise(rng: np.random.Generator, height: int, width: int, grain_px: float) -> Alpha:
    """Give smooth noise of mean 0 and deviation 1, with blobs of about `grain_px`."""
    small = (max(2, round(width / grain_px) + 1), max(2, round(height / grain_px) + 1))
    coarse = rng.standard_normal((small[1], small[0])).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / max(float(field.std()), 1e-6), dtype=np.float32)


def paste(picture: Drawing, texture: Drawing, corners: list[tuple[float, float]], alpha: Alpha) -> None:
    """Warp `texture` so that its corners (clockwise from top left) land on `corners`."""
    height, width = texture.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    size = (picture.shape[1], picture.shape[0])
    warped = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(alpha, matrix, size)[..., None]
    picture[:] = picture * (1 - mask) + warped * mask


def _sky(lens: Lens, rng: np.random.Generator) -> Drawing:
    rows = np.linspace(0, 1, lens.height, dtype=np.float32)[:, None, None]
    top, low = np.array([226, 196, 160], np.float32), np.array([238, 230, 220], np.float32)
    sky = np.broadcast_to(top + (low - top) * np.minimum(rows * 1.9, 1), (lens.height, lens.width, 3)).copy()
    clouds = noise(rng, lens.height, lens.width, 170) + 0.5 * noise(rng, lens.height, lens.width, 60)
    veil = np.clip((clouds - 0.2) * 0.35, 0, 0.6)[..., None]
    return np.asarray(sky * (1 - veil) + 244 * veil, dtype=np.float32)


def _street(picture: Drawing, lens: Lens, rng: np.random.Generator) -> None:
    """Trees and two houses far away, out of focus."""
    layer = picture.copy()
    horizon = lens.horizon_px
    unit = lens.width / 1280
    for left, wide, tall, colour in ((520, 250, 175, (150, 166, 186)), (930, 300, 200, (128, 140, 168))):
        _house(layer, (left * unit, horizon + 6, wide * unit, tall * unit), colour)
    cv2.rectangle(layer, (0, int(horizon - 52 * unit)), (lens.width, int(horizon + 20)), (58, 92, 76), -1)
    for _ in range(260):
        x = rng.uniform(380, 1300) * unit
        crown = rng.uniform(0.35, 1.0) * (110 if (x / unit) % 410 < 170 else 48) * unit
        centre = (int(x), int(horizon - crown))
        shade = rng.uniform(0.75, 1.1)
        green = (62 * shade, 104 * shade, 84 * shade)
        cv2.circle(layer, centre, int(rng.uniform(9, 26) * unit), green, -1, cv2.LINE_AA)
    picture[:] = cv2.GaussianBlur(layer, (0, 0), 3.2 * unit)


def _house(layer: Drawing, place: tuple[float, float, float, float], colour: tuple[int, int, int]) -> None:
    left, floor, wide, tall = place
    x0, x1, y0, y1 = int(left), int(left + wide), int(floor - tall * 0.62), int(floor)
    cv2.rectangle(layer, (x0, y0), (x1, y1), colour, -1)
    roof = np.array(
        [[x0 - 12, y0], [x1 + 12, y0], [x1 - wide * 0.2, floor - tall], [x0 + wide * 0.2, floor - tall]]
    )
    cv2.fillPoly(layer, [roof.astype(np.int32)], (84, 88, 112))
    for column in range(4):
        wx = int(left + wide * (0.1 + 0.22 * column))
        cv2.rectangle(
            layer,
            (wx, int(y0 + tall * 0.12)),
            (int(wx + wide * 0.11), int(y0 + tall * 0.34)),
            (96, 84, 74),
            -1,
        )


def _ground(picture: Drawing, lens: Lens, rng: np.random.Generator) -> None:
    """Lawn with a slab path that comes from the right and bends to the door."""
    height, width = (
        int((GROUND_FAR_M - GROUND_NEAR_M) * GROUND_PX_PER_M),
        int(2 * GROUND_HALF_M * GROUND_PX_PER_M),
    )
    blades = (
        noise(rng, height, width, 3) * 8
        + noise(rng, height, width, 9) * 8
        + noise(rng, height, width, 90) * 7
    )
    lawn = np.array([62, 122, 104], np.float32) + blades[..., None] * np.array([0.6, 1.0, 0.9], np.float32)
    for x_m in np.arange(-0.65, GROUND_HALF_M, 0.65):
        for z_m in (2.9, 3.4):
            _slab(lawn, rng, x_m, z_m)
    for x_m in (-0.65, 0.0):
        _slab(lawn, rng, x_m, 2.4)
    far = [(-GROUND_HALF_M, GROUND_FAR_M), (GROUND_HALF_M, GROUND_FAR_M)]
    near = [(GROUND_HALF_M, GROUND_NEAR_M), (-GROUND_HALF_M, GROUND_NEAR_M)]
    corners = [lens.see((x_m, 0, z_m)) for x_m, z_m in far + near]
    paste(picture, lawn, corners, np.ones((height, width), np.float32))


def _slab(lawn: Drawing, rng: np.random.Generator, x_m: float, z_m: float) -> None:
    """One slab of 0.62 x 0.47 m whose near left corner lies at (x, z)."""
    left, bottom = (x_m + GROUND_HALF_M) * GROUND_PX_PER_M, (GROUND_FAR_M - z_m) * GROUND_PX_PER_M
    wide, deep = int(0.62 * GROUND_PX_PER_M), int(0.47 * GROUND_PX_PER_M)
    x0, y0 = int(left + rng.uniform(-1, 1)), int(bottom - deep + rng.uniform(-1, 1))
    patch = lawn[max(y0, 0) : y0 + deep, max(x0, 0) : x0 + wide]
    tone = np.array([150, 160, 168], np.float32) * rng.uniform(0.9, 1.06)
    height, width = patch.shape[:2]
    grain = noise(rng, height, width, 2) * 4 + noise(rng, height, width, 12) * 5
    patch[:] = tone + grain[..., None]


def _hedge(picture: Drawing, lens: Lens, rng: np.random.Generator) -> None:
    """A hedge right across, with the shadow it throws on the lawn."""
    left, right = (lens.see((x_m, 1.5, HEDGE_Z_M)) for x_m in (-7.0, 7.0))
    floor = lens.see((0, 0, HEDGE_Z_M))[1]
    height, width = int(floor - left[1] + 30), int(right[0] - left[0])
    leaves = np.empty((height, width, 3), np.float32)
    leaves[:] = np.array([30, 62, 50], np.float32)
    for _ in range(9000):
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        light = rng.uniform(0.55, 1.3) * (1.25 - 0.7 * centre[1] / height)
        axes = (int(rng.uniform(3, 8)), int(rng.uniform(2, 4)))
        cv2.ellipse(
            leaves, centre, axes, rng.uniform(0, 180), 0, 360, (44 * light, 104 * light, 78 * light), -1
        )
    edge = (20 + 4 * noise(rng, 1, width, 60)[0] + 2 * noise(rng, 1, width, 9)[0]).astype(np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    alpha = np.clip((rows - edge) / 3, 0, 1)
    alpha *= np.clip((height - 26 - rows) / 8 + 1, 0, 1)
    soft = cv2.GaussianBlur(leaves, (0, 0), 1.1)
    top, low = left[1] - 24, floor + 6
    paste(picture, soft, [(left[0], top), (right[0], top), (right[0], low), (left[0], low)], alpha)
    band = slice(int(floor) - 2, int(floor) + 16)
    picture[band] *= np.linspace(0.72, 1, 18, dtype=np.float32)[:, None, None]


def _wall(picture: Drawing, lens: Lens, rng: np.random.Generator) -> None:
    """The side wall of the porch, in brick, running away from the door."""
    bricks = _bricks(rng)
    near_m = 0.8
    corners = [
        lens.see((WALL_X_M, height_m, z_m))
        for height_m, z_m in ((WALL_TOP_M, near_m), (WALL_TOP_M, WALL_END_M), (0, WALL_END_M), (0, near_m))
    ]
    height, width = bricks.shape[:2]
    light = np.linspace(0.62, 1.02, width, dtype=np.float32)[None, :, None]
    paste(picture, bricks * light, corners, np.ones((height, width), np.float32))
    end_x, top = corners[1]
    edge = slice(int(end_x) - 1, int(end_x) + 5)
    picture[int(top) : int(corners[2][1]), edge] *= 0.8


def _bricks(rng: np.random.Generator) -> Drawing:
    """Flat brickwork in running bond: 22.5 x 7.5 cm with the joint, as bricks are in Britain."""
    brick_w, brick_h = int(0.225 * WALL_PX_PER_M), int(0.075 * WALL_PX_PER_M)
    columns, rows = int((WALL_END_M - 0.8) / 0.225) + 1, int(WALL_TOP_M / 0.075)
    wall = np.empty((rows * brick_h, columns * brick_w, 3), np.float32)
    wall[:] = np.array([150, 160, 168], np.float32)
    for row in range(rows):
        shift = (row % 2) * brick_w // 2
        for column in range(-1, columns + 1):
            tone = rng.uniform(0.78, 1.12)
            colour = np.array([72, 88, 150], np.float32) * tone + rng.uniform(-8, 8, 3).astype(np.float32)
            x0, y0 = max(column * brick_w + shift, 0), row * brick_h
            wall[y0 : y0 + brick_h - JOINT_PX, x0 : max(column * brick_w + shift + brick_w - JOINT_PX, 0)] = (
                colour
            )
    height, width = wall.shape[:2]
    wall += (noise(rng, height, width, 2) * 5 + noise(rng, height, width, 60) * 5)[..., None]
    return wall


def _door_frame(picture: Drawing, rng: np.random.Generator) -> None:
    """The white frame beside the lens: very near, so quite out of focus."""
    height, width = picture.shape[:2]
    frame = np.zeros((height, width), np.float32)
    right = int(width * 0.062)
    cv2.fillPoly(frame, [np.array([[0, 0], [right + 14, 0], [right, height], [0, height]], np.int32)], 1.0)
    frame = cv2.GaussianBlur(frame, (0, 0), width / 320)
    profile = np.interp(
        np.arange(width), [0, right * 0.45, right * 0.5, right * 0.6, right], [196, 214, 150, 222, 204]
    )
    paint = profile.astype(np.float32)[None, :, None] * np.array([0.97, 0.99, 1.0], np.float32)
    paint = cv2.GaussianBlur(np.broadcast_to(paint, (height, width, 3)).copy(), (0, 0), width / 400)
    paint += (noise(rng, height, width, 90) * 2)[..., None]
    picture[:] = picture * (1 - frame[..., None]) + paint * frame[..., None]


def _vignette(picture: Drawing) -> Drawing:
    """Darker corners, as a small wide lens has them."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.asarray(picture * (1 - 0.16 * (x * x + y * y) ** 1.2)[..., None], dtype=np.float32)

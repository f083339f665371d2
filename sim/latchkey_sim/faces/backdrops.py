"""Walls and gardens to walk in front of, each another by its seed; some a detector could be fooled by."""

from collections.abc import Callable

import cv2
import numpy as np

from latchkey_sim.scene.planar import Canvas, Drawing, canvas
from latchkey_sim.scene.porch import noise

Painter = Callable[[Drawing, np.random.Generator], None]


def backdrop(seed: int, width: int, height: int) -> Canvas:
    """Draw an empty place. Same seed, same picture; the kinds take turns."""
    rng = np.random.default_rng([seed, 7])
    base = np.array(rng.uniform(90, 190, 3), np.float32)
    picture: Drawing = np.ascontiguousarray(np.broadcast_to(base, (height, width, 3)))
    list(PAINTERS.values())[seed % len(PAINTERS)](picture, rng)
    _ground(picture, rng)
    picture += noise(rng, height, width, 90)[..., None] * 9
    return canvas(np.clip(picture, 20, 235))


def _bricks(picture: Drawing, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    high = max(height // 40, 6)
    for row in range(height // high + 1):
        offset = (row % 2) * high
        for column in range(width // (2 * high) + 2):
            shade = np.array((70, 90, 160), np.float32) * rng.uniform(0.7, 1.2)
            x, y = column * 2 * high - offset, row * high
            cv2.rectangle(picture, (x + 1, y + 1), (x + 2 * high - 2, y + high - 2), shade.tolist(), -1)


def _hedge(picture: Drawing, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    leaves = noise(rng, height, width, 5) * 26 + noise(rng, height, width, 14) * 18
    picture[:] = np.array((60, 112, 84), np.float32) + leaves[..., None] * np.array((0.7, 1.0, 0.8))


def _windows(picture: Drawing, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    for _ in range(7):
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height * 0.7))
        w, h = (int(rng.uniform(0.06, 0.16) * height) for _ in range(2))
        cv2.rectangle(picture, (x, y), (x + w, y + h * 2), (214, 220, 222), -1)
        pane = np.array((120, 96, 70), np.float32) * rng.uniform(0.5, 1.4)
        for dx in (4, w // 2 + 2):
            cv2.rectangle(picture, (x + dx, y + 4), (x + dx + w // 2 - 6, y + h * 2 - 4), pane.tolist(), -1)


def _planks(picture: Drawing, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    board = max(width // 18, 8)
    grain = cv2.resize(noise(rng, height // 24, width, 2), (width, height)) * 10
    for x in range(0, width, board):
        picture[:, x : x + board] = np.array((70, 112, 150), np.float32) * rng.uniform(0.7, 1.15)
        picture[:, x : x + 2] = 40
    picture += grain[..., None]


def _notices(picture: Drawing, rng: np.random.Generator) -> None:
    """Two dots and a line in an oval: plugs, meters and drawings that look back."""
    height, width = picture.shape[:2]
    for _ in range(10):
        x, y = (int(rng.uniform(0.05, 0.95) * side) for side in (width, height))
        r = int(rng.uniform(0.02, 0.06) * height)
        paper = np.array(rng.uniform(150, 235, 3), np.float32)
        cv2.rectangle(picture, (x - 2 * r, y - 2 * r), (x + 2 * r, y + 2 * r), paper.tolist(), -1)
        cv2.ellipse(
            picture, (x, y), (r, round(r * 1.3)), 0, 0, 360, (60, 60, 60), max(r // 8, 1), cv2.LINE_AA
        )
        for side in (-1, 1):
            cv2.circle(
                picture, (x + side * r // 2, y - r // 3), max(r // 6, 1), (40, 40, 40), -1, cv2.LINE_AA
            )
        cv2.line(picture, (x - r // 2, y + r // 2), (x + r // 2, y + r // 2), (50, 50, 60), max(r // 6, 1))


def _stones(picture: Drawing, rng: np.random.Generator) -> None:
    """Round pale stones with shade below: the colour and outline of faces without their features."""
    height, width = picture.shape[:2]
    picture[:] = (70, 80, 86)
    for _ in range(160):
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        r = int(rng.uniform(0.02, 0.07) * height)
        tone = np.array((120, 150, 185), np.float32) * rng.uniform(0.6, 1.2)
        cv2.ellipse(
            picture, (x, y), (r, round(r * 0.85)), float(rng.uniform(0, 180)), 0, 360, tone.tolist(), -1
        )
        lit = (tone * 1.12).tolist()
        cv2.ellipse(picture, (x - r // 4, y - r // 4), (r // 2, r // 2), 0, 0, 360, lit, -1, cv2.LINE_AA)
    picture[:] = cv2.GaussianBlur(picture, (0, 0), 1.2)


def _ground(picture: Drawing, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    top = int(height * rng.uniform(0.72, 0.86))
    paving = np.array((112, 120, 124), np.float32) + noise(rng, height - top, width, 3)[..., None] * 8
    picture[top:] = paving * np.linspace(0.8, 1.05, height - top, dtype=np.float32)[:, None, None]


PAINTERS: dict[str, Painter] = {
    "bricks": _bricks,
    "hedge": _hedge,
    "windows": _windows,
    "notices": _notices,
    "planks": _planks,
    "stones": _stones,
}

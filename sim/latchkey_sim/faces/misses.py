"""Pictures of missed faces, for a person to look at: from generated clips or the user's own data."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from latchkey.frames import Plane
from latchkey_sim.faces.score import ClipScore, FaceScore
from latchkey_sim.faces.tally import worst
from latchkey_sim.faces.truth import FaceClip
from latchkey_sim.scene.planar import bgr

TILE_PX, COLUMNS, LIMIT = 240, 5, 40
AROUND = 2.5
"""How many times the face's size is shown around it."""


def write_misses(folder: Path, scores: Sequence[ClipScore], policy: str, clips: Sequence[FaceClip]) -> int:
    """Write a sheet with the worst misses of a policy as they were filmed, without covers, the face's box
    in green; give how many it shows.
    """
    by_name = {clip.name: clip for clip in clips}
    misses = worst(scores, policy, LIMIT)
    if not misses:
        return 0
    wanted: dict[str, dict[int, list[int]]] = {}
    for index, (score, face) in enumerate(misses):
        wanted.setdefault(score.clip, {}).setdefault(face.frame, []).append(index)
    tiles: list[Plane] = [np.zeros((TILE_PX, TILE_PX, 3), np.uint8) for _ in misses]
    for name, frames in wanted.items():
        for number, frame in enumerate(by_name[name].frames()):
            for index in frames.get(number, ()):
                tiles[index] = _tile(bgr(frame), *misses[index])
    folder.mkdir(parents=True, exist_ok=True)
    while len(tiles) % COLUMNS:
        tiles.append(np.full((TILE_PX, TILE_PX, 3), 255, np.uint8))
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(folder / f"misses-{policy.replace(' ', '-')}.png"), np.vstack(rows))
    return len(misses)


def _tile(picture: Plane, score: ClipScore, face: FaceScore) -> Plane:
    x, y = (face.box.x0 + face.box.x1) / 2, (face.box.y0 + face.box.y1) / 2
    reach = max(face.size_px * AROUND / 2, 24.0)
    scale = TILE_PX / (2 * reach)
    matrix = np.array([[scale, 0, (reach - x) * scale], [0, scale, (reach - y) * scale]])
    tile = cv2.warpAffine(picture, matrix, (TILE_PX, TILE_PX), flags=cv2.INTER_CUBIC)
    corners = [
        round((side - middle + reach) * scale)
        for side, middle in zip(face.box[:4], (x, y, x, y), strict=True)
    ]
    cv2.rectangle(tile, (corners[0], corners[1]), (corners[2], corners[3]), (0, 220, 0), 1)
    name = score.clip.split("/")[1]
    cv2.rectangle(tile, (0, 0), (TILE_PX, 31), (0, 0, 0), cv2.FILLED)
    for row, text in enumerate((name[:32], f"frame {face.frame}: {face.share:.0%} hidden")):
        place = (3, 12 + 14 * row)
        cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return np.asarray(tile, np.uint8)

"""Footage with reference boxes: real people, walking.

Works on a folder with videos. References come from `references.json` here, which names files of one
public set (boxes found by machine, then corrected by eye), else from a `reference_boxes.json` in the
folder: per file a list of boxes per frame. A video with neither is only measured for how much is hidden.

`python -m latchkey_sim.faces.videos VIDEO FOLDER` draws the boxes into pictures, to check them.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2

from latchkey.errors import UsageError
from latchkey.frames import Box, RawFrame
from latchkey_sim.faces.references import check_inside
from latchkey_sim.faces.references import footage as footage_boxes
from latchkey_sim.faces.truth import SEEN_SHARE, Face, Moment, clipped
from latchkey_sim.footage import decoded
from latchkey_sim.scene.planar import bgr

ENDINGS = (".gif", ".mp4", ".avi", ".mkv", ".mov", ".webm")

VIEWS = {"face": "facing", "lost": "lost profile", "ignore": "ignore"}
"""`lost`: seen from behind, with cheek and temple, but neither eye nor mouth. No detector of faces is
asked to find that; whether motion covers it is told apart."""

Row = tuple[int, float, float, float, float, str]
"""Frame, corners, one of VIEWS."""


@dataclass(frozen=True)
class Footage:
    """A video; implements `FaceClip`. Truth is known for every `every`-th frame; 0 = for none."""

    path: Path
    rows: tuple[Row, ...] = ()
    every: int = 0
    checked: bool = False

    @property
    def name(self) -> str:
        """Set and file; boxes that no eye has corrected make a set of their own."""
        return f"{'video' if self.checked or not self.every else 'video-unchecked'}/{self.path.stem}"

    @property
    def marks(self) -> Mapping[str, str]:
        """The file."""
        return {"file": self.path.name}

    @cached_property
    def fps(self) -> float:
        """Frames a second, on average."""
        times = [moment.at_ns for moment in self.moments()]
        return (len(times) - 1) * 1e9 / times[-1] if len(times) > 1 else 15.0

    def frames(self) -> Iterator[RawFrame]:
        """Decode the frames."""
        return decoded(self.path)

    def moments(self) -> list[Moment]:
        """Give the truth, a moment per frame. Raises UsageError where boxes are not of this video."""
        return self._moments

    @cached_property
    def _moments(self) -> list[Moment]:
        faces: dict[int, list[Face]] = {}
        moments = []
        for number, frame in enumerate(self.frames()):
            if not number:
                faces = self._faces(frame.width, frame.height)
            known = self.every and number % self.every == 0
            moments.append(Moment(frame.at_ns, tuple(faces.get(number, ())) if known else None))
        if not self.checked and max(faces, default=0) >= len(moments):
            raise UsageError(f"boxes of {self.path}: frame {max(faces)}, and it has {len(moments)} frames")
        return moments

    def _faces(self, width: int, height: int) -> dict[int, list[Face]]:
        found: dict[int, list[Face]] = {}
        for number, x0, y0, x1, y1, view in self.rows:
            if not self.checked:
                check_inside(((x0, y0, x1, y1),), width, height, f"boxes of {self.path}: frame {number}")
            box, share = clipped(Box(x0, y0, x1, y1), width, height)
            face = Face(box, view == "ignore" or share < SEEN_SHARE, {"view": VIEWS[view]})
            found.setdefault(number, []).append(face)
        return found


def videos(folder: Path) -> list[Footage]:
    """Give all videos of a folder. Raises UsageError for references that cannot be read."""
    loose = footage_boxes(folder / "reference_boxes.json")
    known = _known()
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS:
            continue
        if path.name in known:
            entry = known[path.name]
            rows = tuple((int(n), *map(float, box), view) for n, *box, view in entry["faces"])
            found.append(Footage(path, rows, int(entry["every"]), checked=True))
        elif path.name in loose:
            rows = tuple((n, *box, "face") for n, boxes in enumerate(loose[path.name]) for box in boxes)
            found.append(Footage(path, rows, every=1))
        else:
            found.append(Footage(path))
    return found


def _known() -> dict[str, dict[str, Any]]:
    text = files("latchkey_sim.faces").joinpath("references.json").read_text("utf-8")
    known: dict[str, dict[str, Any]] = json.loads(text)["videos"]
    return known


def draw(video: Path, folder: Path) -> int:
    """Draw every frame whose truth is known, faces green, ignored ones red; give how many were drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    (footage,) = [one for one in videos(video.parent) if one.path.name == video.name] or [Footage(video)]
    drawn = 0
    for number, (frame, moment) in enumerate(zip(footage.frames(), footage.moments(), strict=True)):
        if moment.faces is None:
            continue
        picture = cv2.resize(bgr(frame), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        for face in moment.faces:
            x0, y0, x1, y1 = (round(side * 2) for side in face.box[:4])
            cv2.rectangle(picture, (x0, y0), (x1, y1), (0, 0, 255) if face.ignore else (0, 220, 0), 1)
        cv2.imwrite(str(folder / f"{video.stem}-{number:05d}.png"), picture)
        drawn += 1
    return drawn


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))

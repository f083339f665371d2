"""Where faces are known to be, read from a file that somebody wrote. Nonsense is an error, never a count.

`boxes.json` tells of photographs, `reference_boxes.json` of videos (docs/faces.md). Every error is a
UsageError that names the file and the place in it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from latchkey.errors import UsageError

Boxes = tuple[tuple[float, float, float, float], ...]

COORDINATE_LIMIT_PX = 1 << 16
"""No picture reaches further."""

OVERSIZE = 2
"""A face may reach beyond the picture that it is in, but not be so many times as long."""

_SHAPE = "is not a box [x0, y0, x1, y1] with x0 < x1 and y0 < y1, in pixels"


@dataclass(frozen=True, slots=True)
class Photograph:
    """The boxes of one photograph: faces, and what nobody could be recognised by."""

    faces: Boxes
    ignore: Boxes


def photographs(path: Path) -> dict[str, Photograph]:
    """Read a `boxes.json`: boxes by name of the image. Raises UsageError."""
    images = _object(_object(_parsed(path), str(path)).get("images"), f"{path}: `images`")
    found = {}
    for name, value in images.items():
        where = f"{path}: {name}"
        entry = _object(value, where)
        faces, ignore = (_boxes(entry.get(key, []), f"{where}: {key}") for key in ("faces", "ignore"))
        found[name] = Photograph(faces, ignore)
    return found


def footage(path: Path) -> dict[str, tuple[Boxes, ...]]:
    """Read a `reference_boxes.json`: boxes per frame by name of the video; none without the file.

    Raises UsageError.
    """
    if not path.is_file():
        return {}
    return {
        name: tuple(
            _boxes(boxes, f"{path}: {name}: frame {number}")
            for number, boxes in enumerate(_list(frames, f"{path}: {name}"))
        )
        for name, frames in _object(_parsed(path), str(path)).items()
    }


def check_inside(boxes: Boxes, width: int, height: int, where: str) -> None:
    """Raise UsageError for a box that cannot be of a picture of that size."""
    for box in boxes:
        x0, y0, x1, y1 = box
        beside = x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height
        if beside or x1 - x0 > OVERSIZE * width or y1 - y0 > OVERSIZE * height:
            raise UsageError(
                f"{where}: {_shown(list(box))} does not fit a picture of {width}x{height} pixels"
            )


def _parsed(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON that can be read ({error})") from error


def _boxes(value: object, where: str) -> Boxes:
    return tuple(_box(box, f"{where}[{number}]") for number, box in enumerate(_list(value, where)))


def _box(value: object, where: str) -> tuple[float, float, float, float]:
    if isinstance(value, list) and len(value) == 4:
        x0, y0, x1, y1 = map(_coordinate, value)
        if x0 < x1 and y0 < y1:  # not true of NaN either
            return x0, y0, x1, y1
    raise UsageError(f"{where}: {_shown(value)} {_SHAPE}")


def _coordinate(value: object) -> float:
    """Give a number of pixels, NaN for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= COORDINATE_LIMIT_PX:
        return math.nan
    return float(value)


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise UsageError(f"{where}: {_shown(value)} is not a list of boxes")
    return value


def _object(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise UsageError(f"{where} is not an object {{…}}")
    return value


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"

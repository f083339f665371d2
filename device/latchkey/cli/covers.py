"""`covers.json`: what was hidden in each frame of a redacted video, as it was filled.

    {"frames": [{"state": "ok", "covers": [[x0, y0, x1, y1], ...]}, ...],
     "pts": [...], "time_base": "1/12800", "width": 1280, "height": 720, "rotation": 0}

One entry per frame; boxes in pixels of the displayed picture, half-open; `pts` count in
`time_base` seconds and are those of the written file. Written as it comes, not kept in memory.
"""

import json
from array import array
from typing import BinaryIO

from latchkey.adapters.disk import disk_errors
from latchkey.pipeline.groups import Kept


class CoversFile:
    """Writes the list to a stream; `where` is what errors call it. Raises DiskError."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream = stream
        self._where = where
        self._pts = array("q")
        self._write('{"frames": [')

    def add(self, frame: Kept, ticks: int) -> None:
        """Note one frame, as it is in the file."""
        entry = json.dumps({"state": frame.state.value, "covers": frame.covers})
        self._write((",\n" if self._pts else "\n") + entry)
        self._pts.append(ticks)

    def finish(self, size: tuple[int, int], scale: int, rotation: int) -> None:
        """Write what is true of all frames: (width, height), ticks a second, degrees."""
        width, height = size
        rest = {
            "pts": self._pts.tolist(),
            "time_base": f"1/{scale}",
            "width": width,
            "height": height,
            "rotation": rotation,
        }
        self._write("],\n" + json.dumps(rest).removeprefix("{") + "\n")

    def _write(self, text: str) -> None:
        with disk_errors(f"write {self._where}"):
            self._stream.write(text.encode())

"""What the measurement takes in: clips whose faces are known, frame by frame."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from latchkey.frames import Box, RawFrame

SEEN_SHARE = 0.25
"""With less than a quarter of it to be seen there is an ear or a chin: such a face is ignored."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in one frame; `box` in pixels, clipped to the picture.

    `ignore`: nobody could be recognised (back of a head, reflection, a sliver at the edge); it counts
    neither as covered nor as missed. `marks` says what it is like, such as `tone`, `yaw`, `roll`.
    """

    box: Box
    ignore: bool = False
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def size_px(self) -> float:
        """The longer side."""
        return max(self.box.x1 - self.box.x0, self.box.y1 - self.box.y0)


@dataclass(frozen=True, slots=True)
class Moment:
    """The truth about the frame at `at_ns`; `faces` is None where nobody has looked."""

    at_ns: int
    faces: tuple[Face, ...] | None


class FaceClip(Protocol):
    """A clip with truth. Both may be asked for again and again, with the same answer.

    Picklable, so that clips can be measured in other processes: pictures are made when asked for.
    """

    @property
    def name(self) -> str:
        """What to call it, like `walks/dusk-3`; the part before the first `/` names its set."""
        ...

    @property
    def marks(self) -> Mapping[str, str]:
        """What the whole clip is like, such as `light`, `blur`, `wear`."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second, on average."""
        ...

    def frames(self) -> Iterator[RawFrame]:
        """Give the pictures; the first is at 0 ns."""
        ...

    def moments(self) -> list[Moment]:
        """Give the truth, a moment per picture."""
        ...


def clipped(box: Box, width: int, height: int) -> tuple[Box, float]:
    """Clip a box to the picture; give it with the share of its area that is left, 0..1."""
    x0, y0 = min(max(box.x0, 0.0), width), min(max(box.y0, 0.0), height)
    x1, y1 = min(max(box.x1, 0.0), width), min(max(box.y1, 0.0), height)
    area = (box.x1 - box.x0) * (box.y1 - box.y0)
    return Box(x0, y0, x1, y1, box.score), (x1 - x0) * (y1 - y0) / area if area > 0 else 0.0


def seen_part(box: Box, hiding: Box) -> Box:
    """Give the largest part of a box that something before it leaves to be seen: a strip to one side of it.

    It is the box itself where they do not meet, and without area where all of it is hidden.
    """
    if not (box.x0 < hiding.x1 and hiding.x0 < box.x1 and box.y0 < hiding.y1 and hiding.y0 < box.y1):
        return box
    strips = (
        box._replace(x1=max(hiding.x0, box.x0)),
        box._replace(x0=min(hiding.x1, box.x1)),
        box._replace(y1=max(hiding.y0, box.y0)),
        box._replace(y0=min(hiding.y1, box.y1)),
    )
    return max(strips, key=lambda strip: (strip.x1 - strip.x0) * (strip.y1 - strip.y0))


def bucket(value: float, edges: tuple[float, ...], unit: str = "") -> str:
    """Name the range a value lies in, like `16-24`."""
    for low, high in zip((None, *edges), (*edges, None), strict=True):
        if high is None:
            return f">={low:g}{unit}"
        if value < high:
            return f"<{high:g}{unit}" if low is None else f"{low:g}-{high:g}{unit}"
    raise AssertionError("unreachable: the last range has no end")

"""What shows suddenly, until a look has judged it.

A face may show in a frame that has little in common with the one before (`Motion.sudden`), and be gone
before the next look. Such a frame is looked at if the worker keeps up. If not, nobody knows what it shows,
nor whether that is still there in the frames after it: the place is hidden in them, up to the next good look
and not in it. That is 0.135 s at most, on a slow board as well.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from latchkey.frames import Box, Cover
from latchkey.vision.rectangles import area, dilate, on_grid, outermost
from latchkey.vision.windows import meet

GROWTH = 1.6
"""What differs of a face is less than the face: so much wider and higher is hidden."""

WHOLE_SHARE = 0.5
"""More than this share of the picture is all of it."""


class _Frame(NamedTuple):
    at_ns: int
    places: tuple[Cover, ...]
    blobs: tuple[Cover, ...]


class Sudden:
    """Remembers what showed suddenly in recent frames."""

    def __init__(self) -> None:
        self._frames: list[_Frame] = []

    def add(self, at_ns: int, places: tuple[Cover, ...], blobs: tuple[Cover, ...]) -> None:
        """Take where something shows suddenly in a frame, and what differs from the background; in order."""
        self._frames.append(_Frame(at_ns, places, blobs))

    def forget_before(self, at_ns: int) -> None:
        """Drop older frames."""
        del self._frames[: bisect_left(self._frames, at_ns, key=_at_ns)]

    def unseen(self, at_ns: int, looked: Sequence[int], width: int, height: int) -> tuple[Cover, ...]:
        """Give what to hide in the frame of `at_ns`, by the times of all good looks, in order.

        What has begun to move meanwhile is hidden where it has come to.
        """
        last_look = bisect_right(looked, at_ns)
        since = bisect_right(self._frames, looked[last_look - 1], key=_at_ns) if last_look else 0
        hidden: list[Cover] = []
        for frame in self._frames[since : bisect_right(self._frames, at_ns, key=_at_ns)]:
            new = [*frame.places, *(blob for blob in frame.blobs if any(meet(blob, one) for one in hidden))]
            hidden += [cover for place in new if (cover := _grown(place, width, height))]
        covers = outermost(hidden)
        if sum(map(area, covers)) > WHOLE_SHARE * width * height:
            return (Cover(0, 0, width, height),)
        return covers


def _at_ns(frame: _Frame) -> int:
    return frame.at_ns


def _grown(place: Cover, width: int, height: int) -> Cover | None:
    return on_grid(*dilate(Box(*place), GROWTH)[:4], width, height)

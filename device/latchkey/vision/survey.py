"""The survey of one recording: what is searched when, so that somebody small who does not move is found.

At first every tile of the picture once, spread over the first looks so that none of them costs much more than
others, and the picture turned to either side; then a tile with each look at the whole, round after round.
"""

from collections import deque

from latchkey.frames import Cover
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision.windows import Optics, survey

LOOKS = 3
"""Looks that take in the first round, if that makes no more tiles for each of them than"""

TILES, TILES_TURNED = 17, 8
"""these: with a look as it is, and with one that searches the picture turned, too, which costs as much as
six to eight tiles; so many for each part of a strip. The tiles of Full HD, 45 with YuNet and 66 with
CenterFace, take four and five looks."""

REACHED_LOOKS = 5
"""Looks from the first on that frames wait for when a recording begins."""

TURNS_DEGREES = (35.0, -35.0)
"""The first looks search the picture turned so, too: detectors know heads rolled by 20 degrees or so."""

WHOLE_NS = 500 * NS_PER_MS
"""Longest time between two looks at the whole picture: faces too faint to be found each time get
another chance, and tracks bridge it (`tracks.BRIDGE_NS`)."""

STAY_NS = 12 * NS_PER_S
"""A face found in a window with a fair score stays at least so long where nothing changes: a round of the
survey at 720 rows; where a round takes longer, that long."""

SPARE_LOOKS = 2
"""A round takes as many looks at the whole as it has tiles, and so many may come late."""


class Survey:
    """Says what to search besides with each look. Without `tiles` there is nothing finer to be had."""

    def __init__(self, view: Optics, *, dusk: bool = False) -> None:
        self._tiles = deque(survey(view, dusk=dusk))
        self._share = -(-len(self._tiles) // LOOKS)
        self._parts = len(view.parts)
        self._first_left = len(self._tiles)
        self._turns = deque(TURNS_DEGREES)

    @property
    def stay_ns(self) -> int:
        """How long a face stays until it must have been found again."""
        return max(STAY_NS, (len(self._tiles) + SPARE_LOOKS) * WHOLE_NS)

    def next(self, *, whole: bool) -> tuple[float | None, list[Cover]]:
        """Give by how many degrees to turn the picture, if at all, and which tiles to search, with a look."""
        degrees = self._turns.popleft() if self._turns else None
        count = int(whole)
        if self._first_left:
            most = (TILES if degrees is None else TILES_TURNED) * self._parts
            count = min(self._share, most, self._first_left)
            self._first_left -= count
        tiles = list(self._tiles)[:count]
        self._tiles.rotate(-count)
        return degrees, tiles

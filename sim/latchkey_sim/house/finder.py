"""A detector with moods: it can be slow, blind, break, or talk nonsense, while and as long as it is told."""

from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box
from latchkey.ports import FaceFinder


class MoodyFinder:
    """Answers as the detector it has, but for its moods. `met` counts the looks that one of them hit."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self.raising = False
        self.blind = False
        self.nonsense = False
        self.met = 0

    @property
    def name(self) -> str:
        """Name of the detector."""
        return self._finder.name

    @property
    def long_side_px(self) -> int:
        """The longer side of the picture it wants."""
        return self._finder.long_side_px

    def find(self, bgr: Bgr) -> list[Box]:
        """Find faces. Raises FinderError."""
        self.met += self.raising or self.blind or self.nonsense
        if self.raising:
            raise FinderError(f"{self.name} is broken")
        if self.blind:
            return []
        if self.nonsense:
            return [Box(float("nan"), 0.0, 1e20, 1.0, 0.9)]
        return self._finder.find(bgr)

"""A face detector that knows the truth, and can fail in every way a real one does."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from latchkey.adapters.finders.picture import check_bgr
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box


class Fault(StrEnum):
    """What goes wrong in one look."""

    RAISES = "raises"
    BLIND = "blind"
    NONSENSE = "nonsense"


def _nothing(_call: int) -> None:
    """Spend no time."""


class TruthFinder:
    """Answers look number n (from 0) with `truth[n]`, boxes in 0..1 of the picture.

    Looks past the end of `truth` find nothing. `faults` says which looks fail and how; `spend`
    is called with the number of each look first, say to let virtual time pass or to block.
    """

    name = "truth"

    def __init__(
        self,
        truth: Sequence[Sequence[Box]],
        *,
        long_side_px: int = 480,
        faults: Mapping[int, Fault] | None = None,
        spend: Callable[[int], None] = _nothing,
    ) -> None:
        self.long_side_px = long_side_px
        self.calls = 0
        self._truth = truth
        self._faults = dict(faults or {})
        self._spend = spend

    def find(self, bgr: Bgr) -> list[Box]:
        """Give what is true, unless a fault is due. Raises FinderError."""
        height, width = check_bgr(bgr, self.name)
        call, self.calls = self.calls, self.calls + 1
        self._spend(call)
        fault = self._faults.get(call)
        if fault is Fault.RAISES:
            raise FinderError(f"{self.name} fails at look {call}")
        if fault is Fault.BLIND or call >= len(self._truth):
            return []
        if fault is Fault.NONSENSE:
            return [Box(float("nan"), 0.0, 1e20, 1.0, 0.9)]
        return [
            Box(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height, box.score)
            for box in self._truth[call]
        ]

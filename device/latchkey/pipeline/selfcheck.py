"""The look at what was encoded: is there still a face in it, outside every cover?

A second net under the filter. It searches the decoded keyframe of a group of pictures, as it would be
kept, before any byte of the group is muxed or sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from latchkey.errors import WorkerBusy
from latchkey.frames import Box, Cover, RawFrame
from latchkey.ports import FaceFinder, Workers
from latchkey.settings import PrivacySettings
from latchkey.units import to_ns
from latchkey.vision import dilate, hidden_share, on_grid, search_whole

HIT_SCORE = 0.3
"""Lowest score that counts: below it, what covers leave of clothes and walls looks like faces too often."""

HIDDEN_SHARE = 0.5
"""A box hidden by at least this much is a covered face; the detector has guessed at the rest of a head."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to hide besides. `passed` is False where the picture could not be searched: hide all."""

    passed: bool
    missing: tuple[Cover, ...] = ()


class SelfCheck:
    """Searches encoded keyframes through the look worker. Used by the film worker alone."""

    def __init__(self, finder: FaceFinder, settings: PrivacySettings, workers: Workers) -> None:
        self._finder = finder
        self._settings = settings
        self._workers = workers
        self._limit_ns = to_ns(settings.look_deadline_s)

    def judge(self, picture: RawFrame, covers: Sequence[Cover]) -> Verdict:
        """Search a decoded picture that was given `covers`; waits for the look worker, not for ever."""
        try:
            ticket = self._workers.submit("look", lambda: search_whole(self._finder, picture))
        except WorkerBusy:
            return Verdict(passed=False)
        if not ticket.wait(self._limit_ns):
            return Verdict(passed=False)
        try:
            found = ticket.result()
        except Exception:  # noqa: BLE001 -- whatever a detector raises, the group is covered
            return Verdict(passed=False)
        hits = [box for box in found if box.score >= HIT_SCORE and not self._is_hidden(box, picture, covers)]
        missing = (self._cover(box, picture) for box in hits)
        return Verdict(passed=True, missing=tuple(cover for cover in missing if cover is not None))

    @staticmethod
    def _is_hidden(box: Box, picture: RawFrame, covers: Sequence[Cover]) -> bool:
        return hidden_share(box, covers, picture.width, picture.height) >= HIDDEN_SHARE

    def _cover(self, box: Box, picture: RawFrame) -> Cover | None:
        return on_grid(*dilate(box, self._settings.dilation)[:4], picture.width, picture.height)

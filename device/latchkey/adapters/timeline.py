"""Times of a video's pictures, as an MP4 can hold them: whole ticks that rise.

Rules
- A picture keeps its PTS exactly: `ticks` count in 1/`scale` s, a whole fraction of the source's
  time base; or to the nearest microsecond where that is finer than `FINEST`.
- A PTS that is not after the one before it is moved to one tick (at most 0.1 ms) after it; the
  next good one counts again.
- Once PTS have gone back, a file numbers its packets only (H.264 with B-frames in AVI does); from
  then on the DTS counts where there is one and it is later.
- A jump back by more than `REORDER_PICTURES`, or by more than `CUT_S`, is a cut: times go on from
  there, one picture later.
- A missing PTS is one picture after the one before.
- A gap longer than an MP4 can hold (`GAP_TICKS`: 3 hours at 90 kHz) is shortened to that. A file that goes on
  for longer than `LONGEST_S` has times that make no sense: the rest is a tick apart.
- MP4 plays nothing before 0: a file that begins earlier is shifted to begin at 0.
"""

from fractions import Fraction

from latchkey.units import NS_PER_S

SCALE_MIN = 10_000
"""Ticks a second that MP4 muxers take at least; a multiple of the source's holds its times as well."""

FINEST = 10_000_000
"""Ticks a second of the finest clock in use (100 ns); a finer one would leave room for gaps of seconds."""

MICROSECOND = 1_000_000

GAP_TICKS = 1 << 30
"""Longest time from one picture to the next: at twice as much FFmpeg gets it and all that follow wrong."""

LONGEST_S = 1 << 32
"""136 years: in ns that is half of what 64 bits hold."""

REORDER_PICTURES = 16
"""H.264 and H.265 hold back no more pictures than this; what goes back further was joined together."""

CUT_S = 1
"""And never so long, however few pictures a second there are."""


def scale_of(time_base: Fraction) -> int:
    """Give the ticks a second in which every multiple of a time base is whole, if it is not too fine."""
    if time_base.denominator > FINEST:
        return MICROSECOND
    scale = time_base.denominator
    while scale < SCALE_MIN:
        scale *= 2
    return scale


class Timeline:
    """Gives pictures their times, one after the other."""

    def __init__(self, time_base: Fraction, fps: float) -> None:
        self.scale = scale_of(time_base)
        self._per_pts = time_base * self.scale
        self._longest = LONGEST_S * self.scale
        self._step = min(max(round(self.scale / fps), 1), GAP_TICKS)
        self._cut = min(REORDER_PICTURES * self._step, CUT_S * self.scale)
        self._last: int | None = None
        self._went_back = False
        self.shift = 0
        """Ticks added to what the source says."""
        self.moved = 0
        """Pictures whose time is not the one that the source gives."""

    def place(self, pts: int | None, dts: int | None = None) -> int:
        """Give the ticks of the next picture, from its PTS and DTS in the source's time base."""
        wanted = self._ticks(pts)
        last = self._last
        if last is None:
            self._last = self._begin(wanted)
            return self._last
        if wanted is None:
            ticks = last + self._step
        elif wanted < last - self._cut:
            self.shift += last + self._step - wanted
            ticks = last + self._step
        else:
            self._went_back |= wanted < last
            ticks = max(self._choose(wanted, self._ticks(dts), last), last + 1)
        if ticks > min(last + GAP_TICKS, self._longest):
            later = last + GAP_TICKS if last + GAP_TICKS <= self._longest else last + 1
            self.shift -= ticks - later
            ticks = later
        self.moved += ticks != wanted
        self._last = ticks
        return ticks

    def at_ns(self, ticks: int) -> int:
        """Give the time of ticks in ns, rounded to the nearest."""
        return (2 * ticks * NS_PER_S + self.scale) // (2 * self.scale)

    def _begin(self, wanted: int | None) -> int:
        if wanted is None or 0 <= wanted <= self._longest:
            return wanted or 0
        self.shift = -wanted
        return 0

    def _choose(self, wanted: int, decoded: int | None, last: int) -> int:
        if self._went_back and decoded is not None and decoded > last:
            return decoded
        return wanted

    def _ticks(self, stamp: int | None) -> int | None:
        return None if stamp is None else round(stamp * self._per_pts) + self.shift

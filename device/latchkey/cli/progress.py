"""A progress bar: one line that renews itself on a terminal, a plain line now and then elsewhere."""

from contextlib import suppress
from typing import TextIO

from latchkey.units import NS_PER_MS, NS_PER_S, to_s

RESET, DIM = "\x1b[0m", "\x1b[2m"
WIDTH = 32
REDRAW_NS = 80 * NS_PER_MS
"""Real time between two drawings: faster is flicker."""

PLAIN_STEP_NS = 10 * NS_PER_S
"""Scene time between two plain lines."""

SPEED_LIMIT = 1000
"""A figure above it would say more of the video's times than of us."""


class Progress:
    """Shows scene time against its whole, and how much faster than life it goes.

    `total_ns` is None where the end is not known (a webcam, a video of unknown length); `whole` is what
    a plain line calls it all.
    """

    def __init__(self, stream: TextIO, total_ns: int | None, whole: str = "visit") -> None:
        self._stream = stream
        self._total_ns = total_ns
        self._whole = whole
        self._live = stream.isatty()
        self._drawn_ns = -REDRAW_NS
        self._next_plain_ns = PLAIN_STEP_NS

    def show(self, scene_ns: int, real_ns: int) -> None:
        """Tell how far it is: ns of the scene, and ns of real time since it began."""
        if self._live and real_ns - self._drawn_ns >= REDRAW_NS:
            self._drawn_ns = real_ns
            self._write("\r\x1b[K" + self._bar(scene_ns, real_ns))
        elif not self._live and scene_ns >= self._next_plain_ns:
            self._next_plain_ns += PLAIN_STEP_NS
            self._write(self._plain(scene_ns, real_ns) + "\n")

    def finish(self) -> None:
        """Take the bar away."""
        if self._live:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody watches
            print(text, end="", file=self._stream, flush=True)

    def _bar(self, scene_ns: int, real_ns: int) -> str:
        speed = f"{_speed(scene_ns, real_ns)}× real time"
        if self._total_ns is None:
            return f"{DIM}{scene_time(scene_ns)}{RESET}  {speed}"
        done = round(WIDTH * self._share(scene_ns))
        bar = "█" * done + "░" * (WIDTH - done)
        return f"{DIM}{scene_time(scene_ns)}{RESET}  {bar} {scene_time(self._total_ns)}  {speed}"

    def _plain(self, scene_ns: int, real_ns: int) -> str:
        share = "" if self._total_ns is None else f"{self._share(scene_ns):.0%} of the {self._whole}, "
        return f"{scene_time(scene_ns)}  {'progress':<8} {share}{_speed(scene_ns, real_ns)}x real time"

    def _share(self, scene_ns: int) -> float:
        return min(1.0, scene_ns / max(self._total_ns or 0, 1))


def speed_text(speed: float) -> str:
    """Write how many times faster than life it goes; a video's times may say anything."""
    return f"{speed:.1f}" if speed < SPEED_LIMIT else f"over {SPEED_LIMIT}"


def _speed(scene_ns: int, real_ns: int) -> str:
    return speed_text(to_s(scene_ns) / max(to_s(real_ns), 0.001))


def scene_time(duration_ns: int) -> str:
    """Write a duration as `mm:ss.t`; what lies before the start counts as the start."""
    tenths = max(duration_ns, 0) // (100 * NS_PER_MS)
    seconds, minutes = tenths // 10 % 60, max(duration_ns, 0) // (60 * NS_PER_S)
    return f"{minutes:02d}:{seconds:02d}.{tenths % 10}"

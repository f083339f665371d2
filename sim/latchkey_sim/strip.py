"""A camera that plays given pictures at given times, and fails when told to."""

from collections.abc import Iterable, Iterator

from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import RawFrame
from latchkey.ports import Clock, Still


class StripCamera:
    """Gives each frame of a strip once its time has come.

    `lose` makes the sensor vanish until `find`; `stall` makes it fall silent. What would have been
    seen meanwhile is gone, as with a real one.
    """

    def __init__(self, clock: Clock, frames: Iterable[RawFrame], fps: float = 15.0) -> None:
        self._clock = clock
        self._frames: Iterator[RawFrame] = iter(frames)
        self._waiting: RawFrame | None = None
        self._fps = fps
        self._lost = False
        self._closed = False
        self.stalled = False
        self.restarts = 0

    @property
    def fps(self) -> float:
        """Nominal rate."""
        return self._fps

    def read(self) -> RawFrame | Still | None:
        """Give the next frame that is due."""
        if self._lost or self._closed:
            raise CameraLost("the camera is unplugged" if self._lost else "the camera is closed")
        if self.stalled:
            self._skip()
            return None
        if self._waiting is None:
            self._waiting = self._next()
        if self._waiting.at_ns > self._clock.now_ns():
            return Still(self._waiting.at_ns)
        frame, self._waiting = self._waiting, None
        return frame

    def restart(self) -> None:
        """Try to come back."""
        self.restarts += 1
        if self._lost:
            raise CameraLost("the camera is still unplugged")
        self._closed = False
        self._skip()

    def close(self) -> None:
        """Let go."""
        self._closed = True

    def lose(self) -> None:
        """Unplug the camera."""
        self._lost = True

    def find(self) -> None:
        """Plug it in again; the device notices at its next restart."""
        self._lost = False

    def _next(self) -> RawFrame:
        frame = next(self._frames, None)
        if frame is None:
            raise FootageEnded("the strip has ended")
        return frame

    def _skip(self) -> None:
        """Pass over what was due while nobody looked."""
        while self._waiting is None or self._waiting.at_ns < self._clock.now_ns():
            self._waiting = self._next()

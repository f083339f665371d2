"""The camera of a device of the house: looks at its footage, and fails in the ways that cameras do."""

from dataclasses import replace

import numpy as np

from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import RawFrame
from latchkey.ports import Still
from latchkey_sim.house.footage import Footage
from latchkey_sim.house.times import DeviceClock

BLACK_LEVEL = 16


class HouseCamera:
    """Gives the pictures of a `Footage` when they are due. What is due while it fails is gone.

    The attributes are its faults, and may be set at any time; `met` counts pictures that one of them hit.
    """

    def __init__(self, footage: Footage, clock: DeviceClock, *, endless: bool = True) -> None:
        self._footage = footage
        self._clock = clock
        self._endless = endless
        self._next_ns = clock.of_house(clock.now_ns())
        self._closed = False
        self.unplugged = False
        self.stalled = False
        self.black = False
        self.torn = False
        """The lower half is that of the picture before."""
        self.drop_every = 0
        """Every so many-th picture is lost; 0 = none."""
        self.late_ns = 0
        """Pictures come so much later than they are stamped."""
        self.met = 0
        self._count = 0
        self._before: RawFrame | None = None

    @property
    def fps(self) -> float:
        """Nominal pictures a second."""
        return self._footage.fps

    def read(self) -> RawFrame | Still | None:
        """Give the next picture that is due. Raises CameraLost, FootageEnded."""
        if self.unplugged or self._closed:
            self.met += self.unplugged
            raise CameraLost("the camera is unplugged" if self.unplugged else "the camera is closed")
        if self.stalled:
            self.met += self._skip()
            return None
        due_ns = self._footage.next_ns(self._next_ns)
        if due_ns is None:
            if self._endless:
                return Still(self._clock.now_ns() + 3600 * 10**9)
            raise FootageEnded("the scene has ended")
        at_ns = self._clock.of_device(due_ns)
        if at_ns + self.late_ns > self._clock.now_ns():
            return Still(at_ns + self.late_ns)
        self._next_ns = due_ns + 1
        self._count += 1
        self.met += bool(self.late_ns)
        if self.drop_every and self._count % self.drop_every == 0:
            self.met += 1
            return self.read()
        return self._spoilt(replace(self._footage.picture(due_ns), at_ns=at_ns))

    def restart(self) -> None:
        """Try to come back. Raises CameraLost."""
        if self.unplugged:
            raise CameraLost("the camera is still unplugged")
        self._closed = False
        self._skip()

    def close(self) -> None:
        """Let go of the sensor."""
        self._closed = True

    def _spoilt(self, frame: RawFrame) -> RawFrame:
        before, self._before = self._before, frame
        if self.black:
            self.met += 1
            grain = frame.y & 1  # a sensor in the dark is not bit by bit the same
            dark = np.full_like(frame.u, 128)
            return replace(frame, y=grain + np.uint8(BLACK_LEVEL), u=dark, v=dark.copy())
        if self.torn and before is not None:
            self.met += 1
            planes = zip((frame.y, frame.u, frame.v), (before.y, before.u, before.v), strict=True)
            y, u, v = (np.vstack([new[: len(new) // 2], old[len(old) // 2 :]]) for new, old in planes)
            return replace(frame, y=y, u=u, v=v)
        return frame

    def _skip(self) -> int:
        """Pass over what was due while nobody looked; tell how much it was."""
        now_ns, skipped = self._clock.of_house(self._clock.now_ns()), 0
        while (due_ns := self._footage.next_ns(self._next_ns)) is not None and due_ns < now_ns:
            self._next_ns, skipped = due_ns + 1, skipped + 1
        return skipped

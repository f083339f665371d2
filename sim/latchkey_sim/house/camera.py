"""The camera of a device of the house: looks at its footage, and fails in the ways that cameras do."""

from dataclasses import dataclass, field, replace

import numpy as np

from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import RawFrame
from latchkey.ports import Still
from latchkey_sim.house.footage import Footage
from latchkey_sim.house.times import DeviceClock

BLACK_LEVEL = 16


@dataclass(slots=True)
class Sensor:
    """What is wrong with a camera, from one life of its device to the next. May be changed at any time.

    `torn`: the lower half is that of the picture before. `drop_every` so many-th picture is lost, 0 = none.
    Pictures come `late_ns` later than they are stamped. `met` counts pictures that one of these hit, and
    `spoilt` are the house times of those that do not show what there is to see. `given` are all that a device
    took: the house time of each, and when it took it.
    """

    unplugged: bool = False
    stalled: bool = False
    black: bool = False
    torn: bool = False
    drop_every: int = 0
    late_ns: int = 0
    met: int = 0
    spoilt: set[int] = field(default_factory=set)
    given: list[tuple[int, int]] = field(default_factory=list)


class HouseCamera:
    """Gives the pictures of a `Footage` when they are due. What is due while it fails is gone."""

    def __init__(
        self, footage: Footage, clock: DeviceClock, sensor: Sensor | None = None, *, endless: bool = True
    ) -> None:
        self._footage = footage
        self._clock = clock
        self._endless = endless
        self._next_ns = clock.of_house(clock.now_ns())
        self._closed = False
        self._sensor = sensor or Sensor()
        self._count = 0
        self._before: RawFrame | None = None

    @property
    def fps(self) -> float:
        """Nominal pictures a second."""
        return self._footage.fps

    def read(self) -> RawFrame | Still | None:
        """Give the next picture that is due. Raises CameraLost, FootageEnded."""
        if self._sensor.unplugged or self._closed:
            self._sensor.met += self._sensor.unplugged
            raise CameraLost("the camera is unplugged" if self._sensor.unplugged else "the camera is closed")
        if self._sensor.stalled:
            self._sensor.met += self._skip()
            return None
        due_ns = self._footage.next_ns(self._next_ns)
        if due_ns is None:
            if self._endless:
                return Still(self._clock.now_ns() + 3600 * 10**9)
            raise FootageEnded("the scene has ended")
        at_ns = self._clock.of_device(due_ns)
        if at_ns + self._sensor.late_ns > self._clock.now_ns():
            return Still(at_ns + self._sensor.late_ns)
        self._next_ns = due_ns + 1
        self._count += 1
        self._sensor.met += bool(self._sensor.late_ns)
        if self._sensor.drop_every and self._count % self._sensor.drop_every == 0:
            self._sensor.met += 1
            return self.read()
        self._sensor.given.append((due_ns, self._clock.of_house(self._clock.now_ns())))
        return self._spoilt(self._footage.picture(due_ns), at_ns)

    def restart(self) -> None:
        """Try to come back. Raises CameraLost."""
        if self._sensor.unplugged:
            raise CameraLost("the camera is still unplugged")
        self._closed = False
        self._skip()

    def close(self) -> None:
        """Let go of the sensor."""
        self._closed = True

    def _spoilt(self, frame: RawFrame, at_ns: int) -> RawFrame:
        """Give the picture as the sensor does, at the device's time."""
        before, self._before, sensor = self._before, frame, self._sensor
        due_ns, frame = frame.at_ns, replace(frame, at_ns=at_ns)
        if sensor.black:
            sensor.met += 1
            sensor.spoilt.add(due_ns)
            grain = (frame.y & 1) + BLACK_LEVEL  # a sensor in the dark is not bit by bit the same
            dark = np.full_like(frame.u, 128)
            return replace(frame, y=grain.astype(np.uint8), u=dark, v=dark.copy())
        if sensor.torn and before is not None:
            sensor.met += 1
            sensor.spoilt.add(due_ns)
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

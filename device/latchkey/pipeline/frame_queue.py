"""Frames between the camera and the film: pre-roll while nothing happens, backlog while it does.

One queue serves both, so there is no moment at which a frame changes hands. Frames of the last
`RAW_NS` stay raw; older ones are packed (intra compressed, in RAM) by a worker. In the steady state
of a recording no frame gets that old, so nothing is ever packed.

Covers are in pixels of one size. So the queue shows frames of one format only, a *stretch*: once the
camera changes the format, what follows waits out of sight until whoever works on the stretch turns.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

from latchkey.errors import WorkerBusy
from latchkey.frames import Colour, RawFrame
from latchkey.ports import Ticket, Workers
from latchkey.units import NS_PER_MS
from latchkey.vision import Motion, PackedFrame, pack, unpack

RAW_NS = 700 * NS_PER_MS
"""A little more than look-ahead and slack together: 11 frames (15 MB) at 720p15, 18 (56 MB) at 1080p25."""

TOTAL_LIMIT_BYTES = 96 << 20
"""All frames together. At 720p a packed frame takes 0.1 to 0.3 MB: half a minute and more."""


class Format(NamedTuple):
    """What all frames of a stretch, and so of a clip, have in common."""

    width: int
    height: int
    colour: Colour


class Held:
    """A frame in the queue, raw or packed, with what the motion gate saw in it."""

    __slots__ = ("_frame", "_packing", "at_ns", "format", "motion", "taken")

    def __init__(self, frame: RawFrame, motion: Motion) -> None:
        self._frame: RawFrame | PackedFrame = frame
        self._packing: Ticket[PackedFrame] | None = None
        self.at_ns = frame.at_ns
        self.format = Format(frame.width, frame.height, frame.colour)
        self.motion = motion
        self.taken = False

    @property
    def size_bytes(self) -> int:
        """Bytes the frame takes now."""
        return self._frame.size_bytes

    @property
    def is_raw(self) -> bool:
        """Whether the picture is held raw."""
        return isinstance(self._frame, RawFrame)

    def picture(self) -> RawFrame:
        """Give the raw picture; unpacking takes milliseconds, so call this in a worker."""
        frame = self._frame
        return frame if isinstance(frame, RawFrame) else unpack(frame)

    def pack(self, workers: Workers) -> None:
        """Have a worker pack the frame."""
        if isinstance(self._frame, RawFrame):
            frame = self._frame
            with suppress(WorkerBusy):  # stays raw; the total limit of the queue still holds
                self._packing = workers.submit("pack", lambda: pack(frame))

    def settle(self) -> bool:
        """Put the packed form in place if it is ready; True if nothing is under way.

        A frame that could not be packed, say for want of memory, stays raw; the limit of the queue holds.
        """
        if self._packing is not None and self._packing.done():
            packing, self._packing = self._packing, None
            with suppress(Exception):
                self._frame = packing.result()
        return self._packing is None


class FrameQueue:
    """A bounded queue of `Held` frames in time order.

    Length, index, iteration and `pop` are those of the stretch in hand, whose frames have one format.
    `raw_ns` is how long frames stay raw; None = for good, and the owner of the queue bounds it.
    """

    def __init__(self, workers: Workers, raw_ns: int | None = RAW_NS) -> None:
        self._workers = workers
        self._raw_ns = raw_ns
        self._frames: deque[Held] = deque()
        self._format: Format | None = None
        self._later: deque[deque[Held]] = deque()
        self._raw: deque[Held] = deque()
        self._packing: deque[Held] = deque()

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._frames)

    def __getitem__(self, index: int) -> Held:
        return self._frames[index]

    @property
    def newest_ns(self) -> int | None:
        """Time of the newest frame of all, or None when there is none."""
        newest = self._later[-1] if self._later else self._frames
        return newest[-1].at_ns if newest else None

    @property
    def closed(self) -> bool:
        """Whether the stretch in hand gets no more frames: those that follow have another format."""
        return bool(self._later)

    @property
    def size_bytes(self) -> int:
        """Bytes all frames take now."""
        return sum(held.size_bytes for held in chain(self._frames, *self._later))

    @property
    def total(self) -> int:
        """How many frames there are, those of later stretches included."""
        return len(self._frames) + sum(map(len, self._later))

    def push(self, held: Held) -> None:
        """Add the newest frame, and have those packed that are too old to stay raw."""
        while self._packing and self._packing[0].settle():
            self._packing.popleft()
        newest = self._later[-1][-1].format if self._later else self._format
        if newest is not None and held.format != newest:
            self._later.append(deque())
        (self._later[-1] if self._later else self._frames).append(held)
        self._format = self._format or held.format
        if self._raw_ns is None:
            return
        self._raw.append(held)
        while self._raw[0].at_ns < held.at_ns - self._raw_ns:
            old = self._raw.popleft()
            if not old.taken:
                old.pack(self._workers)
                self._packing.append(old)

    def pop(self) -> Held:
        """Take the oldest frame of the stretch out."""
        held = self._frames.popleft()
        held.taken = True
        return held

    def turn(self) -> None:
        """Go on to the next stretch, once the one in hand is `closed` and empty."""
        self._frames = self._later.popleft()
        self._format = self._frames[0].format

    def drop_before(self, at_ns: int) -> None:
        """Forget frames older than `at_ns`, and stretches that become empty by it."""
        while self._frames and self._frames[0].at_ns < at_ns:
            self.pop()
            if self._later and not self._frames:
                self.turn()

    def clear(self) -> None:
        """Forget all frames."""
        self._frames.clear()
        self._later.clear()
        self._format = None
        self._raw.clear()
        self._packing.clear()

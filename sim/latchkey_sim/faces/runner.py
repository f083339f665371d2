"""Runs the policies over the clips, a clip at a time in each of a few processes."""

import multiprocessing
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2

from latchkey.adapters.finders import MAKERS, make_finder
from latchkey.adapters.finders.quiet import silence_opencv
from latchkey.adapters.models import is_installed, load_model, models_folder
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings
from latchkey_sim.faces.ablation import VARIANTS, WHOLE, Variant
from latchkey_sim.faces.policies import (
    CAUSAL_EVERY,
    DEFACE_THRESHOLD,
    DoorbellFilter,
    PerFrame,
    Policy,
)
from latchkey_sim.faces.score import ClipScore, measure
from latchkey_sim.faces.truth import FaceClip
from latchkey_sim.finder import BlindFinder

HELD_FRAMES = 160
"""Clips up to this long are drawn once for all policies (0.2 GB at 720p), longer ones each time anew."""

CONTROL_DETECTOR = "centerface"
"""What `deface` looks with."""

PRETENDED: dict[str, FaceFinder | None] = {"none": None, "blind": BlindFinder()}
"""What is no detector, and can be measured as one: the filter without any, and with one that is blind."""

DEFACE, CAUSAL = "deface's policy", "causal"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. `detectors` name filters; `folder` holds models besides the installed ones.

    `without` names parts: each filter is measured once more without each of them.
    """

    clips: tuple[FaceClip, ...]
    detectors: tuple[str, ...]
    without: tuple[str, ...] = ()
    folder: Path | None = None
    controls: bool = True
    jobs: int = 2

    @property
    def filters(self) -> list[str]:
        """What the whole filters are called in the scores."""
        return [WHOLE.name(detector) for detector in self.detectors]

    @property
    def ablated(self) -> list[str]:
        """What those that lack a part are called."""
        return [VARIANTS[part].name(detector) for detector in self.detectors for part in self.without]


def installed(folder: Path | None = None) -> list[str]:
    """Give the names of the detectors that can be measured."""
    return [name for name in MAKERS if _place(name, folder) is not None]


def run(plan: Plan) -> Iterator[ClipScore]:
    """Measure everything; results come as clips are done, longest clips first."""
    clips = sorted(plan.clips, key=lambda clip: -len(clip.moments()))
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(plan.jobs, mp_context=context)
    try:
        shared = replace(plan, clips=())
        for done in as_completed([pool.submit(_measured, clip, shared) for clip in clips]):
            yield from done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _measured(clip: FaceClip, plan: Plan) -> list[ClipScore]:
    silence_opencv()
    cv2.setNumThreads(1)
    variants = [WHOLE, *(VARIANTS[part] for part in plan.without)]
    policies: list[Policy] = [
        _filter(name, plan.folder, variant) for name in plan.detectors for variant in variants
    ]
    if plan.controls and _place(CONTROL_DETECTOR, plan.folder) is not None:
        finder = _finder(CONTROL_DETECTOR, plan.folder, DEFACE_THRESHOLD)
        policies += [PerFrame(DEFACE, finder), PerFrame(CAUSAL, finder, CAUSAL_EVERY)]
    held = list(clip.frames()) if len(clip.moments()) <= HELD_FRAMES else None
    with tempfile.TemporaryDirectory(prefix="latchkey-faces-") as folder:
        return [measure(clip, policy, Path(folder), held or clip.frames()) for policy in policies]


def _filter(name: str, folder: Path | None, variant: Variant) -> Policy:
    finder = PRETENDED[name] if name in PRETENDED else _finder(name, folder, variant.privacy)
    return DoorbellFilter(finder, variant)


@lru_cache(maxsize=8)
def _finder(name: str, folder: Path | None, privacy: PrivacySettings) -> FaceFinder:
    load = partial(load_model, MAKERS[name][0], _place(name, folder))
    return make_finder(name, load, privacy)[0]


def _place(name: str, folder: Path | None) -> Path | None:
    """Give the folder that holds a detector's genuine file, or None."""
    places = [folder, models_folder()] if folder else [models_folder()]
    return next((place for place in places if is_installed(MAKERS[name][0], place)), None)

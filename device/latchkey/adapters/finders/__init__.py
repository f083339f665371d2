"""Face detectors: finding the one to use, or saying why there is none.

A detector runs only from bytes whose hash is pinned, and only after it has answered for a test
picture. Boxes and scores leave this package; landmarks that a network computes do not.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import cv2

from latchkey.adapters.finders.centerface import CenterFaceFinder
from latchkey.adapters.finders.quiet import silence_opencv
from latchkey.adapters.finders.yunet import YuNetFinder, YuNetOnnxFinder
from latchkey.adapters.models import CENTERFACE, YUNET, Model, load_model
from latchkey.errors import FinderError
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings

__all__ = ["CenterFaceFinder", "FoundFinder", "YuNetFinder", "make_finder", "open_finder"]

_Maker = Callable[[Callable[[], bytes], float], FaceFinder]
_OnnxMaker = Callable[[Callable[[], bytes], float, int], FaceFinder]

MAKERS: dict[str, tuple[Model, _Maker, _OnnxMaker]] = {
    "yunet": (YUNET, YuNetFinder, YuNetOnnxFinder),
    "centerface": (CENTERFACE, CenterFaceFinder, CenterFaceFinder),
}
"""In the order in which "auto" tries them: YuNet is four times as fast and finds as much. In OpenCV, and in
onnxruntime with so many threads, which is tried first: it is faster, and not everybody has it."""

WITHOUT = "all that moves is covered, and everything until something does"

CHOSEN = {"motion": "all that moves", "everything": "the whole picture"}


@dataclass(frozen=True, slots=True)
class FoundFinder:
    """The detector to use, or None; `note` is one line for the journal.

    `chosen` tells that the owner wants more hidden than faces, so that none is needed. `failure` is
    why the last detector that was tried cannot be used, where none can.
    """

    finder: FaceFinder | None
    note: str
    chosen: bool = False
    failure: FinderError | None = None


def make_finder(
    name: str, load: Callable[[], bytes], settings: PrivacySettings, *, with_onnx: bool = True
) -> tuple[FaceFinder, str]:
    """Make a detector of its verified bytes; tell where it runs, if not in OpenCV. Raises FinderError."""
    _, make, make_onnx = MAKERS[name]
    if with_onnx:
        with suppress(FinderError):
            return make_onnx(load, settings.threshold, settings.threads), ", in onnxruntime"
    return make(load, settings.threshold), ""


def open_finder(settings: PrivacySettings, *, with_onnx: bool = True) -> FoundFinder:
    """Open the detector that the settings name. Never raises: without one the device still runs.

    `with_onnx` = through onnxruntime if that is installed and takes it; else through OpenCV.
    """
    silence_opencv()
    if not settings.finds_faces:
        return FoundFinder(
            None, f"no face detector runs: the mode hides {CHOSEN[settings.mode]}", chosen=True
        )
    if settings.detector == "none":
        return FoundFinder(None, f"no face detector, by the settings: {WITHOUT}")
    cv2.setNumThreads(settings.threads)
    names = list(MAKERS) if settings.detector == "auto" else [settings.detector]
    failures = []
    for name in names:
        try:
            finder, runtime = make_finder(
                name, partial(load_model, MAKERS[name][0]), settings, with_onnx=with_onnx
            )
        except FinderError as error:
            failures.append(error)
            continue
        return FoundFinder(finder, f"faces are found by {name}{runtime}")
    note = f"no face detector ({'; '.join(map(str, failures))}): {WITHOUT}"
    return FoundFinder(None, note, failure=failures[-1])

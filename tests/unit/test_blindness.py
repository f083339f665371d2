"""A detector that goes blind and raises nothing: a drawn face tells, and nobody shows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from latchkey.errors import DetectorBlind, FinderError
from latchkey.frames import Bgr, Box, Cover, FilterState, RawFrame, SafeFrame
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.settings import Settings
from latchkey.vision import DRAWN_PX, Watched
from latchkey_sim.faces.paths import Stand
from latchkey_sim.faces.walks import Script, Walk
from latchkey_sim.finder import PaintFinder, sees_drawn
from latchkey_sim.masked import face_at, masked_street
from latchkey_sim.workers import VirtualWorkers

WHOLE = (640, 352)
SECONDS = 8


class Shown:
    """A detector that notes the size of each picture it is shown, and answers as told."""

    name, long_side_px = "shown", 640

    def __init__(self, faces: Sequence[Box] = (), *, is_awake: bool = True) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.faces, self.is_awake = list(faces), is_awake

    def find(self, bgr: Bgr) -> list[Box]:
        height, width = bgr.shape[:2]
        self.sizes.append((width, height))
        drawn = sees_drawn(bgr)
        return (drawn if self.is_awake else []) if drawn else self.faces


class ShapeBlind(PaintFinder):
    """Finds nothing in a picture of the size of the whole."""

    def find(self, bgr: Bgr) -> list[Box]:
        return [] if bgr.shape[1] > DRAWN_PX else super().find(bgr)


class Tiring(PaintFinder):
    """Finds nothing at all in some of the calls."""

    def __init__(self, blind: range) -> None:
        super().__init__(long_side_px=320)
        self._blind = blind
        self._calls = 0

    def find(self, bgr: Bgr) -> list[Box]:
        self._calls += 1
        return [] if self._calls in self._blind else super().find(bgr)


def look(watched: Watched, *sizes: tuple[int, int]) -> None:
    """Ask about pictures of these sizes, as one look does, and have it proven."""
    watched.begin()
    for width, height in sizes:
        watched.find(np.full((height, width, 3), 90, np.uint8))
    watched.prove()


def test_a_look_that_finds_nobody_is_followed_by_a_drawn_face() -> None:
    finder = Shown()
    watched = Watched(finder)
    look(watched, WHOLE, (224, 224))
    look(watched, (224, 224), (224, 224))
    assert finder.sizes[2:3] == [WHOLE]
    assert finder.sizes[5:] == [(DRAWN_PX, DRAWN_PX)]


def test_a_look_that_surely_finds_somebody_or_that_asked_nothing_needs_no_drawn_face() -> None:
    finder = Shown([Box(10, 10, 30, 40, 0.5)], is_awake=False)
    watched = Watched(finder)
    look(watched, WHOLE)
    finder.faces = []
    look(watched)
    assert finder.sizes == [WHOLE]


@pytest.mark.parametrize("faces", [[], [Box(10, 10, 30, 40, 0.49)]])
def test_a_detector_that_does_not_find_the_drawn_face_is_blind(faces: list[Box]) -> None:
    watched = Watched(Shown(faces, is_awake=False))
    for _ in range(2):
        with pytest.raises(DetectorBlind, match="shown is blind"):
            look(watched, WHOLE)


def test_a_face_that_another_look_found_proves_nothing() -> None:
    finder = Shown([Box(10, 10, 30, 40, 0.9)], is_awake=False)
    watched = Watched(finder)
    watched.begin()
    watched.find(np.zeros((64, 64, 3), np.uint8))  # and then the look fails, so that nobody has it proven
    finder.faces = []
    with pytest.raises(DetectorBlind):
        look(watched, WHOLE)


@pytest.mark.parametrize(
    "box", [Box(0, 0, 640, 352, 0.9), Box(306, 160, 334, 194, 0.2), Box(10, 10, 38, 44, 0.9)]
)
def test_a_box_of_another_size_or_place_or_a_faint_one_is_not_the_drawn_face(box: Box) -> None:
    class Guessing(Shown):
        def find(self, bgr: Bgr) -> list[Box]:
            return [box] if bgr.max() > 90 else []

    with pytest.raises(DetectorBlind):
        look(Watched(Guessing()), WHOLE)


def test_a_detector_that_is_blind_in_pictures_of_the_whole_size_only_is_found_out() -> None:
    with pytest.raises(DetectorBlind):
        look(Watched(ShapeBlind()), WHOLE)


def test_what_cannot_be_true_of_the_drawn_face_is_refused() -> None:
    class Mad(Shown):
        def find(self, bgr: Bgr) -> list[Box]:
            return [Box(float("nan"), 0, 1, 1)] if sees_drawn(bgr) else []

    with pytest.raises(FinderError, match="not finite"):
        look(Watched(Mad()), WHOLE)


def redacted(finder: PaintFinder | Shown, frames: Iterator[RawFrame]) -> tuple[list[SafeFrame], Redaction]:
    redaction = Redaction(finder, Settings(), VirtualWorkers(FrameClock(), {}))
    return list(redaction.frames(frames)), redaction


def covered(safe: SafeFrame, face: Cover) -> bool:
    return any(
        c.x0 <= face.x0 and c.y0 <= face.y0 and face.x1 <= c.x1 and face.y1 <= c.y1 for c in safe.covers
    )


@pytest.mark.slow
def test_nobody_who_was_there_in_the_first_picture_shows_if_the_detector_was_blind_by_then() -> None:
    walk = Walk(Script("there", (Stand(60),), (640, 360), 15.0, 2.0), 4)
    safe, redaction = redacted(Shown(is_awake=False), walk.frames())
    assert {frame.state for frame in safe} == {FilterState.FALLBACK_FULL}
    assert "does not find the face that is drawn" in redaction.trouble


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 85, 4))
def test_nobody_shows_from_whatever_call_on_the_detector_is_blind(first: int) -> None:
    safe, redaction = redacted(Tiring(range(first, 100_000)), masked_street(SECONDS))
    assert all(covered(frame, face_at(number)) for number, frame in enumerate(safe))
    states = [frame.state for frame in safe]
    blind = states.index(FilterState.FALLBACK_FULL)
    assert set(states[blind:]) == {FilterState.FALLBACK_FULL}
    assert set(states[:blind]) <= {FilterState.OK}
    assert redaction.failed_looks > 0


@pytest.mark.slow
@pytest.mark.parametrize("calls", [1, 2, 5, 30])
def test_nobody_shows_while_a_detector_is_blind_for_a_while(calls: int) -> None:
    safe, _ = redacted(Tiring(range(40, 40 + calls)), masked_street(SECONDS))
    assert all(covered(frame, face_at(number)) for number, frame in enumerate(safe))
    assert safe[-1].state is FilterState.OK


@pytest.mark.slow
def test_a_detector_that_sees_is_never_taken_for_blind() -> None:
    empty = (replace(frame, y=np.full_like(frame.y, 60)) for frame in masked_street(SECONDS))
    unpainted = (replace(frame, u=frame.u // 2 + 64, v=frame.v // 2 + 64) for frame in empty)
    for frames in (masked_street(SECONDS), unpainted):
        safe, redaction = redacted(PaintFinder(long_side_px=320), frames)
        assert {frame.state for frame in safe} == {FilterState.OK}
        assert redaction.failed_looks == 0

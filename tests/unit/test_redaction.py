"""The filter over a whole recording: every frame once, in order, never bare."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.adapters.cameras import frame_from_bgr
from latchkey.adapters.workers import ThreadWorkers
from latchkey.errors import FilterError
from latchkey.frames import Box, FilterState, Plane, RawFrame, SafeFrame
from latchkey.pipeline import redaction
from latchkey.pipeline.redaction import FrameClock, Redaction
from latchkey.ports import FaceFinder
from latchkey.settings import PrivacySettings, Settings, Zone
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.vision import COVER_YUV
from latchkey_sim.finder import PAINT_BGR, Fault, PaintFinder, TruthFinder
from latchkey_sim.workers import VirtualWorkers

FACE = Box(0.4, 0.4, 0.6, 0.6)
ALWAYS = [[FACE]] * 10_000


def _tone(number: int) -> int:
    """Brightness of a frame: each look searches the whole picture, and few come as a surprise."""
    return 110 + 12 * abs((number + 8) % 16 - 8)


def _raw(times_ns: Sequence[int], width: int = 64, height: int = 48) -> Iterator[RawFrame]:
    for number, at_ns in enumerate(times_ns):
        y: Plane = np.full((height, width), _tone(number), np.uint8)
        grey: Plane = np.full((height // 2, width // 2), 128, np.uint8)
        yield RawFrame(y, grey, grey, at_ns)


def _redact(
    times_ns: Sequence[int], finder: FaceFinder | None = None, privacy: PrivacySettings | None = None
) -> list[SafeFrame]:
    workers = ThreadWorkers(FrameClock(), lockstep=True)
    try:
        wanted = Settings(privacy=privacy or PrivacySettings())
        return list(Redaction(finder, wanted, workers).frames(_raw(times_ns)))
    finally:
        workers.close()


def _steady(fps: float, count: int) -> list[int]:
    return [round(number * NS_PER_S / fps) for number in range(count)]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 3000), max_size=60), st.integers(0, 8))
def test_each_frame_comes_out_once_in_order_with_its_face_hidden(gaps_ms: list[int], every: int) -> None:
    times = [sum(gaps_ms[:end]) * NS_PER_MS for end in range(len(gaps_ms) + 1)]
    safe = _redact(times, TruthFinder(ALWAYS), PrivacySettings(look_every=every))
    assert [frame.at_ns for frame in safe] == times
    for number, frame in enumerate(safe):
        assert frame.state is FilterState.OK
        assert (frame.y[20:28, 26:38] == COVER_YUV[0]).all()
        assert (frame.u[10:14, 13:19] == COVER_YUV[1]).all()
        assert frame.y[0, 0] == _tone(number)


@pytest.mark.parametrize(
    ("fps", "per_look"), [(5, 1), (10, 1), (12.5, 1), (15, 2), (25, 3), (30, 4), (50, 6), (60, 8)]
)
def test_looks_are_as_rare_as_the_longest_gap_allows(fps: float, per_look: int) -> None:
    finder = TruthFinder(ALWAYS)
    count = 8 * per_look + 1
    privacy = PrivacySettings(survey=False)
    assert {frame.state for frame in _redact(_steady(fps, count), finder, privacy)} == {FilterState.OK}
    assert finder.calls == pytest.approx(count / per_look, abs=3)


def test_the_same_recording_gives_the_same_covers_however_busy_the_machine_is() -> None:
    times = _steady(30, 90)
    runs = [[frame.covers for frame in _redact(times, TruthFinder(ALWAYS))] for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]


def test_nothing_is_packed_however_long_the_camera_paused() -> None:
    """A packed frame would come back with the loss of JPEG."""
    safe = _redact([0, 5 * NS_PER_S, 11 * NS_PER_S], TruthFinder([]))
    assert [int(frame.y[0, 0]) for frame in safe] == [_tone(number) for number in range(3)]
    assert all(frame.y.min() == frame.y.max() for frame in safe)


@pytest.mark.parametrize("fault", [Fault.RAISES, Fault.NONSENSE, Fault.BLIND])
def test_a_look_that_fails_covers_its_surroundings_whole(fault: Fault) -> None:
    finder = TruthFinder([[]] * 30, faults={10: fault})
    safe = _redact(_steady(10, 30), finder, PrivacySettings(survey=False))
    assert [number for number, frame in enumerate(safe) if frame.state is not FilterState.OK] == [10]


def test_without_a_detector_nothing_is_shown_until_something_moves() -> None:
    assert {frame.state for frame in _redact([0], None)} == {FilterState.FALLBACK_FULL}
    assert all(frame.state is not FilterState.OK for frame in _redact(_steady(15, 40), None))


def test_a_detector_that_never_answers_covers_all_and_the_recording_still_ends() -> None:
    workers = VirtualWorkers(FrameClock(), {})
    workers.hang("look")
    times = _steady(15, 60)
    safe = list(Redaction(TruthFinder(ALWAYS), Settings(), workers).frames(_raw(times)))
    assert [frame.at_ns for frame in safe] == times
    assert {frame.state for frame in safe} == {FilterState.FALLBACK_FULL}


def test_a_detector_that_hangs_covers_all_and_the_recording_still_ends_in_real_time() -> None:
    let_go = threading.Event()
    finder = TruthFinder([], spend=lambda call: None if call < 2 else _waited(let_go))
    workers = ThreadWorkers(FrameClock(), lockstep=True, hang_limit_s=0.05)
    times, wanted = _steady(15, 60), Settings(privacy=PrivacySettings(survey=False))
    safe = list(Redaction(finder, wanted, workers).frames(_raw(times)))
    asked = finder.calls
    let_go.set()
    workers.close()
    assert asked == 3
    assert [frame.at_ns for frame in safe] == times
    assert [number for number, frame in enumerate(safe) if frame.state is FilterState.OK] == [0, 1, 2]


def _waited(event: threading.Event) -> None:
    event.wait(30)


def test_privacy_zones_are_black_in_what_comes_out_and_in_what_the_detector_sees() -> None:
    zone = Zone("neighbour", ((0.0, 0.0), (0.2, 0.0), (0.2, 1.0), (0.0, 1.0)))
    safe = _redact(_steady(15, 20), TruthFinder([]), PrivacySettings(zones=(zone,)))
    assert all((frame.y[:, :12] == 16).all() for frame in safe)


def test_a_frame_of_another_size_or_out_of_time_is_refused() -> None:
    workers = VirtualWorkers(FrameClock(), {})
    wide = [*_raw([0, 1]), *_raw([2], width=96)]
    with pytest.raises(FilterError):
        list(Redaction(TruthFinder([]), Settings(), workers).frames(wide))
    with pytest.raises(FilterError):
        list(Redaction(TruthFinder([]), Settings(), workers).frames(_raw([5, 5])))


def test_no_more_frames_are_held_than_the_look_ahead_needs() -> None:
    alive = 0
    most = 0

    def counted(fps: float) -> Iterator[RawFrame]:
        nonlocal alive, most
        for frame in _raw(_steady(fps, 300)):
            alive += 1
            most = max(most, alive)
            yield frame

    workers = ThreadWorkers(FrameClock(), lockstep=True)
    for _ in Redaction(TruthFinder([]), Settings(), workers).frames(counted(30)):
        alive -= 1
    workers.close()
    assert most <= 0.7 * 30 + 1


def test_frames_that_crowd_in_time_are_covered_rather_than_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "HELD_LIMIT_BYTES", 20 * 64 * 48 * 3 // 2)
    safe = _redact(list(range(200)), TruthFinder(ALWAYS))
    assert [frame.at_ns for frame in safe] == list(range(200))
    for frame in safe:
        assert (frame.y[20:28, 26:38] == COVER_YUV[0]).all()


@pytest.mark.parametrize("every", [0, 8])
def test_a_face_that_shows_in_one_frame_between_two_looks_is_hidden(every: int) -> None:
    shown = [number for number in range(12, 60) if number % 10 == number // 10]

    def pictures() -> Iterator[RawFrame]:
        for number, at_ns in enumerate(_steady(25, 60)):
            bgr = np.full((192, 320, 3), 180, np.uint8)
            if number in shown:
                bgr[60:110, 5 * number : 5 * number + 40] = PAINT_BGR
            yield frame_from_bgr(bgr, at_ns)

    workers = ThreadWorkers(FrameClock(), lockstep=True)
    wanted = Settings(privacy=PrivacySettings(look_every=every))
    safe = list(Redaction(PaintFinder(), wanted, workers).frames(pictures()))
    workers.close()
    for number in shown:
        assert (safe[number].y[60:110, 5 * number : 5 * number + 40] == COVER_YUV[0]).all()

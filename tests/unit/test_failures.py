"""Every way in which faces cannot be found, injected end to end: the decoded clip shows none of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.clip import X25519Identity, decrypt
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cause, FilterState, Plane, RawFrame
from latchkey.settings import PrivacySettings, RecordingSettings
from latchkey.units import NS_PER_S
from latchkey.vault import ClipMeta, decode_meta
from latchkey_sim.desk import Desk, desk, tiny_settings
from latchkey_sim.footage import decoded
from latchkey_sim.scene import SHORT_VISIT, Lens, Scene
from latchkey_sim.scoring import Score, Scorer

OWNER = X25519Identity(bytes(range(1, 33)))
WHOLE_VISIT = RecordingSettings(pre_roll_s=10.0, post_roll_s=2.0, preset="ultrafast")
CALM_S = 12
"""The porch without a visitor, before the visit: long enough to know what is usual."""

FPS = 15
Alter = Callable[[RawFrame], RawFrame]

pytestmark = pytest.mark.slow


class Blind:
    """A detector that answers, and never finds anybody."""

    name = "blind"
    long_side_px = 64

    def find(self, bgr: Bgr) -> list[Box]:
        return []


class Broken(Blind):
    """A detector that raises."""

    def find(self, bgr: Bgr) -> list[Box]:
        raise FinderError("broken")


class Nonsense(Blind):
    """A detector whose answer cannot be true."""

    def find(self, bgr: Bgr) -> list[Box]:
        return [Box(float("nan"), 0.0, 1e20, 1.0, 0.9)]


def _footage(scene: Scene, alter: Alter, from_s: float) -> Iterator[RawFrame]:
    """A calm porch, then the visit; `alter` changes every frame from `from_s` on, in time of the visit."""
    calm_ns = CALM_S * NS_PER_S
    calm = [scene.render(number) for number in range(3)]
    for number in range(CALM_S * FPS):
        yield replace(calm[number % 3], at_ns=scene.at_ns(number))
    for number in range(scene.frame_count):
        frame = scene.render(number, calm_ns + scene.at_ns(number))
        yield alter(frame) if scene.at_ns(number) >= from_s * NS_PER_S else frame


def _play(
    tmp_path: Path,
    *,
    finder: Blind | None = None,
    alter: Alter = lambda frame: frame,
    from_s: float = 0.0,
    privacy: PrivacySettings = PrivacySettings(),  # noqa: B008 -- immutable
    prepare: Callable[[Desk], None] = lambda home: None,
) -> tuple[Score, ClipMeta, Desk]:
    """Record the whole visit; give what the decoded clip shows, its record, and the desk."""
    scene = Scene(3, SHORT_VISIT, Lens(640, 360))
    calm_ns = CALM_S * NS_PER_S
    home = desk(
        _footage(scene, alter, from_s),
        tiny_settings(str(OWNER.recipient), recording=WHOLE_VISIT, privacy=privacy),
        finder=finder,
        rings_ns=[calm_ns + 2 * NS_PER_S, calm_ns + 8 * NS_PER_S],
    )
    prepare(home)
    home.run_until_ended(100 * NS_PER_S)
    home.device.close()
    ((record, video),) = _clips(home)
    (tmp_path / "clip.mp4").write_bytes(video)
    scorer = Scorer(scene)
    for frame in decoded(tmp_path / "clip.mp4"):
        scorer.see(replace(frame, at_ns=frame.at_ns + record.start_at_ns - calm_ns))
    return scorer.score(), record, home


def _clips(home: Desk) -> list[tuple[ClipMeta, bytes]]:
    opened = []
    for entry in home.index.entries():
        names = [name for name in home.vault.files if entry.clip in name]
        sealed = [
            home.vault.read(next(name for name in names if name.endswith(entry.clip + end)))
            for end in (".meta.age", ".age")
        ]
        meta, video = (b"".join(decrypt(data, [OWNER.text])) for data in sealed)
        opened.append((decode_meta(meta), video))
    return opened


def _luma(change: Callable[[Plane], Plane]) -> Alter:
    return lambda frame: replace(frame, y=np.asarray(change(frame.y), np.uint8))


def _smeared(y: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(y, (0, 0), 12), np.uint8)


def _night(y: Plane) -> Plane:
    return np.asarray(16 + (y.astype(np.float32) - 16) * 0.08, np.uint8)


def _glaring(y: Plane) -> Plane:
    return np.asarray(np.clip(y.astype(np.float32) * 8, 16, 235), np.uint8)


def _turned(y: Plane) -> Plane:
    return np.asarray(np.roll(y, (18, 30), axis=(0, 1)), np.uint8)


class Freezer:
    """A camera that repeats one picture from the first one on."""

    def __init__(self) -> None:
        self._first: RawFrame | None = None

    def __call__(self, frame: RawFrame) -> RawFrame:
        self._first = self._first or frame
        return replace(self._first, at_ns=frame.at_ns)


def test_a_detector_that_finds_nobody_shows_nobody(tmp_path: Path) -> None:
    score, record, _ = _play(tmp_path, finder=Blind())
    assert (score.faces_truth_frames, score.faces_uncovered_frames) == (48, 0)
    assert record.states["ok"] == record.frames
    assert record.causes["precaution"] > 40
    assert score.hidden_area < 0.13


@pytest.mark.parametrize(
    ("finder", "state", "cause"),
    [
        (None, FilterState.FALLBACK_FULL, Cause.NO_DETECTOR),
        (Broken(), FilterState.FALLBACK_FULL, Cause.LOOKS),
        (Nonsense(), FilterState.FALLBACK_FULL, Cause.LOOKS),
    ],
)
def test_a_detector_that_is_missing_or_fails_shows_nobody(
    tmp_path: Path, finder: Blind | None, state: FilterState, cause: Cause
) -> None:
    score, record, _ = _play(tmp_path, finder=finder)
    assert score.faces_uncovered_frames == 0
    assert record.worst is state
    assert record.causes == {cause.value: record.frames}


def test_a_detector_that_hangs_shows_nobody(tmp_path: Path) -> None:
    score, record, _ = _play(tmp_path, finder=Blind(), prepare=lambda home: home.workers.hang("look"))
    assert score.faces_uncovered_frames == 0
    assert record.causes == {"looks": record.frames}


@pytest.mark.parametrize(
    ("alter", "cause", "words"),
    [
        (_luma(_night), Cause.DARK, "too dark"),
        (_luma(_glaring), Cause.GLARE, "too bright"),
        (_luma(_smeared), Cause.OBSTRUCTED, "before the lens"),
        (_luma(_turned), Cause.MOVED, "was moved"),
    ],
)
def test_a_camera_that_does_not_see_clearly_shows_nobody(
    tmp_path: Path, alter: Alter, cause: Cause, words: str
) -> None:
    score, record, home = _play(tmp_path, finder=Blind(), alter=alter, from_s=1.2)
    assert score.faces_uncovered_frames == 0
    assert record.worst is FilterState.FALLBACK_FULL
    assert record.causes[cause] > 60
    assert any(words in text for text in home.said("filter"))
    (end,) = [
        heard.publication.payload
        for heard in home.broker.heard
        if heard.publication.topic.endswith("event/clip") and b'"end"' in heard.publication.payload
    ]
    assert b'"fallback_full"' in end


def test_a_frozen_picture_is_covered_once_that_is_known(tmp_path: Path) -> None:
    _, record, home = _play(tmp_path, finder=Blind(), alter=Freezer(), from_s=1.2)
    assert record.causes["frozen"] >= 2 * FPS
    assert any("repeats one picture" in text for text in home.said("filter"))


@pytest.mark.parametrize("mode", ["motion", "everything", "people"])
def test_a_mode_that_hides_more_shows_nobody_and_is_no_failure(tmp_path: Path, mode: str) -> None:
    score, record, home = _play(tmp_path, finder=Blind(), privacy=PrivacySettings(mode=mode))
    assert score.faces_uncovered_frames == 0
    assert record.worst is FilterState.OK
    assert record.causes == {}
    assert record.detector == ("blind" if mode == "people" else "none")
    assert not any("covers" in text for text in home.said("filter"))

"""Every way in which faces cannot be found, injected end to end into a generated walk.

The written clip is opened and decoded, and scored like any other measurement: no face shows. What happened
is named in the sealed record, in the message about the clip, and in the log.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from latchkey.clip import decrypt
from latchkey.errors import FinderError
from latchkey.frames import Bgr, Box, Cause, FilterState, Plane, RawFrame
from latchkey.settings import PrivacySettings, RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey.vault import ClipMeta, decode_meta
from latchkey_sim.desk import Desk, desk
from latchkey_sim.faces.paths import Cross, Peek
from latchkey_sim.faces.paths import Path as Way
from latchkey_sim.faces.score import ClipScore, score_clip
from latchkey_sim.faces.tally import COVERED
from latchkey_sim.faces.truth import FaceClip, Moment
from latchkey_sim.faces.walks import Script, Walk
from latchkey_sim.finder import BlindFinder, awake
from latchkey_sim.footage import decoded
from latchkey_sim.household import OWNER

SIZE, FPS = (640, 360), 15.0
CALM_S = 10
"""The place with nobody in it, before the walk: long enough to know what is usual."""

FROM_S = 1.2
"""When a fault of the camera begins, in the walk: somebody is in the picture by then."""

Alter = Callable[[RawFrame], RawFrame]

pytestmark = pytest.mark.slow


def _clip(way: Way, seconds: float) -> Walk:
    return Walk(Script("fault", (way,), SIZE, FPS, seconds), 4)


WALK, LONG_WALK, PEEK = _clip(Cross(44, 2.0), 6.0), _clip(Cross(44, 4.0), 12.0), _clip(Peek(90), 14.0)


class Blind(BlindFinder):
    """A detector that answers, and never finds anything."""

    long_side_px = 64


class Unlucky(Blind):
    """A detector that finds the face which is drawn for it, and never anybody."""

    name = "unlucky"

    @awake
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


class ShapeTrap(Blind):
    """What CenterFace's network in OpenCV 4.14 answers to a second shape: numbers, but no places."""

    def find(self, bgr: Bgr) -> list[Box]:
        return [Box(-1e20, 3.0, 1e20, 9.0, 0.4), Box(1.0, 1.0, 30.0, 40.0, 0.9)]


@dataclass(frozen=True)
class Frozen(Walk):
    """A walk in which the picture stands still from one frame on."""

    def moments(self) -> list[Moment]:
        """Give the truth: the faces of the picture that is repeated."""
        moments = super().moments()
        at = next(number for number, moment in enumerate(moments) if moment.at_ns >= FROM_S * NS_PER_S)
        return [replace(m, faces=moments[min(number, at)].faces) for number, m in enumerate(moments)]


def _luma(change: Callable[[Plane], Plane]) -> Alter:
    return lambda frame: replace(frame, y=np.asarray(change(frame.y), np.uint8))


def _smeared(y: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(y, (0, 0), 12), np.uint8)


def _night(y: Plane) -> Plane:
    return np.asarray(16 + (y.astype(np.float32) - 16) * 0.08, np.uint8)


def _glaring(y: Plane) -> Plane:
    return np.asarray(np.clip(y.astype(np.float32) * 8, 16, 235), np.uint8)


def _turned(y: Plane) -> Plane:
    return np.asarray(np.roll(y, (18, 60), axis=(0, 1)), np.uint8)


def _as_it_is(frame: RawFrame) -> RawFrame:
    return frame


def _nothing(_home: Desk) -> None:
    """Leave the desk as it is."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and how the filter is to call it; `most` = in at least that share of the frames."""

    cause: Cause
    state: FilterState = FilterState.FALLBACK_FULL
    finder: Blind | None = field(default_factory=Unlucky)
    alter: Alter = _as_it_is
    prepare: Callable[[Desk], None] = _nothing
    clip: FaceClip = WALK
    most: float = 1.0


FAULTS = {
    "missing": Fault(Cause.NO_DETECTOR, finder=None),
    "raising": Fault(Cause.LOOKS, finder=Broken()),
    "slower than its deadline": Fault(
        Cause.LOOKS, prepare=lambda home: home.workers.cost("look", 3 * NS_PER_S)
    ),
    "hanging": Fault(Cause.LOOKS, prepare=lambda home: home.workers.hang("look")),
    "nonsense": Fault(Cause.LOOKS, finder=Nonsense()),
    "shape trap": Fault(Cause.LOOKS, finder=ShapeTrap()),
    "blind": Fault(Cause.BLIND, finder=Blind()),
    "silent": Fault(Cause.SILENT, FilterState.FALLBACK_REGION, clip=PEEK, most=0.1),
    "silent all over the picture": Fault(Cause.SILENT, clip=LONG_WALK, most=0.1),
    "too dark": Fault(Cause.DARK, alter=_luma(_night), most=0.25),
    "overexposed": Fault(Cause.GLARE, alter=_luma(_glaring), most=0.25),
    "obstructed": Fault(Cause.OBSTRUCTED, alter=_luma(_smeared), most=0.25),
    "moved": Fault(Cause.MOVED, alter=_luma(_turned), most=0.25),
}


def _footage(clip: FaceClip, alter: Alter) -> Iterator[RawFrame]:
    """A calm place, then the clip; `alter` changes every frame from `FROM_S` on, in time of the clip."""
    calm = Walk(Script("calm", (), SIZE, FPS, CALM_S), WALK.seed, set_name="empty")
    yield from calm.frames()
    for frame in clip.frames():
        later = replace(frame, at_ns=CALM_S * NS_PER_S + frame.at_ns)
        yield alter(later) if frame.at_ns >= FROM_S * NS_PER_S else later


@dataclass(frozen=True)
class Outcome:
    """What the decoded clip shows, what its record says, what was published, what was logged."""

    score: ClipScore
    record: ClipMeta
    end: dict[str, object]
    home: Desk

    @property
    def bare(self) -> list[int]:
        """Frames in which a face shows, or which are missing."""
        return [face.frame for face in self.score.faces if face.share < COVERED]


def _play(
    fault: Fault,
    folder: Path,
    privacy: PrivacySettings = PrivacySettings(),  # noqa: B008 -- immutable
) -> Outcome:
    """Record the whole clip through the device, open it and score it."""
    calm_ns, walk_s = CALM_S * NS_PER_S, len(fault.clip.moments()) / FPS
    recording = RecordingSettings(pre_roll_s=20.0, post_roll_s=2.0, preset="ultrafast")
    home = desk(
        _footage(fault.clip, fault.alter),
        Settings(recording=recording, privacy=privacy),
        finder=fault.finder,
        rings_ns=[calm_ns + round(at_s * NS_PER_S) for at_s in (2, 4, walk_s / 2, walk_s - 2)],
    )
    fault.prepare(home)
    home.run_until_ended(100 * NS_PER_S)
    home.device.close()
    ((record, video),) = _clips(home)
    (folder / "clip.mp4").write_bytes(video)
    shown = (
        replace(frame, at_ns=frame.at_ns + record.start_at_ns - calm_ns)
        for frame in decoded(folder / "clip.mp4")
    )
    (end,) = [
        payload
        for heard in home.broker.heard
        if heard.publication.topic.endswith("event/clip")
        and (payload := json.loads(heard.publication.payload))["event_type"] == "end"
    ]
    return Outcome(score_clip(fault.clip, "doorbell", (), shown), record, end, home)


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


@pytest.mark.parametrize("name", FAULTS)
def test_no_face_shows_whatever_fails_and_the_failure_is_named_everywhere(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    told = _play(fault, tmp_path)
    assert len(told.score.faces) > 60
    assert told.bare == []
    assert told.record.causes[fault.cause] >= fault.most * told.record.frames
    assert told.record.worst is fault.state
    assert told.end["filter"] == fault.state
    assert any("covers" in text for text in told.home.said("filter"))


def test_a_frozen_picture_shows_nobody_and_is_covered_once_that_is_known(tmp_path: Path) -> None:
    still: list[RawFrame] = []

    def freeze(frame: RawFrame) -> RawFrame:
        still.append(frame)
        return replace(still[0], at_ns=frame.at_ns)

    clip = Frozen(LONG_WALK.script, LONG_WALK.seed)
    told = _play(Fault(Cause.FROZEN, alter=freeze, clip=clip), tmp_path)
    assert len(told.score.faces) > 60
    assert told.bare == []
    assert told.record.causes["frozen"] >= 2 * FPS
    assert told.end["filter"] == told.record.worst == FilterState.FALLBACK_FULL
    assert any("repeats one picture" in text for text in told.home.said("filter"))


def test_without_a_fault_no_frame_is_a_fallback(tmp_path: Path) -> None:
    """A detector that finds nobody is no fault yet: whoever walks by is covered as a precaution."""
    told = _play(Fault(Cause.PRECAUTION, FilterState.OK), tmp_path)
    assert told.bare == []
    assert told.record.states["ok"] == told.record.frames
    assert told.end["filter"] == "ok"
    assert told.score.hidden < 0.25


@pytest.mark.parametrize("on", [True, False])
def test_the_record_says_whether_what_was_encoded_was_searched_again(tmp_path: Path, on: bool) -> None:
    record = _play(Fault(Cause.PRECAUTION), tmp_path, PrivacySettings(self_check=on)).record
    assert record.self_check is on
    assert (record.checked_groups > 0) is on


@pytest.mark.parametrize("mode", ["motion", "everything", "people"])
def test_a_mode_that_hides_more_shows_nobody_and_is_no_failure(tmp_path: Path, mode: str) -> None:
    told = _play(Fault(Cause.PRECAUTION), tmp_path, PrivacySettings(mode=mode))
    assert told.bare == []
    assert told.record.worst is FilterState.OK
    assert told.record.causes == {}
    assert told.record.detector == ("unlucky" if mode == "people" else "none")
    assert not any("covers" in text for text in told.home.said("filter"))

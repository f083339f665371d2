"""A camera that changes the size or colour of its pictures in mid-stream: clips end whole, covers fit."""

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np

from latchkey.frames import Bgr, Box, Colour, RawFrame
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey_sim.desk import Desk, desk
from latchkey_sim.household import OWNER
from latchkey_sim.scoring import cover_mask
from latchkey_sim.street import FPS, Kept, heard, kept_clips, street

SHORT = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, longest_clip_s=60.0, threads=1)
WIDE = (256, 128)
FRAME_NS = NS_PER_S // FPS
VISIT = ((6.0, 12.0),)


class RedPatches:
    """Sees a face wherever a picture, or the part of one it is shown, is red."""

    name = "red"
    long_side_px = 128

    def find(self, bgr: Bgr) -> list[Box]:
        _, green, red = cv2.split(bgr.astype(np.int16))
        x, y, width, height = cv2.boundingRect((red - green > 60).astype(np.uint8))
        return [Box(x, y, x + width, y + height, 0.9)] if width and height else []


def _marked(frame: RawFrame) -> RawFrame:
    """Put the face at the upper left of a 4:3 picture, and at the lower right of a 2:1 picture."""
    v = frame.v.copy()
    height, width = v.shape
    left, top = (0.1, 0.1) if width < 1.7 * height else (0.75, 0.7)
    v[
        round(top * height) : round((top + 0.2) * height), round(left * width) : round((left + 0.15) * width)
    ] = 230
    return replace(frame, v=v)


def _recorded(frames: Iterable[RawFrame], finder: RedPatches | None = None) -> tuple[Desk, list[Kept]]:
    settings = Settings(recording=SHORT)
    home = desk(map(_marked, frames), settings, finder=finder, rings_ns=[7 * NS_PER_S])
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    return home, kept_clips(home, OWNER.text)


def _changing(at_s: float) -> list[RawFrame]:
    return [*street(at_s, VISIT), *street(30 - at_s, VISIT, size=WIDE, begin_s=at_s)]


def _share(frame: RawFrame, left: float, top: float, right: float, bottom: float) -> float:
    """Share of a part of the picture that has the colour of covers."""
    x0, x1 = round(left * frame.width), round(right * frame.width)
    y0, y1 = round(top * frame.height), round(bottom * frame.height)
    part = np.ascontiguousarray(cover_mask(frame)[y0:y1, x0:x1])
    return cv2.countNonZero(part) / part.size


def _upper_left(frame: RawFrame) -> float:
    return _share(frame, 0.1, 0.1, 0.25, 0.3)


def _lower_right(frame: RawFrame) -> float:
    return _share(frame, 0.75, 0.7, 0.9, 0.9)


def test_a_new_size_ends_the_clip_whole_and_begins_another_without_a_gap() -> None:
    home, clips = _recorded(_changing(at_s=9.0), RedPatches())
    assert [(clip.frames[0].width, clip.frames[0].height) for clip in clips] == [(128, 96), WIDE]
    times = [round(frame.at_ns / FRAME_NS) for clip in clips for frame in clip.frames]
    assert times == list(range(times[0], times[0] + len(times)))
    assert [clip.record.trigger for clip in clips] == ["ring"] + ["motion"] * (len(clips) - 1)
    kinds = [str(event["event_type"]) for event in heard(home, "event/clip")]
    assert sorted(kinds) == ["end", "end", "start", "start", "update"]
    assert not [entry for entry in home.index.entries() if entry.state == "torn"]


def test_every_face_is_covered_in_the_pixels_of_its_own_size() -> None:
    _, (small, wide) = _recorded(_changing(at_s=9.0), RedPatches())
    assert small.record.states["ok"] + wide.record.states["ok"] == len(small.frames) + len(wide.frames)
    assert min(map(_upper_left, small.frames)) > 0.9
    assert max(map(_lower_right, small.frames)) < 0.1
    assert min(map(_lower_right, wide.frames)) > 0.9
    assert max(map(_upper_left, wide.frames)) < 0.1


def test_a_size_that_changes_in_the_pre_roll_is_covered_by_its_own_looks() -> None:
    _, (small, wide) = _recorded(_changing(at_s=5.0), RedPatches())
    assert len(small.frames) < 2 * FPS
    assert small.frames[-1].at_ns + FRAME_NS == wide.frames[0].at_ns
    assert min(map(_upper_left, small.frames)) > 0.9
    assert min(map(_lower_right, wide.frames)) > 0.9


def test_a_size_that_changed_before_the_pre_roll_leaves_no_trace() -> None:
    home, clips = _recorded(_changing(at_s=2.0), RedPatches())
    assert len(clips) == 1
    assert clips[0].frames[0].width == WIDE[0]
    assert home.device.ended


def test_without_a_detector_all_is_covered_after_a_change_of_size() -> None:
    """The motion gate begins anew, and takes who stands there for the background."""
    _, (small, wide) = _recorded(_changing(at_s=9.0))
    assert small.record.states["fallback_region"] > 0
    assert wide.record.states["fallback_full"] == len(wide.frames)
    assert min(_share(frame, 0, 0, 1, 1) for frame in wide.frames) > 0.95


def test_a_new_colour_begins_a_new_clip_too() -> None:
    frames = [
        replace(frame, colour=Colour(6, full_range=True)) if frame.at_ns >= 9 * NS_PER_S else frame
        for frame in street(30, VISIT)
    ]
    _, clips = _recorded(frames, RedPatches())
    assert [clip.frames[0].colour.full_range for clip in clips] == [False, True]
    assert clips[0].frames[-1].at_ns + FRAME_NS == clips[1].frames[0].at_ns


def test_a_camera_that_comes_back_with_another_size_within_a_recording_is_recorded() -> None:
    settings = Settings(recording=SHORT)
    frames = [*street(9, VISIT), *street(20, ((6.0, 16.0),), size=WIDE, begin_s=13)]
    home = desk(map(_marked, frames), settings, finder=RedPatches(), rings_ns=[7 * NS_PER_S, 12 * NS_PER_S])
    home.run_until_ended(200 * NS_PER_S)
    home.device.close()
    clips = kept_clips(home, OWNER.text)
    assert [clip.frames[0].width for clip in clips] == [128, WIDE[0]]
    assert min(_lower_right(frame) for frame in clips[1].frames) > 0.9


def test_a_camera_that_changes_its_size_at_every_frame_stops_nothing() -> None:
    first, second = list(street(20, VISIT)), list(street(20, VISIT, size=WIDE))
    frames = [pair[number % 2] for number, pair in enumerate(zip(first, second, strict=True))]
    home, clips = _recorded(frames[:85], RedPatches())
    assert all(len(clip.frames) == 1 for clip in clips)
    times = [round(clip.record.start_at_ns / FRAME_NS) for clip in clips]
    assert times == list(range(times[0], 85))
    assert home.device.ended

"""`latchkey tune`: what it tells of a recording, and what it suggests."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from latchkey.adapters.finders import open_finder
from latchkey.cli import main
from latchkey.errors import EXIT_CAMERA, EXIT_OK, EXIT_USAGE
from latchkey.frames import FilterState, Plane, RawFrame
from latchkey.pipeline.rehearsal import Rehearsal, Suggestion
from latchkey.settings import MotionSettings, PrivacySettings, RecordingSettings
from latchkey.units import NS_PER_S
from latchkey_sim.footage import moving_face, write_video

FPS = 10
VISIT, TREE = range(20, 26), (*range(2, 8), *range(40, 46))
"""Seconds in which a person, or a small thing in a corner, moves."""


def _scene(seconds: int = 50) -> Iterator[RawFrame]:
    for number in range(seconds * FPS):
        second = number // FPS
        y: Plane = np.full((180, 320), 80, np.uint8)
        if second in VISIT:
            y[60:160, 100 + number % 50 : 150 + number % 50] = 200
        if second in TREE:
            y[20:34, 280 + number % 3 : 294 + number % 3] = 170
        chroma: Plane = np.full((90, 160), 128, np.uint8)
        yield RawFrame(y, chroma, chroma, number * NS_PER_S // FPS)


def _rehearse(
    faces: range, motion: MotionSettings | None = None, cautious: tuple[int, ...] = ()
) -> Rehearsal:
    """Rehearse the scene; something is covered in the seconds `faces`, and without a face in `cautious`."""
    rehearsal = Rehearsal(motion or MotionSettings(), RecordingSettings(pre_roll_s=1, post_roll_s=3))
    for frame in rehearsal.watch(_scene()):
        second = int(frame.at_ns // NS_PER_S)
        covers = int(second in faces or second in cautious)
        rehearsal.covered(frame.at_ns, FilterState.OK, covers, 0.02 * covers, has_face=second in faces)
    return rehearsal


@pytest.fixture(scope="module")
def visited() -> Rehearsal:
    return _rehearse(VISIT)


def test_clips_begin_and_end_as_the_recorder_would_have_them(visited: Rehearsal) -> None:
    clips = [(round(clip.begin_ns / NS_PER_S), round(clip.end_ns / NS_PER_S)) for clip in visited.clips()]
    assert clips == [(1, 13), (19, 31), (39, 50)]


def test_a_long_visit_is_several_clips_without_a_gap() -> None:
    settings = RecordingSettings(pre_roll_s=1, post_roll_s=3, longest_clip_s=10)
    rehearsal = Rehearsal(MotionSettings(), settings)
    assert all(rehearsal.watch(_scene()))
    clips = [(round(clip.begin_ns / NS_PER_S), round(clip.end_ns / NS_PER_S)) for clip in rehearsal.clips()]
    assert clips == [(1, 11), (11, 13), (19, 29), (29, 31), (39, 49), (49, 50)]


def test_seconds_tell_what_moved_and_what_was_hidden(visited: Rehearsal) -> None:
    assert [n for n, second in enumerate(visited.seconds) if second.covers] == list(VISIT)
    assert visited.seconds[21].hidden == pytest.approx(0.02)
    assert visited.seconds[21].changed > 5 * visited.seconds[3].changed > 0
    assert not visited.seconds[15].moving


def test_a_limit_between_a_tree_and_a_visitor_is_suggested(visited: Rehearsal) -> None:
    suggestion = visited.suggestion()
    assert set(suggestion.changes) == {"min_area"}
    tuned = _rehearse(VISIT, MotionSettings(min_area=suggestion.changes["min_area"]))
    moving = {number for number, second in enumerate(tuned.seconds) if second.moving}
    assert set(VISIT) <= moving
    assert not moving & set(TREE)
    assert suggestion.place == "100% of the movement without a face near is in x 0.75..1, y 0..0.25"


def test_without_a_face_nothing_is_suggested() -> None:
    suggestion = _rehearse(range(0)).suggestion()
    assert suggestion.changes == {}
    assert "no face" in suggestion.reason


def test_what_is_covered_with_caution_is_no_visit() -> None:
    assert _rehearse(VISIT, cautious=TREE).suggestion().changes.keys() == {"min_area"}
    assert "no face" in _rehearse(range(0), cautious=TREE).suggestion().reason


def test_settings_that_suit_are_left_alone() -> None:
    suggestion = _rehearse(range(50)).suggestion()
    assert suggestion == Suggestion({}, "nothing but visits is noticed: the settings suit this video", "")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "door.mp4"
    write_video(path, _scene(8), FPS)
    return path


def test_the_command_prints_a_line_a_second_and_a_suggestion(
    video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", str(video), "--detector", "none"]) == EXIT_OK
    lines = capsys.readouterr().out.splitlines()
    assert [line[:7] for line in lines[1:9]] == [f"00:0{second}.0" for second in range(8)]
    assert lines[-2 - lines[-1].startswith("where")].startswith(("clip", "suggest"))
    assert any(line.startswith("suggest  no change: no detector looked for faces") for line in lines)


@pytest.mark.slow
def test_somebody_without_a_face_is_no_visit_and_a_face_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if open_finder(PrivacySettings()).finder is None:
        pytest.skip("no detector is installed")
    faceless, face = tmp_path / "faceless.mp4", tmp_path / "face.mp4"
    write_video(faceless, _walk(), FPS)
    write_video(face, moving_face(640, 352, FPS, 3), FPS)
    told = []
    for path in (faceless, face):
        assert main(["tune", str(path), "--json"]) == EXIT_OK
        told.append(json.loads(capsys.readouterr().out))
    assert any(second["covers"] for second in told[0]["seconds"])
    assert told[0]["suggestion"]["reason"].startswith("no face was found")
    assert told[1]["suggestion"]["reason"].startswith("nothing but visits is noticed")


def _walk() -> Iterator[RawFrame]:
    """A plain figure that walks: large enough for a person, without a face."""
    for number in range(4 * FPS):
        y: Plane = np.full((360, 640), 80, np.uint8)
        if number > FPS:
            y[100:340, 10 * number : 10 * number + 90] = 200
        chroma: Plane = np.full((180, 320), 128, np.uint8)
        yield RawFrame(y, chroma, chroma, number * NS_PER_S // FPS)


def test_progress_goes_no_further_than_the_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "door.mp4"
    write_video(path, _scene(10), FPS)
    assert main(["tune", str(path), "--detector", "none"]) == EXIT_OK
    assert "progress" not in capsys.readouterr().err  # the last frame is at 9.9 s, a line comes each 10


@pytest.mark.slow
def test_it_can_be_drawn_and_read_by_a_script(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    plot = video.with_suffix(".png")
    assert main(["tune", str(video), "--detector", "none", "--json", "--plot", str(plot)]) == EXIT_OK
    told = json.loads(capsys.readouterr().out)
    assert len(told["seconds"]) == 8
    assert told["seconds"][0]["states"] == {"fallback_full": 10}
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_plot_without_matplotlib_is_a_clear_hint_before_any_work(
    video: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["tune", str(video), "--plot", "out.png"]) == EXIT_USAGE
    assert "latchkey: hint: pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"), [("o.jpg", "--plot NAME.png"), ("none/o.png", "there is no folder")]
)
def test_a_plot_that_cannot_be_written_is_refused_before_any_work(
    video: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    assert main(["tune", str(video), "--plot", str(video.parent / name)]) == EXIT_USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("link", ["", "symlink_to", "hardlink_to"])
def test_a_plot_does_not_destroy_the_video_whatever_it_is_called(
    video: Path, tmp_path: Path, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    source = video.rename(tmp_path / "door.png")
    before, plot = source.read_bytes(), source
    if link:
        plot = tmp_path / "plot.png"
        getattr(plot, link)(source)
    for words in ([], ["--force"]):
        assert main(["tune", str(source), "--plot", str(plot), *words]) == EXIT_USAGE
        assert "input and outputs must be different files" in capsys.readouterr().err
    assert source.read_bytes() == before


@pytest.mark.slow
def test_a_plot_replaces_a_file_only_if_told_to_and_is_readable_by_its_owner_alone(
    video: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "plot.png"
    plot.write_bytes(b"mine")
    plot.chmod(0o644)
    words = ["tune", str(video), "--detector", "none", "--plot", str(plot)]
    assert main(words) == EXIT_USAGE
    assert plot.read_bytes() == b"mine"
    assert main([*words, "--force"]) == EXIT_OK
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert plot.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"door.mp4", "plot.png"}


def test_what_is_no_video_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    assert main(["tune", str(path)]) == EXIT_CAMERA

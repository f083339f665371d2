"""Speed beside coverage: what was timed is what is scored, and what is too slow fails its goal."""

from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.errors import UsageError
from latchkey.frames import FilterState
from latchkey_sim.faces.goals import Goal, goals
from latchkey_sim.faces.paths import Approach
from latchkey_sim.faces.report import record, text
from latchkey_sim.faces.speed import Speed, find_peer, measure_speed, speed_clips
from latchkey_sim.faces.walks import Script, Walk
from latchkey_sim.footage import moving_face, write_video
from latchkey_sim.pace import redact, run

SPEED = Speed(
    clip="speed/street-720p-medium",
    height=720,
    policy="latchkey centerface",
    floor=160.0,
    filter=104.0,
    checked=100.0,
    program=80.0,
    checked_program=78.0,
    peer=20.0,
    faces=300,
    missed=1,
    hidden=0.03,
    peak_mb=200.0,
)
COPY = '#!/bin/sh\n[ "$2 $4" = "-o --scale" ] || exit 2\ncp "$1" "$3"\n'


def judged(speed: Speed) -> list[Goal]:
    return [goal for goal in goals((), speed.policy, [speed]) if "speed" in goal.what]


def test_a_filter_that_just_reaches_its_goals_passes_and_a_slower_one_fails() -> None:
    assert [goal.passed for goal in judged(SPEED)] == [True, True]
    slower = replace(SPEED, filter=103.0, program=79.0)
    assert [goal.passed for goal in judged(slower)] == [False, False]


def test_goals_differ_by_detector_and_size() -> None:
    yunet = replace(SPEED, policy="latchkey yunet", filter=128.0, program=140.0)
    assert [goal.passed for goal in judged(yunet)] == [True, True]
    assert [goal.passed for goal in judged(replace(yunet, height=1080))] == [False, True]


def test_without_deface_nothing_is_judged_beside_it() -> None:
    assert [goal.passed for goal in judged(replace(SPEED, peer=None))] == [True, None]


def test_another_filters_speed_is_no_goal_of_this_one() -> None:
    assert not [goal for goal in goals((), "latchkey yunet", [SPEED]) if "speed" in goal.what]


def test_the_report_has_speed_beside_the_faces_that_were_missed_in_the_same_file() -> None:
    policies = [SPEED.policy]
    line = next(line for line in text((), policies, policies, (), [SPEED]).splitlines() if SPEED.clip in line)
    assert " ".join(line.split()[3:]) == "160 104 0.65 0.62 300 1 3.00% 80.0 78.0 20.0 4.0 200"
    values = record((), policies, policies, (), [SPEED])["speed"]
    assert values == [SPEED.record()]
    assert SPEED.record()["ratio"] == 0.65


@pytest.mark.slow
def test_what_was_timed_is_what_is_scored(tmp_path: Path) -> None:
    clip = Walk(Script("short", (Approach(30, 50),), (320, 192), 25.0, 1.0), 4, set_name="speed")
    peer = tmp_path / "deface"
    peer.write_text(COPY)
    peer.chmod(0o700)
    (speed,) = measure_speed(clip, ["none"], str(peer))
    assert speed.missed == speed.faces == 25  # a fallback covers, but finds nobody
    assert speed.hidden > 0.3
    assert 0 < speed.program < speed.filter
    assert speed.peer is not None
    assert speed.peer > speed.program


@pytest.mark.slow
def test_a_redacted_video_tells_every_frame_and_its_time(tmp_path: Path) -> None:
    video = tmp_path / "face.mp4"
    write_video(video, moving_face(320, 192, 25, 0.4), 25)
    done = redact(video, tmp_path / "out.mp4", "none", self_check=False)
    assert [one.at_ns for one in done.kept] == [number * 40_000_000 for number in range(10)]
    assert {one.state for one in done.kept} <= {FilterState.FALLBACK_FULL, FilterState.FALLBACK_REGION}
    assert 0 < done.work_s < done.program.seconds
    assert done.program.peak_mb > 20


def test_a_program_that_fails_is_told_with_its_exit_code() -> None:
    with pytest.raises(UsageError, match="exit code 3"):
        run(["/bin/sh", "-c", "exit 3"])


def test_a_deface_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there is no program"):
        find_peer(str(tmp_path / "deface"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_peer("") is None


def test_clips_are_as_large_as_goals_say() -> None:
    assert [clip.script.size for clip in speed_clips()] == [(1280, 720), (1920, 1080)]
    assert all(len(clip.moments()) == 200 for clip in speed_clips())

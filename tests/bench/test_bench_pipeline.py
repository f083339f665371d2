"""The whole capture side against its floor: decode and encode alone.

The floor is that of `latchkey_sim.pace`. Measured: the production loop in lockstep: decode, motion, looks,
covers, encode, seal, vault on a real disk; without the self-check, which is told beside it. Alternated in
one run; medians of five.
"""

import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest

from latchkey.adapters.cameras import VideoCamera
from latchkey.adapters.finders import open_finder
from latchkey.adapters.workers import ThreadWorkers
from latchkey.boards.common import linux_board
from latchkey.device.device import Device
from latchkey.settings import (
    DeviceSettings,
    OwnerSettings,
    PrivacySettings,
    RecordingSettings,
    Settings,
    VaultSettings,
)
from latchkey_sim.bell import ScriptedBell
from latchkey_sim.clock import VirtualClock
from latchkey_sim.footage import moving_face, write_video
from latchkey_sim.household import write_book
from latchkey_sim.journal import ListJournal
from latchkey_sim.pace import floor

pytestmark = pytest.mark.bench
FPS, SECONDS, ROUNDS = 25, 10, 5
RECORDING = RecordingSettings()
GOALS = {("centerface", 720): 0.5, ("centerface", 1080): 0.65, ("yunet", 720): 0.68, ("yunet", 1080): 0.76}


def _pipeline(video: Path, folder: Path, privacy: PrivacySettings) -> float:
    """Frames a second of the device, from decoding to the durable clip."""
    folder.mkdir()
    settings = Settings(
        device=DeviceSettings(state=folder / "state"),
        vault=VaultSettings(path=folder / "vault"),
        owner=OwnerSettings(book=write_book(folder, time.time_ns())),
        recording=RECORDING,
        privacy=privacy,
    )
    clock, journal = VirtualClock(time.time_ns()), ListJournal()
    camera, bell = VideoCamera(video, clock), ScriptedBell(clock, [0])
    board = linux_board(
        "file", settings, journal, clock, camera, bell, workers=ThreadWorkers(clock, lockstep=True)
    )
    device = Device(board, settings, "b" * 32)
    device.start()
    began = time.perf_counter()
    while not device.ended:
        clock.wait_until(device.step())
    seconds = time.perf_counter() - began
    device.close()
    (entry,) = board.index.entries()
    assert entry.state == "whole"
    assert not [line for line in journal.lines if "covers the whole" in line.text]
    return FPS * SECONDS / seconds


@pytest.mark.parametrize("height", [720, 1080])
def test_the_pipeline_keeps_its_share_of_the_floor(height: int, tmp_path: Path) -> None:
    video = tmp_path / "face.mp4"
    write_video(video, moving_face(height * 16 // 9, height, FPS, SECONDS), FPS)
    names = [name for name in ("centerface", "yunet") if open_finder(PrivacySettings(detector=name)).finder]
    floor(video, RECORDING)
    floors: list[float] = []
    runs: dict[str, list[float]] = {name: [] for name in names}
    checked: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(ROUNDS):
        floors.append(floor(video, RECORDING))
        for name in names:
            privacy = PrivacySettings(detector=name, self_check=False)
            runs[name].append(_pipeline(video, tmp_path / f"{name}{turn}", privacy))
            privacy = replace(privacy, self_check=True)
            checked[name].append(_pipeline(video, tmp_path / f"{name}{turn}-checked", privacy))
    bare = statistics.median(floors)
    print(f"\n{height}p at {FPS} fps, floor {bare:.0f} frames/s")
    for name, speeds in runs.items():
        speed = statistics.median(speeds)
        with_check = statistics.median(checked[name]) / bare
        print(
            f"  {name:<11} {speed:6.0f} frames/s, ratio {speed / bare:.2f} (goal {GOALS[name, height]}), "
            f"{with_check:.2f} with the self-check"
        )
    assert all(statistics.median(speeds) / bare >= GOALS[name, height] for name, speeds in runs.items())

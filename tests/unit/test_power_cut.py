"""Power that goes while a clip is recorded: what had been written is there, up to the last seconds."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice, repeat
from pathlib import Path

import numpy as np
import pytest

from latchkey.adapters.disk import FolderDisk
from latchkey.errors import EXIT_DAMAGED
from latchkey.frames import Bgr, Box, RawFrame
from latchkey.owner import joined_chunks, list_clips
from latchkey.settings import RecordingSettings, Settings
from latchkey.units import NS_PER_S
from latchkey_sim.desk import desk
from latchkey_sim.disk import MemoryDisk
from latchkey_sim.finder import awake
from latchkey_sim.footage import write_video
from latchkey_sim.household import OWNER, write_book
from latchkey_sim.street import decoded_video, heard, street

SIZE = (320, 240)
LOSSLESS = RecordingSettings(pre_roll_s=2.0, post_roll_s=3.0, crf=0, threads=1)
"""Small pictures at the highest quality, so that they fill chunks of 64 KiB."""

RECORDED_S = 10
KILLED_AFTER_S, LEFT_S = 7, 2
ENOUGH_BYTES = 6_000_000
GOPS_S, LAG_S = 2.0, 1.0
"""Not yet written when power goes: the open group of pictures and the one before, which waits for the
muxer; what look-ahead and encoder hold."""


class Nobody:
    """A finder that never sees anybody: nothing is covered, so there is something to encode."""

    name = "nobody"
    long_side_px = 128

    @awake
    def find(self, _bgr: Bgr) -> list[Box]:
        return []


def _visit(seconds: float) -> Iterator[RawFrame]:
    return street(seconds, ((6, seconds),), size=SIZE)


def _torn_footage(disk: FolderDisk | MemoryDisk) -> bytes:
    """Give what opens of the one torn clip."""
    (entry,) = list_clips(disk)
    assert entry.state == "torn"
    return b"".join(joined_chunks(disk, entry, [OWNER.text]))


def test_a_power_cut_takes_the_last_seconds_of_a_clip_and_leaves_the_rest() -> None:
    settings = Settings(recording=LOSSLESS)
    home = desk(_visit(60), settings, finder=Nobody(), rings_ns=[6 * NS_PER_S])
    home.run_until((4 + RECORDED_S) * NS_PER_S)
    found = home.vault.after_power_cut()
    again = desk(street(1), settings, vault=found, state=home.state.after_power_cut(), seed=2)
    assert "1 clip was torn by a power cut or crash" in again.said("disk")
    frames = decoded_video(_torn_footage(found), torn=True)
    assert (frames[0].width, frames[0].height) == SIZE
    least_s = RECORDED_S - GOPS_S - LAG_S
    assert frames[-1].at_ns > least_s * NS_PER_S
    assert [event["event_type"] for event in heard(again, "event/clip")] == []


def test_what_is_written_is_synced_every_second_of_recording() -> None:
    settings = Settings(recording=LOSSLESS)
    home = desk(_visit(60), settings, finder=Nobody(), rings_ns=[6 * NS_PER_S])
    home.run_until(30 * NS_PER_S)
    log = [line for line in home.vault.log if " clips/20" in line and ".age.part" in line]
    recorded_s = 30 - 4
    assert recorded_s - 3 <= sum(line.startswith("sync ") for line in log) <= recorded_s + 5
    late = log[[number for number, line in enumerate(log) if line.startswith("sync ")][-2] :]
    assert sum(line.startswith("append ") for line in late) < 12


def test_a_power_cut_right_after_the_beginning_leaves_a_torn_clip_and_not_an_empty_file() -> None:
    settings = Settings(recording=LOSSLESS)
    home = desk(_visit(20), settings, finder=Nobody(), rings_ns=[6 * NS_PER_S])
    while not [name for name in home.vault.files if name.endswith(".age.part")]:
        home.run_until(home.clock.now_ns() + NS_PER_S // 20)
    found = home.vault.after_power_cut()
    desk(street(1), settings, vault=found, seed=2)
    assert [entry.state for entry in list_clips(found)] == ["torn"]


@pytest.mark.slow
def test_a_killed_program_leaves_a_torn_clip_with_most_of_what_it_had_recorded(tmp_path: Path) -> None:
    """The real program, a real video, a real disk: recorded for 7 s at 720p with grain, then SIGKILL."""
    video, config = tmp_path / "door.mp4", tmp_path / "door.toml"
    write_video(video, _grainy(15 * 9), 15, crf=28)
    config.write_text(
        f'schema = 1\n[camera]\nboard = "file"\nsource = "{video}"\n[vault]\npath = "{tmp_path}/vault"\n'
        f'[recording]\npreset = "ultrafast"\n[device]\nstate = "{tmp_path}/state"\n'
        '[privacy]\ndetector = "none"\n'
        f'[owner]\nbook = "{write_book(tmp_path, time.time_ns())}"\n'
    )
    with _latchkey("run", "--config", str(config)) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if "is being recorded" in line:
                break
        time.sleep(KILLED_AFTER_S)
        while not _has_recorded(tmp_path / "vault") and child.poll() is None:
            time.sleep(0.1)  # a machine so busy that it records slower than life
        os.kill(child.pid, signal.SIGKILL)
    write_video(video, repeat(next(_grainy(1)), 8), 15)
    with _latchkey("run", "--config", str(config)) as child:
        child.communicate(timeout=30)
    disk = FolderDisk(tmp_path / "vault")
    frames = decoded_video(_torn_footage(disk), torn=True)
    print(f"recorded for {KILLED_AFTER_S} s, then killed: {frames[-1].at_ns / NS_PER_S:.2f} s are left")
    assert frames[-1].at_ns > LEFT_S * NS_PER_S
    key = tmp_path / "owner.key"
    key.write_text(OWNER.text + "\n")
    key.chmod(0o600)
    target = tmp_path / "visit.mp4"
    (entry,) = list_clips(disk)
    arguments = ("--key", str(key), "--vault", str(tmp_path / "vault"))
    with _latchkey("clips", "open", entry.clip, "-o", str(target), *arguments) as child:
        _, told = child.communicate(timeout=30)
    assert child.returncode == EXIT_DAMAGED
    assert re.search(r"error: clip \w+ is torn", told)
    assert not target.exists()


def _has_recorded(vault: Path) -> bool:
    """Whether three groups of pictures are in the file: each is 1 s long and takes 1.9 MB here."""
    return sum(path.stat().st_size for path in (vault / "clips").glob("*.age.part")) > ENOUGH_BYTES


def _grainy(count: int) -> Iterator[RawFrame]:
    """Draw 720p frames of grain in which something narrow moves, so that most of them stays uncovered."""
    grain = np.random.default_rng(3).integers(100, 140, (8, 720, 1280), dtype=np.uint8)
    chroma = np.full((360, 640), 128, np.uint8)
    for number, y in enumerate(islice(cycle(grain), count)):
        walked = y.copy()
        left = 200 + number % 15 * 8
        walked[300:600, left : left + 80] = 235
        yield RawFrame(walked, chroma, chroma, number * NS_PER_S // 15)


def _latchkey(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "latchkey", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_the_simulated_power_cut_keeps_what_was_made_durable_and_nothing_else() -> None:
    disk = MemoryDisk()
    for name in ("clips/a", "clips/b", "clips/c"):
        disk.create(name).append(b"lost")
    kept = disk.create("clips/kept")
    kept.append(b"safe")
    kept.sync()
    kept.append(b" and not")
    disk.sync_folder("clips")
    disk.rename("clips/kept", "clips/renamed")
    disk.create("clips/unnamed").sync()
    found = disk.after_power_cut()
    assert {name: bytes(data) for name, data in found.files.items()} == {
        "clips/a": b"", "clips/b": b"", "clips/c": b"", "clips/kept": b"safe",
    }  # fmt: skip
    assert io.BytesIO(disk.read("clips/renamed")).read() == b"safe and not"

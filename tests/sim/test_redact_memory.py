"""`latchkey redact` holds as many frames as it looks ahead, however long the video is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from latchkey_sim.footage import moving_face, write_video

SIZE = (320, 184)
FPS = 25
FRAMES = 150
"""Frames of the short clip: several times as many as frames are held back."""

TIMES = 8
SLACK_MB = 6
"""What peaks may differ by; from run to run it is 1. Were every frame kept, it would be 116, as JPEG 12."""

MEASURING = """
import os, sys
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a program below a small process: Linux counts the memory of whoever starts a program to its peak."""


def peak_mb(video: Path, frames: int) -> float:
    """Give the most memory that the program held on its way through a video of so many frames."""
    out = video.with_suffix(".mp4")
    words = ["-m", "latchkey", "redact", str(video), "-o", str(out), "--detector", "none", "--json"]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURING, *words], check=True, capture_output=True, text=True
    )
    *summary, peak_kib = ran.stdout.splitlines()
    assert json.loads("".join(summary))["frames"] == frames
    return int(peak_kib) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are counted in other units elsewhere")
def test_a_video_eight_times_as_long_takes_no_more_memory(tmp_path: Path) -> None:
    short, long = tmp_path / "short.h264", tmp_path / "long.h264"
    write_video(short, moving_face(*SIZE, FPS, FRAMES / FPS), FPS)
    long.write_bytes(short.read_bytes() * TIMES)
    assert peak_mb(long, TIMES * FRAMES) <= peak_mb(short, FRAMES) + SLACK_MB

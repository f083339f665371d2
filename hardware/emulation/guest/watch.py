"""On the emulated board: tell how the first boot goes, sample memory while a visit is recorded, power off.

The results are files in /var/boot-check, read once the board is off.
"""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

OUT = Path("/var/boot-check")
STATE = Path("/run/latchkey-setup/state.json")
UNITS = ("latchkey-capture", "latchkey-link")
INSTALL_LIMIT_S, VISIT_LIMIT_S = 2400.0, 600.0
SAMPLE_S = 1.0
SETTLE_S = 3.0
KIB = 1024
KEPT = ("VmHWM", "RssAnon", "RssFile", "VmSwap", "Threads")


def main() -> None:
    """Watch, write, power off."""
    OUT.mkdir(exist_ok=True)
    report: dict[str, Any] = {"installed": _await_install(), "ended": False}
    peaks: dict[str, dict[str, int]] = {unit: {} for unit in UNITS}
    lowest = _meminfo()
    until = time.monotonic() + VISIT_LIMIT_S if report["installed"] else 0.0
    say("watching")
    while time.monotonic() < until and not report["ended"]:
        time.sleep(SAMPLE_S)
        report["ended"] = _clip_ended()
        for unit in UNITS:
            _sample(unit, peaks[unit])
        lowest = {key: min(value, lowest[key]) for key, value in _meminfo().items()}
    if report["ended"]:
        time.sleep(SETTLE_S)
    for unit in UNITS:
        _sample(unit, peaks[unit])
        peaks[unit]["restarts"] = int(_show(unit, "NRestarts") or 0)
    subprocess.run(["systemctl", "stop", *UNITS], check=False)
    report |= {
        "units": peaks,
        "lowest": lowest,
        "cpuinfo": Path("/proc/cpuinfo").read_text().count("processor"),
    }
    (OUT / "report.json").write_text(json.dumps(report, indent=1))
    with (OUT / "journal.txt").open("w") as file:
        subprocess.run(["journalctl", "--no-pager", "-o", "short-monotonic"], stdout=file, check=False)
    say("off")
    subprocess.run(["systemctl", "poweroff", "--no-block"], check=False)


def say(text: str) -> None:
    """Tell it on the serial line."""
    print(f"boot-check: {text}", flush=True)


def _await_install() -> bool:
    """Wait until the first boot is done; tell each step."""
    told = ""
    until = time.monotonic() + INSTALL_LIMIT_S
    while time.monotonic() < until:
        try:
            state = json.loads(STATE.read_text())
        except (OSError, ValueError):
            state = {}
        now = " ".join(str(state.get(key, "")) for key in ("state", "step", "detail")).strip()
        if now != told:
            told = now
            say(f"first boot: {now}")
        if state.get("state") == "done":
            return True
        time.sleep(0.5)
    return False


def _clip_ended() -> bool:
    try:
        lines = (OUT / "heard.jsonl").read_text().splitlines()
    except OSError:
        return False
    return any('event/clip"' in line and '\\"end\\"' in line for line in lines)


def _sample(unit: str, peaks: dict[str, int]) -> None:
    """Raise the peaks to what the process takes now, in KiB. Of a process that is gone there is nothing."""
    pid = _show(unit, "MainPID")
    try:
        status = _fields(Path(f"/proc/{pid}/status"))
        rollup = _fields(Path(f"/proc/{pid}/smaps_rollup"))
    except OSError:
        return
    seen: dict[str, int] = {key: status[key] for key in KEPT if key in status}
    seen["Pss"] = rollup.get("Pss", 0)
    seen |= _cgroup(unit)
    for key, value in seen.items():
        peaks[key] = max(value, peaks.get(key, 0))


def _cgroup(unit: str) -> dict[str, int]:
    """What the kernel counts for the service, which begins anew where systemd starts it again; in KiB."""
    folder = Path(f"/sys/fs/cgroup/system.slice/{unit}.service")
    try:
        stat, cpu = _fields(folder / "memory.stat"), _fields(folder / "cpu.stat")
        peak = int((folder / "memory.peak").read_text())
    except (OSError, ValueError):
        return {}
    return {
        "cgroup_peak": peak // KIB,
        "cgroup_anon": stat["anon"] // KIB,
        "cgroup_file": stat["file"] // KIB,
        "cpu_ms": cpu["usage_usec"] // 1000,
    }


def _meminfo() -> dict[str, int]:
    found = _fields(Path("/proc/meminfo"))
    return {key: found[key] for key in ("MemTotal", "MemAvailable", "SwapTotal")}


def _fields(path: Path) -> dict[str, int]:
    """Read lines like `Name: 12 kB` or `name 12`."""
    found = {}
    for line in path.read_text().splitlines():
        words = line.replace(":", " ").split()
        if len(words) > 1 and words[1].isdecimal():
            found[words[0]] = int(words[1])
    return found


def _show(unit: str, name: str) -> str:
    done = subprocess.run(
        ["systemctl", "show", "--value", "-p", name, unit], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


main()

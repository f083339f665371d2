"""Whether a release is well, where systemd runs it: units that are active, and were not started again
meanwhile.

The units say themselves when they are ready (`Type=notify`), and systemd starts anew what no longer
answers its watchdog: both show here. Without units, a release is well that finds the settings good.
"""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

REHEARSAL_LIMIT_S = 180
"""A Zero 2 W reads a new environment from its card in a minute."""

SYSTEMCTL_LIMIT_S = 120
ERROR = "latchkey: error: "
UNIT = re.compile(r"[A-Za-z0-9@._:-]{1,128}\.(service|target)")


class SystemdHealth:
    """Asks `systemctl` about `units`; `folder` holds the releases, `settings` is the file they run with."""

    def __init__(self, folder: Path, settings: Path, units: Sequence[str]) -> None:
        self._folder = folder
        self._settings = settings
        self._units = tuple(units)
        self._starts: dict[str, str] = {}

    @property
    def watches(self) -> bool:
        """Whether there are units."""
        return bool(self._units)

    def rehearse(self, number: int) -> str:
        """Run `latchkey check` of that release on the settings."""
        program = self._folder / "releases" / str(number) / "bin" / "latchkey"
        done = _run([str(program), "check", str(self._settings)], REHEARSAL_LIMIT_S)
        return "" if done == "" else f"its `latchkey check` says: {done}"

    def restart(self) -> str:
        """Restart all units; forget that they may have been started too often."""
        _run(["systemctl", "reset-failed", *self._units], SYSTEMCTL_LIMIT_S)
        trouble = _run(["systemctl", "restart", *self._units], SYSTEMCTL_LIMIT_S)
        self._starts = {}
        return trouble

    def look(self) -> str:
        """Each unit has to be active, and must not have been started again since the first look."""
        for unit in self._units:
            command = ["systemctl", "show", "--property=ActiveState,NRestarts", "--", unit]
            shown = _output(command, SYSTEMCTL_LIMIT_S)
            facts = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
            if facts.get("ActiveState") != "active":
                return f"{unit} is {facts.get('ActiveState', 'not known')}"
            if self._starts.setdefault(unit, facts.get("NRestarts", "0")) != facts.get("NRestarts", "0"):
                return f"{unit} had to be started again"
        return ""


def _run(command: list[str], limit_s: float) -> str:
    """Run a program; give "" or its trouble in a line."""
    try:
        done = subprocess.run(  # noqa: S603 -- a program of a verified release, or systemctl
            command, capture_output=True, text=True, errors="replace", timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {limit_s:.0f} s"
    except OSError as error:
        return f"it cannot be run: {error.strerror}"
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line.removeprefix(ERROR) for line in lines if line.startswith(ERROR)]
    return (errors[:1] or lines[-1:] or [f"code {done.returncode}"])[0][:200]


def _output(command: list[str], limit_s: float) -> str:
    try:
        return subprocess.run(  # noqa: S603 -- systemctl, with names that the settings were checked for
            command, capture_output=True, text=True, errors="replace", timeout=limit_s, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""

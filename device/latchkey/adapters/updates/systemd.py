"""Whether a release is well, where systemd runs it: units that are active, and were not started again
meanwhile.

The units say themselves when they are ready (`Type=notify`), and systemd starts anew what no longer
answers its watchdog: both show here. Without units, a release is well that finds the settings good.

An update runs as root, but not what it has just fetched: `latchkey check` of a new release runs as a user
made for it, that may read, and neither write, nor reach the network or a device. Where an answer is
missing (no memory, no time, no systemd) that is NotAsked, and no verdict.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from latchkey.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_VAULT, NotAsked

REHEARSAL_LIMIT_S = 180
"""A Zero 2 W reads a new environment from its card in a minute."""

SYSTEMCTL_LIMIT_S = 240
"""A unit has 40 s to stop and 120 s to be ready."""

ERROR = "latchkey: error: "
UNIT = re.compile(r"[A-Za-z0-9@._:-]{1,128}\.(service|target)")
NO_ANSWER = (EXIT_FAILED, EXIT_VAULT, EXIT_INTERRUPTED)
"""Codes of `latchkey check` that speak of the machine, not of the settings."""

CONFINED = (
    "systemd-run",
    "--quiet",
    "--collect",
    "--pipe",
    "--wait",
    "--service-type=exec",
    *(
        f"--property={line}"
        for line in (
            f"RuntimeMaxSec={REHEARSAL_LIMIT_S}",
            "DynamicUser=yes",
            # It reads what the doorbell reads, and files of either side: modes say nothing of the release.
            "AmbientCapabilities=CAP_DAC_READ_SEARCH",
            "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "ProtectHome=read-only",
            "ProtectKernelTunables=yes",
            "ProtectKernelModules=yes",
            "ProtectKernelLogs=yes",
            "ProtectControlGroups=yes",
            "ProtectClock=yes",
            "ProtectProc=invisible",
            "PrivateNetwork=yes",
            "IPAddressDeny=any",
            "RestrictAddressFamilies=AF_UNIX",
            "DevicePolicy=closed",
            "RestrictNamespaces=yes",
            "RestrictSUIDSGID=yes",
            "LockPersonality=yes",
            "SystemCallArchitectures=native",
            "SystemCallFilter=@system-service",
            "LimitCORE=0",
            "TasksMax=64",
        )
    ),
    "--",
)
"""What a program begins with that root starts, but that is not root."""


class SystemdHealth:
    """Asks `systemctl` about `units`; `folder` holds the releases, `settings` is the file they run with.

    `is_root`: who runs this has privileges that a rehearsal must not have.
    """

    def __init__(
        self, folder: Path, settings: Path, units: Sequence[str], *, is_root: bool | None = None
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._units = tuple(units)
        self._is_root = os.geteuid() == 0 if is_root is None else is_root
        self._restarts: dict[str, int] = {}

    @property
    def watches(self) -> bool:
        """Whether there are units."""
        return bool(self._units)

    def rehearse(self, number: int) -> str:
        """Run `latchkey check` of that release on the settings, without privileges.

        It is not well where it says so: what crashed, was killed or took too long was not asked.
        """
        program = self._folder / "releases" / str(number) / "bin" / "latchkey"
        confined = CONFINED if self._is_root else ()
        limit_s = REHEARSAL_LIMIT_S + (10 if self._is_root else 0)  # systemd ends it first
        done = _run([*confined, str(program), "check", str(self._settings)], limit_s)
        if done.returncode == EXIT_OK:
            return ""
        said = [line.removeprefix(ERROR) for line in _lines(done) if line.startswith(ERROR)]
        if not said or done.returncode in NO_ANSWER:
            raise NotAsked(f"its `latchkey check` gave no answer: {(said[:1] or [_trouble(done)])[0][:200]}")
        return f"its `latchkey check` says: {said[0][:200]}"

    def restart(self) -> str:
        """Restart all units; forget that they may have been started too often.

        What counts is how often each had been started again before that: it may crash while others start.
        """
        self._restarts = {}
        with suppress(NotAsked):  # without it, counts begin at 0; the doorbell is started in any case
            _run(["systemctl", "reset-failed", *self._units], SYSTEMCTL_LIMIT_S)
            self._restarts = {unit: _restarts(_facts(unit)) for unit in self._units}
        done = _run(["systemctl", "restart", *self._units], SYSTEMCTL_LIMIT_S)
        return "" if done.returncode == 0 else _trouble(done)

    def look(self) -> str:
        """Each unit has to be active, and must not have been started again since `restart`."""
        for unit in self._units:
            facts = _facts(unit)
            if "ActiveState" not in facts:
                raise NotAsked(f"systemctl says nothing of {unit}")
            if facts["ActiveState"] != "active":
                return f"{unit} is {facts['ActiveState']}"
            now, before = _restarts(facts), self._restarts.get(unit, 0)
            if now > before:
                return f"{unit} had to be started again"
            self._restarts[unit] = now  # a restart by hand sets it back to 0
        return ""


def _facts(unit: str) -> dict[str, str]:
    done = _run(
        ["systemctl", "show", "--property=ActiveState,NRestarts", "--", unit],
        SYSTEMCTL_LIMIT_S,
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def _restarts(facts: dict[str, str]) -> int:
    """Give how often a unit was started again; targets do not say, and never are."""
    text = facts.get("NRestarts", "")
    return int(text) if text.isdecimal() else 0


def _run(command: list[str], limit_s: float) -> subprocess.CompletedProcess[str]:
    """Run a program. Raises NotAsked where it cannot be, or does not end."""
    try:
        return subprocess.run(  # noqa: S603 -- a program of a verified release, or systemd's
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotAsked(f"{Path(command[0]).name} took longer than {limit_s:.0f} s") from error
    except OSError as error:
        raise NotAsked(f"{Path(command[0]).name} cannot be run: {error.strerror}") from error


def _trouble(done: subprocess.CompletedProcess[str]) -> str:
    return (_lines(done)[-1:] or [f"code {done.returncode}"])[0][:200]


def _lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.strip() for line in done.stderr.splitlines() if line.strip()]

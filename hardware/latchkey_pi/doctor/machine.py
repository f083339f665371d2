"""The machine that is looked at: small files below a root folder, users and groups, and `systemctl`.

Nothing is written, locked or opened for more than reading a small file, and no device is opened at all.
"""

import os
import pwd
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from latchkey.reading import read_small

TEXT_LIMIT_BYTES = 1 << 20
RUN_LIMIT_S = 10

Run = Callable[[Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Who:
    """A user, with all groups."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, facts: os.stat_result, bits: int) -> bool:
        """Whether the mode of a file lets them (4 read, 2 write, 1 enter); access lists are not looked at."""
        if self.uid == 0:
            return True
        shift = 6 if facts.st_uid == self.uid else 3 if facts.st_gid in self.groups else 0
        return stat.S_IMODE(facts.st_mode) >> shift & bits == bits


def run_program(words: Sequence[str]) -> str | None:
    """Give what a program prints; None where it is missing, fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 -- fixed words
            list(words), capture_output=True, text=True, errors="replace", timeout=RUN_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


class Machine:
    """Reads below `root`, which is / but for tests."""

    def __init__(
        self, root: Path = Path("/"), run: Run = run_program, now: Callable[[], float] = time.time
    ) -> None:
        self.root = root
        self.run = run
        self.now = now

    def path(self, name: str) -> Path:
        """Give where a file of the system lies, like `/proc/swaps`."""
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """Give what a small file holds, without the zeros of a device tree; None where it is not there.

        Raises OSError where it is, and cannot be read.
        """
        path = self.path(name)
        try:
            if path.is_relative_to(self.root / "proc") or path.is_relative_to(self.root / "sys"):
                with path.open("rb") as file:
                    data = file.read(TEXT_LIMIT_BYTES)
            else:
                data = read_small(path, TEXT_LIMIT_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return data.decode("utf-8", "replace").rstrip("\0\n")

    def found(self, pattern: str) -> list[Path]:
        """Give what matches a pattern, like `/dev/video*`, in order."""
        return sorted(self.root.glob(pattern.lstrip("/")))

    def who(self, name: str) -> Who | None:
        """Give a user; None where there is no such one. "" = who runs this."""
        try:
            entry = pwd.getpwnam(name) if name else pwd.getpwuid(os.geteuid())
        except KeyError:
            return None if name else Who(str(os.geteuid()), os.geteuid(), frozenset(os.getgroups()))
        groups = frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))
        return Who(entry.pw_name, entry.pw_uid, groups if name else groups & frozenset(_own_groups()))


def _own_groups() -> list[int]:
    """Those that this process has: one that was added to the user since counts after a new log-in."""
    return [os.getegid(), *os.getgroups()]

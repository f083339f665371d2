"""The machine: files below a root folder, each durable once written; programs; the clock.

All that the first boot does goes through here. `root` is `/` on a Pi and any folder elsewhere; names are
relative to it.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OUTPUT_LIMIT_BYTES = 64 << 10
"""Of what a program prints, the end is kept: that is where it says why it failed."""

WIPE_PIECE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended, and the end of what it printed."""

    code: int
    text: str


class Machine:
    """Files, programs and time of one machine."""

    def __init__(self, root: Path, boot: Path) -> None:
        self.root = root
        self.boot = boot

    def path(self, name: str) -> Path:
        """Give where a file of the system lies, like `etc/latchkey`."""
        return self.root / name

    def read(self, path: Path) -> bytes | None:
        """Give what a file holds; None where there is none."""
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        """Make a file hold `data`, durably: the old contents or the new, whenever power goes."""
        self.folder(path.parent)
        part = path.with_name(f".{path.name}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            self.settle(file.fileno())
        part.replace(path)
        self._settle_folder(path.parent)

    def link(self, path: Path, target: str) -> None:
        """Let `path` lead to `target`, in one durable step."""
        self.folder(path.parent)
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(path)
        self._settle_folder(path.parent)

    def folder(self, path: Path, mode: int = 0o755) -> None:
        """Make a folder, with those around it."""
        path.mkdir(mode=mode, parents=True, exist_ok=True)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            self._settle_folder(path.parent)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder with all that is in it, if it is there."""
        if path.is_dir():
            shutil.rmtree(path)

    def wipe(self, path: Path) -> None:
        """Write zeros over what a file holds. Flash may keep the old blocks all the same."""
        size = path.stat().st_size if path.exists() else 0
        if not size:
            return
        with path.open("r+b") as file:
            for at in range(0, size, WIPE_PIECE_BYTES):
                file.write(bytes(min(WIPE_PIECE_BYTES, size - at)))
            file.flush()
            self.settle(file.fileno())

    def settle(self, handle: int) -> None:
        """Make an open file, or folder, durable."""
        os.fsync(handle)

    def _settle_folder(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY)
        try:
            self.settle(handle)
        finally:
            os.close(handle)

    def sync(self) -> None:
        """Make all that programs wrote durable."""
        os.sync()

    def run(self, *words: str, limit_s: int, env: Mapping[str, str] | None = None) -> Done:
        """Run a program to its end. One that is missing, or takes too long, has failed."""
        try:
            done = subprocess.run(  # noqa: S603 -- fixed programs, no shell
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=limit_s,
                check=False,
                env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            )
        except FileNotFoundError:
            return Done(127, f"{words[0]}: not found")
        except subprocess.TimeoutExpired as error:
            return Done(124, f"{_text(error.stdout or b'')}\n{words[0]}: took longer than {limit_s} s")
        return Done(done.returncode, _text(done.stdout))

    def now(self) -> float:
        """Give the wall clock's time, in seconds since 1970."""
        return time.time()

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def free_bytes(self) -> int:
        """Give the room that is left on the system's partition."""
        return shutil.disk_usage(self.root).free

    def has_route(self) -> bool:
        """Whether the kernel knows a way out of the house: a default route, by IPv4 or IPv6."""
        four = self.read(self.path("proc/net/route")) or b""
        six = self.read(self.path("proc/net/ipv6_route")) or b""
        return any(line.split()[1:2] == [b"00000000"] for line in four.splitlines()) or any(
            line.split()[:2] == [b"0" * 32, b"00"] and line.split()[-1] != b"lo" for line in six.splitlines()
        )


def _text(data: bytes) -> str:
    return data[-OUTPUT_LIMIT_BYTES:].decode("utf-8", "replace")

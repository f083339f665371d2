"""A doorbell as two real processes on this machine, for tests: each runs the real command.

The bell is a terminal: a line feed is a press. Both sides log into files of their own, and end with
the `with` block.
"""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from latchkey.units import NS_PER_S
from latchkey_sim.brokers import Broker
from latchkey_sim.household import write_book

LIMIT_S = 60.0
POLL_S = 0.01

SETTINGS = """schema = 1
[device]
state = "state"
[camera]
board = "{board}"
source = "{source}"
width = 320
height = 180
fps = 10
[recording]
pre_roll_s = 1
post_roll_s = 1
[privacy]
mode = "everything"
[vault]
path = "vault"
[mqtt]
host = "{host}"
port = {port}
[owner]
book = "book.json"
"""


class Side:
    """One side in a process of its own. `before` are words before the command, like those of unshare."""

    def __init__(self, home: Path, side: str, before: Sequence[str] = ()) -> None:
        self.log = home / f"{side}.log"
        self._keys, terminal = pty.openpty()
        words = ("run", "--config", home / "latchkey.toml", "--side", side, "--socket", home / "s")
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 -- ourselves, and what a test puts before
                [*before, sys.executable, "-m", "latchkey", *map(str, words)],
                stdin=terminal, stdout=log, stderr=log, cwd=home, start_new_session=True,
            )  # fmt: skip
        os.close(terminal)

    @property
    def said(self) -> str:
        """Everything that this side has logged, in earlier lives too."""
        return self.log.read_text()

    def press(self) -> int:
        """Press the bell; give when, in UTC."""
        now_ns = time.time_ns()
        os.write(self._keys, b"\n")
        return now_ns

    def wait_for(self, text: str, times: int = 1, limit_s: float = LIMIT_S) -> None:
        """Wait until it has logged a text so often. Raises TimeoutError, with the log."""
        wait_until(lambda: self.said.count(text) >= times, limit_s, lambda: f"no {text!r} in:\n{self.said}")

    def kill(self) -> None:
        """End it as a crash would."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait; give the exit code."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        code = self.child.wait(LIMIT_S)
        os.close(self._keys)
        return code


class TwoSides:
    """A folder with settings, and the two sides that run in it. Start them with `capture` and `link`."""

    def __init__(self, home: Path, broker: Broker, board: str = "sim", source: str = "7") -> None:
        self.home = home
        book = write_book(home, time.time_ns())
        text = SETTINGS.format(board=board, source=source, host=broker.host, port=broker.port)
        (home / "latchkey.toml").write_text(text.replace("book.json", str(book)))
        self._sides: list[Side] = []

    def __enter__(self) -> Self:
        """Begin with no side."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process."""
        for side in self._sides:
            if side.child.poll() is None:
                side.kill()

    def start(self, side: str, before: Sequence[str] = ()) -> Side:
        """Start `capture` or `link`."""
        self._sides.append(Side(self.home, side, before))
        return self._sides[-1]

    def clips(self) -> list[str]:
        """Give the ids of the whole clips in the vault."""
        names = [path.name for path in (self.home / "vault" / "clips").glob("????-??-??.*.age")]
        return sorted(name.split(".")[1] for name in names if name.count(".") == 2)


def wait_until(holds: Callable[[], bool], limit_s: float, what: Callable[[], str]) -> None:
    """Wait until something holds. Raises TimeoutError that says `what`."""
    limit_ns = time.monotonic_ns() + round(limit_s * NS_PER_S)
    while not holds():
        if time.monotonic_ns() > limit_ns:
            raise TimeoutError(what())
        time.sleep(POLL_S)

"""A person at a terminal: the real program on a pseudo-terminal, for tests of what it asks and shows."""

import os
import re
import select
import subprocess
import sys
from pathlib import Path

WAIT_S = 30.0


class NeverShown(AssertionError):
    """The program did not show what the person waits for; the message holds all that it showed."""


class Person:
    """Runs `latchkey` with these arguments at a terminal. `home` is where the person's files are."""

    def __init__(self, home: Path, arguments: tuple[str, ...]) -> None:
        self._terminal, other = os.openpty()
        self._process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "latchkey", *arguments],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=home,
            env=os.environ | {"HOME": str(home), "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        os.close(other)
        self.shown = ""
        self._seen_chars = 0

    def sees(self, pattern: str) -> re.Match[str]:
        """Wait until a pattern is shown, after what was seen before. Raises NeverShown."""
        while not (found := re.compile(pattern).search(self.shown, self._seen_chars)):
            if not self._read():
                raise NeverShown(f"{pattern!r} was never shown, but:\n{self.shown}")
        self._seen_chars = found.end()
        return found

    def types(self, line: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{line}\n".encode())

    def ends(self) -> int:
        """Wait for the end, and give the exit code. Raises NeverShown where it waits for more typing."""
        while self._read():
            pass
        return self._process.wait(WAIT_S)

    def leaves(self) -> None:
        """End the program, whatever it does."""
        self._process.kill()
        self._process.wait(WAIT_S)
        os.close(self._terminal)

    def _read(self) -> bool:
        if not select.select([self._terminal], [], [], WAIT_S)[0]:
            raise NeverShown(f"nothing more was shown within {WAIT_S} s, after:\n{self.shown}")
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # the program closed its end
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

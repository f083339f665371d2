"""Being told to stop: Ctrl-C, SIGTERM and SIGHUP.

A handler that raises strikes between any two instructions: inside a lock, before a `finally`, in
a callback from C. So a signal sets a flag; whoever does long work asks for it where it can end in
order. Short commands are interrupted at once, by one exception and no second: what they write,
they write aside. Handlers touch no lock: the thread they interrupt may hold it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Somebody wants the program to end. `signal` says how."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = number

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as a shell would say."""
        return 128 + self.signal

    def __str__(self) -> str:
        if self.signal == signal.SIGINT:
            return "interrupted"
        return f"ended by {signal.Signals(self.signal).name}"


class Stop:
    """Whether the program was told to stop, and by which signal; only the first one counts."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._raises = False

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self.signal is not None

    def check(self) -> None:
        """Raise Interrupted if a signal came."""
        if self.signal is not None:
            raise Interrupted(self.signal)

    def heed(self) -> bool:
        """Take a Ctrl-C as heeded: tell whether there was one; the next signal counts again."""
        if self.signal != signal.SIGINT:
            return False
        self.signal = None
        return True

    def ask(self, number: int, _frame: FrameType | None = None) -> None:
        """Take note of a signal; this is the handler."""
        if self.signal is not None:
            return
        self.signal = number
        if self._raises:
            raise Interrupted(number)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within the block a signal raises Interrupted wherever it strikes, once."""
        self._raises = True
        try:
            self.check()
            yield
        finally:
            self._raises = False

    def listen(self) -> None:
        """Catch the signals from now on. A SIGHUP that `nohup` blocks stays blocked."""
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.ask)


def deafen() -> None:
    """Ignore the signals: all is done, and an ending interpreter would let them kill it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)

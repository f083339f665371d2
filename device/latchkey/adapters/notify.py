"""Telling systemd how we are: a unit of Type=notify, with a watchdog. Silent everywhere else."""

import os
import socket
from contextlib import suppress

from latchkey.ports import Clock
from latchkey.units import NS_PER_S

NS_PER_US = 1000
STATUS_EVERY_NS = NS_PER_S


class Notifier:
    """Tells readiness and status, and that the loop still turns. Nothing here raises or blocks."""

    def __init__(self, clock: Clock) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._clock = clock
        self._every_ns = _watchdog_ns() // 3
        self._alive_at_ns = self._status_at_ns = clock.now_ns()
        self._status = ""

    def ready(self) -> None:
        """All is open; from now on the watchdog listens."""
        self._tell("READY=1")

    def stepped(self, status: str) -> None:
        """The loop made a step: tell the watchdog when that is due, and the status where it changed."""
        now_ns = self._clock.now_ns()
        if self._every_ns and now_ns >= self._alive_at_ns:
            self._alive_at_ns = now_ns + self._every_ns
            self._tell("WATCHDOG=1")
        if status != self._status and now_ns >= self._status_at_ns:
            self._status, self._status_at_ns = status, now_ns + STATUS_EVERY_NS
            self._tell(f"STATUS={status}")

    def stopping(self) -> None:
        """We end, in order: the watchdog need not listen any more."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock,
        ):
            sock.setblocking(False)
            sock.sendto(text.encode("utf-8", "replace"), self._address)


def _watchdog_ns() -> int:
    """Give how long the watchdog waits, 0 = there is none, or it is another process's."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(microseconds) * NS_PER_US if ours and microseconds.isdecimal() else 0

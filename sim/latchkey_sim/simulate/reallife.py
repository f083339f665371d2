"""The house at the speed of life: the same trace as in virtual time, told as it comes."""

import time

from latchkey.cli.command import Terminal, one_line
from latchkey.cli.progress import scene_time
from latchkey.cli.stop import Stop
from latchkey.units import NS_PER_S
from latchkey_sim.broker import Heard
from latchkey_sim.clock import VirtualClock
from latchkey_sim.desk import START_WALL_NS
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.house import House
from latchkey_sim.house.trace import Trace

NAP_S = 0.05
"""Ctrl-C is heard within this."""

QUIET = ("frame", "vault", "state", "message")
"""Kinds of lines that a watcher is spared: pictures, single writes, and what is told with its payload."""


class LifeClock(VirtualClock):
    """A house's clock that takes as long as it says. Where work is late, time waits for it."""

    def __init__(self, stop: Stop, pace: float = 1.0) -> None:
        super().__init__(START_WALL_NS)
        self._stop = stop
        self._pace = pace
        self._began_ns = time.monotonic_ns()

    def wait_until(self, at_ns: int) -> None:
        """Let real time pass, then jump. Raises Interrupted."""
        while True:
            self._stop.check()
            left_s = (self._began_ns + at_ns / self._pace - time.monotonic_ns()) / NS_PER_S
            if left_s <= 0 or self._woken:
                break
            time.sleep(min(left_s, NAP_S))
        super().wait_until(at_ns)


class TellingTrace(Trace):
    """A trace whose lines are told as they come."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def note(self, at_ns: int, who: str, kind: str, text: str) -> None:
        """Add an entry, and tell it."""
        super().note(at_ns, who, kind, text)
        if kind not in QUIET:
            self._terminal.say(one_line(f"{scene_time(at_ns)}  {who:<7} {kind:<8} {text}"))


class Teller(Checker):
    """Tells messages as they reach the broker, and finds nothing."""

    name = "teller"

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def on_message(self, house: House, heard: Heard) -> None:  # noqa: ARG002 -- every checker hears alike
        """Tell it."""
        publication = heard.publication
        payload = publication.payload.decode("utf-8", "backslashreplace")
        line = f"{scene_time(heard.at_ns)}  broker  message  {publication.topic} {payload}"
        self._terminal.say(one_line(line))


def come_alive(house: House, terminal: Terminal) -> House:
    """Have a house tell what happens in it."""
    house.trace = TellingTrace(terminal)
    house.checkers.append(Teller(terminal))
    return house

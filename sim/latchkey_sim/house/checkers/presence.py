"""The broker knows whether a device is there: `online` while it is connected, its last will when it has gone.

What is judged is what a newcomer would find, the retained word. A broker that stops says no wills; so nothing
is held against the device for what that one remembers.
"""

from typing import TYPE_CHECKING

from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Doorbell

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


class Presence(Checker):
    """Looks at the retained status whenever a connection has ended, and at the end of all."""

    name = "presence"

    def __init__(self) -> None:
        self._connected: list[bool] = []
        self._gone: list[bool] = []
        self._stops: list[int] = []
        self._missed_will = False

    def begin(self, house: "House") -> None:
        """Nobody is connected yet."""
        self._connected = [False] * len(house.doors)
        self._gone = [False] * len(house.doors)
        self._stops = [0] * len(house.doors)

    def on_end_of_life(self, house: "House", door: int) -> None:
        """See that a connection has ended with its device."""
        self._look(house, door)

    def after_step(self, house: "House") -> None:
        """See who is connected, and whom the broker has lost."""
        for door in range(len(house.doors)):
            self._look(house, door)

    def at_end(self, house: "House") -> None:
        """Whoever is there is known to be there, once it had a step to say so."""
        for door, bell in enumerate(house.doors):
            self._judge_names(house, door, bell)
            is_up = bell.life is not None and bell.life.link.is_up
            if is_up and self._connected[door] and _is_quiet(house) and _status(house, door) != b"online":
                house.blame(self.name, door, "it is connected, and not said to be online")

    def _judge_names(self, house: "House", door: int, bell: Doorbell) -> None:
        """It has one name all the time, unless that rotted; no old name is said to be there."""
        told = [name for name in bell.ids if _was_heard(house, name)]
        excused = bell.troubles["state"].ever or any(name.startswith("device-id") for name in bell.rotten)
        if len(told) > 1 and not excused:
            house.blame(
                self.name, door, f"it has had {len(told)} names: {', '.join(name[:8] for name in told)}"
            )
        for name in bell.ids[:-1]:
            if not self._missed_will and house.broker.retained(f"latchkey/{name}/status") == b"online":
                house.blame(self.name, door, f"its old name {name[:8]} is still said to be online")

    def _look(self, house: "House", door: int) -> None:
        bell = house.doors[door]
        connected = bell.name in house.broker.clients and bell.life is not None and bell.life.link.is_up
        if connected:
            self._gone[door] = False
        elif self._connected[door]:
            stopped = house.broker.stops > self._stops[door] or not house.broker.running
            self._gone[door] = not stopped and not house.broker.captive
            self._missed_will |= not self._gone[door]
        self._connected[door], self._stops[door] = connected, house.broker.stops
        if self._gone[door] and _is_quiet(house):
            self._gone[door] = False
            if _status(house, door) == b"online":
                house.blame(self.name, door, "its connection has ended, and it is still said to be online")


def _is_quiet(house: "House") -> bool:
    """Whether nothing is on its way to the broker."""
    broker = house.broker
    return broker.is_reachable and broker.next_due_ns is None and broker.stall_ns is None


def _status(house: "House", door: int) -> bytes | None:
    ids = house.doors[door].ids
    return house.broker.retained(f"latchkey/{ids[-1]}/status") if ids else None


def _was_heard(house: "House", name: str) -> bool:
    return any(name in heard.publication.topic for heard in house.broker.heard)

"""With the link up, a press is at the broker as a ring within 100 ms, however slow all else is.

Where messages take their time, they take it besides: a press waits behind no other event. What is slow in a
house is work that workers do; so the loop asks nothing of a disk, or it would be waited for as well.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey.wire import DOORBELL
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of, event_of
from latchkey_sim.house.doorbell import Life

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

LIMIT_NS = 100 * NS_PER_MS
LOCKOUT_NS = 2 * NS_PER_S
"""A press so soon after another one is none."""


@dataclass(slots=True)
class _Press:
    door: int
    at_ns: int
    life: Life
    connection: int
    due_ns: int


class InTime(Checker):
    """Waits for each press."""

    name = "in-time"

    def __init__(self) -> None:
        self._waiting: list[_Press] = []
        self._last_ns: dict[int, int] = {}

    def on_press(self, house: "House", door: int) -> None:
        """Begin to wait, if the way is free."""
        now_ns, life = house.clock.now_ns(), house.doors[door].life
        too_fast = now_ns - self._last_ns.get(door, -LOCKOUT_NS) < LOCKOUT_NS
        if not too_fast:
            self._last_ns[door] = now_ns
        if life is not None and not too_fast and not house.bounces[door] and _is_free(house, life):
            due_ns = max(now_ns + house.broker.delay_ns, house.broker.way_free_ns) + LIMIT_NS
            self._waiting.append(_Press(door, now_ns, life, life.link.connection, due_ns))

    def on_message(self, house: "House", heard: Heard) -> None:
        """See that it has come."""
        event = event_of(heard.publication)
        if event is not None and event[0] is DOORBELL and event[1]["event_type"] == "ring":
            door = door_of(house, heard.publication)
            first = next((press for press in self._waiting if press.door == door), None)
            if first is not None and heard.at_ns <= first.due_ns:
                self._waiting.remove(first)

    def after_step(self, house: "House") -> None:
        """Complain of those that have not come, unless the way was cut meanwhile."""
        now_ns = house.clock.now_ns()
        for door, bell in enumerate(house.doors):
            if bell.in_loop:
                house.blame(self.name, door, f"the loop waits for a disk: {bell.in_loop[0]}")
                bell.in_loop.clear()
        for press in [press for press in self._waiting if now_ns > press.due_ns]:
            self._waiting.remove(press)
            life = press.life
            same = house.doors[press.door].life is life and life.link.connection == press.connection
            if same and _is_free(house, life):
                house.blame(
                    self.name, press.door, f"a press at {press.at_ns / 1e9:.3f} s is not told in time"
                )


def _is_free(house: "House", life: Life) -> bool:
    broker = house.broker
    strange = broker.captive or broker.denied or broker.stall_ns is not None or broker.lose_acks
    return life.link.is_up and broker.is_reachable and not strange

"""The way to the broker: lossy, long, cut, caught by a portal."""

from typing import TYPE_CHECKING

from latchkey.units import NS_PER_MS
from latchkey_sim.house.faults.kinds import Kind, Running, Takes, Until, drawn, numbers, seconds, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

RETRY_NS = 200 * NS_PER_MS
"""TCP's first wait before it sends again; it doubles."""

RETRIES = 3
PERCENT = 100


def _loss(house: "House", fault: Fault) -> Running:
    broker, chance, met = house.broker, house.chance(f"loss/{fault.at_ns}"), [0]

    def stall_ns() -> int:
        """Give how long a segment is under way more, for having been lost so many times."""
        wait_ns, lost = 0, 0
        while lost < RETRIES and chance.randrange(PERCENT) < fault.value:
            wait_ns += RETRY_NS << lost
            lost += 1
        met[0] += lost
        return wait_ns

    broker.stall_ns = stall_ns

    def undo() -> bool:
        broker.stall_ns = None
        return met[0] > 0

    return Until(undo)


def _delay(house: "House", fault: Fault) -> Running:
    broker, heard = house.broker, len(house.broker.heard)
    broker.stall_ns = lambda: fault.value

    def undo() -> bool:
        broker.stall_ns = None
        return len(broker.heard) > heard

    return Until(undo)


def _partition(house: "House", fault: Fault) -> Running:  # noqa: ARG001 -- every fault begins alike
    broker, connected = house.broker, bool(house.broker.clients)
    broker.silent = True

    def undo() -> bool:
        broker.silent = False
        house.agenda.at(house.clock.now_ns(), broker.run_due)
        return connected

    return Until(undo)


def _portal(house: "House", fault: Fault) -> Running:  # noqa: ARG001 -- every fault begins alike
    broker, connected = house.broker, bool(house.broker.clients)
    broker.go_down()
    broker.running, broker.captive = True, True

    def undo() -> bool:
        broker.captive = False
        return connected

    return Until(undo)


KINDS = (
    Kind(
        "net-loss",
        "of a hundred packets `value` are lost and sent again, and what follows waits",
        _loss,
        drawn("net-loss", seconds=(5, 20), values=numbers(10, 60)),
        Takes(0, PERCENT, 30),
    ),
    Kind(
        "net-delay",
        "a message is `value` under way",
        _delay,
        drawn("net-delay", seconds=(5, 20), values=seconds(0.05, 1.5)),
        time_s(0, 60, 0.5),
    ),
    Kind(
        "net-partition",
        "nothing comes through, and nobody is told",
        _partition,
        drawn("net-partition", seconds=(3, 20)),
    ),
    Kind(
        "captive-portal",
        "connections are accepted, and nothing sensible is answered",
        _portal,
        drawn("captive-portal", seconds=(3, 15)),
    ),
)

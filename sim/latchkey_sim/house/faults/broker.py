"""The broker: away, slow, forgetful, hostile."""

from typing import TYPE_CHECKING

from latchkey.units import NS_PER_S
from latchkey_sim.house.faults.kinds import Kind, Running, Takes, Until, drawn, numbers, seconds, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


AGAIN_NS = 10 * NS_PER_S
"""Within this a takeover that lasts to the end has come as often as it comes."""


def _down(house: "House", fault: Fault) -> Running:
    broker = house.broker
    connected = bool(broker.clients)
    broker.go_down(forget=bool(fault.value))

    def undo() -> bool:
        broker.come_up()
        return connected

    return Until(undo)


def _slow(house: "House", fault: Fault) -> Running:
    broker, heard = house.broker, len(house.broker.heard)
    broker.delay_ns = fault.value

    def undo() -> bool:
        broker.delay_ns = 0
        return len(broker.heard) > heard

    return Until(undo)


def _duplicate(house: "House", fault: Fault) -> Running:
    broker = house.broker
    broker.duplicate_next = fault.value

    def undo() -> bool:
        met = broker.duplicate_next < fault.value
        broker.duplicate_next = 0
        return met

    return Until(undo)


def _reorder(house: "House", fault: Fault) -> Running:
    broker, heard = house.broker, len(house.broker.heard)
    broker.shuffle = house.chance(f"reorder/{fault.at_ns}")

    def undo() -> bool:
        broker.shuffle = None
        return len(broker.heard) > heard + 1

    return Until(undo)


def _refuse(house: "House", fault: Fault) -> Running:  # noqa: ARG001 -- every fault begins alike
    broker = house.broker
    connected = sorted(broker.clients)
    broker.refusal = "not authorised"
    for client in connected:
        broker.kick(client, "not authorised")

    def undo() -> bool:
        broker.refusal = ""
        return bool(connected)

    return Until(undo)


def _takeover(house: "House", fault: Fault) -> Running:
    """Somebody else connects with our id, again and again."""
    broker, client = house.broker, house.doors[fault.door].name
    met = [0]

    def take(left: int) -> None:
        if client in broker.clients:
            broker.kick(client)
            met[0] += 1
        if left > 1:
            house.agenda.at(
                house.clock.now_ns() + (fault.for_ns or AGAIN_NS) // max(fault.value, 1),
                lambda: take(left - 1),
            )

    take(fault.value)
    return Until(lambda: met[0] > 0)


def _lost_acks(house: "House", fault: Fault) -> Running:
    broker = house.broker
    broker.lose_acks = fault.value

    def undo() -> bool:
        met = broker.lose_acks < fault.value
        broker.lose_acks = 0
        return met

    return Until(undo)


KINDS = (
    Kind(
        "broker-down",
        "it is stopped; with `value` 1 it has forgotten all when it is back",
        _down,
        drawn("broker-down", seconds=(3, 20), values=numbers(0, 1)),
        Takes(0, 1, 0),
    ),
    Kind(
        "broker-slow",
        "a message takes `value` each way",
        _slow,
        drawn("broker-slow", seconds=(5, 15), values=seconds(0.05, 1.5)),
        time_s(0, 60, 0.5),
    ),
    Kind(
        "broker-duplicate",
        "the next `value` messages arrive twice",
        _duplicate,
        drawn("broker-duplicate", seconds=(8, 20), values=numbers(1, 6)),
        Takes(1, 1000, 1),
    ),
    Kind(
        "broker-reorder",
        "who subscribes hears messages in another order",
        _reorder,
        drawn("broker-reorder", seconds=(8, 20)),
    ),
    Kind(
        "broker-refuse",
        "it throws everybody out, and lets nobody in",
        _refuse,
        drawn("broker-refuse", seconds=(3, 15)),
    ),
    Kind(
        "broker-takeover",
        "somebody else connects with the device's name, `value` times",
        _takeover,
        drawn("broker-takeover", seconds=(3, 12), values=numbers(1, 3)),
        Takes(1, 100, 1),
    ),
    Kind(
        "broker-lost-acks",
        "`value` messages arrive, are not acknowledged, and with the last the connection breaks",
        _lost_acks,
        drawn("broker-lost-acks", seconds=(8, 20), values=numbers(1, 3)),
        Takes(1, 100, 1),
    ),
)

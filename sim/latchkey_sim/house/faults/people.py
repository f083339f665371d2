"""People: who stops the program, disarms the camera, closes its shutter. No faults, but as sudden."""

from typing import TYPE_CHECKING

from latchkey.ports import Publication
from latchkey.units import NS_PER_S
from latchkey_sim.house.faults.kinds import Begin, Kind, Once, Running, Until, drawn, seconds
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

AGAIN_NS = 2 * NS_PER_S
TIMES = 60
"""Whoever asks for something asks again until the device says that it holds, so often and so many times."""


def _stop(house: "House", fault: Fault) -> Running:
    bell = house.doors[fault.door]
    alive = bell.life is not None
    house.end_life(fault.door, fault.value, "stopped", bell.close)
    return Once(alive)


def _mode(name: str, *, closed: str, opened: str) -> Begin:
    """Give a beginning that asks for a mode over the broker, and takes it back at the end."""

    def begin(house: "House", fault: Fault) -> Running:
        wanted = [closed]

        def ask(word: str, times: int) -> None:
            device_id = (house.doors[fault.door].ids or [""])[-1]
            if wanted[0] != word or not times or _holds(house, f"latchkey/{device_id}/{name}", word):
                return
            if house.doors[fault.door].name in house.broker.clients:
                house.broker.publish(Publication(f"latchkey/{device_id}/{name}/set", word.encode()))
            house.agenda.at(house.clock.now_ns() + AGAIN_NS, lambda: ask(word, times - 1))

        def undo() -> bool:
            met = any(_holds(house, f"latchkey/{one}/{name}", closed) for one in house.doors[fault.door].ids)
            wanted[0] = opened
            ask(opened, TIMES)
            return met

        ask(closed, TIMES)
        return Until(undo)

    return begin


def _holds(house: "House", topic: str, word: str) -> bool:
    return house.broker.retained(f"{topic}/state") == word.encode()


KINDS = (
    Kind(
        "stop",
        "the program is told to stop, and starts again after `value` ns",
        _stop,
        drawn("stop", values=seconds(1, 6)),
    ),
    Kind(
        "disarm",
        "somebody disarms the camera over the broker, and arms it again when it is over",
        _mode("armed", closed="OFF", opened="ON"),
        drawn("disarm", seconds=(5, 14)),
    ),
    Kind(
        "shutter",
        "somebody closes the shutter over the broker, and opens it again when it is over",
        _mode("shutter", closed="ON", opened="OFF"),
        drawn("shutter", seconds=(5, 14)),
    ),
)

"""The face detector: slow, broken, blind, mad."""

from typing import TYPE_CHECKING

from latchkey_sim.house.faults.kinds import Begin, Kind, Once, Running, Until, drawn, seconds, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


def _mood(name: str) -> Begin:
    def begin(house: "House", fault: Fault) -> Running:
        finder = house.doors[fault.door].finder
        if finder is None:
            return Once(met=False)
        before = finder.met
        setattr(finder, name, True)

        def undo() -> bool:
            setattr(finder, name, False)
            return finder.met > before

        return Until(undo)

    return begin


def _slow(house: "House", fault: Fault) -> Running:
    load = house.doors[fault.door].load
    before = load.met["extra"]
    load.extra_ns["look"] = fault.value

    def undo() -> bool:
        load.extra_ns.pop("look", None)
        return load.met["extra"] > before

    return Until(undo)


def _kind(name: str, meaning: str, begin: Begin) -> Kind:
    return Kind(name, meaning, begin, drawn(name, seconds=(3, 15)))


KINDS = (
    _kind("detector-raises", "every look fails", _mood("raising")),
    _kind("detector-blind", "it finds nobody", _mood("blind")),
    _kind("detector-nonsense", "its answers cannot be true", _mood("nonsense")),
    Kind(
        "detector-slow",
        "each look takes `value` more",
        _slow,
        drawn("detector-slow", seconds=(4, 15), values=seconds(0.1, 2.5)),
        time_s(0, 60, 1),
    ),
)

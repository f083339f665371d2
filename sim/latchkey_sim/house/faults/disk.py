"""Disks: full, slow, failing, taken out."""

from typing import TYPE_CHECKING

from latchkey_sim.house.disks import HouseDisk, Trouble
from latchkey_sim.house.faults.kinds import Kind, Running, Takes, Until, drawn, seconds, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

BOTH = 3


def _troubles(house: "House", fault: Fault) -> list[Trouble]:
    """Give the troubles of the disks that a fault is about."""
    which, troubles = fault.value or BOTH, house.doors[fault.door].troubles
    return [troubles[name] for bit, name in ((1, "vault"), (2, "state")) if which & bit]


def _met(troubles: list[Trouble]) -> int:
    return sum(trouble.met for trouble in troubles)


def _full(house: "House", fault: Fault) -> Running:
    bell, before = house.doors[fault.door], _met(list(house.doors[fault.door].troubles.values()))
    disks: dict[str, HouseDisk] = {"vault": bell.vault, "state": bell.state}
    for name, disk in disks.items():
        bell.troubles[name].limit_bytes = disk.used_bytes + fault.value

    def undo() -> bool:
        for trouble in bell.troubles.values():
            trouble.limit_bytes = None
        return _met(list(bell.troubles.values())) > before

    return Until(undo)


def _error(house: "House", fault: Fault) -> Running:
    troubles = _troubles(house, fault)
    before = _met(troubles)
    for trouble in troubles:
        if fault.operation is not None:
            trouble.fail_in = fault.operation
        else:
            trouble.broken = True

    def undo() -> bool:
        for trouble in troubles:
            trouble.broken, trouble.fail_in = False, None
        return _met(troubles) > before

    return Until(undo)


def _removed(house: "House", fault: Fault) -> Running:
    troubles = list(house.doors[fault.door].troubles.values())
    before = _met(troubles)
    for trouble in troubles:
        trouble.gone = True

    def undo() -> bool:
        for trouble in troubles:
            trouble.gone = False
        return _met(troubles) > before

    return Until(undo)


def _slow(house: "House", fault: Fault) -> Running:
    load = house.doors[fault.door].load
    before = load.met["extra"]
    for lane in ("disk", "film"):
        load.extra_ns[lane] = fault.value

    def undo() -> bool:
        for lane in ("disk", "film"):
            load.extra_ns.pop(lane, None)
        return load.met["extra"] > before

    return Until(undo)


KINDS = (
    Kind(
        "disk-full",
        "of both disks there is `value` left",
        _full,
        drawn("disk-full", seconds=(8, 20), values=lambda chance: chance.choice((0, 500, 20_000, 1 << 20))),
        Takes(0, 1 << 40, 0, "bytes"),
    ),
    Kind(
        "disk-slow",
        "each job of the disk and film workers takes `value` more",
        _slow,
        drawn("disk-slow", seconds=(5, 15), values=seconds(0.05, 0.8)),
        time_s(0, 60, 0.5),
    ),
    Kind(
        "disk-error",
        "every change of a disk fails, or only the so many-th; `value`: 1 vault, 2 state folder, 3 both",
        _error,
        drawn("disk-error", seconds=(5, 15), values=lambda chance: chance.choice((1, 3)), operation=0.6),
        Takes(1, BOTH, BOTH),
        counts=True,
    ),
    Kind(
        "sd-removed",
        "both disks are gone, and back when it is over",
        _removed,
        drawn("sd-removed", seconds=(3, 12)),
    ),
)

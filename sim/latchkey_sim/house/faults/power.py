"""Power and process: cut, killed, and what rots meanwhile."""

from typing import TYPE_CHECKING

from latchkey_sim.crashdisk import PowerCut
from latchkey_sim.house.faults.kinds import Kind, Once, Running, Until, drawn, seconds, time_s
from latchkey_sim.house.scenario import Fault

if TYPE_CHECKING:
    from latchkey_sim.house.house import House


def _power_cut(house: "House", fault: Fault) -> Running:
    bell = house.doors[fault.door]
    if fault.operation is None:
        alive = bell.life is not None
        house.cut_power(fault.door, fault.value)
        return Once(alive)
    return _cut_at_operation(house, fault)


def _cut_at_operation(house: "House", fault: Fault) -> Running:
    """Take the power just before one of the operations on the disks that are to come."""
    bell, left = house.doors[fault.door], [fault.operation or 1]
    house.off_ns[fault.door] = fault.value

    def watch(operation: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            house.note(fault.door, "fault", f"power-cut before {operation}")
            raise PowerCut

    def undo() -> bool:
        bell.watch = lambda _operation: None
        return left[0] <= 0

    bell.watch = watch
    return Until(undo)


def _kill(house: "House", fault: Fault) -> Running:
    alive = house.doors[fault.door].life is not None
    house.kill(fault.door, fault.value)
    return Once(alive)


def _bit_rot(house: "House", fault: Fault) -> Running:
    bell, rotten = house.doors[fault.door], [""]

    def end() -> None:
        rotten[0] = bell.cut_power(rotting=True)
        house.note(fault.door, "fault", f"bit-rot in {rotten[0] or 'nothing'}")

    house.end_life(fault.door, fault.value, "lost", end)
    return Once(bool(rotten[0]))


OFF = seconds(0.5, 6)
TAKES_OFF = time_s(0, 86_400, 3)
KINDS = (
    Kind(
        "power-cut",
        "power goes for `value`, at once or before the so many-th operation on a disk while it lasts",
        _power_cut,
        drawn("power-cut", seconds=(6, 15), values=OFF, operation=0.7),
        TAKES_OFF,
        lasts=False,
        counts=True,
    ),
    Kind(
        "kill",
        "the process is killed and starts again after `value`",
        _kill,
        drawn("kill", values=OFF),
        TAKES_OFF,
        lasts=False,
    ),
    Kind(
        "bit-rot",
        "power goes for `value`, and a bit of a file flips meanwhile",
        _bit_rot,
        drawn("bit-rot", values=OFF),
        TAKES_OFF,
        lasts=False,
    ),
)

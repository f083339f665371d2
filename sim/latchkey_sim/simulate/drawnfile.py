"""What is left of a drawn scenario as a small TOML file: who comes, and how the device is set up, is the
seed's; span, rings and faults are the file's. `shrink` writes such files, `run` plays them.

    schema = 1
    drawn = "v2:123"
    seconds = 14.5
    rings = [[6.25]]         # of each door

    [[fault]]
    kind = "broker-lost-acks"
    at = 4.1
    for = 9.0
    value = 2
"""

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, replace

from latchkey.errors import UsageError
from latchkey.units import to_ns, to_s
from latchkey_sim.house.drawing import draw
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.scenario import Fault, Scenario
from latchkey_sim.scenes.check import Problem
from latchkey_sim.scenes.load import parse_as
from latchkey_sim.scenes.model import DAY_S, SCHEMA, amount, at, key, lasts
from latchkey_sim.simulate.seeds import Seed, read_seed

DOORS_LIMIT = 8


@dataclass(frozen=True, slots=True)
class DrawnFault:
    """A fault, as in scenes, at one of the doors."""

    kind: str = key(MISSING, "what fails")
    at_s: float = at()
    for_s: float = lasts("how long it lasts; 0 = to the end, or it is an instant")
    value: int | None = amount()
    operation: int | None = key(None, "comes with the so many-th operation on a disk", low=1, high=1_000_000)
    door: int = key(0, "number of the door, from 0", low=0, high=DOORS_LIMIT - 1)


@dataclass(frozen=True, slots=True)
class DrawnFile:
    """What is left of a drawn scenario."""

    drawn: str = key(MISSING, "the seed that it is of")
    seconds: float = key(MISSING, "how long it is", low=1, high=DAY_S)
    schema: int = key(SCHEMA, "version of the language", low=SCHEMA, high=SCHEMA)
    rings: tuple[tuple[float, ...], ...] = key((), "presses, in seconds, of each door", low=0, high=DAY_S)
    faults: tuple[DrawnFault, ...] = key((), "what fails", name="fault")


def parse_drawn(text: str, name: str) -> DrawnFile:
    """Read such a file. Raises SceneError."""
    return parse_as(DrawnFile, text, name, find_problems=_problems)


def seed_of(file: DrawnFile) -> int:
    """Give the seed of a file. Raises UsageError for one of another version."""
    return read_seed(file.drawn).number


def scenario_of_file(file: DrawnFile) -> Scenario:
    """Give the scenario."""
    whole = draw(seed_of(file))
    doors = tuple(
        replace(door, rings_ns=tuple(map(to_ns, rings)))
        for door, rings in zip(whole.doors, file.rings, strict=False)
    )
    faults = tuple(
        Fault(one.kind, to_ns(one.at_s), to_ns(one.for_s), one.door, _value(one), one.operation)
        for one in file.faults
    )
    return Scenario(whole.name, to_ns(file.seconds), doors, faults)


def _value(fault: DrawnFault) -> int:
    return KINDS[fault.kind].takes.usual if fault.value is None else fault.value


def file_of(seed: int) -> DrawnFile:
    """Give all of a drawn scenario as a file."""
    whole = draw(seed)
    faults = tuple(
        DrawnFault(one.kind, to_s(one.at_ns), to_s(one.for_ns), one.value, one.operation, one.door)
        for one in whole.faults
    )
    rings = tuple(tuple(map(to_s, door.rings_ns)) for door in whole.doors)
    return DrawnFile(str(Seed(seed)), to_s(whole.span_ns), rings=rings, faults=faults)


def _problems(file: DrawnFile) -> Iterator[Problem]:
    try:
        doors = len(draw(seed_of(file)).doors)
    except UsageError as error:
        yield ("drawn",), str(error), error.hint
        return
    if "@" in file.drawn:
        yield ("drawn",), "a scene is played as it is, not drawn", "give its file to `latchkey sim run`"
    if not 1 <= len(file.rings) <= doors:
        yield ("rings",), f"this seed has {doors} door(s): give a list of presses for each", None
    for door, rings in enumerate(file.rings):
        for number, ring_s in enumerate(rings):
            if ring_s > file.seconds:
                yield ("rings", door, number), _late(file, ring_s), None
    for number, fault in enumerate(file.faults):
        if fault.kind not in KINDS:
            yield ("fault", number, "kind"), f"unknown kind of fault {fault.kind!r}", None
        else:
            for name, told in KINDS[fault.kind].problems(fault.value, fault.operation):
                yield ("fault", number, name), told, None
        if fault.door >= len(file.rings):
            yield ("fault", number, "door"), f"there is no door {fault.door}", None
        if fault.at_s + fault.for_s > file.seconds:
            yield ("fault", number), _late(file, fault.at_s + fault.for_s), None


def _late(file: DrawnFile, at_s: float) -> str:
    return f"{at_s:g} s is after the end, at {file.seconds:g} s"

"""Scenarios drawn by chance: who comes, who rings, what work costs, and what fails within what is survivable.

Every drawn scenario has a visit with a ring, and one to three faults about then. Where one of them may spoil
the visit's clip, somebody comes again once all is well: so every scenario can close a clip.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from latchkey.ports import Lane
from latchkey.settings import VaultSettings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.footage import TinyFootage
from latchkey_sim.house.scenario import Door, Fault, Scenario
from latchkey_sim.house.tiny import tiny_settings

VERSION = 1
"""Raised whenever a seed comes to draw something else: seeds are told with it, as `v1:123`."""

SPAN_S = (30, 45)
VISIT_S = (1.4, 2.2)
FIRST_S = (4.0, 8.0)
SECOND_DOOR = 0.08
IDLE_DOORS = 0.2
"""Share of doors whose work costs no time."""

OLD_CLIPS = 0.15
OLD_DAYS = (1, 2, 3, 5, 9)
FAULTS = (1, 1, 1, 2, 2, 3)
SPOILING = (
    "power", "kill", "bit-rot", "clock-1", "clock-m", "clock-p", "clock-n", "disk-full", "disk-error", "sd-",
    "camera-stall", "camera-unplugged",
)  # fmt: skip
"""Beginnings of the names of faults that may cost a clip."""

LANES: tuple[tuple[Lane, int, int], ...] = (
    ("look", 5, 120),
    ("film", 2, 40),
    ("pack", 1, 8),
    ("disk", 1, 30),
)
"""What jobs cost, from and to, in ms: from a fast board to a slow one."""


def draw(seed: int) -> Scenario:
    """Draw the scenario of a seed: the same for the same seed."""
    key = hashlib.blake2b(f"scenario/{seed}".encode(), digest_size=16).digest()
    chance = Random(int.from_bytes(key, "big"))  # noqa: S311 -- a simulation, no keys
    n_doors = 2 if chance.random() < SECOND_DOOR else 1
    first_ns = [_ns(chance.uniform(*FIRST_S)) for _ in range(n_doors)]
    names = chance.sample(sorted(KINDS), chance.choice(FAULTS))
    faults = tuple(_fault(chance, name, first_ns) for name in names)
    over_ns = max(fault.end_ns + fault.value * (fault.kind in _OFF) for fault in faults)
    again = any(name.startswith(SPOILING) for name in names)
    doors, last_ns = [], over_ns
    for number in range(n_doors):
        begins_ns = [first_ns[number]]
        if again and any(fault.door == number for fault in faults):
            begins_ns.append(max(over_ns, begins_ns[0] + 8 * NS_PER_S) + _ns(chance.uniform(6, 9)))
        doors.append(_door(chance, begins_ns, idle="throttling" not in names))
        last_ns = max(last_ns, begins_ns[-1])
    span_ns = max(_ns(chance.uniform(*SPAN_S)), last_ns + 8 * NS_PER_S)
    return Scenario(f"drawn-{seed}", span_ns, tuple(doors), faults)


_OFF = ("power-cut", "kill", "bit-rot", "bell-held")
"""Faults whose value says how long they last."""


def _fault(chance: Random, name: str, first_ns: list[int]) -> Fault:
    """Draw a fault that begins about when somebody is at the door."""
    door = chance.randrange(len(first_ns))
    fault = KINDS[name].draw(chance, SPAN_S[0] * NS_PER_S)
    at_ns = first_ns[door] + _ns(chance.uniform(-1.5, 1.2))
    if fault.operation is not None or name in ("bell-bounce", "broker-duplicate", "broker-lost-acks"):
        at_ns = first_ns[door] - NS_PER_S
    return replace(fault, at_ns=max(at_ns, NS_PER_S), door=door)


def _door(chance: Random, begins_ns: list[int], *, idle: bool) -> Door:
    footage = TinyFootage.drawn(chance, begins_ns, VISIT_S)
    rings_ns = tuple(begin_ns + _ns(chance.uniform(0.5, 2.0)) for begin_ns in begins_ns)
    past = tuple(sorted(chance.sample(OLD_DAYS, 2), reverse=True)) if chance.random() < OLD_CLIPS else ()
    settings = tiny_settings(
        pre_roll_s=chance.choice((0.6, 1.0)),
        post_roll_s=chance.choice((1.0, 1.5, 2.0)),
        self_check=chance.random() < 0.7,
        vault=VaultSettings(days=chance.choice((0, 0, 1, 2))),
    )
    return Door(footage, settings, rings_ns, _costs(chance, idle=idle), past)


def _costs(chance: Random, *, idle: bool) -> Mapping[Lane, int]:
    if idle and chance.random() < IDLE_DOORS:
        return {}
    speed = chance.random()
    return {lane: round((low + (high - low) * speed**2) * NS_PER_MS) for lane, low, high in LANES}


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)

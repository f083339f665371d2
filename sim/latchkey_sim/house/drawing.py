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
from latchkey.units import MIB, NS_PER_MS, NS_PER_S
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.footage import TinyFootage
from latchkey_sim.house.scenario import PAST_BYTES, Door, Fault, Scenario
from latchkey_sim.house.tiny import tiny_settings

VERSION = 2
"""Raised whenever a seed comes to draw something else: seeds are told with it, as `v2:123`."""

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
    "camera-stall", "camera-unplugged", "stop", "disarm", "shutter",
)  # fmt: skip
"""Beginnings of the names of faults that may cost a clip."""

UNSEEN = 0.1
"""Share of doors at which somebody rings whom the camera does not see."""

PAIRS = 0.1
"""Share of scenarios in which the link is away over a press, and power often goes meanwhile."""

AWAY = ("broker-down", "broker-refuse", "captive-portal", "net-partition")
AWAY_S = ((5.0, 12.0), (32.0, 42.0))
"""How long the link is away: until the press is old, or not."""

CUT = 0.75
CUT_S = 2.6
"""Share of pairs with a power cut, and how long after the press it comes at the earliest."""

BACKLOG = 0.03
BACKLOGS = (40, 498, 500)
"""Share of scenarios in which events of days gone by wait, and how many: a few, and as many as may."""

FULL_VAULTS = 0.02
FULL_DAYS, FULL_BYTES, FULL_MIB = (1, 1, 1, 0), 5 * MIB, 16
"""Share of doors whose vault has the least quota there is, and more than that in it."""

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
    rings_ns = [begin_ns + _ns(chance.uniform(0.5, 2.0)) for begin_ns in first_ns]
    backlog = chance.choice(BACKLOGS) if chance.random() < BACKLOG else 0
    faults = _faults(chance, first_ns, rings_ns, backlog)
    names = [fault.kind for fault in faults]
    over_ns = max(fault.end_ns + fault.value * (fault.kind in _OFF) for fault in faults)
    again = any(name.startswith(SPOILING) for name in names)
    doors, last_ns = [], over_ns
    for number in range(n_doors):
        begins_ns = [first_ns[number]]
        if again and any(fault.door == number for fault in faults):
            begins_ns.append(max(over_ns, begins_ns[0] + 8 * NS_PER_S) + _ns(chance.uniform(6, 9)))
        door = _door(chance, begins_ns, rings_ns[number], idle="throttling" not in names)
        doors.append(replace(door, past_events=backlog if number == 0 else 0))
        last_ns = max(last_ns, *doors[-1].rings_ns)
    span_ns = max(_ns(chance.uniform(*SPAN_S)), last_ns + 8 * NS_PER_S)
    return Scenario(f"drawn-{seed}", span_ns, tuple(doors), faults)


_OFF = ("power-cut", "kill", "bit-rot", "bell-held", "stop")
"""Faults whose value says how long they last."""

_CUTTING = ("power-cut", "kill", "bit-rot", "stop")
"""Those that meet clips of any age."""


def _faults(chance: Random, first_ns: list[int], rings_ns: list[int], backlog: int) -> tuple[Fault, ...]:
    if backlog:
        kind = chance.choice(("broker-slow", "broker-down"))
        value = _ns(chance.uniform(0.1, 0.8)) if kind == "broker-slow" else 0
        return (Fault(kind, 0, first_ns[0] + _ns(chance.uniform(4, 12)), value=value),)
    if chance.random() < PAIRS:
        return _pair(chance, rings_ns[0])
    names = chance.sample(sorted(KINDS), chance.choice(FAULTS))
    return tuple(_fault(chance, name, first_ns) for name in names)


def _pair(chance: Random, ring_ns: int) -> tuple[Fault, ...]:
    """Draw a link that is away over a press, and power that goes before it is back."""
    at_ns, last_ns = ring_ns - _ns(chance.uniform(0.2, 2.0)), _ns(chance.uniform(*chance.choice(AWAY_S)))
    away = Fault(chance.choice(AWAY), at_ns, ring_ns - at_ns + last_ns)
    if chance.random() >= CUT:
        return (away,)
    cut_ns = ring_ns + _ns(chance.uniform(CUT_S, last_ns / NS_PER_S - 1))
    return away, Fault("power-cut", cut_ns, value=_ns(chance.uniform(0.5, 3)))


def _fault(chance: Random, name: str, first_ns: list[int]) -> Fault:
    """Draw a fault that begins about when somebody is at the door."""
    door = chance.randrange(len(first_ns))
    fault = KINDS[name].draw(chance, SPAN_S[0] * NS_PER_S)
    at_ns = first_ns[door] + _ns(chance.uniform(-1.5, 4.5 if name in _CUTTING else 1.2))
    if fault.operation is not None or name in ("bell-bounce", "broker-duplicate", "broker-lost-acks"):
        at_ns = first_ns[door] - NS_PER_S
    return replace(fault, at_ns=max(at_ns, NS_PER_S), door=door)


def _door(chance: Random, begins_ns: list[int], ring_ns: int, *, idle: bool) -> Door:
    rings_ns = [ring_ns, *(begin_ns + _ns(chance.uniform(0.5, 2.0)) for begin_ns in begins_ns[1:])]
    watched = []
    if chance.random() < UNSEEN:
        unseen_ns = max(begins_ns[-1], ring_ns) + _ns(chance.uniform(9, 12))
        rings_ns.append(unseen_ns)
        watched.append((unseen_ns - 3 * NS_PER_S, unseen_ns + 3 * NS_PER_S))
    footage = TinyFootage.drawn(chance, begins_ns, VISIT_S, watched)
    past: tuple[int, ...] = ()
    size_bytes = PAST_BYTES
    vault = VaultSettings(days=chance.choice((0, 0, 1, 2)))
    if chance.random() < OLD_CLIPS:
        past = tuple(sorted(chance.sample(OLD_DAYS, 2), reverse=True))
    elif chance.random() < FULL_VAULTS:
        past, size_bytes, vault = FULL_DAYS, FULL_BYTES, replace(vault, max_mib=FULL_MIB)
    settings = tiny_settings(
        pre_roll_s=chance.choice((0.6, 1.0)),
        post_roll_s=chance.choice((1.0, 1.5, 2.0)),
        self_check=chance.random() < 0.7,
        vault=vault,
    )
    return Door(footage, settings, tuple(rings_ns), _costs(chance, idle=idle), past, size_bytes)


def _costs(chance: Random, *, idle: bool) -> Mapping[Lane, int]:
    if idle and chance.random() < IDLE_DOORS:
        return {}
    speed = chance.random()
    return {lane: round((low + (high - low) * speed**2) * NS_PER_MS) for lane, low, high in LANES}


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)

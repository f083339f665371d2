"""Three whole days of a doorbell, in tiny pictures: a quiet one, a busy one, a stormy one.

They say when somebody comes and rings, and what fails; what comes of it is held in golden traces.
"""

from collections.abc import Sequence
from random import Random

from latchkey.units import NS_PER_HOUR, NS_PER_MS, NS_PER_S, S_PER_DAY
from latchkey_sim.house.footage import COAT_LEVELS, Passage, TinyFootage
from latchkey_sim.house.scenario import Door, Fault, Scenario
from latchkey_sim.house.tiny import tiny_settings

DAY_NS = S_PER_DAY * NS_PER_S
PASSING_NS, RINGING_NS = 3 * NS_PER_S, 5 * NS_PER_S
WAY_X = (30.0, 98.0)

Times = Sequence[tuple[int, int]]
"""Hours and minutes since the day began."""

QUIET_PASSINGS = ((7, 45), (17, 50))
QUIET_RINGS = ((11, 20),)

BUSY_PASSINGS = ((7, 10), (7, 30), (7, 31), (8, 5), (12, 0), (13, 15), (15, 40), (16, 20), (18, 0), (22, 45))
BUSY_RINGS = ((9, 0), (10, 30), (14, 5), (17, 15), (17, 17), (19, 30))

STORM_PASSINGS = ((6, 30), (8, 40), (12, 10), (13, 30), (18, 20), (21, 0))
STORM_RINGS = ((9, 15), (11, 0), (14, 2), (16, 30), (20, 0))


def quiet() -> Scenario:
    """One person rings, two pass."""
    return _day("quiet-day", QUIET_PASSINGS, QUIET_RINGS)


def busy() -> Scenario:
    """Six people ring, ten pass; twice somebody comes right behind somebody else."""
    return _day("busy-day", BUSY_PASSINGS, BUSY_RINGS)


def stormy() -> Scenario:
    """Power, network, broker, camera, disk and clock fail, most of them while somebody is there."""
    faults = (
        _fault("clock-no-ntp", (5, 0)),
        _fault("net-loss", (6, 25), minutes=20, value=30),
        _fault("power-cut", (8, 40), after_s=4, value=40 * NS_PER_S),
        _fault("net-partition", (9, 14), minutes=10),
        _fault("broker-down", (10, 58), minutes=5, value=1),
        _fault("camera-unplugged", (12, 9), minutes=3),
        _fault("disk-slow", (13, 29), minutes=4, value=200 * NS_PER_MS),
        _fault("kill", (14, 2), after_s=3, value=5 * NS_PER_S),
        _fault("broker-duplicate", (16, 29), minutes=3, value=4),
        _fault("captive-portal", (18, 0), minutes=30),
        _fault("disk-error", (20, 0), after_s=2, minutes=1, value=1),
        _fault("clock-step", (20, 30), minutes=45, value=-NS_PER_HOUR),
        _fault("broker-refuse", (22, 0), minutes=15),
    )
    return _day("stormy-day", STORM_PASSINGS, STORM_RINGS, faults)


DAYS = {"quiet": quiet, "busy": busy, "stormy": stormy}


def _day(name: str, passings: Times, rings: Times, faults: tuple[Fault, ...] = ()) -> Scenario:
    chance = Random(0)  # noqa: S311 -- a scene
    begins = [(_ns(*at), PASSING_NS) for at in passings] + [(_ns(*at), RINGING_NS) for at in rings]
    passages = []
    for begin_ns, lasts_ns in sorted(begins):
        x0, x1 = chance.sample(WAY_X, 2)
        passages.append(Passage(begin_ns, begin_ns + lasts_ns, x0, x1, chance.randint(*COAT_LEVELS)))
    rings_ns = tuple(_ns(*at) + 2 * NS_PER_S for at in sorted(rings))
    return Scenario(name, DAY_NS, (Door(TinyFootage(0, passages), tiny_settings(), rings_ns),), faults)


def _fault(kind: str, at: tuple[int, int], *, after_s: int = 0, minutes: int = 0, value: int = 0) -> Fault:
    return Fault(kind, _ns(*at) + after_s * NS_PER_S, minutes * 60 * NS_PER_S, value=value)


def _ns(hours: int, minutes: int) -> int:
    return hours * NS_PER_HOUR + minutes * 60 * NS_PER_S

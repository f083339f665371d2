"""What the broker keeps of a device's states is how it is: told at each connection, and soon after a change.

Judged is only what has held for a while, over a way that was free all the time.
"""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from latchkey.frames import FilterState, SafeFrame
from latchkey.units import NS_PER_S
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of
from latchkey_sim.house.doorbell import Doorbell, Life

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

STATES = frozenset({"status", "motion", "armed", "shutter", "snooze", "health"})
LATE_NS = 2 * NS_PER_S
CALM_NS = 10 * NS_PER_S
"""Nothing has moved for so long: more than movement is held."""

GAP_NS = NS_PER_S
"""Pictures that are farther apart than this are not of one stretch."""


@dataclass(slots=True)
class _Door:
    """What is known of a door. Times are the house's; None = it is not so."""

    life: Life | None = None
    connection: int = 0
    free_ns: int | None = None
    fresh: set[str] | None = None
    """The states that were told on this connection; None = not all of it was free."""

    health_ns: int = 0
    covered_ns: int | None = None
    frame_ns: int = 0
    gone_ns: int | None = None
    broken_ns: dict[str, int | None] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)


class States(Checker):
    """Reads what a newcomer would find."""

    name = "states"

    def __init__(self) -> None:
        self._doors: list[_Door] = []
        self._told: set[tuple[int, int, str]] = set()

    def begin(self, house: "House") -> None:
        """Know nothing."""
        self._doors = [_Door() for _ in house.doors]

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:
        """See how much is covered, and since when."""
        known, now_ns = self._doors[door], house.clock.now_ns()
        if frame.state is FilterState.OK:
            known.covered_ns = None
        elif known.covered_ns is None or now_ns - known.frame_ns > GAP_NS:
            known.covered_ns = now_ns
        known.frame_ns = now_ns

    def on_message(self, house: "House", heard: Heard) -> None:
        """See that a state is told."""
        door, said = door_of(house, heard.publication), heard.publication
        if door < 0 or not said.retain:
            return
        known = self._doors[door]
        self._see_connection(house.doors[door], known)
        if known.fresh is not None:
            known.fresh.add(said.topic.split("/")[2])
        if said.topic.endswith("/health/state"):
            known.health_ns = heard.at_ns

    def after_step(self, house: "House") -> None:
        """Judge what has held for long enough."""
        for door, bell in enumerate(house.doors):
            known = self._doors[door]
            self._see_way(house, bell, known)
            self._see_parts(house, bell, known)
            if known.free_ns is None or house.clock.now_ns() - known.free_ns <= LATE_NS:
                continue
            if known.fresh is not None and not known.fresh >= STATES:
                self._blame(house, door, f"not told after connecting: {sorted(STATES - known.fresh)}")
            for part, since_ns in self._troubles(house, known).items():
                held_ns = house.clock.now_ns() - max(since_ns, known.free_ns, known.health_ns) - _lag_ns(bell)
                if held_ns > LATE_NS and _health(house, bell).get(part) == "ok":
                    self._blame(house, door, f"the {part} is said to be ok, and has not been for a while")

    def at_end(self, house: "House") -> None:
        """What was never in trouble is said to be well, and where nothing moves nothing is said to move."""
        now_ns = house.clock.now_ns()
        for door, bell in enumerate(house.doors):
            known = self._doors[door]
            if bell.life is None or known.free_ns is None or now_ns - known.free_ns <= LATE_NS:
                continue
            health = _health(house, bell)
            is_shut = _retained(house, bell, "shutter/state") == b"ON"
            disks_are_well = not any(trouble.ever for trouble in bell.troubles.values()) and not bell.rotten
            for part, is_well in (("camera", not bell.sensor.met), ("disk", disks_are_well)):
                well = "closed" if part == "camera" and is_shut else "ok"
                if is_well and health.get(part) != well:
                    self._blame(house, door, f"the {part} never failed, and is said to be {health.get(part)}")
            is_still = bell.footage.next_ns(max(now_ns - CALM_NS, 0)) is None
            if is_still and _retained(house, bell, "motion/state") != b"OFF":
                self._blame(house, door, "nothing moves, and something is said to")

    def _see_connection(self, bell: Doorbell, known: _Door) -> None:
        """Begin anew where a connection is another than before."""
        life = bell.life
        connection = life.link.connection if life is not None else 0
        if life is not known.life or connection != known.connection:
            known.life, known.connection = life, connection
            known.free_ns, known.fresh = None, set()

    def _see_way(self, house: "House", bell: Doorbell, known: _Door) -> None:
        """See whether what is said arrives, and since when."""
        self._see_connection(bell, known)
        if known.life is None or not _is_free(house, known.life):
            known.free_ns = known.fresh = None
        elif known.free_ns is None:
            known.free_ns = house.clock.now_ns()

    def _see_parts(self, house: "House", bell: Doorbell, known: _Door) -> None:
        """See since when a disk has failed, or the camera is gone, and the device has met that."""
        sensor = bell.sensor
        met, known.met["camera"] = known.met.get("camera", 0), sensor.met
        if bell.life is None or not sensor.unplugged:
            known.gone_ns = None
        elif known.gone_ns is None and sensor.met > met:
            known.gone_ns = house.clock.now_ns()
        for which, trouble in bell.troubles.items():
            met, known.met[which] = known.met.get(which, 0), trouble.met
            if bell.life is None or not (trouble.broken or trouble.gone):
                known.broken_ns[which] = None
            elif known.broken_ns.get(which) is None and trouble.met > met:
                known.broken_ns[which] = house.clock.now_ns()

    def _troubles(self, house: "House", known: _Door) -> dict[str, int]:
        """Give since when parts have not been well, as far as they are now."""
        broken = [at_ns for at_ns in known.broken_ns.values() if at_ns is not None]
        found = {"disk": min(broken)} if broken else {}
        if known.gone_ns is not None:
            found["camera"] = known.gone_ns
        if known.covered_ns is not None and house.clock.now_ns() - known.frame_ns < GAP_NS:
            found["filter"] = known.covered_ns
        return found

    def _blame(self, house: "House", door: int, text: str) -> None:
        """Complain, once on each connection."""
        key = door, self._doors[door].connection, text
        if key not in self._told:
            self._told.add(key)
            house.blame(self.name, door, text)


def _is_free(house: "House", life: Life) -> bool:
    broker = house.broker
    slow = broker.delay_ns or broker.stall_ns is not None or broker.next_due_ns is not None
    return life.link.is_up and broker.is_reachable and not broker.captive and not slow and not broker.denied


def _lag_ns(bell: Doorbell) -> int:
    """Say how much longer slow workers take to find out how a disk is."""
    return 8 * sum(bell.load.cost_ns(lane) for lane in ("disk", "film"))


def _retained(house: "House", bell: Doorbell, suffix: str) -> bytes | None:
    return house.broker.retained(f"latchkey/{bell.ids[-1]}/{suffix}") if bell.ids else None


def _health(house: "House", bell: Doorbell) -> dict[str, Any]:
    payload = _retained(house, bell, "health/state")
    values: dict[str, Any] = json.loads(payload) if payload else {}
    return values

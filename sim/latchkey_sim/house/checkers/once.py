"""Exactly one effect of each press and of each event of a clip, at a subscriber that goes by id and number.

The subscriber stands at the end of the broker's way, where messages may come twice and in another order. No
press that has lived long enough may be lost, none may be invented, and one that is old by the time it arrives
is told as `missed`: no chime shall ring for a ghost.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from latchkey.units import NS_PER_HOUR, NS_PER_MS, NS_PER_S
from latchkey.wire import DOORBELL
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of, event_of, lag_ns
from latchkey_sim.house.doorbell import Doorbell

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

LOCKOUT_NS = 2 * NS_PER_S
"""A press so soon after another one is none."""

FRESH_NS = 30 * NS_PER_S
"""A press older than this is `missed`."""

LIVES_NS = 2 * NS_PER_S
"""A press whose device lives on for so long is on the disk, if that is sound."""

SLACK_NS = NS_PER_S
"""Ages of presses are counted in whole seconds where they come from the disk."""


@dataclass(slots=True)
class _Press:
    at_ns: int
    counts: bool = True
    must: bool = True


class Once(Checker):
    """A subscriber."""

    name = "once"

    def __init__(self) -> None:
        self._presses: list[list[_Press]] = []
        self._rings: list[dict[str, str]] = []
        self._clips: dict[tuple[str, int], bytes] = {}
        self._ended_ns: dict[int, int] = {}

    def begin(self, house: "House") -> None:
        """Subscribe."""
        self._presses = [[] for _ in house.doors]
        self._rings = [{} for _ in house.doors]
        house.broker.listeners.append(lambda heard: self._hear(house, heard))

    def on_press(self, house: "House", door: int) -> None:
        """Expect a ring, unless the finger is too fast."""
        presses, now_ns = self._presses[door], house.clock.now_ns()
        last_ns = next((press.at_ns for press in reversed(presses) if press.counts), -LOCKOUT_NS)
        counts = now_ns - last_ns >= LOCKOUT_NS
        presses.append(_Press(now_ns, counts, must=counts))

    def on_end_of_life(self, house: "House", door: int) -> None:
        """Let go of a press that was not stored for sure."""
        self._ended_ns[door] = house.clock.now_ns()
        for press in self._presses[door]:
            if house.clock.now_ns() - press.at_ns < LIVES_NS + lag_ns(house.doors[door]):
                press.must = False

    def after_step(self, house: "House") -> None:
        """Expect nothing of what a disk could not keep."""
        for door, bell in enumerate(house.doors):
            if bell.troubles["state"].ever or any(not _is_vault(name) for name in bell.rotten):
                for press in self._presses[door]:
                    press.must = False

    def at_end(self, house: "House") -> None:
        """Count."""
        for door, presses in enumerate(self._presses):
            rings = len(self._rings[door])
            most, least = sum(press.counts for press in presses), sum(press.must for press in presses)
            if not least <= rings <= most:
                text = f"{most} presses, of which {least} had to arrive; {rings} did"
                house.blame(self.name, door, text)

    def _hear(self, house: "House", heard: Heard) -> None:
        event, door = event_of(heard.publication), door_of(house, heard.publication)
        if event is None or door < 0:
            return
        topic, values = event
        if topic is DOORBELL:
            self._hear_ring(house, door, str(values["id"]), str(values["event_type"]), heard.at_ns)
            return
        key = str(values["id"]), int(values["seq"])
        if self._clips.setdefault(key, heard.publication.payload) != heard.publication.payload:
            house.blame(self.name, door, f"clip {key[0][:8]} tells two different things as number {key[1]}")

    def _hear_ring(self, house: "House", door: int, ident: str, kind: str, at_ns: int) -> None:
        first = self._rings[door].setdefault(ident, kind)
        if first == "missed" and kind == "ring":
            house.blame(self.name, door, f"press {ident[:8]} was missed, and rings after that")
        if kind == "ring":
            slack_ns = SLACK_NS + _way_ns(house) + _behind_ns(house.doors[door])
            fresh_ns = at_ns - FRESH_NS - slack_ns
            if not any(fresh_ns <= press.at_ns <= at_ns for press in self._presses[door]):
                house.blame(self.name, door, f"press {ident[:8]} rings though nobody has pressed for long")
        elif not self._may_be_old(door, at_ns):
            house.blame(
                self.name, door, f"press {ident[:8]} is told as {kind}, and nobody has pressed but now"
            )

    def _may_be_old(self, door: int, at_ns: int) -> bool:
        """Whether there was a press that is old by now, or of an earlier life, whose age nobody may know."""
        ended_ns = self._ended_ns.get(door, -1)
        old_ns = at_ns - FRESH_NS + SLACK_NS
        return any(press.at_ns <= max(old_ns, ended_ns) for press in self._presses[door] if press.counts)


def _way_ns(house: "House") -> int:
    """Say how long a message may be under way: it cannot know that it grows old there."""
    return 20 * NS_PER_S if house.broker.stall_ns or house.broker.delay_ns else 50 * NS_PER_MS


def _behind_ns(bell: Doorbell) -> int:
    """Say by how much a device takes a press of an earlier life for younger than it is.

    A clock that has stood still while power was off tells too little; it is the only one there is.
    """
    offset_ns = bell.life.clock.wall_offset_ns if bell.life else bell.wall_offset_ns
    return max(-offset_ns, 0) if -offset_ns < NS_PER_HOUR else 0


def _is_vault(name: str) -> bool:
    return name.startswith(("clips/", "keys/", "head."))

"""A whole clip is told of: one `start`, one `end` as the last word, and numbers without a gap."""

from typing import TYPE_CHECKING

from latchkey.units import NS_PER_S
from latchkey.wire import CLIP
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import event_of, lag_ns

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

LIVES_NS = 2 * NS_PER_S
"""What happened so long before the end of a life is on the disk, if that is sound."""

WAITING = 490
"""Ten more events of clips may wait; what comes then goes, the oldest first."""


class Told(Checker):
    """Reads what is told of clips, and compares it with those that there are in the end."""

    name = "told"

    def __init__(self) -> None:
        self._events: dict[str, dict[int, str]] = {}
        self._excused: set[str] = set()
        self._crowded: set[int] = set()

    def on_message(self, house: "House", heard: Heard) -> None:  # noqa: ARG002 -- as all checkers
        """Take an event down; one that comes again counts once."""
        event = event_of(heard.publication)
        if event is None or event[0] is not CLIP:
            return
        clip, kind = str(event[1]["id"]), str(event[1]["event_type"])
        self._events.setdefault(clip, {})[int(event[1]["seq"])] = kind

    def on_end_of_life(self, house: "House", door: int) -> None:
        """Let go of what was not stored for sure."""
        bell, now_ns = house.doors[door], house.clock.now_ns()
        lost_ns = now_ns - LIVES_NS - lag_ns(bell)
        for clip in bell.births:
            if bell.sealed.get(clip, now_ns) >= lost_ns and bell.ended != "stopped":
                self._excused.add(clip)

    def after_step(self, house: "House") -> None:
        """See where so much waits that some of it has to go."""
        for door, bell in enumerate(house.doors):
            if bell.life is not None and bell.life.device.link.waiting >= WAITING:
                self._crowded.add(door)

    def at_end(self, house: "House") -> None:
        """Compare."""
        for door, bell in enumerate(house.doors):
            troubled = bell.troubles["state"].ever or any(name.startswith("outbox") for name in bell.rotten)
            if troubled or door in self._crowded:
                continue
            for clip in bell.sealed:
                if clip not in bell.past and clip not in self._excused:
                    self._judge(house, door, clip, self._events.get(clip, {}))

    def _judge(self, house: "House", door: int, clip: str, events: dict[int, str]) -> None:
        kinds = [events[number] for number in sorted(events)]
        if sorted(events) != list(range(len(events))) or kinds[:1] != ["start"] or kinds.count("start") != 1:
            house.blame(self.name, door, f"clip {clip[:8]} is told as {events}: no beginning, or a gap")
        elif kinds[-1] != "end" or kinds.count("end") != 1:
            house.blame(self.name, door, f"clip {clip[:8]} is told as {events}: not one end, at the end")

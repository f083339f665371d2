"""Days and times that are told and kept are the true ones, where a device had no reason to doubt its clock.

Nothing is held against a door whose clock has ever been wrong, or whose vault has ever failed or rotted: what
such a device does with clips is watched by `retention` and `durable`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from latchkey.ports import ClipEntry
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.wire import CLIP
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of, event_of
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.owner import DAYS

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

SLACK_S = 2
"""Times are told in whole seconds, and a finger stays on a button for a moment."""

LONGEST_S = 900
"""So long after its beginning a clip is entered in the index, at the latest."""


class Times(Checker):
    """Holds each time that is told, and the day of each clip, against the house's clock."""

    name = "times"

    def __init__(self) -> None:
        self._doubtful: set[int] = set()
        self._presses_s: list[list[int]] = []
        self._boots_s: list[list[int]] = []
        self._rows: list[dict[str, ClipEntry]] = []

    def begin(self, house: "House") -> None:
        """Learn what lies there."""
        self._presses_s = [[] for _ in house.doors]
        self._boots_s = [[] for _ in house.doors]
        self._rows = [{entry.clip: entry for entry in bell.index.rows()} for bell in house.doors]

    def on_press(self, house: "House", door: int) -> None:
        """Remember when that was."""
        self._presses_s[door].append(house.clock.wall_ns() // NS_PER_S)

    def on_message(self, house: "House", heard: Heard) -> None:
        """Look at the times in a message."""
        door, event = door_of(house, heard.publication), event_of(heard.publication)
        if door < 0 or event is None or door in self._doubtful or _is_doubtful(house.doors[door]):
            return
        topic, values = event
        found = self._clip(house, door, values) if topic is CLIP else self._press(door, values)
        for text in found:
            house.blame(self.name, door, text)

    def after_step(self, house: "House") -> None:
        """See whose clock is wrong, and which day new clips have."""
        for door, bell in enumerate(house.doors):
            if _is_doubtful(bell):
                self._doubtful.add(door)
            if door in self._doubtful:
                continue
            for entry in bell.index.rows():
                if self._rows[door].get(entry.clip) != entry:
                    self._rows[door][entry.clip] = entry
                    self._enter(house, door, entry)

    def _enter(self, house: "House", door: int, entry: ClipEntry) -> None:
        days = _days(house, LONGEST_S)
        if entry.clip not in house.doors[door].past and entry.day not in days:
            house.blame(
                self.name, door, f"clip {entry.clip[:8]} is of day {entry.day}, and today is {days[-1]}"
            )

    def _press(self, door: int, values: dict[str, Any]) -> Iterator[str]:
        told_s = _seconds(values["ts"])
        if not any(abs(told_s - press_s) <= SLACK_S for press_s in self._presses_s[door]):
            yield f"press {values['id'][:8]} is told to have been at {values['ts']}, and nobody pressed then"

    def _clip(self, house: "House", door: int, values: dict[str, Any]) -> Iterator[str]:
        clip, bell = str(values["id"]), house.doors[door]
        booted_ns, now_ns = bell.births.get(clip), house.clock.now_ns()
        age_s = house.clock.wall_ns() // NS_PER_S - _seconds(values["start"])
        if booted_ns is not None and not -SLACK_S <= age_s <= (now_ns - booted_ns) // NS_PER_S + SLACK_S:
            yield f"clip {clip[:8]} is told to have begun at {values['start']}, {age_s} s ago"
        entry = next((entry for entry in bell.index.rows() if entry.clip == clip), None)
        if "expires" in values and entry is not None:
            due_day = entry.day + min(bell.settings.vault.days or DAYS, DAYS) + 1
            if _seconds(values["expires"]) != due_day * S_PER_DAY:
                yield f"clip {clip[:8]} is told to be deleted on {values['expires']}, and is on day {due_day}"


def _is_doubtful(bell: Doorbell) -> bool:
    offset_ns = bell.life.clock.wall_offset_ns if bell.life else bell.wall_offset_ns
    return offset_ns != 0 or bell.troubles["vault"].ever or bool(bell.rotten)


def _days(house: "House", back_s: int) -> tuple[int, ...]:
    """Give the UTC days of the last `back_s` seconds."""
    now_s = house.clock.wall_ns() // NS_PER_S
    return tuple(range((now_s - back_s) // S_PER_DAY, now_s // S_PER_DAY + 1))


def _seconds(text: str) -> int:
    """Give seconds since 1970 of a moment or day as they are told."""
    moment = datetime.fromisoformat(text.removesuffix("Z") + ("T00:00:00" if "T" not in text else ""))
    return int((moment - datetime(1970, 1, 1)).total_seconds())

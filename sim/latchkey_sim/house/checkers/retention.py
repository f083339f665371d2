"""No clip is kept beyond its days, and none deleted before, unless for want of room."""

from typing import TYPE_CHECKING

from latchkey.ports import ClipEntry
from latchkey.units import NS_PER_S
from latchkey.vault import UNDATED
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.owner import DAYS

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

TIDY_NS = 660 * NS_PER_S
"""A clip that is due is gone by then: the vault is tidied every ten minutes, and at each start."""

LYING_DAYS = 2
"""So far ahead a wall clock is believed that lies."""


class Retention(Checker):
    """Follows the clips of all vaults."""

    name = "retention"

    def __init__(self) -> None:
        self._known: list[dict[str, ClipEntry]] = []
        self._seen: list[int] = []
        self._due_ns: dict[tuple[int, str], int] = {}
        self._crowded: list[bool] = []

    def begin(self, house: "House") -> None:
        """Learn what lies there."""
        self._known = [{entry.clip: entry for entry in bell.index.rows()} for bell in house.doors]
        self._seen = [0] * len(house.doors)
        self._crowded = [_is_crowded(bell) for bell in house.doors]

    def after_step(self, house: "House") -> None:
        """Judge what is gone, and what is not."""
        for door, bell in enumerate(house.doors):
            for clip in bell.removed[self._seen[door] :]:
                self._judge_removed(house, door, clip)
            self._seen[door] = len(bell.removed)
            rows = bell.index.rows()
            self._known[door] |= {entry.clip: entry for entry in rows}
            self._crowded[door] = _is_crowded(bell)
            for entry in rows:
                self._judge_kept(house, door, entry)

    def at_end(self, house: "House") -> None:
        """What was due when all began, and had a sound disk, is gone."""
        for door, bell in enumerate(house.doors):
            if bell.life is None or bell.troubles["vault"].ever:
                continue
            for entry in bell.index.rows():
                if entry.state != "kept" and _is_over(bell, entry, house.day):
                    house.blame(self.name, door, f"clip {entry.clip[:8]} of day {entry.day} is still there")

    def _judge_removed(self, house: "House", door: int, clip: str) -> None:
        entry, bell = self._known[door].get(clip), house.doors[door]
        offset_ns = bell.life.clock.wall_offset_ns if bell.life else bell.wall_offset_ns
        day = house.day + (LYING_DAYS if offset_ns > 0 else 0)
        if entry is None or self._crowded[door] or _is_over(bell, entry, day):
            return
        house.blame(self.name, door, f"clip {clip[:8]} of day {entry.day} is deleted too early")

    def _judge_kept(self, house: "House", door: int, entry: ClipEntry) -> None:
        bell = house.doors[door]
        if entry.state == "kept" or bell.life is None or not _is_over(bell, entry, house.day):
            return
        now_ns = house.clock.now_ns()
        due_ns = self._due_ns.setdefault((door, entry.clip), now_ns)
        life_ns = min(now_ns - due_ns, bell.life.clock.now_ns())
        if life_ns > TIDY_NS and not bell.troubles["vault"].ever and bell.life.clock.wall_offset_ns >= 0:
            self._due_ns[door, entry.clip] = now_ns
            house.blame(self.name, door, f"clip {entry.clip[:8]} of day {entry.day} is kept too long")


def _is_over(bell: Doorbell, entry: ClipEntry, day: int) -> bool:
    days = min(bell.settings.vault.days or DAYS, DAYS)
    return entry.day != UNDATED and entry.day + days < day


def _is_crowded(bell: Doorbell) -> bool:
    """Whether there was so little room that the oldest clips may go."""
    vault, disk = bell.settings.vault, bell.vault
    limit = disk.trouble.limit_bytes
    room = disk.limit_bytes if limit is None else min(disk.limit_bytes, limit)
    return disk.used_bytes > vault.max_bytes or room - disk.used_bytes < vault.spare_bytes

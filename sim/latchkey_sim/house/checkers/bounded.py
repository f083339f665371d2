"""Nothing grows without end: vault, outbox, queues, log."""

from typing import TYPE_CHECKING

from latchkey.pipeline.outbox import EVENTS_LIMIT, RINGS_LIMIT
from latchkey.units import MIB, NS_PER_S
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Doorbell, Life
from latchkey_sim.house.workers import QUEUE_LIMIT

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

ROOM_BYTES = MIB
"""What one clip in the making, and the small files, may take beyond the quota."""

BACKLOG_S = 16
"""Seconds of frames that may wait beyond the pre-roll: a backlog of 10 s is covered whole, and worked off."""

LINES = 240
LINES_NS = 60 * NS_PER_S
"""So many lines a minute in the log: four a second are no log, but a flood."""

INBOX = 64


class Bounded(Checker):
    """Looks at sizes."""

    name = "bounded"

    def __init__(self) -> None:
        self._told: set[tuple[int, str]] = set()
        self._written: dict[int, tuple[int, int]] = {}

    def after_step(self, house: "House") -> None:
        """Measure."""
        for door, bell in enumerate(house.doors):
            written = len(bell.vault.log), len(bell.state.log)
            sizes = _sizes(bell) if self._written.get(door) != written else []
            self._written[door] = written
            sizes += _sizes_of_life(bell, bell.life) if bell.life else []
            for what, size, limit in sizes:
                if size > limit and (door, what) not in self._told:
                    self._told.add((door, what))
                    house.blame(self.name, door, f"{what}: {size}, at most {limit}")


def _sizes(bell: Doorbell) -> list[tuple[str, int, float]]:
    outbox = sum(name.startswith("outbox/") for name in bell.state.files)
    return [
        ("bytes in the vault", bell.vault.used_bytes, bell.settings.vault.max_bytes + ROOM_BYTES),
        ("files in the outbox", outbox, EVENTS_LIMIT + RINGS_LIMIT + 1),
    ]


def _sizes_of_life(bell: Doorbell, life: Life) -> list[tuple[str, int, float]]:
    lines, first = life.journal.lines, 0
    if len(lines) > LINES:
        first = sum(line.at_ns > lines[-1].at_ns - LINES_NS for line in lines[-LINES - 1 :])
    seconds = bell.settings.recording.pre_roll_s + BACKLOG_S
    return [
        ("events that wait", life.device.link.waiting, EVENTS_LIMIT + RINGS_LIMIT),
        ("frames that wait", life.device.capture.waiting_frames, bell.footage.fps * seconds),
        ("jobs that wait", life.workers.waiting, 4 * QUEUE_LIMIT),
        ("news that wait", life.link.inbox_length, INBOX),
        ("lines in the log in a minute", first, LINES),
    ]

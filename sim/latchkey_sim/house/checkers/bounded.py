"""Nothing grows without end: vault, outbox, queues, log."""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from latchkey.ports import Board
from latchkey.units import MIB, NS_PER_S
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.doorbell import Doorbell, Life

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
JOBS = 4 * 64
EVENTS = 500
"""Events of clips that may wait; presses wait besides, each of them."""

IDLE_PICTURES = 2
"""Pictures beyond the pre-roll that wait while nothing is recorded."""

GRACE_NS, IDLE_GRACE_NS = 3 * NS_PER_S, NS_PER_S // 2
"""A vault that is too full at a start, or what waits when a clip has ended, does not stay so for longer."""


THINGS, THINGS_WAITING = 1400, 20
"""Things that a device holds in memory when nothing is going on, and for each event or picture that waits."""


@dataclass(frozen=True, slots=True)
class _Size:
    """How much there is of something, how much there may be, and for how long there may be more."""

    what: str
    size: int
    limit: float
    grace_ns: int = 0


class Bounded(Checker):
    """Looks at sizes."""

    name = "bounded"

    def __init__(self) -> None:
        self._told: set[tuple[int, str]] = set()
        self._since_ns: dict[tuple[int, str], int] = {}
        self._written: dict[int, tuple[int, int]] = {}
        self._on_disk: dict[int, list[_Size]] = {}

    def after_step(self, house: "House") -> None:
        """Measure."""
        for door, bell in enumerate(house.doors):
            presses = sum(pressed == door for _, pressed in house.presses)
            written = len(bell.vault.log), len(bell.state.log)
            if self._written.get(door) != written:
                self._written[door], self._on_disk[door] = written, _sizes(bell, presses)
            life = bell.life
            self._judge(
                house, door, [*self._on_disk[door], *_sizes_of_life(bell, life, presses)] if life else []
            )

    def at_end(self, house: "House") -> None:
        """Count what devices hold in memory when all is over."""
        for door, bell in enumerate(house.doors):
            if bell.life is not None:
                device = bell.life.device
                waiting = device.link.waiting + device.capture.waiting_frames
                limit = THINGS + THINGS_WAITING * waiting
                self._judge(house, door, [_Size("things in memory", things_held(device), limit)])

    def _judge(self, house: "House", door: int, sizes: list[_Size]) -> None:
        now_ns = house.clock.now_ns()
        for one in sizes:
            key = door, one.what
            if one.size <= one.limit:
                self._since_ns.pop(key, None)
            elif now_ns - self._since_ns.setdefault(key, now_ns) >= one.grace_ns and key not in self._told:
                self._told.add(key)
                house.blame(self.name, door, f"{one.what}: {one.size}, at most {one.limit:g}")


def _sizes(bell: Doorbell, presses: int) -> list[_Size]:
    outbox, vault = sum(name.startswith("outbox/") for name in bell.state.files), bell.settings.vault
    sizes = [_Size("files in the outbox", outbox, EVENTS + presses + 1, GRACE_NS)]
    if not bell.troubles["vault"].ever:
        sizes.append(
            _Size("bytes in the vault", bell.vault.used_bytes, vault.max_bytes + ROOM_BYTES, GRACE_NS)
        )
    return sizes


def _sizes_of_life(bell: Doorbell, life: Life, presses: int) -> list[_Size]:
    lines, first = life.journal.lines, 0
    if len(lines) > LINES:
        first = sum(line.at_ns > lines[-1].at_ns - LINES_NS for line in lines[-LINES - 1 :])
    fps, pre_roll_s = bell.footage.fps, bell.settings.recording.pre_roll_s
    capture = life.device.capture
    idle = 0 if capture.busy else capture.waiting_frames
    return [
        _Size("events that wait", life.device.link.waiting, EVENTS + presses),
        _Size("pictures that wait", capture.waiting_frames, fps * (pre_roll_s + BACKLOG_S)),
        _Size("pictures that wait for nothing", idle, fps * pre_roll_s + IDLE_PICTURES, IDLE_GRACE_NS),
        _Size("jobs that wait", life.workers.waiting, JOBS),
        _Size("news that wait", life.link.inbox_length, INBOX),
        _Size("lines in the log in a minute", first, LINES),
    ]


def things_held(device: object) -> int:
    """Count all that can be reached from a device, through its own objects and plain containers."""
    seen: set[int] = set()
    waiting: list[object] = [device]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, dict):
            waiting += [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset | deque):
            waiting += thing
        elif type(thing).__module__.startswith("latchkey.") and not isinstance(thing, Board | type):
            waiting += [getattr(thing, name) for name in _names(thing)]
    return len(seen)


def _names(thing: object) -> list[str]:
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return [name for name in (*slots, *getattr(thing, "__dict__", ())) if hasattr(thing, name)]

"""Whoever rings or moves before a sound camera is in a clip: from pre-roll to post-roll, no picture less.

What the camera gave is known, and who was there. A press, or a face that moves, wants all pictures that the
camera gave from `pre_roll_s` before it to `post_roll_s` after it, in clips that end whole; where power went,
in torn ones, but for the last seconds. Nothing is wanted of a device whose vault fails, or that was told to
see nothing.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from latchkey.frames import Box, SafeFrame
from latchkey.settings import Settings
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.broker import Heard
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.modes import ToldModes
from latchkey_sim.house.doorbell import Doorbell

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

LOCKOUT_NS = 2 * NS_PER_S
"""A press so soon after another one is none."""

ALERT_NS = 200 * NS_PER_MS
"""The time until an event is heard of: what is older than the pre-roll by then is gone."""

WAITED_NS = 2 * NS_PER_S
"""A picture that comes so much later than the post-roll is not waited for."""

SETTLED_NS, SETTLED_PICTURES = 2 * NS_PER_S, 4
"""Who moves is seen by a camera that has given so many pictures, and has run for so long."""

MOVED_SHARE, FACE_SHARE = 0.02, 0.01
"""A face moves if it goes so far in the picture's width, and counts if it takes so much of its area."""

FAILING_NS = 25 * NS_PER_S
"""A vault that has failed is asked again every 15 s: so long after its last trouble it is well."""

WORK_NS, HARD_WORK_NS = 3 * NS_PER_S, 20 * NS_PER_S
"""A picture is on its way to the disk for so long; the second where work is slow."""

RETRY_NS = 65 * NS_PER_S
"""A camera that failed is tried again after so long, at the latest."""

SLOW_NS = 150 * NS_PER_MS
"""A look, or a frame of film, that takes longer is slow."""

OPEN_NS = 2 * NS_PER_S
"""So much of a clip that is open is lost with the power, and the group of pictures that is open."""

GROUP_NS = NS_PER_S
MATCH_NS = NS_PER_MS


@dataclass(slots=True)
class _Life:
    begin_ns: int
    end_ns: int | None = None
    ended: str = ""
    open_clip: str = ""


@dataclass(slots=True)
class _Event:
    at_ns: int
    what: str


@dataclass(slots=True)
class _Door:
    lives: dict[int, _Life] = field(default_factory=dict)
    presses: list[_Event] = field(default_factory=list)
    encoded: dict[str, dict[int, None]] = field(default_factory=dict)
    troubles_ns: list[int] = field(default_factory=list)
    camera_ns: list[int] = field(default_factory=list)
    slow_ns: list[int] = field(default_factory=list)
    met: int = 0


class Recorded(Checker):
    """Holds what is in clips against what was to be seen."""

    name = "recorded"

    def __init__(self) -> None:
        self._doors: list[_Door] = []
        self._modes = ToldModes()

    def begin(self, house: "House") -> None:
        """Begin with nothing."""
        self._doors = [_Door() for _ in house.doors]

    def on_press(self, house: "House", door: int) -> None:
        """Expect a clip, unless the finger is too fast."""
        presses, now_ns = self._doors[door].presses, house.clock.now_ns()
        if not presses or now_ns - presses[-1].at_ns >= LOCKOUT_NS:
            presses.append(_Event(now_ns, "a press"))

    def on_message(self, house: "House", heard: Heard) -> None:
        """Learn which modes hold."""
        self._modes.hear(house, heard)

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:
        """Take down what is encoded, and for which clip: the last that was begun."""
        bell = house.doors[door]
        if bell.life is not None and bell.births:
            clip = next(reversed(bell.births))
            at_ns = bell.life.clock.of_house(frame.at_ns)
            self._doors[door].encoded.setdefault(clip, {})[at_ns] = None

    def on_end_of_life(self, house: "House", door: int) -> None:
        """Take down what was open."""
        bell = house.doors[door]
        life = self._doors[door].lives.setdefault(bell.lives, _Life(house.clock.now_ns()))
        life.end_ns, life.ended = house.clock.now_ns(), bell.ended
        clip = next(reversed(bell.births), "")
        life.open_clip = "" if clip in bell.sealed else clip

    def after_step(self, house: "House") -> None:
        """See who lives, and what is wrong with the vault."""
        now_ns = house.clock.now_ns()
        for seen, bell in zip(self._doors, house.doors, strict=True):
            if bell.life is not None and bell.lives not in seen.lives:
                seen.lives[bell.lives] = _Life(bell.life.clock.of_house(0))
            trouble = bell.troubles["vault"]
            if trouble.met != seen.met or trouble.gone or trouble.broken:
                seen.met = trouble.met
                _add(seen.troubles_ns, now_ns)
            sensor = bell.sensor
            if sensor.unplugged or sensor.stalled or sensor.drop_every or sensor.late_ns:
                _add(seen.camera_ns, now_ns)
            if _is_slow(bell):
                _add(seen.slow_ns, now_ns)

    def at_end(self, house: "House") -> None:
        """Compare."""
        for door, (seen, bell) in enumerate(zip(self._doors, house.doors, strict=True)):
            wrong = self._missing(door, seen, bell) or _unsealed(house, seen, bell)
            if wrong:
                house.blame(self.name, door, wrong)

    def _missing(self, door: int, seen: _Door, bell: Doorbell) -> str:
        """Say which picture was to be recorded and was not, or nothing."""
        encoded = sorted(at_ns for clip in seen.encoded.values() for at_ns in clip)
        pre_ns, post_ns = _rolls_ns(bell.settings)
        for event in (*seen.presses, *_movements(seen, bell)):
            number, life = _life_at(seen, event.at_ns)
            begin_ns, end_ns = event.at_ns - pre_ns + ALERT_NS, event.at_ns + post_ns
            if life is None or not self._may_record(door, number, seen, event, bell):
                continue
            for picture_ns, taken_ns in _pictures(seen, bell, begin_ns, end_ns):
                if taken_ns > end_ns + WAITED_NS:
                    continue
                if not life.begin_ns <= picture_ns or _is_lost(seen, life, picture_ns, post_ns):
                    continue
                if self._modes.may_be_closed(door, number, picture_ns, taken_ns):
                    continue
                if not _has(encoded, picture_ns):
                    text = f"the picture of {picture_ns / 1e9:.3f} s is in no clip"
                    return f"{text}, though {event.what} at {event.at_ns / 1e9:.3f} s wants it"
        return ""

    def _may_record(self, door: int, number: int, seen: _Door, event: _Event, bell: Doorbell) -> bool:
        """Whether what happened then was to be recorded."""
        if any(event.at_ns - FAILING_NS <= at_ns <= event.at_ns + FAILING_NS for at_ns in seen.troubles_ns):
            return False
        if bell.troubles["state"].ever or any(name.startswith("modes") for name in bell.rotten):
            return False  # a device that cannot read what it was told is shut
        return not self._modes.may_be_closed(door, number, event.at_ns, event.at_ns)


def _unsealed(house: "House", seen: _Door, bell: Doorbell) -> str:
    """Say which clip holds less than what was encoded for it, or nothing."""
    rows = {entry.clip: entry for entry in bell.index.rows()}
    cut = {life.open_clip: life for life in seen.lives.values() if life.open_clip}
    for clip, pictures in seen.encoded.items():
        if clip in bell.removed or any(clip in name for name in bell.rotten) or bell.troubles["vault"].ever:
            continue
        entry, life = rows.get(clip), cut.get(clip)
        if life is not None and life.end_ns is not None and (entry is None or entry.state == "torn"):
            if life.ended == "stopped" and not any(
                life.end_ns - HARD_WORK_NS <= at_ns for at_ns in seen.slow_ns
            ):
                return f"clip {clip[:8]} is torn, and the device was told to stop"
            wanted = sum(at_ns < max(pictures) - OPEN_NS - GROUP_NS for at_ns in pictures)
            found = len(house.owner.pictures(bell, entry)) if entry is not None else 0
            if found < wanted:
                return f"clip {clip[:8]} is torn, and has {found} pictures of {wanted} that were kept"
            continue
        opened = house.owner.clip(bell, entry) if entry is not None else None
        if opened is None:
            return f"clip {clip[:8]} had {len(pictures)} pictures, and is {entry.state if entry else 'gone'}"
        booted_ns = bell.births.get(clip, 0)
        there = sorted(frame.at_ns + booted_ns for frame in opened.frames)
        for at_ns in pictures:
            if not _has(there, at_ns):
                return f"clip {clip[:8]} lacks the picture of {at_ns / 1e9:.3f} s, which was encoded for it"
    return ""


def _pictures(seen: _Door, bell: Doorbell, begin_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Give the pictures of a time, and when each was taken: all of a sound camera, or those it gave."""
    given = {at_ns: taken_ns for at_ns, taken_ns in bell.sensor.given if begin_ns <= at_ns <= end_ns}
    if any(begin_ns - RETRY_NS <= at_ns <= end_ns for at_ns in seen.camera_ns):
        return sorted(given.items())
    due_ns = bell.footage.next_ns(begin_ns)
    while due_ns is not None and due_ns <= end_ns:
        given.setdefault(due_ns, due_ns)
        due_ns = bell.footage.next_ns(due_ns + 1)
    return sorted(given.items())


def _movements(seen: _Door, bell: Doorbell) -> list[_Event]:
    """Give when a face moved before a camera that was used to its view."""
    moved: list[_Event] = []
    width, height = bell.footage.size
    given = [at_ns for at_ns, _ in bell.sensor.given]
    for number, (before_ns, at_ns) in enumerate(pairwise(given)):
        if number < SETTLED_PICTURES or at_ns - given[number - SETTLED_PICTURES + 1] > SETTLED_NS:
            continue
        _, life = _life_at(seen, given[number - SETTLED_PICTURES + 1])
        if life is None or at_ns - life.begin_ns < SETTLED_NS or {before_ns, at_ns} & bell.sensor.spoilt:
            continue
        before, now = bell.footage.faces(before_ns), bell.footage.faces(at_ns)
        if any(_moves(old, new, width, width * height) for old, new in zip(before, now, strict=False)):
            moved.append(_Event(at_ns, "somebody who moves"))
    return moved


def _moves(old: Box, new: Box, width: int, area: int) -> bool:
    is_large = (new.x1 - new.x0) * (new.y1 - new.y0) >= FACE_SHARE * area
    return is_large and abs(new.x0 - old.x0) >= MOVED_SHARE * width


def _rolls_ns(settings: Settings) -> tuple[int, int]:
    recording = settings.recording
    return round(recording.pre_roll_s * NS_PER_S), round(recording.post_roll_s * NS_PER_S)


def _life_at(seen: _Door, at_ns: int) -> tuple[int, _Life | None]:
    for number, life in seen.lives.items():
        if life.begin_ns <= at_ns and (life.end_ns is None or at_ns <= life.end_ns):
            return number, life
    return -1, None


def _is_lost(seen: _Door, life: _Life, picture_ns: int, post_ns: int) -> bool:
    """Whether a picture was on its way when a life ended: the last ones wait for a camera that is silent."""
    if life.end_ns is None:
        return False
    if picture_ns > life.end_ns:
        return True
    slow = any(picture_ns - HARD_WORK_NS <= at_ns <= life.end_ns for at_ns in seen.slow_ns)
    work_ns = HARD_WORK_NS if slow else WORK_NS
    if any(picture_ns <= at_ns <= life.end_ns for at_ns in seen.camera_ns):
        work_ns += post_ns + WAITED_NS
    return picture_ns > life.end_ns - work_ns


def _is_slow(bell: Doorbell) -> bool:
    load = bell.load
    costs_ns = [
        load.costs_ns.get(lane, 0) * load.factor + load.extra_ns.get(lane, 0) for lane in ("look", "film")
    ]
    return any(cost_ns > SLOW_NS for cost_ns in costs_ns) or bool(load.starved)


def _has(times_ns: list[int], at_ns: int) -> bool:
    return any(abs(one - at_ns) <= MATCH_NS for one in times_ns)


def _add(times_ns: list[int], now_ns: int) -> None:
    """Take down that something holds now, once a second."""
    if not times_ns or now_ns - times_ns[-1] >= NS_PER_S:
        times_ns.append(now_ns)

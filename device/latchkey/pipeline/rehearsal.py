"""What motion and filter would do with a recording, second by second, and which setting would suit it.

Seconds in which a face was found are *visits*, whatever else is covered with caution; movement more
than `NEAR_S` away from all of them is *idle*. A suggested setting still notices every visit, and at
most half as much of the idle movement. Without a visit nothing is suggested: nobody can tell a
person from a tree by movement alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from latchkey.frames import Cover, FilterState, RawFrame
from latchkey.settings import MotionSettings, RecordingSettings
from latchkey.units import NS_PER_S, to_ns
from latchkey.vision import Motion, MotionGate

NEAR_S = 3
"""Movement so close to a visit belongs to it: people come and go with their faces turned away."""

AREAS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
THRESHOLDS = (30, 40, 50, 65, 80)
"""What is tried, from most to least sensitive; only what notices less than the setting in force."""

GRID = 4
"""Idle movement is placed in so many columns and rows."""


@dataclass(slots=True)
class Second:
    """One second of a recording. `changed` is the largest share of the picture that differed.

    `has_face` tells that a face was found in it, or so near in time that it is covered then.
    """

    frames: int = 0
    moving: bool = False
    changed: float = 0.0
    covers: int = 0
    hidden: float = 0.0
    has_face: bool = False
    states: Counter[FilterState] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that would be recorded, in ns since the first frame."""

    begin_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Settings of `[motion]` that would suit the recording better, if any, and why."""

    changes: dict[str, float]
    reason: str
    place: str


class Rehearsal:
    """Collects what happens in a recording; `looks` = a detector looks for faces in it."""

    def __init__(self, motion: MotionSettings, recording: RecordingSettings, *, looks: bool = True) -> None:
        self._settings = motion
        self._looks = looks
        self._pre_ns, self._post_ns = to_ns(recording.pre_roll_s), to_ns(recording.post_roll_s)
        self._longest_ns = to_ns(recording.longest_clip_s)
        self._gate = MotionGate(motion)
        self._trials = [(trial, MotionGate(trial), set[int]()) for trial in _trials(motion)]
        self._begin_ns: int | None = None
        self._end_ns = 0
        self._moved: list[int] = []
        self._boxes: dict[int, Counter[tuple[int, int]]] = {}
        self.seconds: list[Second] = []

    def watch(self, frames: Iterable[RawFrame]) -> Iterator[RawFrame]:
        """Pass frames on, and note what moves in them under the settings and under others."""
        for frame in frames:
            number = self._number(frame.at_ns)
            motion = self._gate.see(frame)
            self._note(number, frame, motion)
            for _, gate, noticed in self._trials:
                if gate.see(frame).moving:
                    noticed.add(number)
            yield frame

    def covered(
        self, at_ns: int, state: FilterState, covers: int, hidden: float, *, has_face: bool = False
    ) -> None:
        """Note what was hidden in a frame: how many covers, the share of the picture, whether a face."""
        second = self.seconds[self._number(at_ns)]
        second.has_face |= has_face
        second.states[state] += 1
        second.covers = max(second.covers, covers)
        second.hidden += (hidden - second.hidden) / second.states.total()

    def clips(self) -> list[Clip]:
        """Give the clips that movement alone would start; a long stretch is several, without a gap."""
        return [
            Clip(begin_ns, min(begin_ns + self._longest_ns, stretch.end_ns))
            for stretch in self._stretches()
            for begin_ns in range(stretch.begin_ns, stretch.end_ns, self._longest_ns)
        ]

    def _stretches(self) -> list[Clip]:
        """Give from when to when is recorded."""
        clips: list[Clip] = []
        for at_ns in self._moved:
            end_ns = min(at_ns + self._post_ns, self._end_ns)
            if clips and at_ns <= clips[-1].end_ns:
                clips[-1] = replace(clips[-1], end_ns=end_ns)
            else:
                clips.append(Clip(max(at_ns - self._pre_ns, 0), end_ns))
        return clips

    def suggestion(self) -> Suggestion:
        """Give the least sensitive setting under which every visit is still noticed."""
        visits = [number for number, second in enumerate(self.seconds) if second.has_face]
        now = {number for number, second in enumerate(self.seconds) if second.moving}
        idle = {number for number in now if all(abs(number - visit) > NEAR_S for visit in visits)}
        place = self._place(idle)
        if not visits:
            why = "no face was found" if self._looks else "no detector looked for faces"
            return Suggestion({}, f"{why}, so visitors cannot be told from other movement", place)
        if not idle:
            return Suggestion({}, "nothing but visits is noticed: the settings suit this video", place)
        best, left = self._settings, len(idle)
        for trial, _, noticed in self._trials:
            still = len(noticed & idle)
            if _noticed(visits, noticed) >= _noticed(visits, now) and still < left and 2 * still <= len(idle):
                best, left = trial, still
        if best is self._settings:
            reason = (
                f"{len(idle)} s move without a face near, and no less sensitive setting leaves half of it out"
            )
            return Suggestion({}, reason, place)
        changes = {
            name: getattr(best, name)
            for name in ("min_area", "threshold")
            if getattr(best, name) != getattr(self._settings, name)
        }
        reason = f"every visit is still noticed, and {left} instead of {len(idle)} s without a face near"
        return Suggestion(changes, reason, place)

    def _note(self, number: int, frame: RawFrame, motion: Motion) -> None:
        second = self.seconds[number]
        second.frames += 1
        second.moving |= motion.moving
        second.changed = max(second.changed, motion.share)
        self._end_ns = frame.at_ns - (self._begin_ns or 0)
        if motion.moving:
            self._moved.append(self._end_ns)
        cells = self._boxes.setdefault(number, Counter())
        cells.update(_cell(box, frame.width, frame.height) for box in motion.boxes)

    def _number(self, at_ns: int) -> int:
        if self._begin_ns is None:
            self._begin_ns = at_ns
        number = (at_ns - self._begin_ns) // NS_PER_S
        while len(self.seconds) <= number:
            self.seconds.append(Second())
        return number

    def _place(self, idle: set[int]) -> str:
        """Say where most of the idle movement is, as a rectangle of the picture in 0..1."""
        cells: Counter[tuple[int, int]] = Counter()
        for number in idle:
            cells.update(self._boxes[number])
        if not cells:
            return ""
        (column, row), count = cells.most_common(1)[0]
        return (
            f"{count / cells.total():.0%} of the movement without a face near is in "
            f"x {column / GRID:g}..{(column + 1) / GRID:g}, y {row / GRID:g}..{(row + 1) / GRID:g}"
        )


def _trials(motion: MotionSettings) -> Iterator[MotionSettings]:
    """Give what to try: one setting at a time, less sensitive than now."""
    yield from (replace(motion, min_area=area) for area in AREAS if area > motion.min_area)
    yield from (replace(motion, threshold=level) for level in THRESHOLDS if level > motion.threshold)


def _noticed(visits: list[int], moving: set[int]) -> int:
    """Count the seconds of visits that move, or whose neighbours do."""
    return sum(any(visit + step in moving for step in (-1, 0, 1)) for visit in visits)


def _cell(box: Cover, width: int, height: int) -> tuple[int, int]:
    x, y = (box.x0 + box.x1) / 2 / width, (box.y0 + box.y1) / 2 / height
    return min(int(x * GRID), GRID - 1), min(int(y * GRID), GRID - 1)

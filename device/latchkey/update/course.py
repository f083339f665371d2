"""The course of an update: on trial, watched, then kept or gone back from.

    slot whole ── note ── current leads there ── restart ── watch ──┬─ well: good leads there too
                                                                    └─ not: note, current leads back, restart

Two links say where it stands, and nothing else has to: while `current` and `good` differ, a trial is
under way. Whoever comes by then, after a power cut too, settles it: `settle`. A release that was not well
is never tried again by itself. After STARTS starts that nobody saw the end of, one on trial counts as not
well: it may be what takes the machine down. One that could not be asked is left, and tried again with the
next update; the STARTS-th time it counts as not well too.
"""

from collections.abc import Callable
from enum import Enum

from latchkey.errors import NotAsked, UpdateRefused, UpdateUnhealthy
from latchkey.ports import Clock, Health
from latchkey.units import NS_PER_S
from latchkey.update.records import Records
from latchkey.update.release import Release
from latchkey.update.slots import Slots

STARTS = 3
"""Starts of the machine that a release on trial gets, and times without an answer, together."""

LOOK_NS = NS_PER_S
"""Between two looks at what runs."""


class Verdict(Enum):
    """How a trial ended."""

    NONE = "none"
    """There was none."""

    PENDING = "pending"
    """It goes on."""

    KEPT = "kept"
    BACK = "back"

    LATER = "later"
    """It could not be asked: the one before runs, and the next update tries it again."""

    STUCK = "stuck"
    """It was not well, but there is none to go back to."""


class Course:
    """Moves the links. `tell` gets a line for people at each step."""

    def __init__(
        self,
        slots: Slots,
        records: Records,
        health: Health,
        clock: Clock,
        watch_s: float,
        tell: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._slots = slots
        self._records = records
        self._health = health
        self._clock = clock
        self._watch_ns = int(watch_s * NS_PER_S)
        self._tell = tell

    @property
    def on_trial(self) -> int | None:
        """The number of the release that is on trial; None where none is."""
        current, good = self._slots.pointed("current"), self._slots.pointed("good")
        return None if current is None or good is None or current == good else current

    def is_wanted(self, release: Release) -> bool:
        """Whether a release is newer than what is there. Raises UpdateRefused for one that must not be.

        What is there is the highest number that ever was good here: it never goes down.
        """
        current = self._slots.pointed("current")
        if current is None or self._slots.pointed("good") is None:
            raise UpdateRefused(
                "there is nothing to update: `current` and `good` in the folder of releases lead nowhere",
                hint='docs/updates.md, "The first time", says how to lay it out',
            )
        if release.number == current:
            return False
        if release.number < current:
            raise UpdateRefused(
                f"the repository offers release {release.number}, older than {current}, which runs here",
                hint="a release that goes back to an earlier version must be made anew, with a higher number",
            )
        if release.number in self._records.notes.refused:
            raise UpdateRefused(
                f"release {release.number} ({release.version}) was tried here and was not well",
                hint="the next one will be tried; `latchkey update --again` tries this one once more",
            )
        return True

    def run_trial(self, number: int) -> Verdict:
        """Try the whole release in a slot: rehearse, let it run, watch it, keep it or go back."""
        try:
            reason, verdict = self._health.rehearse(number), Verdict.BACK
        except NotAsked as error:
            reason, verdict = str(error), self._unasked(number)
        if reason:
            if verdict is Verdict.BACK:
                self._records.refuse(number)
            self._tell(f"release {number} is not used: {reason}")
            return verdict
        self._records.begin(number)
        self._slots.point("current", number)
        self._tell(f"release {number} is on trial")
        return self._restart_and_watch(number)

    def settle(self, *, before_start: bool = False) -> Verdict:
        """Bring a trial to its end that was interrupted.

        `before_start`: the machine has just come up and starts the doorbell after this, so count the start
        and do not wait.
        """
        number = self.on_trial
        if number is None:
            return Verdict.NONE
        if number in self._records.notes.refused or self._slots.release(number) is None:
            return self._go_back(number, "it was not well", restart=not before_start)
        if not before_start:
            return self._restart_and_watch(number)
        if self._records.count(number) > STARTS:
            return self._go_back(number, f"it did not hold out a watch in {STARTS} starts", restart=False)
        return Verdict.PENDING

    def _restart_and_watch(self, number: int) -> Verdict:
        try:
            trouble = self._health.restart() or self._watch() if self._health.watches else ""
        except NotAsked as error:
            return self._go_back(number, str(error), restart=True, verdict=self._unasked(number))
        if trouble:
            return self._go_back(number, trouble, restart=True)
        self._slots.point("good", number)
        self._tell(f"release {number} is kept")
        return Verdict.KEPT

    def _watch(self) -> str:
        end_ns = self._clock.now_ns() + self._watch_ns
        while self._clock.now_ns() < end_ns:
            trouble = self._health.look()
            if trouble:
                return trouble
            self._clock.wait_until(min(end_ns, self._clock.now_ns() + LOOK_NS))
        return self._health.look()

    def _unasked(self, number: int) -> Verdict:
        """Count that a release could not be asked; give what comes of it."""
        return Verdict.LATER if self._records.count(number) < STARTS else Verdict.BACK

    def _go_back(
        self, number: int, reason: str, *, restart: bool, verdict: Verdict = Verdict.BACK
    ) -> Verdict:
        """First note, then change the link: else a power cut between would try it again."""
        good = self._slots.pointed("good")
        assert good is not None
        if verdict is Verdict.BACK:
            self._records.refuse(number)
        if not self._slots.is_whole(good):
            self._tell(f"release {number} stays, though {reason}: release {good} is not whole any more")
            return Verdict.STUCK
        self._slots.point("current", good)
        self._tell(f"release {number} is not kept: {reason}; release {good} runs again")
        if restart and self._health.watches and (trouble := self._restarted()):
            self._tell(f"release {good} did not start well either: {trouble}")
        return verdict

    def _restarted(self) -> str:
        try:
            return self._health.restart()
        except NotAsked as error:
            return str(error)


def left(number: int | None, verdict: Verdict, runs: int | None) -> UpdateUnhealthy:
    """Give what to tell of a trial that a release was not kept after."""
    if verdict is Verdict.STUCK:
        return UpdateUnhealthy(
            f"release {number} was not well, but what ran before is not whole any more, so it runs on",
            hint="the next release takes its place; or lay `current` and `good` to a whole one by hand",
        )
    if verdict is Verdict.LATER:
        return UpdateUnhealthy(
            f"release {number} could not be asked whether it is well, release {runs} runs on",
            hint="the next `latchkey update` tries it again",
        )
    return UpdateUnhealthy(f"release {number} was not well, release {runs} runs on")

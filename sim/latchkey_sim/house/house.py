"""A house: a whole world from one seed and one scenario, in virtual time and in one thread.

    scenario + seed -> House -> run() -> Report
                       House -> begin() -> run_until() … -> finish() -> Report     one's own doings in between

It owns time, chance, broker, disks, cameras and bells. The devices are the production code; what they do is
written into the trace and shown to checkers after each step. Same seed, same trace, byte for byte.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from latchkey.frames import SafeFrame
from latchkey.ports import FaceFinder
from latchkey.units import NS_PER_MS, NS_PER_S, utc_day
from latchkey_sim.broker import MemoryBroker
from latchkey_sim.clock import VirtualClock
from latchkey_sim.desk import START_WALL_NS
from latchkey_sim.finder import PaintFinder
from latchkey_sim.house.checker import Checker, Verdict
from latchkey_sim.house.doorbell import RESTART_NS, Doorbell, Life
from latchkey_sim.house.faults import KINDS
from latchkey_sim.house.owner import HOUSE_BOOK, Owner
from latchkey_sim.house.past import keep_events, keep_past
from latchkey_sim.house.scenario import Fault, Scenario
from latchkey_sim.house.times import Agenda, Stuck
from latchkey_sim.house.trace import Trace, digest

SETTLE_NS = 180 * NS_PER_S
"""Longest time that all is given to be sent and sealed once faults are over: the link's longest pause is
32 s, a camera's 60 s."""

STEPS_LIMIT = 50_000
"""A house that needs more steps than this within a second of its time goes round in circles."""

PUSH_NS = 120 * NS_PER_MS
"""How long a finger stays on a button."""

BOUNCE_NS = 4 * NS_PER_MS
"""Between two edges of a contact that bounces."""

STILL_LIMIT = 1000
"""So many steps without time passing are a device that never sleeps."""

VERDICT_LIMIT = 20


@dataclass(slots=True)
class Report:
    """What a house did. `verdicts` is empty where every checker was content."""

    scenario: str
    seed: int
    verdicts: list[Verdict]
    trace: Trace
    steps: int
    virtual_ns: int
    faults_met: int
    rings: int
    clips: int
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether a checker found something."""
        return bool(self.verdicts)


def default_finder() -> FaceFinder:
    """Give the detector of small houses: it sees paint, and costs next to nothing."""
    return PaintFinder(long_side_px=128)


class House:
    """The world of one run. `checkers` are asked after each step and at the end."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        checkers: Iterable[Checker],
        *,
        finder: Callable[[], FaceFinder | None] = default_finder,
        book: bytes = HOUSE_BOOK,
        start_wall_ns: int = START_WALL_NS,
        clock: VirtualClock | None = None,
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.clock = clock or VirtualClock(start_wall_ns)
        self.broker = MemoryBroker(self.clock)
        self.trace = Trace()
        self.agenda = Agenda()
        self.owner = Owner()
        self.checkers = list(checkers)
        self.verdicts: list[Verdict] = []
        self.faults_met: set[int] = set()
        self.calm = False
        """True once the scenario is over: faults have ended, and nothing new happens."""
        self.steps = 0
        self.presses: list[tuple[int, int]] = []
        """(house time, door) of each press that a living device felt."""
        self.bounces = [0] * len(scenario.doors)
        """How often a contact opens and closes again when it is pressed or let go."""
        self.off_ns = [NS_PER_S] * len(scenario.doors)
        """How long a door stays without power that it loses in the middle of something."""
        self._let_go_ns = [0] * len(scenario.doors)
        self._seen = [_Cursor() for _ in scenario.doors]
        self._heard = 0
        self._begun = False
        self._report: Report | None = None
        self._faults_begun = len(scenario.faults)
        self._ends: dict[int, Callable[[], None]] = {}
        """What ends the faults that are going on, by their numbers."""
        self.doors = [
            Doorbell(
                f"door{number}",
                self.clock,
                self.broker,
                door.footage,
                door.settings,
                book=book,
                finder=finder(),
                chance=self.chance(f"door{number}"),
                costs_ns=dict(door.costs_ns),
            )
            for number, door in enumerate(scenario.doors)
        ]
        for number, bell in enumerate(self.doors):
            bell.see = self._frame_watcher(number)
            door = scenario.doors[number]
            keep_past(bell, [self.day - days for days in door.past_days], door.past_bytes)
            keep_events(bell, door.past_events)

    def chance(self, stream: str) -> Random:
        """Give a named stream of chance: it depends on seed and name alone."""
        key = hashlib.blake2b(f"{self.seed}/{stream}".encode(), digest_size=16).digest()
        return Random(int.from_bytes(key, "big"))  # noqa: S311 -- a simulation, no keys

    @property
    def day(self) -> int:
        """Give the true UTC day."""
        return utc_day(self.clock.wall_ns())

    def run(self) -> Report:
        """Play the scenario to its end, let all that waits be sent, ask the checkers. Raises Stuck."""
        self.run_until(self.scenario.span_ns)
        return self.finish()

    def begin(self) -> None:
        """Give all doors power, once; what the scenario has is on the agenda then."""
        if self._begun:
            return
        self._begun = True
        for number, door in enumerate(self.scenario.doors):
            for at_ns in door.rings_ns:
                self.agenda.at(at_ns, lambda number=number: self._push(number))  # type: ignore[misc]  # mypy cannot infer a default's type
        for number, fault in enumerate(self.scenario.faults):
            self.agenda.at(fault.at_ns, lambda n=number, f=fault: self._begin(n, f))  # type: ignore[misc]  # mypy cannot infer a default's type
        for checker in self.checkers:
            checker.begin(self)
        for number in range(len(self.doors)):
            self.boot(number)

    def run_until(self, at_ns: int) -> None:
        """Play until a house time, from the beginning or from where it stands. Raises Stuck."""
        self.begin()
        self._run_until(at_ns)

    def finish(self) -> Report:
        """End what fails, let all that waits be sent, ask the checkers; once. Raises Stuck."""
        if self._report is None:
            self.begin()
            self._settle()
            for checker in self.checkers:
                checker.at_end(self)
            self._report = self._reported()
        return self._report

    def close(self) -> None:
        """Let all devices stop as they do when they are told to."""
        for bell in self.doors:
            bell.close()

    def _settle(self) -> None:
        for number in sorted(self._ends):
            self._ends[number]()
        for number in range(len(self.doors)):
            self._observe(number)
        self.calm = True
        limit_ns = max(self.scenario.span_ns, self.clock.now_ns()) + SETTLE_NS
        while self.clock.now_ns() < limit_ns and not self._settled():
            self._run_until(min(self.clock.now_ns() + NS_PER_S, limit_ns))

    def _reported(self) -> Report:
        clips = sum(len(bell.index.rows()) for bell in self.doors)
        return Report(
            self.scenario.name,
            self.seed,
            self.verdicts,
            self.trace,
            self.steps,
            self.clock.now_ns(),
            len(self.faults_met),
            len(self.presses),
            clips,
        )

    def _push(self, door: int) -> None:
        self.press(door)

    def press(self, door: int, held_ns: int = PUSH_NS) -> bool:
        """Press a bell now, and let it go after a while; tell whether a device felt it."""
        life, now_ns = self.doors[door].life, self.clock.now_ns()
        if now_ns < self._let_go_ns[door]:
            self.note(door, "press", "in vain: the button is down")
            return False
        self._let_go_ns[door] = now_ns + held_ns + PUSH_NS
        self.note(door, "press", "" if life else "nobody feels it: no power")
        if life is None:
            return False
        self._contact(life, door, down=True)
        self.agenda.at(self.clock.now_ns() + held_ns, lambda: self._contact(life, door, down=False))
        self.presses.append((self.clock.now_ns(), door))
        for checker in self.checkers:
            checker.on_press(self, door)
        return True

    def _contact(self, life: Life, door: int, *, down: bool) -> None:
        """Let a contact close or open, with what it bounces."""
        life.bell.edge(down=down)
        for number in range(1, 2 * self.bounces[door] + 1):
            level = down if number % 2 == 0 else not down
            at_ns = self.clock.now_ns() + number * BOUNCE_NS
            self.agenda.at(at_ns, lambda level=level: life.bell.edge(down=level))  # type: ignore[misc]  # mypy cannot infer a default's type

    def boot(self, door: int) -> None:
        """Give a door power."""
        bell = self.doors[door]
        if bell.life is not None:
            return
        self.note(door, "power", "on")
        trouble = bell.boot()
        self._seen[door] = _Cursor()
        if bell.life is None:
            self._lost_power(door, RESTART_NS, f"did not start: {trouble}" if trouble else "lost")

    def cut_power(self, door: int, off_ns: int) -> None:
        """Take a door's power, and give it back after `off_ns`."""
        self.end_life(door, off_ns, "lost", self.doors[door].cut_power)

    def kill(self, door: int, off_ns: int) -> None:
        """Kill a device's process; it begins again after `off_ns`."""
        self.end_life(door, off_ns, "killed", self.doors[door].kill)

    def end_life(self, door: int, off_ns: int, how: str, end: Callable[[], object]) -> None:
        """End a life in some way, if there is one, and begin the next after `off_ns`."""
        if self.doors[door].life is not None:
            self._observe(door)
            end()
            self._observe(door)
            self._lost_power(door, off_ns, how)

    def note(self, door: int, kind: str, text: str) -> None:
        """Write a line about a door into the trace; -1 = the house."""
        self.trace.note(self.clock.now_ns(), f"door{door}" if door >= 0 else "house", kind, text)

    def blame(self, checker: str, door: int, text: str) -> None:
        """Take down what a checker found."""
        if len(self.verdicts) < VERDICT_LIMIT:
            self.verdicts.append(Verdict(checker, self.clock.now_ns(), door, text))
        self.note(door, "verdict", f"{checker}: {text}")

    def fail(self, fault: Fault) -> Callable[[], None]:
        """Let a fault begin now, whatever its time; give what ends it. At the end of all it is over too."""
        self._faults_begun += 1
        return self._start(self._faults_begun - 1, fault)

    def _begin(self, number: int, fault: Fault) -> None:
        end = self._start(number, fault)
        if fault.for_ns or not KINDS[fault.kind].goes_on(fault.operation):
            self.agenda.at(fault.end_ns, end)

    def _start(self, number: int, fault: Fault) -> Callable[[], None]:
        kind = KINDS[fault.kind]
        self.note(fault.door, "fault", f"{fault.kind} begins{f' ({fault.value})' if fault.value else ''}")
        watch = kind.begin(self, fault)

        def end() -> None:
            if self._ends.pop(number, None) is None:
                return
            met = watch.end()
            if met:
                self.faults_met.add(number)
            self.note(fault.door, "fault", f"{fault.kind} ends{'' if met else ', unnoticed'}")

        self._ends[number] = end
        return end

    def _run_until(self, until_ns: int) -> None:
        still, second, before = 0, -1, self.steps
        while True:
            now_ns = self.clock.now_ns()
            if now_ns // NS_PER_S != second:
                second, before = now_ns // NS_PER_S, self.steps
            self.agenda.run_due(now_ns)
            self.broker.run_due()
            wakes = [until_ns]
            for number, bell in enumerate(self.doors):
                was_alive = bell.life is not None
                wake_ns = bell.step()
                self._observe(number)
                if wake_ns is not None:
                    wakes.append(wake_ns)
                elif was_alive:
                    self._lost_power(number, self.off_ns[number])
            self.steps += 1
            for checker in self.checkers:
                checker.after_step(self)
            if now_ns >= until_ns:
                return
            wakes += [at_ns for at_ns in (self.agenda.next_ns, self.broker.next_due_ns) if at_ns is not None]
            self.clock.wait_until(max(min(wakes), now_ns))
            still = still + 1 if self.clock.now_ns() == now_ns else 0
            if still > STILL_LIMIT or self.steps - before > STEPS_LIMIT:
                told = f"{still} steps on end" if still > STILL_LIMIT else f"{self.steps - before} steps"
                raise Stuck(f"{told}, and it is still {now_ns / NS_PER_S:.3f} s")

    def _settled(self) -> bool:
        """Whether nothing is going on or waits any more."""
        for bell in self.doors:
            life = bell.life
            if life is None or life.device.link.waiting or life.device.capture.busy or life.workers.waiting:
                return False
        return self.agenda.next_ns is None and self.broker.next_due_ns is None

    def _lost_power(self, door: int, off_ns: int, how: str = "lost") -> None:
        self.note(door, "power", how)
        self._seen[door].life = None
        for checker in self.checkers:
            checker.on_end_of_life(self, door)
        self.agenda.at(self.clock.now_ns() + off_ns, lambda: self.boot(door))

    def _observe(self, door: int) -> None:
        """Write into the trace what a device has done since the last look, and show it to the checkers."""
        bell, cursor = self.doors[door], self._seen[door]
        life = bell.life or cursor.life
        if life is None:
            self._hear()
            return
        if cursor.life is not life:
            self._seen[door] = cursor = _Cursor(life)
        for line in life.journal.lines[cursor.lines :]:
            self.note(
                door, line.part, line.text if line.severity == "info" else f"{line.severity}: {line.text}"
            )
        cursor.lines = len(life.journal.lines)
        for _, shown in life.lamp.shown[cursor.lamp :]:
            self.note(door, "lamp", shown)
        cursor.lamp = len(life.lamp.shown)
        for which, disk in (
            (("vault", bell.vault), ("state", bell.state)) if bell.life or bell.ended == "stopped" else ()
        ):
            done = cursor.operations.get(which, 0)
            for operation in disk.log[done:]:
                self.note(door, which, operation)
            cursor.operations[which] = len(disk.log)
        self._hear()

    def _hear(self) -> None:
        for heard in self.broker.heard[self._heard :]:
            publication = heard.publication
            topic, size = publication.topic, len(publication.payload)
            mark = " again" if heard.again else ""
            text = f"{topic} {size} bytes {digest(publication.payload)}{mark}"
            self.trace.note(heard.at_ns, heard.client, "message", text)
            for checker in self.checkers:
                checker.on_message(self, heard)
        self._heard = len(self.broker.heard)

    def _frame_watcher(self, door: int) -> Callable[[SafeFrame], None]:
        def see(frame: SafeFrame) -> None:
            text = f"{frame.at_ns} {frame.state.value} {digest(frame.planes.tobytes())}"
            self.note(door, "frame", text)
            for checker in self.checkers:
                checker.on_frame(self, door, frame)

        return see


@dataclass(slots=True)
class _Cursor:
    """How much of a life's doings is in the trace."""

    life: Life | None = None
    lines: int = 0
    lamp: int = 0
    operations: dict[str, int] = field(default_factory=dict)

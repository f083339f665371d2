"""`SimHouse`: a whole simulated world as a test holds it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from latchkey.units import NS_PER_S, utc_day
from latchkey_sim.house.checker import Verdict
from latchkey_sim.house.house import House, Report
from latchkey_sim.house.owner import DAYS, HOLDING_KEYS
from latchkey_sim.house.scenario import Scenario
from latchkey_sim.house.trace import Trace
from latchkey_sim.household import one_key_book
from latchkey_sim.scenes import Scene
from latchkey_sim.testing import golden
from latchkey_sim.testing.amounts import ns_of
from latchkey_sim.testing.parts import SimBroker, SimClock, SimDevice, SimDisk, SimNet, Trouble, begin
from latchkey_sim.testing.stage import Stage

UNSEEN = (
    "without a face detector who stands still may not be covered: `covered` is not asked;"
    " `latchkey models install yunet` gets one"
)


class SimHouse:
    """One world in virtual time: nothing happens but while `run…` plays it, and that costs no waiting.

    `world` is the `House` beneath it, for what has no name here. The same stage, seed and doings give the
    same trace. Golden traces lie in `golden_folder`; without one there is nothing to compare with. Raises
    SceneError for a scene that is not one, ValueError for other mistakes.
    """

    def __init__(
        self,
        played: str | Scene | Scenario | Stage | None = None,
        seed: int = 1,
        *,
        without: Iterable[str] = (),
        golden_folder: Path | None = Path("golden"),
        update_golden: bool = False,
    ) -> None:
        self.stage = played if isinstance(played, Stage) else Stage(played)
        start_ns, finders = self.stage.start_wall_ns, [self.stage.finder()]
        looks = finders[0] is not None
        self.world = House(
            self.stage.scenario,
            seed,
            self.stage.checkers(frozenset(without), looks=looks),
            finder=lambda: finders.pop() if finders else self.stage.finder(),
            book=one_key_book(utc_day(start_ns), days=DAYS, holding=HOLDING_KEYS),
            start_wall_ns=start_ns,
        )
        self.devices = [SimDevice(self.world, door) for door in range(len(self.world.doors))]
        self.device = self.devices[0]
        self.disk = SimDisk(self.world, 0)
        self.broker = SimBroker(self.world)
        self.net = SimNet(self.world)
        self.clock = SimClock(self.world, 0)
        self._golden_folder = golden_folder
        self._update_golden = update_golden
        self._finished = False
        self.notes: list[str] = []
        """What somebody should know who takes it for passed."""
        if self.stage.full and self.stage.scene is not None and not looks:
            self.notes.append(UNSEEN)

    @property
    def seed(self) -> int:
        """Give the seed that all chance comes from."""
        return self.world.seed

    @property
    def now_s(self) -> float:
        """Give the seconds since the beginning."""
        return self.clock.now_s

    @property
    def trace(self) -> Trace:
        """Give all that has happened so far, line by line."""
        return self.world.trace

    @property
    def verdicts(self) -> list[Verdict]:
        """Give the promises that checkers have found broken so far."""
        return self.world.verdicts

    def run_until(self, at_s: float) -> None:
        """Play until so many seconds after the beginning. Raises ValueError for a time that is past."""
        if self._finished:
            raise ValueError("the house has finished: its checkers have been asked")
        if ns_of(at_s) < self.world.clock.now_ns():
            raise ValueError(f"{at_s:g} s is past: it is {self.now_s:g} s")
        self.world.run_until(ns_of(at_s))

    def run_for(self, seconds: float) -> None:
        """Play on for so many seconds."""
        self.run_until((self.world.clock.now_ns() + ns_of(seconds)) / NS_PER_S)

    def run(self) -> Report:
        """Play to the end of the scene, end what fails, let all that waits be sent, ask the checkers."""
        if not self._finished and self.world.clock.now_ns() < self.world.scenario.span_ns:
            self.world.run_until(self.world.scenario.span_ns)
        return self.finish()

    def finish(self) -> Report:
        """End what fails, let all that waits be sent, ask the checkers, wherever the scene stands."""
        self._finished = True
        return self.world.finish()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Have something done so many seconds from now, as timers of the program under test."""

        def act() -> None:
            action()

        self.world.agenda.at(self.world.clock.now_ns() + ns_of(seconds), act)

    def fault(
        self,
        kind: str,
        seconds: float | None = None,
        value: int | None = None,
        *,
        operation: int | None = None,
        door: int = 0,
    ) -> Trouble:
        """Let any kind of fault begin now: `fault("camera-black", seconds=5)`; times of `value` are in ns.

        Raises ValueError.
        """
        return begin(self.world, kind, seconds, value, operation=operation, door=door)

    def golden(
        self,
        name: str,
        *,
        tolerance_s: float = golden.TOLERANCE_S,
        ignore: Iterable[str] = (),
        ignore_fields: Iterable[str] = (),
    ) -> None:
        """Hold what has happened so far against `golden/NAME.jsonl`, or write that. Raises GoldenError.

        `ignore` leaves out kinds of lines (`lamp`), or some of a kind (`message health/state`);
        `ignore_fields` leaves out fields of messages.
        """
        __tracebackhide__ = True
        rules = golden.Rules(tolerance_s, tuple(ignore), tuple(ignore_fields))
        if self._golden_folder is not None:
            path = golden.path_of(self._golden_folder, name)
            told = golden.check(path, self.world, rules, update=self._update_golden)
            self.notes += [told] if told else []

    def close(self) -> None:
        """Let all devices stop; who has subscribed hears no more."""
        self.world.broker.listeners.clear()
        self.world.close()

    def __enter__(self) -> "SimHouse":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

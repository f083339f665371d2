"""Playing one scenario to its end, or as far as it goes: never a hang, and always the trace so far."""

import time
from dataclasses import dataclass
from hashlib import sha256

from latchkey.errors import EXIT_BROKEN_PROMISE, EXIT_LIMIT, EXIT_OK
from latchkey.units import NS_PER_S
from latchkey_sim.house.house import House
from latchkey_sim.house.limits import OutOfTime, wall_limit
from latchkey_sim.house.soak import raised
from latchkey_sim.house.times import Stuck
from latchkey_sim.simulate.chosen import Chosen

AROUND = 40
"""Lines of the trace that a person is shown around a failure."""


@dataclass(slots=True)
class Played:
    """What came of it. `broke` is why it did not come to its end, or empty; `cut` is who ended it, if so."""

    chosen: Chosen
    house: House
    seconds_wall: float = 0.0
    broke: str = ""
    out_of_limits: bool = False
    cut: KeyboardInterrupt | None = None

    @property
    def trouble(self) -> list[str]:
        """Give all that was wrong, a line each."""
        return [*map(str, self.house.verdicts), *([self.broke] if self.broke else [])]

    @property
    def exit_code(self) -> int:
        """Give the exit code."""
        if self.out_of_limits and not self.house.verdicts:
            return EXIT_LIMIT
        return EXIT_BROKEN_PROMISE if self.trouble else EXIT_OK

    @property
    def at_ns(self) -> int:
        """Give the time of the first verdict, or of the end."""
        return self.house.verdicts[0].at_ns if self.house.verdicts else self.house.clock.now_ns()

    @property
    def unmet(self) -> list[str]:
        """Tell of each fault that came to its end and met nothing: what it was to test was not tested."""
        house = self.house
        return [
            f"{fault.kind} at {fault.at_ns / NS_PER_S:g} s met nothing: nothing came of it"
            for number, fault in enumerate(house.scenario.faults)
            if number not in house.faults_met and not self.broke
        ]

    @property
    def virtual_s(self) -> float:
        """Give how much virtual time has passed."""
        return self.house.clock.now_ns() / NS_PER_S

    def around(self) -> list[str]:
        """Give the lines of the trace around the first failure."""
        trace = self.house.trace
        if self.house.verdicts:
            return trace.around(self.at_ns, AROUND * 3 // 4, AROUND // 4)
        return [entry.line() for entry in trace.entries[-AROUND:]]


def play(chosen: Chosen, limit_s: float, house: House | None = None) -> Played:
    """Play it under all checkers, within `limit_s` of real time. Raises SceneError."""
    house = house or chosen.house()
    played, began_s = Played(chosen, house), time.monotonic()
    try:
        with wall_limit(limit_s):
            house.run()
    except OutOfTime:
        played.out_of_limits = True
        played.broke = f"limit: not at its end after {limit_s:g} s of real time, at {_now(house)}"
    except Stuck as error:
        played.out_of_limits = True
        played.broke = f"stuck: {error}"
    except KeyboardInterrupt as cut:
        played.cut = cut
        played.broke = f"interrupted at {_now(house)}"
    except Exception as error:  # noqa: BLE001 -- whatever a device raises is a finding
        house.note(-1, "broke", type(error).__name__)
        played.broke = f"broke: {raised(error)}"
    played.seconds_wall = time.monotonic() - began_s
    return played


def traces_sha256(traces: list[str]) -> str:
    """Give one hash over the hashes of traces, in their order; as the soak does."""
    return sha256("".join(traces).encode()).hexdigest()


def _now(house: House) -> str:
    return f"{house.clock.now_ns() / NS_PER_S:.3f} s of the scenario"

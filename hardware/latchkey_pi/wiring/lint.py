"""What must not be built: every rule that can be judged from the file, each finding with its line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from latchkey.settings.lines import KeyPath, line_of
from latchkey_pi.wiring.barriers import barrier_problems
from latchkey_pi.wiring.boards import board_problems
from latchkey_pi.wiring.circuit import Circuit
from latchkey_pi.wiring.currents import current_problems
from latchkey_pi.wiring.drivers import driver_problems
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.levels import level_problems
from latchkey_pi.wiring.model import Variant, Wiring
from latchkey_pi.wiring.pinrules import pin_problems
from latchkey_pi.wiring.privacy import privacy_problems
from latchkey_pi.wiring.ratings import rating_problems

RULES: tuple[Callable[[Wiring, Variant, Circuit], Iterator[Problem]], ...] = (
    pin_problems,
    level_problems,
    current_problems,
    barrier_problems,
    privacy_problems,
    board_problems,
    driver_problems,
    rating_problems,
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A problem of the file: on which line, what, and the way out."""

    line: int
    text: str
    hint: str


def findings(wiring: Wiring) -> list[Finding]:
    """Give all that is wrong, by line; what is wrong in several variants stands there once."""
    found = {problem for variant in wiring.variants.values() for problem in _problems(wiring, variant)}
    return sorted(Finding(line_of(wiring.lines, path), text, hint) for path, text, hint in found)


def _problems(wiring: Wiring, variant: Variant) -> Iterator[tuple[KeyPath, str, str]]:
    circuit = Circuit(variant)
    for rule in RULES:
        for problem in rule(wiring, variant, circuit):
            yield problem.path, problem.text, problem.hint

"""Rules about what holds a net at a voltage: one thing alone, and one supply for the whole doorbell."""

from collections.abc import Iterator
from itertools import combinations

from latchkey_pi.wiring.circuit import Circuit
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.header import PIN_MILLIAMPS
from latchkey_pi.wiring.model import Variant, Wiring

SUPPLY_VOLTS = 4.75
"""The least that a 5 V supply gives."""


def driver_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give nets that two things drive, directly or through what does not hold the current down."""
    for first, second in combinations(circuit.sources(), 2):
        flowing = [
            path.milliamps(start.volts)
            for start, end in ((first, second), (second, first))
            for path in circuit.feeds(start, end.net)
        ]
        if any(milliamps > PIN_MILLIAMPS for milliamps in flowing):
            where = second if first.path == variant.path else first
            yield Problem(
                where.path,
                f"{first.name} and {second.name} drive the same wire: they would burn each other",
                "one of them, or a resistor of 1 kΩ between them",
            )
    supplies = [
        part
        for part in variant.parts
        for terminal in part.board.values()
        if terminal.gives >= SUPPLY_VOLTS and terminal.milliamps
    ]
    for part in supplies[1:]:
        yield Problem(
            part.path,
            f"variant {variant.name} has a supply already, {supplies[0].module}.{supplies[0].name}",
            "one supply alone: two feed each other",
        )

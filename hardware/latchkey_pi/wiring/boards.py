"""Rules about what ready-made boards say of their terminals: each has a role, and meets only what fits it."""

from collections import defaultdict
from collections.abc import Iterator

from latchkey_pi.wiring.circuit import Circuit
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.model import CARRIES, End, Part, Variant, Wire, Wiring


def board_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give terminals that nothing is known of, and wires from what a board hands on to anything else."""
    for part in variant.parts:
        joined = {name for pair in part.contacts for name in pair}
        for name, found in part.board.items():
            roles = [
                bool(found.takes), bool(found.gives), bool(found.senses), found.ground,
                bool(found.carries), name in joined,
            ]  # fmt: skip
            if sum(roles) != 1:
                what = "several roles" if sum(roles) else "no role: nothing is known of what comes from it"
                yield Problem(
                    part.path,
                    f"{part.name}.{name} has {what}",
                    f"one of takes, gives, senses, ground, a contact, or carries = {' | '.join(CARRIES)}",
                )
    yield from _carried(variant, circuit)


def _carried(variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    parts = {(part.module, part.name): part for part in variant.parts}
    wires: dict[str, list[Wire]] = defaultdict(list)
    for wire in variant.wires:
        wires[circuit.nets.of(wire.ends[0].node)].append(wire)
    for found in wires.values():
        ends = {end: _carries(parts.get((end.module, end.part)), end) for wire in found for end in wire.ends}
        carried = set(ends.values())
        twice = len({(end.module, end.part) for end in ends}) < len(ends)
        if carried != {""} and (len(carried) > 1 or twice):
            wire = next(wire for wire in found if any(ends[end] for end in wire.ends))
            yield Problem(
                wire.path,
                f"{wire} joins what a board carries with something else",
                f"join like with like alone: {', '.join(sorted(carried - {''}))}",
            )


def _carries(part: Part | None, end: End) -> str:
    return part.board[end.terminal].carries if part and part.board else ""

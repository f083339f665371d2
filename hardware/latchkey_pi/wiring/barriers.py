"""Rules about barriers: the chime's wires, and whatever else is above 5 V, never touch the Pi's."""

from collections import deque
from collections.abc import Iterable, Iterator

from latchkey_pi.wiring.circuit import Circuit, node
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.model import BARRIER_NUMBER, Part, Terminal, Variant, Wire, Wiring

TOUCHABLE_VOLTS = 30.0
"""Alternating volts above which nothing here may be wired: a 24 V bell transformer without load gives 29."""

BARRIER_VOLTS = 2500.0
"""What a barrier must hold, should the transformer fail and mains come through."""

BOARD_VOLTS = 5.25
"""The most that a ready-made board here takes or gives: USB's 5 V, and what may be added to it."""


def barrier_problems(_: Wiring, variant: Variant, __: Circuit) -> Iterator[Problem]:
    """Give what is wrong with barriers."""
    for part in variant.parts:
        if part.kind == "transformer":
            yield from _transformer(part, variant)
        if part.numbers.get(BARRIER_NUMBER, BARRIER_VOLTS) < BARRIER_VOLTS:
            yield Problem(
                part.path,
                f"{part.name} holds {part.numbers[BARRIER_NUMBER]:g} V only",
                f"{BARRIER_VOLTS:g} V or more",
            )
        for pair in part.contacts:
            if not any(set(pair) <= set(group) for group in part.isolation):
                yield Problem(
                    part.path,
                    f"{part.name} isolates {pair[0]} from {pair[1]}, which its contact joins",
                    "both ends of a contact are in one group",
                )
        for name, terminal in part.board.items():
            if _too_high(terminal):
                yield Problem(
                    part.path,
                    f"{part.name}.{name} takes or gives {max(terminal.takes, terminal.gives):g} V;"
                    f" boards here have {BOARD_VOLTS:g} V at most",
                    "never wire mains; a bell's 8 to 24 V come from a transformer",
                )
        foreign = [name for name, terminal in part.board.items() if _too_high(terminal)]
        for wire, way in _ways_to_the_pi(part, foreign, variant):
            yield Problem(
                wire.path,
                f"{wire} joins what has more than {BOARD_VOLTS:g} V with the Pi's side: {way}",
                "never wire mains",
            )


def _too_high(terminal: Terminal) -> bool:
    return max(terminal.takes, terminal.gives) > BOARD_VOLTS


def _transformer(part: Part, variant: Variant) -> Iterator[Problem]:
    if part.numbers["volts_most"] > TOUCHABLE_VOLTS:
        yield Problem(
            part.path,
            f"{part.name} gives {part.numbers['volts_most']:g} V: that is not a bell transformer's low side",
            "never wire mains: 8 to 24 V only",
        )
    for wire, way in _ways_to_the_pi(part, part.terminals, variant):
        yield Problem(
            wire.path,
            f"{wire} joins the chime's side with the Pi's: {way}",
            "only an optocoupler's light or a relay's contact may lie between",
        )


def _ways_to_the_pi(part: Part, names: Iterable[str], variant: Variant) -> Iterator[tuple[Wire, str]]:
    """Walk wires and parts from some of a part's terminals, and from what these are not isolated from.

    Gives each wire by which the Pi's side is reached first.
    """
    parts = {(found.module, found.name): found for found in variant.parts}
    groups = [group for group in part.isolation if set(group) & set(names)]
    begin = [node(part, name) for group in groups for name in group]
    came: dict[str, str | None] = dict.fromkeys(begin)
    queue = deque(begin)
    while queue:
        at = queue.popleft()
        for wire in variant.wires:
            for here, there in (wire.ends, wire.ends[::-1]):
                if here.node != at or there.node in came:
                    continue
                came[there.node] = at
                owner = parts.get((there.module, there.part))
                if owner is None or _is_pi_side(owner, there.terminal):
                    yield wire, _way(there.node, came)
                    continue
                queue.append(there.node)
                for name in next(names for names in owner.isolation if there.terminal in names):
                    if node(owner, name) not in came:
                        came[node(owner, name)] = there.node
                        queue.append(node(owner, name))


def _is_pi_side(part: Part, terminal: str) -> bool:
    """A transistor's side of an optocoupler, and what takes, gives or senses, is the Pi's."""
    if part.kind == "optocoupler":
        return terminal in ("collector", "emitter")
    group = next(names for names in part.isolation if terminal in names)
    return any(
        found.ground or ((found.takes or found.gives or found.senses) and not _too_high(found))
        for name, found in part.board.items()
        if name in group
    )


def _way(last: str, came: dict[str, str | None]) -> str:
    steps: list[str] = []
    at: str | None = last
    while at is not None:
        name = at.split(".", 1)[-1]
        if not steps or steps[-1].split(".")[0] != name.split(".")[0]:
            steps.append(name)
        at = came[at]
    return " – ".join(reversed(steps))

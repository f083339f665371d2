"""Rules about barriers: the chime's wires never touch the Pi's; no program overrules the camera's switch."""

from collections import deque
from collections.abc import Iterator

from latchkey_pi.wiring.circuit import GROUND, Circuit, Path, node
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.model import Part, Variant, Wire, Wiring

TOUCHABLE_VOLTS = 30.0
"""Alternating volts above which nothing here may be wired: a 24 V bell transformer without load gives 29."""

BARRIER_VOLTS = 2500.0
"""What an optocoupler must hold, should the transformer fail and mains come through."""


def barrier_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give what is wrong with barriers."""
    for part in variant.parts:
        if part.kind == "transformer":
            yield from _transformer(part, variant)
        if part.kind == "optocoupler" and part.numbers["isolation_volts"] < BARRIER_VOLTS:
            yield Problem(
                part.path,
                f"{part.name} holds {part.numbers['isolation_volts']:g} V only",
                f"{BARRIER_VOLTS:g} V or more",
            )
        if part.shows:
            yield from _light(part, variant, circuit)
        if part.cut_by:
            yield from _cut(part, circuit)


def _transformer(part: Part, variant: Variant) -> Iterator[Problem]:
    if part.numbers["volts_most"] > TOUCHABLE_VOLTS:
        yield Problem(
            part.path,
            f"{part.name} gives {part.numbers['volts_most']:g} V: that is not a bell transformer's low side",
            "never wire mains: 8 to 24 V only",
        )
    for wire, way in _ways_to_the_pi(part, variant):
        yield Problem(
            wire.path,
            f"{wire} joins the chime's side with the Pi's: {way}",
            "only an optocoupler's light or a relay's contact may lie between",
        )


def _ways_to_the_pi(part: Part, variant: Variant) -> Iterator[tuple[Wire, str]]:
    """Walk wires and parts from a transformer; give each wire by which the Pi's side is reached first."""
    parts = {(found.module, found.name): found for found in variant.parts}
    begin = [node(part, name) for name in part.terminals]
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
        found.ground or found.takes or found.gives or found.senses
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


def _light(part: Part, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """A light that shows a part's power is lit by the very net that feeds it, through resistors alone."""
    shown = next(
        (found for found in variant.parts if found.module == part.module and found.name == part.shows), None
    )
    fed = (
        {circuit.net(shown, name) for name, terminal in shown.board.items() if terminal.takes}
        if shown
        else set()
    )
    if shown is None or not fed:
        yield Problem(part.path, f"{part.name} shows {part.shows}, which takes no power here", "name a board")
        return
    lit = [
        (source, path)
        for source in circuit.sources()
        for path in circuit.paths(source.net, GROUND)
        if part in path.parts
    ]
    if any(source.pin for source, _ in lit):
        text = f"a GPIO lights {part.name}: a program could light it or put it out"
        yield Problem(part.path, text, f"feed it from what feeds {shown.name}, and from nothing else")
    for _, path in lit:
        if not _only_resistors_after(path, fed):
            yield Problem(
                part.path,
                f"{part.name} could be dark while {shown.name} has power, or lit while it has none",
                f"feed it from what feeds {shown.name}, through a resistor alone",
            )


def _only_resistors_after(path: Path, fed: set[str]) -> bool:
    nets = path.nets
    places = [number for number, net in enumerate(nets) if net in fed]
    if not places:
        return False
    return all(branch.part.kind in ("resistor", "led") for branch in path.branches[places[0] :])


def _cut(part: Part, circuit: Circuit) -> Iterator[Problem]:
    for name, terminal in part.board.items():
        net = circuit.net(part, name)
        if not (terminal.takes or terminal.senses):
            continue
        for source in circuit.sources():
            around = source.net == net or any(
                part.cut_by not in [found.name for found in path.parts]
                for path in circuit.paths(source.net, net, frozenset({GROUND}))
            )
            if around:
                yield Problem(
                    part.path,
                    f"{source.name} reaches {part.name}.{name} past {part.cut_by}",
                    f"every wire that feeds or enables {part.name} goes through {part.cut_by}",
                )

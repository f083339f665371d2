"""Rules about what contacts stand, and about what all that is behind them takes from a supply."""

from collections import defaultdict
from collections.abc import Iterator

from latchkey.settings.lines import KeyPath
from latchkey_pi.wiring.circuit import CONTACTS, GROUND, Circuit, Source
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.header import GPIO_VOLTS, PULL_OHMS
from latchkey_pi.wiring.model import Part, Variant, Wiring


def rating_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give contacts that would see too many volts, or carry too much."""
    for part in variant.parts:
        pairs = (*CONTACTS.get(part.kind, ()), *part.contacts)
        if not pairs:
            continue
        volts = max(_volts(circuit, circuit.net(part, name)) for pair in pairs for name in pair)
        if volts > part.numbers["volts_max"]:
            yield Problem(
                part.path,
                f"{part.name} would switch {volts:g} V; it stands {part.numbers['volts_max']:g}",
                "a part for more volts",
            )
    carried = _pulled(circuit)
    for key, milliamps in _loads(variant, circuit).items():
        carried[key] = carried.get(key, 0.0) + milliamps
    for part in variant.parts:
        most = part.numbers.get("milliamps_max", float("inf"))
        for (path, __), milliamps in carried.items():
            if path == part.path and milliamps > most:
                yield Problem(
                    part.path,
                    f"{part.name} would switch {round(milliamps, 3):g} mA; it stands {most:g}",
                    "a stronger part, or less behind it",
                )


def _volts(circuit: Circuit, net: str) -> float:
    """The most that any source, pull-up or transformer can bring to a net."""
    pins = [circuit.nets.of(f"pin {use.number}") for use in circuit.variant.pins]
    starts = [(source.net, source.volts) for source in circuit.sources()]
    starts += [(pin, GPIO_VOLTS) for pin in pins]
    starts += [
        (circuit.net(part, name), part.numbers["volts_most"])
        for part in circuit.variant.parts
        if part.kind == "transformer"
        for name in part.terminals
    ]
    reached = (volts for start, volts in starts if any(circuit.paths(start, net, frozenset({GROUND}))))
    return max(reached, default=0.0)


Contact = tuple[KeyPath, frozenset[str]]
"""A part, and the two nets that its contact joins."""


def _pulled(circuit: Circuit) -> dict[Contact, float]:
    """What the pull-ups of inputs send to ground."""
    carried: dict[Contact, float] = defaultdict(float)
    for use in circuit.variant.pins:
        if use.use == "input" and use.pull == "up":
            for path in circuit.paths(circuit.nets.of(f"pin {use.number}"), GROUND):
                for branch in path.branches:
                    key = (branch.part.path, frozenset({branch.start, branch.end}))
                    carried[key] += GPIO_VOLTS / (PULL_OHMS + path.ohms) * 1000
    return carried


def _loads(variant: Variant, circuit: Circuit) -> dict[Contact, float]:
    """What boards draw through each contact before them."""
    carried: dict[Contact, float] = defaultdict(float)
    sources = circuit.sources()
    for part, net, milliamps in loads(variant, circuit):
        keys = {
            (branch.part.path, frozenset({branch.start, branch.end}))
            for source in sources
            for path in circuit.feeds(source, net)
            for branch in path.branches
            if branch.part is not part
        }
        for key in keys:
            carried[key] += milliamps
    return carried


def loads(variant: Variant, circuit: Circuit) -> Iterator[tuple[Part, str, float]]:
    """Give every board that takes power, where it takes it, and how much."""
    for part in variant.parts:
        for name, terminal in part.board.items():
            if terminal.takes:
                yield part, circuit.net(part, name), terminal.milliamps


def drawn(variant: Variant, circuit: Circuit, source: Source) -> float:
    """What boards draw from a source, directly or through contacts."""
    return sum(milliamps for _, net, milliamps in loads(variant, circuit) if any(circuit.feeds(source, net)))

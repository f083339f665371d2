"""A variant as a circuit: which ends are one net, and what flows from a source through parts to ground.

All contacts count as closed, boards as black boxes that take or give at their terminals: enough to find what
would burn, too little for a simulation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from latchkey.settings.lines import KeyPath
from latchkey_pi.wiring.header import GPIO_VOLTS, HEADER, VOLTS
from latchkey_pi.wiring.model import Part, Variant, Wire

GROUND = "GND"
SATURATED_VOLTS = 0.2
"""What a transistor keeps for itself when it is switched on."""

CONTACTS = {"button": [("a", "b")], "reed": [("a", "b")], "switch": [("a1", "b1"), ("a2", "b2")]}


@dataclass(frozen=True, slots=True)
class Branch:
    """A way for current from one net to another; `one_way` = not back."""

    start: str
    end: str
    part: Part
    ohms: float = 0.0
    drop_volts: float = 0.0
    one_way: bool = False

    def turned(self) -> "Branch":
        """Give the same way backwards."""
        return Branch(self.end, self.start, self.part, self.ohms, self.drop_volts, self.one_way)


@dataclass(frozen=True, slots=True)
class Source:
    """A net that something holds at a voltage. `pin` is the GPIO's place where a program switches it."""

    net: str
    volts: float
    name: str
    path: KeyPath
    pin: int | None = None
    milliamps: float = 0.0
    """What a board can give; 0 = it is a signal, or the board does not say."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way from one net to another, without passing any net twice."""

    branches: tuple[Branch, ...]

    @property
    def ohms(self) -> float:
        """Its resistors in series."""
        return sum(branch.ohms for branch in self.branches)

    @property
    def drop_volts(self) -> float:
        """What its diodes keep for themselves."""
        return sum(branch.drop_volts for branch in self.branches)

    @property
    def parts(self) -> list[Part]:
        """The parts it goes through."""
        return [branch.part for branch in self.branches]

    @property
    def nets(self) -> list[str]:
        """The nets it touches."""
        return [self.branches[0].start, *(branch.end for branch in self.branches)] if self.branches else []

    def milliamps(self, volts: float) -> float:
        """What flows at a voltage; infinite where nothing limits it."""
        left = volts - self.drop_volts
        if left <= 0:
            return 0.0
        return left / self.ohms * 1000 if self.ohms else float("inf")


class Nets:
    """Which ends are joined, wire by wire."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def of(self, node: str) -> str:
        """Give the name of the net that an end belongs to."""
        while node in self._above:
            node = self._above[node]
        return node

    def join(self, first: str, second: str) -> None:
        """Make two nets one; GND keeps its name."""
        first, second = self.of(first), self.of(second)
        if first == second:
            return
        if second == GROUND:
            first, second = second, first
        self._above[second] = first


class Circuit:
    """Nets, branches and sources of a variant."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.nets = Nets()
        for name in ("3V3", "5V", GROUND):
            for pin in HEADER.values():
                if pin.power == name:
                    self.nets.join(name, f"pin {pin.number}")
        for part in variant.parts:
            for name, terminal in part.board.items():
                if terminal.ground:
                    self.nets.join(GROUND, node(part, name))
        self.shorts = [wire for wire in variant.wires if not self._join(wire)]
        self.branches = [branch for part in variant.parts for branch in self._branches(part)]

    def net(self, part: Part, terminal: str) -> str:
        """Give the net of a terminal."""
        return self.nets.of(node(part, terminal))

    def sources(self) -> list[Source]:
        """Give all that holds a net at a voltage above ground."""
        found = [
            Source(self.nets.of(name), VOLTS[name], f"the {name} pin", self.variant.path)
            for name in ("3V3", "5V")
        ]
        found += [
            Source(self.nets.of(f"pin {use.number}"), GPIO_VOLTS, f"pin {use.number}", use.path, use.number)
            for use in self.variant.pins
            if use.use != "input"
        ]
        found += [
            Source(
                self.net(part, name),
                terminal.gives,
                f"{part.name}.{name}",
                part.path,
                milliamps=terminal.milliamps,
            )
            for part in self.variant.parts
            for name, terminal in part.board.items()
            if terminal.gives
        ]
        return found

    def feeds(self, source: Source, net: str) -> Iterator[Path]:
        """Give the ways from a source to a net, past ground; one without branches where it is that net."""
        yield from self.paths(source.net, net, frozenset({GROUND}))

    def paths(self, start: str, end: str, avoid: frozenset[str] = frozenset()) -> Iterator[Path]:
        """Give all ways for current from one net to another."""
        yield from self._paths(start, end, avoid | {start}, ())

    def _paths(self, at: str, end: str, seen: frozenset[str], so_far: tuple[Branch, ...]) -> Iterator[Path]:
        if at == end:
            yield Path(so_far)
            return
        for branch in self.branches:
            for way in (branch,) if branch.one_way else (branch, branch.turned()):
                if way.start == at and (way.end not in seen or way.end == end):
                    yield from self._paths(way.end, end, seen | {way.end}, (*so_far, way))

    def _join(self, wire: Wire) -> bool:
        """Join a wire's ends; tell whether that joins no two voltages."""
        first, second = (self.nets.of(end.node) for end in wire.ends)
        if first != second:
            held = {volts for net in (first, second) for volts in self._held(net)}
            if len(held) > 1:
                return False
        self.nets.join(first, second)
        return True

    def _held(self, net: str) -> set[float]:
        held = {0.0} if net == GROUND else set()
        return held | {source.volts for source in self.sources() if source.net == net}

    def _branches(self, part: Part) -> Iterator[Branch]:
        def between(
            first: str, second: str, ohms: float = 0.0, drop: float = 0.0, *, one_way: bool = False
        ) -> Branch:
            return Branch(self.net(part, first), self.net(part, second), part, ohms, drop, one_way)

        if part.kind in ("resistor", "chime"):
            yield between("a", "b", part.numbers["ohms"])
        elif part.kind in ("led", "diode", "optocoupler"):
            yield between("anode", "cathode", 0.0, part.numbers["volts"], one_way=True)
            if part.kind == "optocoupler":
                yield between("collector", "emitter", 0.0, SATURATED_VOLTS, one_way=True)
        for first, second in (*CONTACTS.get(part.kind, ()), *part.contacts):
            yield between(first, second)


def node(part: Part, terminal: str) -> str:
    """Give the name of a terminal that no other has."""
    return f"{part.module}.{part.name}.{terminal}"

"""What `wiring.toml` says: modules of parts and wires, and variants, which are lists of modules.

Lengths are in units of the drawing (`symbols.UNIT`), from a module's corner; volts, milliamps, ohms and
watts are what a part's data sheet says. What is legal is `lint`'s business; here is only what can be said.
"""

from dataclasses import dataclass, field
from typing import Any

from latchkey.settings.lines import KeyPath
from latchkey_pi.wiring.header import HEADER

SCHEMA = 1
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of part: its terminals, and which numbers its data sheet must and may give."""

    terminals: tuple[str, ...]
    needs: tuple[str, ...] = ()
    isolated: tuple[tuple[str, ...], ...] = ()
    """Groups of terminals between which no current can flow."""


KINDS = {
    "button": Kind(("a", "b"), ("volts_max", "milliamps_max")),
    "reed": Kind(("a", "b"), ("volts_max", "milliamps_max")),
    "resistor": Kind(("a", "b"), ("ohms", "watts")),
    "led": Kind(("anode", "cathode"), ("volts", "milliamps_least", "milliamps_max")),
    "diode": Kind(("anode", "cathode"), ("volts", "volts_reverse", "milliamps_max")),
    "optocoupler": Kind(
        ("anode", "cathode", "collector", "emitter"),
        ("volts", "milliamps_least", "milliamps_max", "volts_reverse", "ratio", "isolation_volts"),
        isolated=(("anode", "cathode"), ("collector", "emitter")),
    ),
    "switch": Kind(("a1", "b1", "a2", "b2"), ("volts_max", "milliamps_max")),
    "transformer": Kind(("a", "b"), ("volts_least", "volts_most", "hertz_least")),
    "chime": Kind(("a", "b"), ("ohms",)),
    "board": Kind(()),
}
"""`board` = a ready-made thing that is bought, whose terminals the file declares."""

BLACK, RED, ORANGE, CABLE = "black", "red", "orange", "grey"
COLOURS = {
    BLACK: "#1f2328",
    RED: "#d1242f",
    ORANGE: "#f08c00",
    "yellow": "#d4a700",
    "green": "#1a7f37",
    "blue": "#0969da",
    "violet": "#8250df",
    "brown": "#8a5a2b",
    "pink": "#d6409f",
    CABLE: "#848d97",
}
"""Wires: black is ground only, red 5 V only, orange 3.3 V only, grey a cable with a plug."""


CARRIES = ("network", "camera", "sound", "switched")
"""What a board may hand to another board alone: lines of a cable, of a loudspeaker, of a switched lamp."""

CONTACT_NUMBERS = ("volts_max", "milliamps_max")
BARRIER_NUMBER = "isolation_volts"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal of a board: it takes or gives power, senses a signal, is ground, or carries something."""

    label: str = ""
    takes: float = 0.0
    gives: float = 0.0
    senses: float = 0.0
    milliamps: float = 0.0
    ground: bool = False
    carries: str = ""
    floats: str = ""
    """What the board does while nothing drives this terminal: "off", or "" where that is not known."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is bought, or is in the house already (`existing`)."""

    module: str
    name: str
    kind: str
    label: str
    type: str
    about: str
    at: Point
    numbers: dict[str, float]
    path: KeyPath
    flip: bool = False
    existing: bool = False
    colour: str = ""
    shows: str = ""
    """For a light: the part whose power it shows, which nothing may take from it alone."""
    cut_by: str = ""
    """The switch that all its power comes through."""
    width: float = 8.0
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    board: dict[str, Terminal] = field(default_factory=dict)
    contacts: tuple[tuple[str, str], ...] = ()
    isolated: tuple[tuple[str, ...], ...] = ()

    @property
    def terminals(self) -> tuple[str, ...]:
        """The names of its terminals."""
        return KINDS[self.kind].terminals or (*self.left, *self.right)

    @property
    def isolation(self) -> tuple[tuple[str, ...], ...]:
        """Groups of terminals between which no current can flow; what is in none is in a group of its own."""
        groups = KINDS[self.kind].isolated or self.isolated
        rest = tuple(name for name in self.terminals if not any(name in group for group in groups))
        return (*groups, rest) if rest else groups


@dataclass(frozen=True, slots=True)
class End:
    """Where a wire ends: a pin of the header, or a part's terminal."""

    module: str
    part: str
    """Empty for the header."""
    terminal: str

    @property
    def pin(self) -> int | None:
        """The pin's place on the header, or None."""
        return None if self.part else int(self.terminal)

    @property
    def node(self) -> str:
        """A name that no other end has; the header is the same for all modules."""
        return f"{self.module}.{self.part}.{self.terminal}" if self.part else f"pin {self.terminal}"

    def __str__(self) -> str:
        """Write it as the file does."""
        return (
            f"{self.part}.{self.terminal}"
            if self.part
            else f"pin {self.terminal} ({HEADER[int(self.terminal)].name})"
        )


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire, in the drawing through the corners in `via`."""

    module: str
    ends: tuple[End, End]
    colour: str
    via: tuple[Point, ...]
    path: KeyPath

    @property
    def pin(self) -> int | None:
        """The header's pin that it goes to, or None for a wire between parts."""
        return next((end.pin for end in self.ends if end.pin is not None), None)

    def __str__(self) -> str:
        """Write it for people."""
        return f"{self.ends[0]} to {self.ends[1]}"


@dataclass(frozen=True, slots=True)
class PinUse:
    """What the program does with a GPIO: `use` is input, output or sound; `setting` its key in `[pi]`."""

    number: int
    use: str
    pull: str
    setting: str
    path: KeyPath


@dataclass(frozen=True, slots=True)
class Module:
    """A group of parts that does one thing, and what to write into the settings for it."""

    name: str
    title: str
    says: str
    check: str
    settings: dict[str, Any]
    parts: dict[str, Part]
    wires: tuple[Wire, ...]
    pins: dict[int, PinUse]
    path: KeyPath
    config: str = ""
    """A line for the Pi's config.txt, or ""."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A doorbell that somebody builds. `supply_milliamps` is what its supply gives at 5 V."""

    name: str
    title: str
    says: str
    modules: tuple[Module, ...]
    path: KeyPath

    @property
    def parts(self) -> list[Part]:
        """All parts, in the order of the file."""
        return [part for module in self.modules for part in module.parts.values()]

    @property
    def wires(self) -> list[Wire]:
        """All wires, in the order of the file."""
        return [wire for module in self.modules for wire in module.wires]

    @property
    def pins(self) -> list[PinUse]:
        """All uses of GPIOs."""
        return [use for module in self.modules for use in module.pins.values()]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The whole file. `pi_milliamps` is what the Pi with its camera draws at most."""

    name: str
    pi_milliamps: float
    modules: dict[str, Module]
    variants: dict[str, Variant]
    lines: dict[KeyPath, int]

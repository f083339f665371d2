"""Rules about pins and wires: one wire a pin, no pin that has another job, colours that mean one thing."""

from collections import defaultdict
from collections.abc import Iterator

from latchkey_pi.wiring.circuit import Circuit
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.header import HEADER, HIGH_AT_BOOT, RESERVED, SOUND
from latchkey_pi.wiring.model import BLACK, CABLE, ORANGE, RED, PinUse, Variant, Wire, Wiring

MEANINGS = {BLACK: "ground", RED: "5 V", ORANGE: "3.3 V"}


def pin_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give what is wrong with pins, wires and open ends."""
    yield from _shared_pins(variant)
    yield from _unused_declarations(variant)
    yield from _reserved_pins(variant.pins)
    yield from _settings(variant)
    for wire in circuit.shorts:
        yield Problem(wire.path, f"{wire} joins two different voltages", "this would burn: look at both ends")
    for wire in variant.wires:
        yield from _colour(wire, circuit)
    yield from _open_terminals(variant)


def _shared_pins(variant: Variant) -> Iterator[Problem]:
    wires: dict[int, list[Wire]] = defaultdict(list)
    for wire in variant.wires:
        if wire.pin is not None:
            wires[wire.pin].append(wire)
    for number, found in wires.items():
        for other in found[1:]:
            free = [
                pin.number
                for pin in HEADER.values()
                if pin.number not in wires and pin.power == HEADER[number].power and pin.bcm not in RESERVED
            ]
            yield Problem(
                other.path,
                f"pin {number} has a wire in variant {variant.name} already, of {found[0].module}",
                f"free and alike: {', '.join(map(str, free)) or 'none'}",
            )
    uses: dict[int, PinUse] = {}
    for use in variant.pins:
        if use.number in uses:
            yield Problem(
                use.path, f"pin {use.number} is used twice in variant {variant.name}", "choose another pin"
            )
        uses[use.number] = use


def _unused_declarations(variant: Variant) -> Iterator[Problem]:
    declared = {use.number for use in variant.pins}
    wired = {wire.pin for wire in variant.wires}
    for wire in variant.wires:
        if wire.pin is not None and HEADER[wire.pin].bcm is not None and wire.pin not in declared:
            yield Problem(
                wire.path, f"pin {wire.pin} is a GPIO, and nothing says what it does", "add it to pins"
            )
    for use in variant.pins:
        if use.number not in wired:
            yield Problem(
                use.path, f"pin {use.number} has a use, but no wire", "add the wire, or remove the use"
            )


def _reserved_pins(uses: list[PinUse]) -> Iterator[Problem]:
    has_sound = any(use.use == "sound" for use in uses)
    for use in uses:
        bcm = HEADER[use.number].bcm
        if bcm in RESERVED:
            yield Problem(use.path, f"pin {use.number} is not free: {RESERVED[bcm]}", "choose another GPIO")
        elif use.use == "sound" and bcm not in SOUND:
            yield Problem(
                use.path, f"pin {use.number} cannot carry sound", "I2S is on GPIO 18, 19 and 21 only"
            )
        elif has_sound and use.use != "sound" and bcm in SOUND:
            yield Problem(
                use.path, f"pin {use.number} is taken by the sound driver (I2S)", "choose another GPIO"
            )
        elif use.use == "output" and bcm in HIGH_AT_BOOT:
            yield Problem(
                use.path,
                f"pin {use.number} is high while the Pi boots: what it switches is on then",
                "GPIO 9 to 27",
            )


def _settings(variant: Variant) -> Iterator[Problem]:
    for module in variant.modules:
        named = {use.setting: use for use in module.pins.values() if use.setting}
        for key, use in named.items():
            if module.settings.get(key) != HEADER[use.number].bcm:
                yield Problem(
                    use.path,
                    f"pin {use.number} is {HEADER[use.number].name},"
                    f" but settings say {key} = {module.settings.get(key)}",
                    f"settings = {{ {key} = {HEADER[use.number].bcm} }}",
                )
        for key in module.settings:
            if key.endswith("_pin") and key not in named:
                yield Problem(
                    module.path, f"settings name {key}, but no pin does", f'add setting = "{key}" to a pin'
                )


def _colour(wire: Wire, circuit: Circuit) -> Iterator[Problem]:
    net = circuit.nets.of(wire.ends[0].node)
    volts = [source.volts for source in circuit.sources() if source.net == net and source.pin is None]
    power = [HEADER[end.pin].power for end in wire.ends if end.pin is not None]
    is_ground = "GND" in power or net == circuit.nets.of("GND")
    meaning = "ground" if is_ground else "5 V" if "5V" in power else "3.3 V" if "3V3" in power else ""
    wanted = next((colour for colour, says in MEANINGS.items() if says == meaning), None)
    if wire.colour == CABLE and meaning == "":
        return
    if wanted is not None and wire.colour != wanted:
        yield Problem(wire.path, f"{wire} is {meaning}, but {wire.colour}", f"{meaning} is always {wanted}")
    elif wanted is None and wire.colour in (BLACK, RED):
        yield Problem(
            wire.path, f"{wire} is {wire.colour}, but not {MEANINGS[wire.colour]}", "choose another colour"
        )
    elif wanted is None and wire.colour == ORANGE and not _comes_from_3v3(net, circuit, volts):
        yield Problem(wire.path, f"{wire} is orange, but not 3.3 V", "choose another colour")


def _comes_from_3v3(net: str, circuit: Circuit, volts: list[float]) -> bool:
    """Whether a net is 3.3 V itself, or behind a contact or resistor of it."""
    return 3.3 in volts or any(
        source.volts == 3.3 and source.pin is None and any(circuit.paths(source.net, net))
        for source in circuit.sources()
    )


def _open_terminals(variant: Variant) -> Iterator[Problem]:
    wired = {end.node for wire in variant.wires for end in wire.ends}
    for part in variant.parts:
        for name in part.terminals:
            if f"{part.module}.{part.name}.{name}" not in wired:
                yield Problem(
                    part.path, f"{part.name}.{name} has no wire", "add the wire, or remove the part"
                )

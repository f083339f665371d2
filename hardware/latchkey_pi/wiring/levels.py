"""Rules about voltages: nothing above 3.3 V at a GPIO, every input at a level that it can read."""

from collections.abc import Iterator
from itertools import chain

from latchkey_pi.wiring.circuit import GROUND, Circuit, Source
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.header import GPIO_VOLTS, PULL_OHMS
from latchkey_pi.wiring.model import PinUse, Variant, Wiring

LOW_VOLTS = 0.8
"""What a GPIO surely reads as low."""

NEAR = 0.05
"""How far a supply may be from what a board takes, as a share."""


def level_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give what is wrong with voltages."""
    for use in variant.pins:
        yield from _too_high(use, circuit)
        if use.use == "input":
            yield from _unclear(use, circuit)
    yield from _boards(variant, circuit)


def _too_high(use: PinUse, circuit: Circuit) -> Iterator[Problem]:
    net = circuit.nets.of(f"pin {use.number}")
    for source in circuit.sources():
        reaches = source.net == net or any(circuit.paths(source.net, net, frozenset({GROUND})))
        if source.volts > GPIO_VOLTS and reaches:
            yield Problem(
                use.path,
                f"{source.volts:g} V of {source.name} reach pin {use.number}, which stands {GPIO_VOLTS} V",
                "take 3.3 V, or put an optocoupler or a level shifter between",
            )


def _unclear(use: PinUse, circuit: Circuit) -> Iterator[Problem]:
    net = circuit.nets.of(f"pin {use.number}")
    if _driven(net, circuit.sources()):
        return
    to_ground = list(circuit.paths(net, GROUND))
    from_3v3 = list(circuit.paths(circuit.nets.of("3V3"), net, frozenset({GROUND})))
    pulled_up = use.pull == "up" or any(path.ohms for path in from_3v3)
    pulled_down = use.pull == "down" or any(path.ohms for path in to_ground)
    if not to_ground and not from_3v3:
        yield Problem(
            use.path, f"pin {use.number} leads nowhere: what it reads is chance", "wire it to something"
        )
    elif to_ground and not pulled_up:
        yield Problem(
            use.path,
            f"pin {use.number} has no pull-up: it reads chance while nothing pulls it to ground",
            'pull = "up", or a resistor of 10 kΩ to 3.3 V',
        )
    elif from_3v3 and not to_ground and not pulled_down:
        yield Problem(
            use.path,
            f"pin {use.number} has no pull-down: it reads chance while nothing pulls it to 3.3 V",
            'pull = "down", or a resistor of 10 kΩ to ground',
        )
    for path in to_ground:
        pull_ohms = min([PULL_OHMS, *(up.ohms for up in from_3v3 if up.ohms)])
        volts = path.drop_volts + (GPIO_VOLTS - path.drop_volts) * path.ohms / (path.ohms + pull_ohms)
        if volts > LOW_VOLTS:
            yield Problem(
                use.path,
                f"pin {use.number} falls to {volts:.1f} V only; up to {LOW_VOLTS} V are surely low",
                f"less than the {path.ohms:g} Ω between it and ground",
            )


def _driven(net: str, sources: list[Source]) -> bool:
    return any(source.net == net for source in sources)


def _boards(variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    sources = circuit.sources()
    for part in variant.parts:
        for name, terminal in part.board.items():
            net = circuit.net(part, name)
            wanted = terminal.takes or terminal.senses
            if not wanted:
                continue
            feeding = [
                s for s in sources if s.net == net or any(circuit.paths(s.net, net, frozenset({GROUND})))
            ]
            where = f"{part.name}.{name}"
            if terminal.takes and not any(abs(s.volts - wanted) <= NEAR * wanted for s in feeding):
                got = " and ".join(sorted({f"{s.volts:g} V" for s in feeding})) or "nothing"
                yield Problem(part.path, f"{where} takes {wanted:g} V, but gets {got}", "look at its wire")
            if terminal.takes and any(s.pin for s in feeding):
                yield Problem(
                    part.path, f"{where} is fed by a GPIO", "feed it from a power pin; a GPIO gives signals"
                )
            if terminal.senses > GPIO_VOLTS:
                yield Problem(
                    part.path,
                    f"{where} needs {wanted:g} V to switch; a GPIO gives {GPIO_VOLTS}",
                    "take another board",
                )
            from_pin = chain.from_iterable([s.pin] if s.pin else [] for s in feeding)
            if (
                terminal.senses
                and terminal.floats != "off"
                and any(_is_output(variant, pin) for pin in from_pin)
            ):
                yield Problem(
                    part.path,
                    f"what {part.name} does is unknown while nothing drives {where}, as when the Pi boots",
                    'a board that is off then (floats = "off"), or a resistor of 100 kΩ to ground',
                )


def _is_output(variant: Variant, pin: int) -> bool:
    return any(use.number == pin and use.use == "output" for use in variant.pins)

"""Rules about currents: what GPIOs may drive, what lights need and stand, what supplies give."""

from collections import defaultdict
from collections.abc import Iterator
from math import sqrt

from latchkey.settings.lines import KeyPath
from latchkey_pi.wiring.circuit import GROUND, Circuit, Path, Source
from latchkey_pi.wiring.drivers import SUPPLY_VOLTS
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.header import (
    ALL_PINS_MILLIAMPS,
    GPIO_VOLTS,
    PIN_MILLIAMPS,
    PULL_OHMS,
    RAIL_3V3_MILLIAMPS,
)
from latchkey_pi.wiring.model import Part, Variant, Wiring
from latchkey_pi.wiring.ratings import drawn, loads

DERATING = 2.0
"""A resistor gets at most half of the power that it is sold for: at that it is hot already."""

SURE = 2.0
"""An optocoupler passes at least twice the current that the pull-up gives: it loses half in its life."""

PULSE_GAP_MS = 100.0
"""The program takes a bell as released once nothing came for so long (`latchkey_pi.contacts`)."""

LIGHTS = ("led", "optocoupler")


def current_problems(wiring: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give what is wrong with currents."""
    yield from _direct(variant, circuit)
    for part in variant.parts:
        if part.kind == "transformer":
            yield from _alternating(part, circuit)
    yield from _optocouplers(variant, circuit)
    yield from _budgets(wiring, variant, circuit)


def _direct(variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    by_pin: dict[int, float] = defaultdict(float)
    lit: dict[KeyPath, float] = defaultdict(float)
    for source in circuit.sources():
        for path in circuit.paths(source.net, GROUND):
            flowing = path.milliamps(source.volts)
            yield from _path_problems(source, path, flowing)
            for part in path.parts:
                if part.kind == "led":
                    lit[part.path] = max(lit[part.path], flowing)
            if source.pin:
                by_pin[source.pin] += flowing
        if source.pin:
            by_pin[source.pin] += _sensed(variant, circuit, source.net)
    for part in variant.parts:
        if part.kind == "led" and lit[part.path] < part.numbers["milliamps_least"]:
            yield Problem(
                part.path,
                f"{part.name} gets {lit[part.path]:.1f} mA; it needs {part.numbers['milliamps_least']:g}",
                "a smaller resistor, or turn it round: anode to plus",
            )
    uses = {use.number: use for use in variant.pins}
    for pin, flowing in by_pin.items():
        if PIN_MILLIAMPS < flowing < float("inf"):
            yield Problem(
                uses[pin].path,
                f"pin {pin} would drive {flowing:.0f} mA; it may drive {PIN_MILLIAMPS:g}",
                "a switch board",
            )
    total = sum(by_pin.values())
    if ALL_PINS_MILLIAMPS < total < float("inf"):
        yield Problem(
            variant.path,
            f"all GPIOs together would drive {total:.0f} mA; they may drive {ALL_PINS_MILLIAMPS:g}",
            "larger resistors, or a switch board",
        )


def _sensed(variant: Variant, circuit: Circuit, net: str) -> float:
    return sum(
        terminal.milliamps
        for part in variant.parts
        for name, terminal in part.board.items()
        if terminal.senses and circuit.net(part, name) == net
    )


def _path_problems(source: Source, path: Path, flowing: float) -> Iterator[Problem]:
    lights = [part for part in path.parts if part.kind in LIGHTS]
    if flowing == float("inf"):
        part = lights[0] if lights else path.parts[0]
        text = f"nothing limits the current of {source.name} through {part.name}"
        yield Problem(part.path, text, f"a resistor: {_resistor(source.volts, path, lights)}")
        return
    for part in path.parts:
        yield from _too_much(part, flowing)
        if part.kind == "resistor":
            yield from _too_hot(part, (flowing / 1000) ** 2 * part.numbers["ohms"])


def _resistor(volts: float, path: Path, lights: list[Part]) -> str:
    if not lights:
        return "1 kΩ, so that a mistake costs nothing"
    ohms = (volts - path.drop_volts) / lights[0].numbers["milliamps_max"] * 1000
    return f"at least {ohms:.0f} Ω before {lights[0].name}"


def _too_much(part: Part, flowing: float) -> Iterator[Problem]:
    most = part.numbers.get("milliamps_max", float("inf"))
    if flowing > most:
        hint = "a larger resistor" if part.kind in LIGHTS else "a stronger part"
        yield Problem(part.path, f"{part.name} would carry {flowing:.1f} mA; it stands {most:g}", hint)


def _too_hot(part: Part, watts: float) -> Iterator[Problem]:
    if watts * DERATING > part.numbers["watts"]:
        yield Problem(
            part.path,
            f"{part.name} turns {watts:.2f} W into heat, more than half of its {part.numbers['watts']:g} W",
            f"a resistor for {watts * DERATING:.2f} W or more",
        )


def _alternating(transformer: Part, circuit: Circuit) -> Iterator[Problem]:
    """Judge both half-waves. A light lets one of them through, the other one must not reach it."""
    ends = circuit.net(transformer, "a"), circuit.net(transformer, "b")
    most, least = (transformer.numbers[key] * sqrt(2) for key in ("volts_most", "volts_least"))
    for start, end in (ends, ends[::-1]):
        for path in circuit.paths(start, end):
            peak = path.milliamps(most)
            if peak == float("inf"):
                names = " and ".join(part.name for part in path.parts)
                yield Problem(
                    transformer.path,
                    f"{names or 'a wire'} would short {transformer.name}",
                    "there is no chime between",
                )
                continue
            one_way = any(branch.one_way for branch in path.branches)
            effective = peak / 2 if one_way else peak / sqrt(2)
            for part in path.parts:
                yield from _too_much(part, peak if part.kind in LIGHTS else effective)
                if part.kind == "resistor":
                    yield from _too_hot(part, (effective / 1000) ** 2 * part.numbers["ohms"])
                if part.kind == "optocoupler" and path.milliamps(least) < part.numbers["milliamps_least"]:
                    yield Problem(
                        part.path,
                        f"{part.name} gets {path.milliamps(least):.2f} mA at the least voltage,"
                        f" and needs {part.numbers['milliamps_least']:g}",
                        "a smaller resistor before it",
                    )
            yield from _backwards(path, most)
    gap_ms = 1000 / transformer.numbers["hertz_least"]
    if gap_ms * 2 > PULSE_GAP_MS:
        yield Problem(transformer.path, f"pulses every {gap_ms:.0f} ms look like many presses", "50 or 60 Hz")


def _backwards(path: Path, peak_volts: float) -> Iterator[Problem]:
    """What blocks the other half-wave: a diode, or else the light itself, which stands little."""
    diodes = [part for part in path.parts if part.kind == "diode"]
    for part in diodes or [part for part in path.parts if part.kind == "optocoupler"]:
        if part.numbers["volts_reverse"] < peak_volts:
            yield Problem(
                part.path,
                f"{part.name} would get {peak_volts:.0f} V backwards;"
                f" it stands {part.numbers['volts_reverse']:g}",
                "a diode like 1N4007 in series",
            )


def _optocouplers(variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Whether the light side's least current is enough for the pull-up on the other side."""
    for part in variant.parts:
        if part.kind != "optocoupler":
            continue
        lights = [
            path.milliamps(transformer.numbers["volts_least"] * sqrt(2))
            for transformer in variant.parts
            if transformer.kind == "transformer"
            for start, end in (("a", "b"), ("b", "a"))
            for path in circuit.paths(circuit.net(transformer, start), circuit.net(transformer, end))
            if part in path.parts
        ]
        if not lights:
            yield Problem(part.path, f"no current ever flows through {part.name}", "turn the diode round")
            continue
        collector = circuit.net(part, "collector")
        ups = [path.ohms for path in circuit.paths(circuit.nets.of("3V3"), collector, frozenset({GROUND}))]
        wanted = sum(GPIO_VOLTS / ohms * 1000 for ohms in [PULL_OHMS, *ups] if ohms)
        passed = min(lights) * part.numbers["ratio"]
        if passed < SURE * wanted:
            yield Problem(
                part.path,
                f"{part.name} passes {passed:.2f} mA at the least voltage, and needs {SURE * wanted:.2f}",
                "a smaller resistor before its light, or a larger pull-up",
            )


def _budgets(wiring: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    given = [source for source in circuit.sources() if source.milliamps]
    supplies = [source for source in given if source.volts >= SUPPLY_VOLTS]
    rail_5v, rail_3v3 = circuit.nets.of("5V"), circuit.nets.of("3V3")
    wanted, taken = wiring.pi_milliamps, 0.0
    for part, net, milliamps in loads(variant, circuit):
        feeding = [source for source in circuit.sources() if any(circuit.feeds(source, net))]
        if not milliamps and any(source not in supplies for source in feeding):
            text = f"{part.name} takes power from the Pi, and does not say how much"
            yield Problem(part.path, text, "milliamps = … at what takes")
        if any(source.net == rail_5v or source in supplies for source in feeding):
            wanted += milliamps
        if any(source.net == rail_3v3 for source in feeding):
            taken += milliamps
    if not supplies:
        yield Problem(variant.path, f"variant {variant.name} has no supply", "add a power module")
    elif wanted > supplies[0].milliamps:
        yield Problem(
            variant.path,
            f"variant {variant.name} draws up to {wanted:.0f} mA at 5 V;"
            f" its supply gives {supplies[0].milliamps:g}",
            "a stronger supply",
        )
    if taken > RAIL_3V3_MILLIAMPS:
        yield Problem(
            variant.path,
            f"the 3.3 V pins would give {taken:.0f} mA; we take {RAIL_3V3_MILLIAMPS:g} at most",
            "feed it from 5 V",
        )
    for source in given:
        milliamps = drawn(variant, circuit, source)
        if milliamps > source.milliamps:
            yield Problem(
                source.path,
                f"{source.name} would give {milliamps:g} mA; it can give {source.milliamps:g}",
                "less behind it",
            )

"""Rules about the camera: a switch cuts it, a light shows its power, no program overrules either."""

from collections.abc import Iterator

from latchkey_pi.wiring.circuit import GROUND, Circuit, Path, Source
from latchkey_pi.wiring.findings import Problem
from latchkey_pi.wiring.header import GPIO_VOLTS
from latchkey_pi.wiring.model import Part, Variant, Wiring


def privacy_problems(_: Wiring, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    """Give what is wrong with a camera's switch and its light."""
    for part in variant.parts:
        if _is_camera(part):
            yield from _camera(part, variant)
        if part.shows:
            yield from _light(part, variant, circuit)
        if part.cut_by:
            yield from _cut(part, variant, circuit)


def _is_camera(part: Part) -> bool:
    terminals = part.board.values()
    return any(found.carries == "camera" for found in terminals) and not any(
        found.gives for found in terminals
    )


def _camera(part: Part, variant: Variant) -> Iterator[Problem]:
    if not part.cut_by:
        yield Problem(
            part.path, f"no switch cuts {part.name}", f'cut_by = "…" at {part.name}, and the switch'
        )
    lights = [found for found in variant.parts if found.module == part.module and found.kind == "led"]
    if not any(light.shows == part.name for light in lights):
        yield Problem(
            part.path, f"no light shows that {part.name} has power", f'an LED with shows = "{part.name}"'
        )


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
    if shown is None or not fed or part.kind != "led":
        yield Problem(
            part.path,
            f"{part.name} shows {part.shows}, which takes no power here",
            "an LED shows, and names a board",
        )
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
    if not lit or not all(_only_resistors_after(path, fed) for _, path in lit):
        yield Problem(
            part.path,
            f"{part.name} could be dark while {shown.name} has power, or lit while it has none",
            f"feed it from what feeds {shown.name}, through a resistor alone",
        )
    yield from _overruled(part, shown, fed, circuit)


def _overruled(part: Part, shown: Part, fed: set[str], circuit: Circuit) -> Iterator[Problem]:
    """What lies beside the light can take its current; what else reaches it can feed it, or hold it dark."""
    anode, cathode = circuit.net(part, "anode"), circuit.net(part, "cathode")
    for path in circuit.paths(anode, cathode, frozenset(fed)):
        if part not in path.parts:
            beside = path.parts[0].name if path.parts else "a wire"
            yield Problem(
                part.path,
                f"{beside} lies beside {part.name}: it could put it out while {shown.name} has power",
                f"nothing but a resistor in series touches {part.name}",
            )
    avoid = frozenset({*fed, GROUND})
    pins = [
        Source(circuit.nets.of(f"pin {use.number}"), GPIO_VOLTS, f"pin {use.number}", use.path, use.number)
        for use in circuit.variant.pins
    ]
    for source in (*circuit.sources(), *pins):
        for net in {anode, cathode} - avoid:
            if source.net not in fed and any(circuit.paths(source.net, net, avoid)):
                yield Problem(
                    part.path,
                    f"{source.name} reaches {part.name} past what feeds {shown.name}",
                    f"nothing but a resistor in series touches {part.name}",
                )


def _only_resistors_after(path: Path, fed: set[str]) -> bool:
    nets = path.nets
    places = [number for number, net in enumerate(nets) if net in fed]
    if not places:
        return False
    return all(branch.part.kind in ("resistor", "led") for branch in path.branches[places[0] :])


def _cut(part: Part, variant: Variant, circuit: Circuit) -> Iterator[Problem]:
    switch = next(
        (found for found in variant.parts if found.module == part.module and found.name == part.cut_by), None
    )
    if switch is None or switch.kind != "switch":
        yield Problem(
            part.path,
            f"{part.cut_by} cuts {part.name}, and is no switch that a hand moves",
            'a part of kind "switch" in the same module',
        )
    for name, terminal in part.board.items():
        net = circuit.net(part, name)
        if not (terminal.takes or terminal.senses):
            continue
        for source in circuit.sources():
            if any(switch not in path.parts for path in circuit.feeds(source, net)):
                yield Problem(
                    part.path,
                    f"{source.name} reaches {part.name}.{name} past {part.cut_by}",
                    f"every wire that feeds or enables {part.name} goes through {part.cut_by}",
                )

"""The picture of a variant: the header left, modules right, between them each wire in a lane of its own."""

from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from latchkey_pi.wiring.canvas import PAPER, QUIET, Box, Canvas
from latchkey_pi.wiring.circuit import Circuit
from latchkey_pi.wiring.header import HEADER
from latchkey_pi.wiring.model import CABLE, COLOURS, End, Module, Part, Variant, Wire
from latchkey_pi.wiring.symbols import UNIT, bottom_of, draw, terminal_at

ODD_X, EVEN_X, TOP, ROW = 122.0, 154.0, 118.0, 26.0
"""The header's two columns, its first row, and from row to row."""

LANES_X, LANE = 238.0, 11.0
MODULE_GAP, TITLE, MODULE_WIDTH = 16.0, 44.0, 51 * UNIT
BADGE_X = 1.2 * UNIT
WIRE, HALO = 3.2, 7.0
TOO_NEAR = 8.0
"""Parallel wires of different nets that run closer than this look like one."""

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Track:
    """A wire on paper: its corners."""

    wire: Wire
    net: str
    points: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Diagram:
    """A finished picture, and what is wrong with it."""

    svg: str
    overlaps: tuple[str, ...]


def diagram(variant: Variant) -> Diagram:
    """Draw a variant."""
    canvas, circuit = Canvas(), Circuit(variant)
    used = {wire.pin for wire in variant.wires} - {None}
    left = LANES_X + len(used) * LANE + 24
    tops = _tops(variant)
    height = max(TOP + 20 * ROW + 60, tops[variant.modules[-1].name] + _height(variant.modules[-1]) + 60)
    width = left + MODULE_WIDTH + 20
    canvas.text(24, 34, f"Latchkey wiring: {variant.title}", 19, bold=True)
    canvas.text(24, 56, variant.says, 12, colour=QUIET)
    for module in variant.modules:
        _frame(canvas, module, left, tops[module.name])
    _pi(canvas)
    tracks = _tracks(variant, circuit, left, tops)
    for track in tracks:
        canvas.polyline(list(track.points), PAPER, HALO)
        canvas.polyline(
            list(track.points), COLOURS[track.wire.colour], 6 if track.wire.colour == CABLE else WIRE
        )
    for spot in _junctions(tracks):
        canvas.circle(*spot, 4.5, COLOURS["black"])
    for module in variant.modules:
        for part in module.parts.values():
            draw(canvas, part, left, tops[module.name] + TITLE)
        _badges(canvas, module, left, tops[module.name] + TITLE)
    _header(canvas, variant)
    _legend(canvas, left, height - 28)
    return Diagram(
        canvas.svg(width, height, f"Latchkey wiring: {variant.title}"), tuple(_overlaps(canvas, tracks))
    )


def _tops(variant: Variant) -> dict[str, float]:
    tops, at = {}, 80.0
    for module in variant.modules:
        tops[module.name] = at
        at += _height(module) + MODULE_GAP
    return tops


def _height(module: Module) -> float:
    vias = [y + 0.6 for wire in module.wires for _, y in wire.via]
    return TITLE + max([bottom_of(part) for part in module.parts.values()] + vias) * UNIT + 8


def _frame(canvas: Canvas, module: Module, left: float, top: float) -> None:
    canvas.rect(left, top, MODULE_WIDTH, _height(module), "#f6f8fa", "#d0d7de", radius=8)
    for part in module.parts.values():
        edge = _barrier(part)
        if edge is not None and any(found.kind == "transformer" for found in module.parts.values()):
            x = left + edge * UNIT
            canvas.rect(
                x,
                top + 32,
                left + MODULE_WIDTH - x - 6,
                _height(module) - 38,
                "#ffebe9",
                "#ff8182",
                dashed=True,
            )
            canvas.text(
                left + MODULE_WIDTH - 16, top + 18, "red: the chime's wires, 8 to 24 V AC", 11, anchor="end"
            )
    canvas.text(left + 12, top + 19, module.title, 13, bold=True)


def _barrier(part: Part) -> float | None:
    """Where the gap lies that no current crosses, in units across."""
    if part.kind == "optocoupler":
        return part.at[0] + 3.3
    return part.at[0] + part.width - 0.9 if part.contacts else None


def _pi(canvas: Canvas) -> None:
    height = 20 * ROW
    canvas.rect(24, TOP - 34, EVEN_X - 24 + 78, height + 56, "#dafbe1", "#1a7f37", radius=12)
    canvas.text(34, TOP - 18, "Raspberry Pi: this end has the SD card", 9, colour=QUIET)
    canvas.rect(ODD_X - 15, TOP - 12, EVEN_X - ODD_X + 30, height - 2, "#32383f", radius=3)


def _header(canvas: Canvas, variant: Variant) -> None:
    wires = {wire.pin: wire for wire in variant.wires if wire.pin is not None}
    for number, pin in HEADER.items():
        x, y = _pin_at(number)
        wire = wires.get(number)
        canvas.circle(
            x, y, 10, COLOURS[wire.colour] if wire else "#57606a", "#c9a227" if wire else "#6e7781", 2
        )
        canvas.text(
            x, y + 3.5, str(number), 9, colour=PAPER, anchor="middle", bold=wire is not None, inside=True
        )
        is_odd = bool(number % 2)
        if wire and not is_odd:
            canvas.rect(
                EVEN_X + 16, y - 8, len(pin.name) * 6.9 + 11, 16, "#dafbe1", COLOURS[wire.colour], line=1
            )
        canvas.text(
            ODD_X - 20 if is_odd else EVEN_X + 20, y + 3.5, pin.name, 10, anchor="end" if is_odd else "start",
            bold=wire is not None, colour="#1f2328" if wire else "#8c959f",
            inside=wire is not None and not is_odd,
        )  # fmt: skip


def _pin_at(number: int) -> Spot:
    return (ODD_X if number % 2 else EVEN_X), TOP + (number - 1) // 2 * ROW


def _badges(canvas: Canvas, module: Module, left: float, top: float) -> None:
    """Repeat the pin's number where its wire comes in: nobody has to follow the line."""
    for wire in module.wires:
        if wire.pin is None:
            continue
        end = next(end for end in wire.ends if end.pin is None)
        y = top + terminal_at(module.parts[end.part], end.terminal)[1] * UNIT
        canvas.circle(left + BADGE_X, y, 10, COLOURS[wire.colour], PAPER)
        canvas.text(
            left + BADGE_X, y + 3.5, str(wire.pin), 9, colour=PAPER, anchor="middle", bold=True, inside=True
        )
        canvas.text(left + BADGE_X + 16, y - 5, HEADER[wire.pin].name, 10, colour=QUIET)


def _legend(canvas: Canvas, left: float, y: float) -> None:
    x = left
    for colour, says in (
        ("black", "ground"),
        ("red", "5 V"),
        ("orange", "3.3 V"),
        ("grey", "cable with plugs"),
    ):
        canvas.polyline([(x, y), (x + 24, y)], COLOURS[colour], 6 if colour == CABLE else WIRE)
        canvas.text(x + 30, y + 4, says, 11, colour=QUIET)
        x += 44 + len(says) * 7.2
    canvas.text(
        x, y + 4, "other colours: signals · dashed frame: is there already · not to scale", 11, colour=QUIET
    )


def _tracks(variant: Variant, circuit: Circuit, left: float, tops: dict[str, float]) -> list[Track]:
    parts = {(part.module, part.name): part for part in variant.parts}

    def spot(end: End) -> Spot:
        if end.pin is not None:
            return _pin_at(end.pin)
        x, y = terminal_at(parts[end.module, end.part], end.terminal)
        return left + x * UNIT, tops[end.module] + TITLE + y * UNIT

    tracks, entering = [], []
    for wire in variant.wires:
        net = circuit.nets.of(wire.ends[0].node)
        ends = sorted(wire.ends, key=lambda end: end.pin is None)
        first, last = spot(ends[0]), spot(ends[1])
        if wire.pin is None:
            corners = [(left + x * UNIT, tops[wire.module] + TITLE + y * UNIT) for x, y in wire.via]
            first, last = (spot(end) for end in wire.ends)
            tracks.append(Track(wire, net, (first, *corners, last)))
        else:
            gap = first[1] + ROW / 2 if wire.pin % 2 else first[1]
            entering.append(Track(wire, net, (first, (first[0], gap), last)))
    for place, track in enumerate(_lanes(entering)):
        x = LANES_X + place * LANE
        at_pin, out, *_, end = track.points
        tracks.append(replace(track, points=(at_pin, out, (x, out[1]), (x, end[1]), end)))
    return tracks


def _lanes(tracks: list[Track]) -> list[Track]:
    """Order wires from left to right so that few cross: move one at a time as long as that helps."""
    order = sorted(tracks, key=lambda track: track.points[-1][1])
    improved = True
    while improved:
        improved = False
        for track in list(order):
            rest = [other for other in order if other is not track]
            tries = [[*rest[:at], track, *rest[at:]] for at in range(len(order))]
            best = min(tries, key=_cost)
            if _cost(best) < _cost(order):
                order, improved = best, True
    return order


def _cost(order: list[Track]) -> int:
    """Count crossings, and wires that would run on each other, a hundredfold."""
    return sum(_pair_cost(first, second) for first, second in combinations(order, 2))


def _pair_cost(first: Track, second: Track) -> int:
    low, high = sorted((first.points[1][1], first.points[-1][1]))
    other_low, other_high = sorted((second.points[1][1], second.points[-1][1]))
    crossings = (low < second.points[1][1] < high) + (other_low < first.points[-1][1] < other_high)
    return crossings + 100 * (abs(second.points[1][1] - first.points[-1][1]) < TOO_NEAR)


def _junctions(tracks: list[Track]) -> list[Spot]:
    """Where a wire runs into another one of the same net."""
    return [
        corner
        for track in tracks
        for corner in track.points[1:-1]
        for other in tracks
        if other is not track and other.net == track.net
        for first, second in pairwise(other.points)
        if first[1] == second[1] == corner[1]
        and min(first[0], second[0]) < corner[0] < max(first[0], second[0])
    ]


def _overlaps(canvas: Canvas, tracks: list[Track]) -> list[str]:
    """Say what lies on what: texts on texts, texts and parts under wires, wires on wires."""
    found = [
        f"{one.what} lies on {other.what}" for one, other in combinations(canvas.texts, 2) if one.meets(other)
    ]
    found += [
        f"{text.what} lies on {body.what}"
        for text in canvas.texts
        for body in canvas.bodies
        if text.meets(body)
    ]
    found += [
        f"{one.what} lies on {other.what}"
        for one, other in combinations(canvas.bodies, 2)
        if one.meets(other)
    ]
    for track in tracks:
        found += [
            f"the wire {track.wire} runs over {box.what}"
            for first, second in pairwise(track.points)
            for box in (*canvas.texts, *canvas.bodies)
            if _drawn_box(first, second).meets(box)
        ]
    for one, other in combinations(tracks, 2):
        if one.net != other.net and any(
            _side_by_side(a, b) for a in pairwise(one.points) for b in pairwise(other.points)
        ):
            found.append(f"the wires {one.wire} and {other.wire} run on each other")
    return found


def _drawn_box(first: Spot, second: Spot) -> Box:
    """Give what a piece of wire takes, less a pixel at its ends: there it touches what it belongs to."""
    left, right = sorted((first[0], second[0]))
    top, bottom = sorted((first[1], second[1]))
    half = WIRE / 2
    if top == bottom:
        return Box(left + 1, top - half, right - 1, bottom + half, "wire")
    return Box(left - half, top + 1, right + half, bottom - 1, "wire")


def _side_by_side(one: tuple[Spot, Spot], other: tuple[Spot, Spot]) -> bool:
    for along, across in ((0, 1), (1, 0)):
        if one[0][across] == one[1][across] and other[0][across] == other[1][across]:
            near = abs(one[0][across] - other[0][across]) < TOO_NEAR
            first = sorted((one[0][along], one[1][along]))
            second = sorted((other[0][along], other[1][along]))
            if near and first[0] < second[1] and second[0] < first[1]:
                return True
    return False

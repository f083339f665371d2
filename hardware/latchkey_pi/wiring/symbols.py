"""How each kind of part looks, and where its terminals are: like the thing on the table."""

from collections.abc import Callable

from latchkey_pi.wiring.canvas import INK, QUIET, Box, Canvas
from latchkey_pi.wiring.model import Part, Point

UNIT = 16.0
"""Pixels to a unit of the file."""

LEG, BODY, EDGE = "#6e7781", "#eaeef2", "#57606a"
LIGHTS = {"red": "#e5484d", "green": "#30a46c", "yellow": "#f5c518"}

_OFFSETS: dict[str, dict[str, Point]] = {
    "resistor": {"a": (0, 0), "b": (4, 0)},
    "diode": {"anode": (0, 0), "cathode": (4, 0)},
    "led": {"anode": (0, 0), "cathode": (0, 2)},
    "button": {"a": (0, 0), "b": (0, 2)},
    "reed": {"a": (0, 0), "b": (0, 2)},
    "transformer": {"a": (0, 0), "b": (0, 2)},
    "chime": {"a": (0, 0), "b": (0, 4.5)},
    "optocoupler": {"emitter": (0, 0), "collector": (0, 2), "cathode": (6, 0), "anode": (6, 2)},  # from above
    "switch": {"a1": (0, 0), "b1": (6, 0), "a2": (0, 2), "b2": (6, 2)},
}
_BANDS = (
    "#1f2328", "#8a5a2b", "#d1242f", "#f08c00", "#f5c518",
    "#1a7f37", "#0969da", "#8250df", "#848d97", "#ffffff",
)  # fmt: skip
_GOLD = "#c9a227"


def terminal_at(part: Part, name: str) -> Point:
    """Give where a terminal is, in units from the module's corner."""
    x, y = part.at
    if part.kind == "board":
        side, across = (part.left, 0.0) if name in part.left else (part.right, part.width)
        return x + across, y + 2 * side.index(name)
    dx, dy = _OFFSETS[part.kind][name]
    if part.flip:
        dx = max(offset[0] for offset in _OFFSETS[part.kind].values()) - dx
    return x + dx, y + dy


def bottom_of(part: Part) -> float:
    """Give how far down a part and its label reach, in units."""
    last = max(terminal_at(part, name)[1] for name in part.terminals)
    return last + {"board": 1.2, "optocoupler": 2.8, "switch": 1.2, "chime": 0.4}.get(part.kind, 1.4)


def draw(canvas: Canvas, part: Part, left: float, top: float) -> None:
    """Draw a part of a module whose corner is at (left, top)."""
    _DRAW[part.kind](canvas, part, left + part.at[0] * UNIT, top + part.at[1] * UNIT)


def _edge(part: Part) -> str:
    return QUIET if part.existing else EDGE


def _resistor(canvas: Canvas, part: Part, x: float, y: float) -> None:
    canvas.polyline([(x, y), (x + 4 * UNIT, y)], LEG, 2)
    left, width = x + 0.7 * UNIT, 2.6 * UNIT
    canvas.rect(left, y - 7, width, 14, "#e6d3a8", EDGE, radius=6, line=1)
    for number, colour in enumerate(bands(part.numbers["ohms"])):
        canvas.rect(left + 7 + number * 7 + (4 if number == 3 else 0), y - 6.5, 3.5, 13, colour, radius=0)
    canvas.body(Box(left, y - 7, left + width, y + 7, part.name))
    canvas.text(left + width / 2, y + 20, part.label, 11, anchor="middle")


def bands(ohms: float) -> tuple[str, str, str, str]:
    """Give the colours of a resistor's rings: two digits, zeros, gold."""
    digits, zeros = ohms, 0
    while digits >= 100:
        digits, zeros = digits / 10, zeros + 1
    first, second = divmod(round(digits), 10)
    return _BANDS[first], _BANDS[second], _BANDS[zeros], _GOLD


def _diode(canvas: Canvas, part: Part, x: float, y: float) -> None:
    canvas.polyline([(x, y), (x + 4 * UNIT, y)], LEG, 2)
    left, width = x + 0.9 * UNIT, 2.2 * UNIT
    canvas.rect(left, y - 6, width, 12, "#32383f", INK, radius=2, line=1)
    canvas.rect(left + (4 if part.flip else width - 9), y - 6, 5, 12, "#d0d7de", radius=0)
    canvas.body(Box(left, y - 6, left + width, y + 6, part.name))
    canvas.text(left + width / 2, y + 20, part.label, 11, anchor="middle")


def _led(canvas: Canvas, part: Part, x: float, y: float) -> None:
    middle, left = y + UNIT, x + 1.6 * UNIT
    canvas.polyline([(x, y), (left - 4, y), (left - 4, middle - 6), (left + 4, middle - 6)], LEG, 2)
    canvas.polyline(
        [(x, y + 2 * UNIT), (left - 4, y + 2 * UNIT), (left - 4, middle + 6), (left + 4, middle + 6)], LEG, 2
    )
    dome = f"M{left:g} {middle - 13:g} h16 a13 13 0 0 1 0 26 h-16 z"
    canvas.path(dome, EDGE, 1.2, fill=LIGHTS.get(part.colour, "#f5c518"))
    canvas.rect(left - 1, middle - 15, 5, 30, LIGHTS.get(part.colour, "#f5c518"), EDGE, radius=1, line=1.2)
    canvas.body(Box(left, middle - 15, left + 30, middle + 15, part.name))
    canvas.text(left + 40, middle + 4, part.label, 11)


def _button(canvas: Canvas, part: Part, x: float, y: float) -> None:
    left, top, size = x + UNIT, y - 0.6 * UNIT, 3.2 * UNIT
    canvas.polyline([(x, y), (left, y)], LEG, 2)
    canvas.polyline([(x, y + 2 * UNIT), (left, y + 2 * UNIT)], LEG, 2)
    canvas.rect(left, top, size, size, BODY, _edge(part), radius=8, dashed=part.existing)
    canvas.circle(left + size / 2, top + size / 2, 15, "#8c959f", _edge(part))
    canvas.circle(left + size / 2, top + size / 2, 10, "#d0d7de")
    canvas.body(Box(left, top, left + size, top + size, part.name))
    canvas.text(left + size + 10, top + size / 2 + 4, part.label, 11)


def _reed(canvas: Canvas, part: Part, x: float, y: float) -> None:
    left, width = x + UNIT, 4.4 * UNIT
    canvas.polyline([(x, y), (left + 36, y), (left + 44, y + 4)], LEG, 2.5)
    canvas.polyline(
        [(x, y + 2 * UNIT), (left + width + 8, y + 2 * UNIT), (left + width + 8, y), (left + 34, y)], LEG, 2
    )
    canvas.path(f"M{left + 8:g} {y - 9:g} h54 a9 9 0 0 1 0 18 h-54 a9 9 0 0 1 0 -18 z", "#0969da", 1.2)
    canvas.rect(left + width + 24, y - 12, 26, 14, "#d1242f", INK, radius=2, line=1)
    canvas.rect(left + width + 24, y + 2, 26, 14, "#d0d7de", INK, radius=2, line=1)
    canvas.body(Box(left, y - 9, left + width, y + 9, part.name))
    canvas.text(left + width + 60, y - 2, part.label, 11)
    canvas.text(left + width + 60, y + 13, "and the shutter's magnet", 11)


def _transformer(canvas: Canvas, part: Part, x: float, y: float) -> None:
    left, top, width, height = x + UNIT, y - 0.7 * UNIT, 3.2 * UNIT, 3.4 * UNIT
    canvas.polyline([(x, y), (left, y)], LEG, 2)
    canvas.polyline([(x, y + 2 * UNIT), (left, y + 2 * UNIT)], LEG, 2)
    canvas.rect(left, top, width, height, "#fff1e5", _edge(part), dashed=part.existing)
    middle = top + height / 2
    canvas.path(f"M{left + 12:g} {middle:g} q7 -16 14 0 t14 0", "#8a5a2b", 2.5)
    canvas.body(Box(left, top, left + width, top + height, part.name))
    _beside(canvas, part, left + width + 10, middle + 4)


def _beside(canvas: Canvas, part: Part, x: float, y: float) -> None:
    words = part.label.split(" ")
    half = (len(words) + 1) // 2
    rows = [part.label] if len(part.label) < 13 else [" ".join(words[:half]), " ".join(words[half:])]
    for number, row in enumerate(rows):
        canvas.text(x, y + (number - (len(rows) - 1) / 2) * 14, row, 11)


def _chime(canvas: Canvas, part: Part, x: float, y: float) -> None:
    top, bottom = y + 0.9 * UNIT, y + 3.6 * UNIT
    canvas.polyline([(x, y), (x, y + 4.5 * UNIT)], LEG, 2)
    canvas.rect(x - 22, top, 44, bottom - top, BODY, _edge(part), dashed=part.existing)
    bell = f"M{x - 11:g} {top + 28:g} h22 q-4 -4 -4 -12 a7 9 0 0 0 -14 0 q0 8 -4 12 z"
    canvas.path(bell, "#8a5a2b", 1.5, fill="#f5c518")
    canvas.circle(x, top + 32, 3, "#8a5a2b")
    canvas.body(Box(x - 22, top, x + 22, bottom, part.name))
    canvas.text(x + 30, (top + bottom) / 2 + 4, part.label, 11)


def _optocoupler(canvas: Canvas, part: Part, x: float, y: float) -> None:
    left, top, width, height = x + UNIT, y - 0.9 * UNIT, 4 * UNIT, 3.8 * UNIT
    for dy in (0, 2 * UNIT):
        canvas.polyline([(x, y + dy), (x + 6 * UNIT, y + dy)], LEG, 4)
    canvas.rect(left, top, width, height, "#f6f8fa", INK, radius=3)
    middle = y + UNIT
    right = left + width
    canvas.polyline(
        [(right, y), (right - 16, y), (right - 16, y + 2 * UNIT), (right, y + 2 * UNIT)], INK, 1.5
    )
    canvas.path(f"M{right - 23:g} {middle + 6:g} h14 l-7 -11 z", INK, 1, fill="#e5484d")
    canvas.polyline([(right - 23, middle - 6), (right - 9, middle - 6)], INK, 2)
    canvas.polyline([(left, y), (left + 14, y), (left + 14, y + 9), (left + 22, y + 13)], INK, 1.5)
    canvas.polyline(
        [(left, y + 2 * UNIT), (left + 14, y + 2 * UNIT), (left + 14, y + 23), (left + 22, y + 19)], INK, 1.5
    )
    canvas.polyline([(left + 22, y + 8), (left + 22, y + 24)], INK, 3)
    for dy in (-3, 4):
        canvas.path(f"M{right - 27:g} {middle + dy:g} h-8 m3 -3 l-3 3 l3 3", "#e5484d", 1.3)
    canvas.circle(right - 7, top + height - 7, 3, INK)
    canvas.body(Box(left, top, right, top + height, part.name))
    canvas.text(left + width / 2, top + height + 14, part.label, 11, anchor="middle")
    canvas.text(left + width / 2, top + height + 27, "dot = leg 1", 10, colour=QUIET, anchor="middle")


def _switch(canvas: Canvas, part: Part, x: float, y: float) -> None:
    left, top, width, height = x + 0.8 * UNIT, y - UNIT, 4.4 * UNIT, 4 * UNIT
    canvas.rect(left, top, width, height, "#f6f8fa", EDGE)
    for dy in (0.0, 2 * UNIT):
        canvas.polyline([(x, y + dy), (left + 16, y + dy)], LEG, 2)
        canvas.polyline([(left + width - 16, y + dy), (x + 6 * UNIT, y + dy)], LEG, 2)
        canvas.polyline([(left + 16, y + dy), (left + width - 16, y + dy - 8)], INK, 3)
        canvas.circle(left + 16, y + dy, 3.5, INK)
        canvas.circle(left + width - 16, y + dy, 3.5, INK)
    middle = left + width / 2
    canvas.path(f"M{middle:g} {y - 2:g} V{y + 2 * UNIT - 6:g}", QUIET, 1.5, dashed=True)
    canvas.body(Box(left, top, left + width, top + height, part.name))
    canvas.text(middle, top - 5, part.label, 11, anchor="middle")


def _board(canvas: Canvas, part: Part, x: float, y: float) -> None:
    rows = max(len(part.left), len(part.right))
    top, height, width = y - 1.1 * UNIT, (2 * rows + 0.2) * UNIT, part.width * UNIT
    canvas.rect(x, top, width, height, "#ddf4ff", _edge(part), dashed=part.existing, radius=5)
    for name in part.terminals:
        tx, ty = terminal_at(part, name)
        px, py = x + (tx - part.at[0]) * UNIT, y + (ty - part.at[1]) * UNIT
        is_left = name in part.left
        canvas.circle(px, py, 4, "#c9a227", INK, 1)
        label = part.board[name].label or name
        canvas.text(
            px + (8 if is_left else -8), py + 4, label, 10, anchor="start" if is_left else "end", inside=True
        )
    canvas.body(Box(x, top, x + width, top + height, part.name))
    canvas.text(x + width / 2, top - 5, part.label, 11, anchor="middle")


_DRAW: dict[str, Callable[[Canvas, Part, float, float], None]] = {
    "resistor": _resistor,
    "diode": _diode,
    "led": _led,
    "button": _button,
    "reed": _reed,
    "transformer": _transformer,
    "chime": _chime,
    "optocoupler": _optocoupler,
    "switch": _switch,
    "board": _board,
}

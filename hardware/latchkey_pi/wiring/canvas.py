"""SVG as text, the same bytes for the same drawing, and a memory of what lies where, to find overlaps."""

from dataclasses import dataclass
from html import escape

FONT = "DejaVu Sans, Verdana, Helvetica, sans-serif"
CHAR_WIDTH = 0.62
"""Width of a character as a share of the size of the font: the widest of these fonts, on average."""

INK, QUIET, PAPER = "#1f2328", "#57606a", "#ffffff"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that a text or a part takes; `what` names it in findings."""

    left: float
    top: float
    right: float
    bottom: float
    what: str

    def meets(self, other: "Box") -> bool:
        """Whether they overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def n(value: float) -> str:
    """Write a coordinate: at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


class Canvas:
    """Collects shapes. Texts and bodies are remembered with their boxes."""

    def __init__(self) -> None:
        self._shapes: list[str] = []
        self.texts: list[Box] = []
        self.bodies: list[Box] = []

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, stroke: str = "none", *,
        radius: float = 4, dashed: bool = False, line: float = 1.5,
    ) -> None:  # fmt: skip
        """Draw a rectangle."""
        dash = ' stroke-dasharray="5 3"' if dashed else ""
        self._shapes.append(
            f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" rx="{n(radius)}"'
            f' fill="{fill}" stroke="{stroke}" stroke-width="{n(line)}"{dash}/>'
        )

    def circle(
        self, x: float, y: float, radius: float, fill: str, stroke: str = "none", line: float = 1.5
    ) -> None:
        """Draw a circle."""
        self._shapes.append(
            f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" fill="{fill}" stroke="{stroke}"'
            f' stroke-width="{n(line)}"/>'
        )

    def path(
        self, d: str, stroke: str, line: float = 2, *, fill: str = "none", dashed: bool = False,
        even_odd: bool = False,
    ) -> None:  # fmt: skip
        """Draw an SVG path. `even_odd` = what lies within an outline within an outline is a hole."""
        dash = ' stroke-dasharray="5 3"' if dashed else ""
        dash += ' fill-rule="evenodd"' if even_odd else ""
        self._shapes.append(
            f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{n(line)}"'
            f' stroke-linejoin="round" stroke-linecap="round"{dash}/>'
        )

    def polyline(self, points: list[tuple[float, float]], stroke: str, line: float = 2) -> None:
        """Draw a line through points."""
        self.path("M" + " L".join(f"{n(x)} {n(y)}" for x, y in points), stroke, line)

    def text(
        self, x: float, y: float, text: str, size: float = 12, *, colour: str = INK, anchor: str = "start",
        bold: bool = False, inside: bool = False,
    ) -> None:  # fmt: skip
        """Write a line whose baseline is at `y`. `inside` = within a body, where it belongs."""
        weight = ' font-weight="bold"' if bold else ""
        self._shapes.append(
            f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}" fill="{colour}" text-anchor="{anchor}"'
            f"{weight}>{escape(text, quote=False)}</text>"
        )
        if not inside:
            width = len(text) * size * CHAR_WIDTH
            left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            self.texts.append(Box(left, y - 0.8 * size, left + width, y + 0.25 * size, f"“{text}”"))

    def body(self, box: Box) -> None:
        """Remember what a part takes."""
        self.bodies.append(box)

    def svg(self, width: float, height: float, title: str) -> str:
        """Give the file's text."""
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n(width)} {n(height)}"'
                f' width="{n(width)}" height="{n(height)}" font-family="{FONT}" role="img">',
                f"<title>{escape(title, quote=False)}</title>",
                f'<rect width="{n(width)}" height="{n(height)}" fill="{PAPER}"/>',
                *self._shapes,
                "</svg>",
                "",
            ]
        )

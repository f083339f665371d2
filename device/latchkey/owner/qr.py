"""QR codes for a terminal and for a page. They need the extra `[owner]`; without it text has to do."""

from html import escape
from importlib import import_module
from typing import Any

segno: Any
try:
    segno = import_module("segno")
except ImportError:
    segno = None

AVAILABLE = segno is not None

QUIET_MODULES = 4
"""The white border that the standard asks for."""

TERMINAL_COLUMNS = 80


def terminal_code(text: str) -> list[str] | None:
    """Give the lines of a QR code, two modules to a character, dark on a light ground; at most 80 wide.

    None where `segno` is not installed, or the code would be wider. The terminal must know UTF-8 and colour.
    """
    if segno is None:
        return None
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    if len(rows[0]) > TERMINAL_COLUMNS:
        return None
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [f"\x1b[30;107m{''.join(map(_half_block, upper, lower))}\x1b[0m" for upper, lower in pairs]


def page(title: str, text: str, lines: list[str]) -> str | None:
    """Give a page of HTML with one QR code of `text`, `text` itself, and lines for people; it loads nothing.

    None where `segno` is not installed.
    """
    if segno is None:
        return None
    code = segno.make(text, error="m", micro=False).svg_inline(scale=4, border=QUIET_MODULES)
    shown = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        "<style>body{font:12pt sans-serif;max-width:18cm;margin:1cm auto}svg{width:14cm;height:14cm}"
        "code{word-break:break-all;font-size:7pt}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{code}\n{shown}\n<p><code>{escape(text)}</code></p></body></html>\n"
    )


def _half_block(upper: int, lower: int) -> str:
    return {(1, 1): "█", (1, 0): "▀", (0, 1): "▄"}.get((int(upper), int(lower)), " ")

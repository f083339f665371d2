"""QR codes: what is drawn is what was said (read back by OpenCV), and without segno there is none."""

import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from latchkey.owner import qr

OFFER = "LATCHKEY-OFFER-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQ9V7DLU"


@pytest.fixture(autouse=True)
def _segno(absent: Callable[[str, str], None]) -> None:
    if not qr.AVAILABLE:
        absent("segno", "segno is not installed")


def read_back(dark: np.ndarray) -> str:
    """Decode a code drawn as an array of dark modules."""
    image = np.kron(np.where(dark, 0, 255).astype(np.uint8), np.ones((6, 6), np.uint8))
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
    return str(text)


def test_a_code_in_the_terminal_reads_back() -> None:
    lines = qr.terminal_code(OFFER)
    assert lines is not None
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert max(map(len, shown)) <= 80
    dark = np.array([[halves[char][half] for char in line] for line in shown for half in (0, 1)], bool)
    assert read_back(np.pad(dark, 4)) == OFFER


def test_a_code_too_wide_for_a_terminal_is_not_drawn() -> None:
    assert qr.terminal_code("A" * 2000) is None


def test_a_page_reads_back_and_loads_nothing_from_anywhere() -> None:
    text = "LATCHKEY-PAPER-1" + "QPZRY9X8" * 120
    page = qr.page("Title & more", text, ["a <b> line"])
    assert page is not None
    assert "a &lt;b&gt; line" in page
    assert "Title &amp; more" in page
    assert not re.search(r"https?:|src=|href=|<script|<link", page)
    assert read_back(_svg_modules(page)) == text


def _svg_modules(page: str) -> np.ndarray:
    """Draw the strokes of segno's one path: `m`/`h` moves in modules."""
    found = re.search(r'<svg width="(\d+)".*?\bd="([^"]+)"', page)
    assert found is not None
    size = int(found[1]) // 4
    dark = np.zeros((size, size), bool)
    x = y = 0.0
    for kind, numbers in re.findall(r"([Mmh])([-\d. ]+)", found[2]):
        values = [float(value) for value in numbers.split()]
        if kind == "h":
            dark[int(y), int(x) : int(x + values[0])] = True
            x += values[0]
        else:
            x, y = (values[0], values[1]) if kind == "M" else (x + values[0], y + values[1])
    return dark

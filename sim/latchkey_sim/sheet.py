"""The contact sheet `visit.png`: what happened at the door, beside what was recorded of it.

For a simulated scene each moment shows the picture as it was drawn above the picture as the owner
sees it; for real input there is no "as it was" to show: recorded frames stand alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from latchkey.frames import Plane

SHEET_WIDTH_PX = 1600
MARGIN_PX, GAP_PX = 40, 16
HEADER_PX, CAPTION_PX, TAG_PX = 118, 46, 24
COLUMNS = 3
DPI = 100

RECORDED = "recorded, as its owner opens it"

PAPER, INK, MUTED, ACCENT = "#f7f5f0", "#22262b", "#6d747c", "#526E95"


@dataclass(frozen=True, slots=True)
class Panel:
    """One moment. Pictures are BGR; `drawn` is None for real input, `recorded` where no clip has it."""

    time: str
    text: str
    drawn: Plane | None
    recorded: Plane | None


def sheet_png(title: str, subtitle: str, panels: Sequence[Panel], told: str = RECORDED) -> bytes:
    """Draw the sheet as the bytes of a PNG, 1600 px wide; `told` stands below pictures as `recorded`.

    Raises ValueError where OpenCV cannot make one.
    """
    image = draw_sheet(title, subtitle, panels, told)
    ok, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not ok:
        raise ValueError(f"cannot make a PNG of {image.shape[1]}x{image.shape[0]} pixels")
    return bytes(data.tobytes())


def draw_sheet(title: str, subtitle: str, panels: Sequence[Panel], told: str = RECORDED) -> Plane:
    """Draw the sheet as a BGR picture."""
    layout = _Layout(panels)
    figure = Figure(figsize=(SHEET_WIDTH_PX / DPI, layout.height / DPI), dpi=DPI, facecolor=PAPER)
    painter = FigureCanvasAgg(figure)
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        _write(figure, layout, MARGIN_PX, 34, title, size=23, weight="bold")
        _write(figure, layout, MARGIN_PX, 74, subtitle, size=13, colour=MUTED)
        for number, panel in enumerate(panels):
            _captions(figure, layout, number, panel, told)
        painter.draw()
    sheet = np.ascontiguousarray(np.asarray(painter.buffer_rgba())[..., 2::-1])
    for number, panel in enumerate(panels):
        _pictures(sheet, layout, number, panel)
    return sheet


class _Layout:
    """Where things lie, in pixels from the top left."""

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.paired = any(panel.drawn is not None for panel in panels)
        self.tile_width = (SHEET_WIDTH_PX - 2 * MARGIN_PX - (COLUMNS - 1) * GAP_PX) // COLUMNS
        self.tile_height = max((self._fit(panel) for panel in panels), default=self.tile_width * 9 // 16)
        rows = max(1, -(-len(panels) // COLUMNS))
        pictures = self.tile_height + TAG_PX
        self.panel_height = CAPTION_PX + pictures * (2 if self.paired else 1) + GAP_PX
        self.height = HEADER_PX + rows * self.panel_height + MARGIN_PX - GAP_PX

    def _fit(self, panel: Panel) -> int:
        picture = panel.drawn if panel.drawn is not None else panel.recorded
        if picture is None:
            return self.tile_width * 9 // 16
        height, width = picture.shape[:2]
        fitting: int = self.tile_width * height // width
        return min(fitting, self.tile_width * 3 // 2)

    def corner(self, number: int) -> tuple[int, int]:
        """Top left of a panel."""
        row, column = divmod(number, COLUMNS)
        return MARGIN_PX + column * (self.tile_width + GAP_PX), HEADER_PX + row * self.panel_height


def _captions(figure: Figure, layout: _Layout, number: int, panel: Panel, told: str) -> None:
    x, y = layout.corner(number)
    _write(figure, layout, x, y, panel.time, size=15, weight="bold", colour=ACCENT)
    _write(figure, layout, x + 104, y, panel.text, size=15)
    y += CAPTION_PX - 14 + layout.tile_height
    if layout.paired:
        _write(figure, layout, x, y + 3, "the scene, drawn anew from its seed", size=10, colour=MUTED)
        y += layout.tile_height + TAG_PX
    text = told if panel.recorded is not None else "not recorded"
    _write(figure, layout, x, y + 3, text, size=10, colour=ACCENT)


def _pictures(sheet: Plane, layout: _Layout, number: int, panel: Panel) -> None:
    x, y = layout.corner(number)
    y += CAPTION_PX - 14
    for picture in [panel.drawn, panel.recorded] if layout.paired else [panel.recorded]:
        tile = sheet[y : y + layout.tile_height, x : x + layout.tile_width]
        tile[:] = (224, 228, 230)
        if picture is not None:
            _fill(tile, picture)
        y += layout.tile_height + TAG_PX


def _fill(tile: Plane, picture: Plane) -> None:
    """Fit a picture into a tile, whole and in the middle."""
    scale = min(tile.shape[1] / picture.shape[1], tile.shape[0] / picture.shape[0])
    width, height = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    small = cv2.resize(
        picture, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    left, top = (tile.shape[1] - width) // 2, (tile.shape[0] - height) // 2
    tile[top : top + height, left : left + width] = small


def _write(
    figure: Figure,
    layout: _Layout,
    x: int,
    y: int,
    text: str,
    *,
    size: int,
    weight: str = "normal",
    colour: str = INK,
) -> None:
    where = (x / SHEET_WIDTH_PX, 1 - y / layout.height)
    figure.text(*where, text, fontsize=size, fontweight=weight, color=colour, ha="left", va="top")

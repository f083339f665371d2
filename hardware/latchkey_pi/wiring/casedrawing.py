"""The case in two cuts, front and side, out of the meshes of its parts: the same lines for the same shape.

A cut is where triangles meet a plane, chained to outlines. How a surface was divided into triangles leaves no
trace: corners on a straight line are dropped, and outlines begin at their lowest corner.
"""

import re
import sys
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Mapping
from math import dist
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latchkey_pi.wiring.canvas import INK, QUIET, Canvas, n

Mesh = NDArray[np.float64]
"""Triangles: [triangle, corner, axis], in millimetres."""

Spot = tuple[float, float]
Outline = list[Spot]

PARTS = {
    "back": "#afb8c1",
    "board": "#8ddb8c",
    "bridge": "#57606a",
    "shutter": "#f08c00",
    "shell": "#80ccff",
    "hood": "#6e7781",
}
LENS_X, FRONT_Z = 15.02, 48.02
"""Where the cuts are: through the lens of the Zero's case, and 1 mm below its front; through no corner."""

SAME_MM, STRAIGHT = 0.02, 0.02
"""Corners nearer than this are one; a bend whose sine is less is none."""

SCALE = 4.4
TOP, FRONT_LEFT, SIDE_LEFT = 112.0, 210.0, 640.0
"""Pixels a millimetre; where the case's inner top and left, and the wall in the side view, are on paper."""

HEIGHT_MM = 101.0
FRONT_NOTES = (
    ("what the lens looks through", 15, 77, "left"),
    ("shutter's knob, in its slot", 15, 62.5, "left"),
    ("camera-on light", 7, 29, "left"),
    ("status light", 43, 29, "right"),
    ("button", 25, 15, "right"),
)
SIDE_NOTES = (
    ("hood", 55, 104.6),
    ("bridge: holds the camera", 40.8, 95),
    ("shutter, closed", 44, 72),
    ("shell", 47.5, 55),
    ("Pi, on four posts", 8.8, 45),
    ("back, on the wall", 1.5, 29),
)


def read_mesh(text: str) -> Mesh:
    """Read an STL file that is text."""
    return np.array(re.findall(r"vertex (\S+) (\S+) (\S+)", text), np.float64).reshape(-1, 3, 3)


def cut(mesh: Mesh, axis: int, at: float) -> list[Outline]:
    """Give the outlines where a plane across an axis meets a mesh, in the other two axes, in their order."""
    others = [number for number in range(3) if number != axis]
    follows: dict[Spot, list[Spot]] = defaultdict(list)
    for triangle in mesh:
        ends = []
        for first, second in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
            if (first[axis] < at) != (second[axis] < at):
                low, high = sorted((first, second), key=lambda corner: float(corner[axis]))
                spot = low + (high - low) * (at - low[axis]) / (high[axis] - low[axis])
                ends.append((round(float(spot[others[0]]), 3), round(float(spot[others[1]]), 3)))
        if len(ends) == 2 and ends[0] != ends[1]:
            follows[ends[0]].append(ends[1])
            follows[ends[1]].append(ends[0])
    return sorted(_chained(follows))


def _chained(follows: dict[Spot, list[Spot]]) -> list[Outline]:
    outlines = []
    while follows:
        start = min(follows)
        outline, at = [start], min(follows[start])
        before = start
        while at != start:
            outline.append(at)
            following = [spot for spot in follows[at] if spot != before]
            before, at = at, following[0] if following else start
        for spot in outline:
            follows.pop(spot, None)
        outlines.append(_straightened(outline))
    return outlines


def _straightened(outline: Outline) -> Outline:
    """Drop corners at which the line goes straight on, and those that are the one before once more."""
    apart = [
        at
        for before, at in zip(outline[-1:] + outline[:-1], outline, strict=True)
        if dist(before, at) > SAME_MM
    ]
    kept: Outline = []
    for number, at in enumerate(apart):
        before, after = (kept or apart)[-1], apart[(number + 1) % len(apart)]
        turn = (at[0] - before[0]) * (after[1] - at[1]) - (at[1] - before[1]) * (after[0] - at[0])
        if abs(turn) > STRAIGHT * dist(before, at) * dist(at, after):
            kept.append(at)
    return kept


def case_drawing(meshes: Mapping[str, Mesh]) -> str:
    """Draw the case of the Zero 2 W from the meshes of `PARTS`, in place."""
    canvas = Canvas()
    canvas.text(24, 36, "The case, cut open (for the Zero 2 W)", 19, bold=True)
    canvas.text(FRONT_LEFT, 64, "the front, seen from the street", 12, colour=QUIET)
    canvas.text(SIDE_LEFT, 64, "from the side, through the lens", 12, colour=QUIET)
    for name, colour in PARTS.items():
        _fill(canvas, cut(meshes[name], 2, FRONT_Z), FRONT_LEFT, colour)
        _fill(canvas, [[(z, y) for y, z in line] for line in cut(meshes[name], 0, LENS_X)], SIDE_LEFT, colour)
    canvas.path(f"M{SIDE_LEFT - 3:g} {TOP - 30:g} V{TOP + HEIGHT_MM * SCALE + 30:g}", QUIET, 3)
    for text, x, y, side in FRONT_NOTES:
        away = FRONT_LEFT - 24 if side == "left" else FRONT_LEFT + 56 * SCALE
        _note(
            canvas,
            text,
            (FRONT_LEFT + x * SCALE, _down(y)),
            away,
            anchor="end" if side == "left" else "start",
        )
    for text, z, y in SIDE_NOTES:
        _note(canvas, text, (SIDE_LEFT + z * SCALE, _down(y)), SIDE_LEFT + 70 * SCALE, anchor="start")
    return canvas.svg(1140, TOP + HEIGHT_MM * SCALE + 50, "The case of the doorbell, cut open")


def _down(y: float) -> float:
    return TOP + (HEIGHT_MM - y) * SCALE


def _fill(canvas: Canvas, outlines: list[Outline], left: float, colour: str) -> None:
    pieces = [
        "M" + " L".join(f"{n(left + x * SCALE)} {n(_down(y))}" for x, y in outline) + " Z"
        for outline in outlines
    ]
    if pieces:
        canvas.path(" ".join(pieces), INK, 1, fill=colour, even_odd=True)


def _note(canvas: Canvas, text: str, at: Spot, away: float, *, anchor: str) -> None:
    canvas.path(f"M{n(at[0])} {n(at[1])} H{n(away)}", INK, 1)
    canvas.circle(*at, 3, INK)
    canvas.text(away + (-6 if anchor == "end" else 6), at[1] + 4, text, 11, anchor=anchor)


def main(arguments: list[str]) -> None:
    """Draw from a folder of STL files, made with `in_place=true`."""
    parser = ArgumentParser(prog="python -m latchkey_pi.wiring.casedrawing", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args(arguments)
    meshes = {name: read_mesh((options.folder / f"{name}.stl").read_text()) for name in PARTS}
    options.picture.write_text(case_drawing(meshes), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The case can be printed, its shutter slides freely and covers the lens, and nothing lies in anything else.

OpenSCAD computes the shapes (`LATCHKEY_REQUIRE=openscad` makes a missing one a failure), these tests judge
the meshes. Twelve corners to a circle are enough where only faults are sought: it takes half the time.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from latchkey_pi.wiring.casedrawing import PARTS as DRAWN
from latchkey_pi.wiring.casedrawing import Mesh, case_drawing, cut, read_mesh

SCAD = Path(__file__).resolve().parents[3] / "hardware" / "enclosure" / "doorbell.scad"
PARTS = ("shell", "back", "bridge", "shutter", "hood")
BED_MM = 180
"""Of the smallest printers that are common."""

NO_VOLUME_MM3 = 0.01
Compute = Callable[..., Mesh]

pytestmark = pytest.mark.slow


@pytest.fixture
def compute(need: Callable[[str], str], tmp_path: Path) -> Compute:
    """Give `compute(part, **values)`: the mesh that OpenSCAD makes of a part; empty = no triangle."""
    program = need("openscad")

    def run(part: str, **values: object) -> Mesh:
        path = tmp_path / f"{part}.stl"
        defined = {"part": f'"{part}"', **values}
        options = [word for name, value in defined.items() for word in ("-D", f"{name}={value}")]
        done = subprocess.run([program, "-q", *options, "-o", path, SCAD], capture_output=True, text=True)
        if "top level object is empty" in done.stderr:
            return np.empty((0, 3, 3))
        assert done.returncode == 0, done.stderr
        return read_mesh(path.read_text())

    return run


def volume(mesh: Mesh) -> float:
    return float(np.einsum("ij,ij->", mesh[:, 0], np.cross(mesh[:, 1], mesh[:, 2])) / 6)


def open_edges(mesh: Mesh) -> int:
    """Count the edges that do not have exactly one triangle on each side, turned the right way."""
    names: dict[tuple[float, ...], int] = {}
    corners = [[names.setdefault(tuple(corner), len(names)) for corner in triangle] for triangle in mesh]
    edges = Counter((t[n], t[(n + 1) % 3]) for t in corners for n in range(3))
    return sum(count != 1 or edges[end, start] != 1 for (start, end), count in edges.items())


def near(mesh: Mesh, x: float) -> Mesh:
    """Give the triangles of one group of `faults`, which lie 1000 mm apart."""
    middle = mesh[:, :, 0].mean(axis=1)
    found: Mesh = mesh[(middle > x - 500) & (middle < x + 500)]
    return found


@pytest.mark.parametrize(
    ("board", "part"), [*(("zero2w", part) for part in PARTS), ("pi4", "shell"), ("pi4", "back")]
)
def test_a_part_is_watertight_lies_on_the_bed_and_fits_it(compute: Compute, board: str, part: str) -> None:
    mesh = compute(part, board=f'"{board}"')
    assert volume(mesh) > 1000
    assert open_edges(mesh) == 0
    low, high = mesh.min(axis=(0, 1)), mesh.max(axis=(0, 1))
    assert abs(low[2]) < 1e-3
    assert (high - low).max() <= BED_MM


def test_an_open_mesh_is_noticed(compute: Compute) -> None:
    mesh = compute("shutter")
    assert open_edges(mesh[1:]) == 3
    assert open_edges(np.concatenate([mesh[:1, ::-1], mesh[1:]])) > 0


@pytest.mark.parametrize(("board", "corners"), [("zero2w", 24), ("pi4", 12)])
def test_the_shutter_has_0_3_mm_of_room_and_nothing_is_in_the_way_of_lens_or_parts(
    compute: Compute, board: str, corners: int
) -> None:
    mesh = compute("faults", board=f'"{board}"', grow=0.3, **{"$fn": corners})
    assert [abs(volume(near(mesh, x))) < NO_VOLUME_MM3 for x in (0, 1000, 2000)] == [True] * 3


def test_a_tight_shutter_a_narrow_opening_and_a_board_in_the_way_are_noticed(compute: Compute) -> None:
    mesh = compute("faults", grow=0.4, opening=8, standoff=36, **{"$fn": 12})
    assert [abs(volume(near(mesh, x))) < NO_VOLUME_MM3 for x in (0, 1000, 2000)] == [False] * 3


def test_the_closed_shutter_covers_the_opening_and_2_mm_around_it(compute: Compute) -> None:
    assert abs(volume(compute("uncovered"))) < NO_VOLUME_MM3
    assert volume(compute("uncovered", plate_w=14)) > 1


def test_a_picture_of_it_is_drawn(need: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "exploded.png"
    options = ["-q", "-D", 'part="exploded"', "--viewall", "--autocenter", "--imgsize", "300,300"]
    command = [need("xvfb-run"), "-a", need("openscad"), *options, "-o", str(path), str(SCAD)]
    subprocess.run(command, check=True)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_committed_drawing_shows_this_case(compute: Compute) -> None:
    """Where this fails: `make enclosure`. Other versions of OpenSCAD may differ in the last digit."""
    made = case_drawing({name: compute(name, in_place="true") for name in DRAWN})
    committed = (SCAD.parents[1] / "pictures" / "case.svg").read_text("utf-8")
    number = re.compile(r"-?\d+(?:\.\d+)?")
    assert number.sub("", made) == number.sub("", committed)
    away = [
        abs(float(a) - float(b)) for a, b in zip(number.findall(made), number.findall(committed), strict=True)
    ]
    assert max(away) <= 0.2


def test_a_cut_is_the_outline_however_a_surface_is_divided() -> None:
    corners = np.array([(x, y, z) for x in (0, 4) for y in (0, 4) for z in (0, 4)], np.float64)
    faces = [(0, 2, 6, 4), (1, 5, 7, 3), (0, 4, 5, 1), (2, 3, 7, 6), (0, 1, 3, 2), (4, 6, 7, 5)]
    one = np.array([corners[[a, b, c]] for p, q, r, s in faces for a, b, c in ((p, q, r), (p, r, s))])
    other = np.array([corners[[a, b, c]] for p, q, r, s in faces for a, b, c in ((p, q, s), (q, r, s))])
    assert cut(one, 2, 1.5) == cut(other, 2, 1.5) == [[(0, 0), (0, 4), (4, 4), (4, 0)]]
    assert cut(one, 2, 9) == []

"""Pictures of a house for its report: moments as they were, the truth framed, and as the owner sees them.

Only decoded clips and simulated scenes are shown: a device has no other pictures to give.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from latchkey.frames import Plane
from latchkey.units import NS_PER_MS, NS_PER_S
from latchkey_sim.house.checkers.covered import bare_ns
from latchkey_sim.house.doorbell import Doorbell
from latchkey_sim.house.house import House
from latchkey_sim.scene.planar import bgr
from latchkey_sim.scenes import SceneFootage
from latchkey_sim.scenes.contact import SHOWN, marked
from latchkey_sim.sheet import Panel, sheet_png

PANELS = 9
TIMES_LIMIT = 20_000
"""Pictures of a scene that are thought of for the sheet."""

NEAR_NS = NS_PER_MS


def contact_sheets(house: House) -> list[bytes]:
    """Draw a sheet for each door that saw something, as PNG."""
    sheets = []
    for number in range(len(house.doors)):
        panels = door_panels(house, number)
        if panels:
            text = (
                f"door{number}: each moment as it was, faces of the truth framed, above what its owner sees"
            )
            sheets.append(sheet_png(house.scenario.name, text, panels))
    return sheets


def door_panels(house: House, door: int, count: int = PANELS) -> list[Panel]:
    """Give the moments of a door that tell most: presses, a bare face, and evenly in between."""
    bell = house.doors[door]
    recorded, bare = _recorded(house, bell)
    times = _times(house, bell)
    if not times:
        return []
    rings = [min(times, key=lambda at_ns: abs(at_ns - ns)) for ns in house.scenario.doors[door].rings_ns]
    wanted = set(rings[: count // 3] + bare[:1])
    evenly = [times[round(n * (len(times) - 1) / (count - 1))] for n in range(count)]
    for at_ns in evenly:
        if len(wanted) < count:
            wanted.add(at_ns)
    panels = []
    for at_ns in sorted(wanted):
        told = [*(["ring"] if at_ns in rings else []), *(["a face is not covered"] if at_ns in bare else [])]
        seen = next((picture for ns, picture in recorded.items() if abs(ns - at_ns) <= NEAR_NS), None)
        panels.append(Panel(f"{at_ns / NS_PER_S:.1f} s", ", ".join(told), _drawn(bell, at_ns), seen))
    return panels


def _recorded(house: House, bell: Doorbell) -> tuple[dict[int, Plane], list[int]]:
    """Give the pictures of all whole clips by house time, and the times at which a face is not covered."""
    pictures: dict[int, Plane] = {}
    bare: list[int] = []
    for entry in bell.index.rows():
        clip = house.owner.clip(bell, entry)
        if clip is not None:
            booted_ns = bell.births.get(entry.clip, 0)
            pictures |= {frame.at_ns + booted_ns: bgr(frame) for frame in clip.frames}
            bare += bare_ns(bell, clip)
    return pictures, bare


def _times(house: House, bell: Doorbell) -> list[int]:
    """Give the times of the pictures in which something happens."""
    footage, end_ns = bell.footage, house.clock.now_ns()
    if isinstance(footage, SceneFootage):
        return [at_ns for at_ns in footage.busy_times_ns() if at_ns <= end_ns]
    times: list[int] = []
    at_ns = footage.next_ns(0)
    while at_ns is not None and at_ns <= end_ns and len(times) < TIMES_LIMIT:
        times.append(at_ns)
        at_ns = footage.next_ns(at_ns + 1)
    return times


def _drawn(bell: Doorbell, at_ns: int) -> Plane:
    """Draw a moment anew, with the faces of the truth framed."""
    footage = bell.footage
    picture = bgr(footage.picture(at_ns))
    if isinstance(footage, SceneFootage):
        return marked(picture, footage.truth(at_ns))
    return _framed(picture, [tuple(round(side) for side in box[:4]) for box in footage.faces(at_ns)])


def _framed(picture: Plane, boxes: Sequence[tuple[int, ...]]) -> Plane:
    picture = np.ascontiguousarray(picture)
    for x0, y0, x1, y1 in boxes:
        cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), SHOWN, 1)
    return picture

"""A contact sheet of a scene: pictures from its beginning to its end, with the truth drawn into them.

`python -m latchkey_sim.scenes.contact FOLDER [SCENE...]` writes one PNG each; by default of all shipped
scenes.
"""

import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from latchkey.errors import LatchkeyError
from latchkey.frames import Plane
from latchkey.units import NS_PER_S, to_ns
from latchkey_sim.scene.planar import bgr
from latchkey_sim.scenes.footage import SceneFootage
from latchkey_sim.scenes.library import find_scene, shipped_names
from latchkey_sim.scenes.truth import Truth, Visibility
from latchkey_sim.sheet import Panel, sheet_png

PANELS = 9
SHOWN = (70, 220, 60)
PRINTED = (60, 160, 240)


def moments_ns(footage: SceneFootage, count: int = PANELS) -> list[int]:
    """Give times of pictures that tell the scene: evenly from when something changes, and each ring."""
    times = footage.busy_times_ns()
    wanted = {times[round(n * (len(times) - 1) / max(count - 1, 1))] for n in range(count)}
    for ring_s in footage.scene.rings_s:
        rung_ns = min(times, key=lambda at_ns: abs(at_ns - to_ns(ring_s)))
        wanted.discard(min(wanted, key=lambda at_ns: abs(at_ns - rung_ns)))
        wanted.add(rung_ns)
    return sorted(wanted)


def contact_sheet(footage: SceneFootage, count: int = PANELS) -> bytes:
    """Draw the sheet as the bytes of a PNG."""
    panels = []
    for at_ns in moments_ns(footage, count):
        truth = footage.truth(at_ns)
        shown = marked(bgr(footage.picture(at_ns)), truth)
        digits = 1 if at_ns < 1000 * NS_PER_S else 0
        panels.append(Panel(f"{at_ns / NS_PER_S:.{digits}f} s", _told(truth), None, shown))
    return sheet_png(
        footage.scene.name, footage.scene.about, panels, told="drawn; faces of the truth are framed"
    )


def marked(picture: Plane, truth: Truth) -> Plane:
    """Draw the faces of the truth into a BGR picture: living ones green, printed ones orange."""
    for one in truth.seen:
        if one.box is not None:
            x0, y0, x1, y1 = (round(side) for side in one.box[:4])
            colour = PRINTED if one.visibility is Visibility.PRINTED else SHOWN
            cv2.rectangle(picture, (x0, y0), (x1, y1), colour, max(1, picture.shape[1] // 500))
    return np.ascontiguousarray(picture)


def _told(truth: Truth) -> str:
    seen = [one for one in truth.seen if one.visibility is not Visibility.OUTSIDE]
    if len(seen) > 2:
        views = Counter(str(one.visibility) for one in seen)
        people = [f"{count} {view}" for view, count in views.items()]
    else:
        people = [f"{one.who} {one.visibility}" for one in seen]
    return ", ".join([*truth.events, *people])


def main(arguments: list[str]) -> int:
    """Write the sheets; give the exit code."""
    if not arguments:
        sys.stderr.write("usage: python -m latchkey_sim.scenes.contact FOLDER [SCENE...]\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments[1:] or shipped_names():
        try:
            data = contact_sheet(SceneFootage(find_scene(name)))
        except LatchkeyError as error:
            sys.stderr.write(f"{error}\n")
            return error.exit_code
        path = folder / f"{Path(name).stem}.png"
        path.write_bytes(data)
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

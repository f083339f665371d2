"""The least that the filter's own rules hide, if its detector were right: what no better detector can save.

Every true face within the union, its box as much larger as covers are, on the grid of covers, unless it is
farther from all faces of the moment than a face may be that is not taken to be elsewhere
(`latchkey.vision.tracks`): a face that moves by half its width leaves a trail.
"""

from collections.abc import Sequence

import numpy as np

from latchkey.settings import PrivacySettings
from latchkey.units import to_ns
from latchkey.vision import dilate, on_grid
from latchkey.vision.tracks import is_elsewhere
from latchkey_sim.faces.truth import Moment


def ideal_share(moments: Sequence[Moment], number: int, width: int, height: int) -> float:
    """Give the share (0..1) of a picture of `width` x `height` pixels hidden so at one moment."""
    privacy = PrivacySettings()
    union_ns, at_ns = to_ns(privacy.union_s), moments[number].at_ns
    near = [moment for moment in moments if abs(moment.at_ns - at_ns) <= union_ns]
    here = [face.box for face in moments[number].faces or ()]
    seen = {face.box for moment in near for face in moment.faces or () if not face.ignore}
    boxes = [box for box in seen if not here or not all(is_elsewhere(box, face) for face in here)]
    hidden = np.zeros((height, width), np.bool_)
    for box in boxes:
        if cover := on_grid(*dilate(box, privacy.dilation)[:4], width, height):
            hidden[cover.y0 : cover.y1, cover.x0 : cover.x1] = True
    return float(hidden.mean())

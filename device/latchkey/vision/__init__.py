"""The privacy filter and the motion gate: pictures and boxes in, safe pictures out.

Pure: no clock, no files, no threads. The order of a frame's way:

    PrivacyZones.blank -> MotionGate.see -> (pack .. unpack) -> Gaze.look -> CoverPlanner -> redact

`redact` is the only maker of `SafeFrame`. `device/FILTER.md` says in plain words what it hides.
"""

from latchkey.vision.blindness import DRAWN_PX, Watched, drawn_face
from latchkey.vision.gaze import Gaze
from latchkey.vision.look import search_whole
from latchkey.vision.motion import Motion, MotionGate
from latchkey.vision.packing import PackedFrame, pack, unpack
from latchkey.vision.parts import ALL_PARTS, Parts
from latchkey.vision.patches import Beneath, FacePatches, Withheld, cut_patches
from latchkey.vision.planner import MAX_LOOK_GAP_NS, MAX_UNSEEN_FRAMES, CoverPlanner
from latchkey.vision.rectangles import dilate, hidden_share, on_grid
from latchkey.vision.redactor import COVER_YUV, CoverPlan, cover_more, redact
from latchkey.vision.zones import PrivacyZones

FILTER_VERSION = 6
"""Written into every clip's sealed record; raised when the filter decides differently."""

__all__ = [
    "ALL_PARTS",
    "COVER_YUV",
    "DRAWN_PX",
    "FILTER_VERSION",
    "MAX_LOOK_GAP_NS",
    "MAX_UNSEEN_FRAMES",
    "Beneath",
    "CoverPlan",
    "CoverPlanner",
    "FacePatches",
    "Gaze",
    "Motion",
    "MotionGate",
    "PackedFrame",
    "Parts",
    "PrivacyZones",
    "Watched",
    "Withheld",
    "cover_more",
    "cut_patches",
    "dilate",
    "drawn_face",
    "hidden_share",
    "on_grid",
    "pack",
    "redact",
    "search_whole",
    "unpack",
]

"""A visit at a drawn porch, with a photo face and exact truth about where it is.

`Scene` renders numbered frames as planar YUV and knows the faces in each; `SceneCamera` plays it
in virtual time. Everything comes from one seed: same seed, same pixels.
"""

from latchkey_sim.scene.camera import SceneCamera
from latchkey_sim.scene.planar import bgr
from latchkey_sim.scene.porch import Lens
from latchkey_sim.scene.render import Scene
from latchkey_sim.scene.script import SHORT_VISIT, VISIT, Moment, Script, Track
from latchkey_sim.scene.truth import TruthFace

__all__ = [
    "SHORT_VISIT",
    "VISIT",
    "Lens",
    "Moment",
    "Scene",
    "SceneCamera",
    "Script",
    "Track",
    "TruthFace",
    "bgr",
]

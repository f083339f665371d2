"""Scenes: what comes to a door, in a small language (TOML, `docs/scenes.md`) or built in Python, drawn with
exact truth about every face.

    scene = find_scene("visitor")            # shipped, or a file
    footage = SceneFootage(scene)            # pictures and truth by time
    House(scenario_of(scene), seed, [Expects(scene), ...]).run()
"""

from latchkey_sim.scenes.check import checked
from latchkey_sim.scenes.errors import SceneError
from latchkey_sim.scenes.expecting import Expects
from latchkey_sim.scenes.footage import SceneFootage
from latchkey_sim.scenes.library import find_scene, shipped_names, shipped_text
from latchkey_sim.scenes.load import load, parse
from latchkey_sim.scenes.model import (
    Actor,
    CameraEvent,
    Expected,
    Headlights,
    LightKey,
    Point,
    Scene,
    SceneFault,
    WeatherSpell,
)
from latchkey_sim.scenes.stage import scenario_of
from latchkey_sim.scenes.truth import Seen, Truth, Visibility
from latchkey_sim.scenes.write import to_toml

__all__ = [
    "Actor",
    "CameraEvent",
    "Expected",
    "Expects",
    "Headlights",
    "LightKey",
    "Point",
    "Scene",
    "SceneError",
    "SceneFault",
    "SceneFootage",
    "Seen",
    "Truth",
    "Visibility",
    "WeatherSpell",
    "checked",
    "find_scene",
    "load",
    "parse",
    "scenario_of",
    "shipped_names",
    "shipped_text",
    "to_toml",
]

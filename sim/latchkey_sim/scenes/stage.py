"""A scene as a scenario of the house: one door whose camera looks at it."""

from dataclasses import replace

from latchkey.units import to_ns
from latchkey_sim.house.scenario import Door, Scenario
from latchkey_sim.scenes.footage import SceneFootage
from latchkey_sim.scenes.model import Scene

BROKER = "broker.home"


def scenario_of(scene: Scene) -> Scenario:
    """Give the scenario: footage, settings, rings and faults of the scene. Raises SceneError."""
    footage = SceneFootage(scene)
    settings = scene.settings
    width, height = scene.size
    camera = replace(settings.camera, width=width, height=height, fps=scene.fps)
    mqtt = settings.mqtt if settings.mqtt.host else replace(settings.mqtt, host=BROKER)
    rings_ns = tuple(to_ns(ring_s) for ring_s in scene.rings_s)
    door = Door(footage, replace(settings, camera=camera, mqtt=mqtt), rings_ns)
    return Scenario(scene.name, to_ns(scene.seconds), (door,), tuple(one.fault() for one in scene.faults))

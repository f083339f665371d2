"""Simulated doorbells for tests of other programs: `docs/sim-pytest.md`.

The pytest plugin gives these as fixtures; they work as well in any other script:

    house = SimHouse("visitor", seed=1)
    house.broker.subscribe(automation.on_message)
    house.run_until(10)
    house.device.press()
    house.run()
    assert not house.verdicts
"""

from latchkey_sim.house.scenario import Door, Fault, Scenario
from latchkey_sim.scenes import Scene, SceneError, find_scene
from latchkey_sim.testing.golden import GoldenError
from latchkey_sim.testing.house import SimHouse
from latchkey_sim.testing.parts import (
    Message,
    SimBroker,
    SimClock,
    SimDevice,
    SimDisk,
    SimNet,
    Trouble,
)
from latchkey_sim.testing.stage import Stage

__all__ = [
    "Door",
    "Fault",
    "GoldenError",
    "Message",
    "Scenario",
    "Scene",
    "SceneError",
    "SimBroker",
    "SimClock",
    "SimDevice",
    "SimDisk",
    "SimHouse",
    "SimNet",
    "Stage",
    "Trouble",
    "find_scene",
]

"""A Raspberry Pi on the bench: stand-ins for picamera2, libcamera, gpiozero and lgpio, made for the drivers'
tests.

They keep what the drivers lean on: buffers that are few and are overwritten once they are given back, rows
that are longer than the picture, jobs that are waited for, edges from another thread, the errors of each
library. What they are not is a camera or a pin: nothing here shows that a board works.
"""

from latchkey_sim.benchpi.bench import Bench, BenchModules
from latchkey_sim.benchpi.camera import BenchSensor
from latchkey_sim.benchpi.pins import BenchPins
from latchkey_sim.benchpi.waiting import until

__all__ = ["Bench", "BenchModules", "BenchPins", "BenchSensor", "until"]

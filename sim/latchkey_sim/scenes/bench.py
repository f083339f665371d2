"""How fast scenes are drawn: `python -m latchkey_sim.scenes.bench [SCENE...]`, frames per CPU-second at 720p.

Pictures in which something changes are measured, not the empty ones around them. Truth is made too, as a
simulation asks for it with each picture. What is drawn once (place, people, clouds of
noise) is drawn before, since a simulation draws it once as well; the time it takes is told beside.
"""

import sys
import time
from dataclasses import dataclass, replace

import cv2

from latchkey_sim.scenes.footage import SceneFootage
from latchkey_sim.scenes.library import find_scene, shipped_names

SIZE = (1280, 720)
GOAL = 150.0
FRAMES = 120
"""Pictures of each scene that are measured, spread over all of it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one scene takes, in CPU-seconds."""

    name: str
    frames: int
    drawing_s: float
    once_s: float

    @property
    def per_s(self) -> float:
        """Frames per CPU-second."""
        return self.frames / self.drawing_s


def measured(name: str, frames: int = FRAMES) -> Rate:
    """Measure one scene on one core."""
    began_s = time.process_time()
    footage = SceneFootage(replace(find_scene(name), size=SIZE))
    times = footage.busy_times_ns()
    every = max(len(times) // frames, 1)
    chosen = times[::every][:frames]
    for at_ns in chosen[:: max(len(chosen) // 8, 1)]:
        footage.picture(at_ns)
    ready_s = time.process_time()
    for at_ns in chosen:
        footage.picture(at_ns)
        footage.truth(at_ns)
    return Rate(name, len(chosen), time.process_time() - ready_s, ready_s - began_s)


def main(names: list[str]) -> int:
    """Print a line per scene, and the rate of all together."""
    cv2.setNumThreads(1)
    rates = [measured(name) for name in names or shipped_names()]
    for rate in rates:
        sys.stdout.write(f"{rate.name:<24} {rate.per_s:6.0f} frames/CPU-s, once {rate.once_s:.2f} CPU-s\n")
    frames, spent_s = sum(rate.frames for rate in rates), sum(rate.drawing_s for rate in rates)
    slowest = min(rates, key=lambda rate: rate.per_s)
    told = f"all {frames / spent_s:.0f}, slowest {slowest.per_s:.0f} ({slowest.name}); goal {GOAL:.0f}"
    sys.stdout.write(f"{told} frames per CPU-second at {SIZE[0]}x{SIZE[1]}\n")
    return 0 if frames / spent_s >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

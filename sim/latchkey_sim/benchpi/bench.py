"""The bench itself: a folder that looks like the root of a Pi's system, and modules that look like its
libraries.
"""

import sys
from pathlib import Path
from types import ModuleType

from latchkey_sim.benchpi.camera import BenchSensor, camera_modules
from latchkey_sim.benchpi.pins import BenchPins, pin_modules

ZERO_2_W = "Raspberry Pi Zero 2 W Rev 1.0"


class Bench:
    """A board: sensor, pins, and what the kernel says of it below `root`."""

    def __init__(self, root: Path, model: str = ZERO_2_W) -> None:
        self.root = root
        self.sensor = BenchSensor()
        self.pins = BenchPins()
        self.write("proc/device-tree/model", model + "\0")
        self.memory(total_mib=416, available_mib=330)
        self.write("proc/self/statm", "20000 8192 4000 2 0 9000 0\n")
        self.heat(45.0)

    def write(self, name: str, text: str) -> None:
        """Let the kernel say something."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def memory(self, *, total_mib: int, available_mib: int) -> None:
        """Let there be so much memory."""
        said = {"MemTotal": total_mib, "MemFree": available_mib // 2, "MemAvailable": available_mib}
        self.write("proc/meminfo", "".join(f"{name}: {mib << 10} kB\n" for name, mib in said.items()))

    def heat(self, celsius: float, throttled: int = 0) -> None:
        """Let the chip be so hot, and its firmware say so of it."""
        self.write("sys/class/thermal/thermal_zone0/temp", f"{round(celsius * 1000)}\n")
        self.write("sys/devices/platform/soc/soc:firmware/get_throttled", f"{throttled:x}\n")


class BenchModules:
    """Puts the bench's libraries in place of a Pi's for a `with` block; `without` names those that are
    missing.
    """

    def __init__(self, bench: Bench, without: tuple[str, ...] = ()) -> None:
        found = camera_modules(bench.sensor) | pin_modules(bench.pins)
        self._modules: dict[str, ModuleType | None] = {
            name: None if name in without else module for name, module in found.items()
        }
        self._before: dict[str, ModuleType] = {}

    def __enter__(self) -> "BenchModules":
        self._before = {name: sys.modules[name] for name in self._modules if name in sys.modules}
        sys.modules.update(self._modules)  # type: ignore[arg-type]  # None = an import fails, as Python has it
        return self

    def __exit__(self, *_error: object) -> None:
        for name in self._modules:
            sys.modules.pop(name, None)
        sys.modules.update(self._before)

"""What the kernel says of the board: its name, memory, temperature, throttling. Files only, no program is
run.

`vcgencmd` asks the firmware through /dev/vcio, which a hardened service does not see; the kernel offers the
same bits as a file.
"""

import resource
from contextlib import suppress
from pathlib import Path

from latchkey_pi.memory import Memory, read_meminfo
from latchkey_pi.pace import Heat, Throttled

MODEL = "proc/device-tree/model"
MEMINFO = "proc/meminfo"
OWN_PAGES = "proc/self/statm"
TEMPERATURE = "sys/class/thermal/thermal_zone0/temp"
THROTTLED = "sys/devices/platform/soc*/soc*firmware/get_throttled"
CARD = "sys/class/video4linux/video11/name"
CHIP_ENCODER = "bcm2835-codec-encode"


class Soc:
    """Reads below `root`, which is / on a board."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    @property
    def model(self) -> str:
        """The board's name in the device tree, or ""."""
        return self._text(MODEL)

    @property
    def has_chip_encoder(self) -> bool:
        """Whether /dev/video11 is the chip's encoder."""
        return self._text(CARD).strip() == CHIP_ENCODER

    def memory(self) -> Memory:
        """Give how much memory there is. Raises SettingsError where the kernel does not say."""
        found = read_meminfo(self._text(MEMINFO))
        pages = self._text(OWN_PAGES).split()[1:2]
        own = int(pages[0]) * resource.getpagesize() if pages else 0
        return Memory(found.total, found.available, own)

    def heat(self) -> Heat:
        """Give how hot the chip is; what cannot be read counts as unknown, and as well."""
        celsius = None
        with suppress(ValueError):
            celsius = int(self._text(TEMPERATURE)) / 1000
        bits = 0
        for path in sorted(self._root.glob(THROTTLED)):
            with suppress(ValueError):
                bits = int(self._text(str(path.relative_to(self._root))), 16)
        return Heat(celsius, Throttled(bits))

    def _text(self, name: str) -> str:
        try:
            return (self._root / name).read_text(errors="replace").rstrip("\0\n")
        except OSError:
            return ""

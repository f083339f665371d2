"""What the status light says: pure. One light, so states differ in rhythm; trouble is counted in flashes.

| light | meaning |
|---|---|
| a short flash every 4 s | well, and ready |
| on | records |
| flickers, five times a second | rings |
| long off, long on, by turns | the shutter is closed, or it is disarmed: nothing is recorded |
| 2 flashes, pause | no camera: its cable, its socket |
| 3 flashes, pause | the card is full |
| 4 flashes, pause | the card takes no files: read-only, broken, not there |
| 5 flashes, pause | nobody has a key for today's clips |
| 6 flashes, pause | the process with the camera does not answer: the bell works |
| 7 flashes, pause | no broker, though the settings name one: the bell's chime works |
"""

from dataclasses import dataclass
from enum import IntEnum

from latchkey.ports import LampState
from latchkey.units import NS_PER_MS


class Code(IntEnum):
    """Trouble, as a number of flashes. One flash is not among them: it is what all being well looks like."""

    CAMERA = 2
    DISK_FULL = 3
    DISK_FAILED = 4
    NO_KEYS = 5
    CAPTURE = 6
    BROKER = 7


@dataclass(frozen=True, slots=True)
class Blink:
    """A rhythm: milliseconds on, off, on, ... over and over. An odd last one would be on: there is none."""

    times_ms: tuple[int, ...]

    def level(self, since_ns: int) -> tuple[bool, int]:
        """Give whether the light is on so long after it began, and after how many ns more that changes."""
        place = since_ns % (sum(self.times_ms) * NS_PER_MS)
        for number, time_ms in enumerate(self.times_ms):
            if place < time_ms * NS_PER_MS:
                return number % 2 == 0, time_ms * NS_PER_MS - place
            place -= time_ms * NS_PER_MS
        raise AssertionError("a place within the sum lies in one of its parts")


BLINKS: dict[LampState, Blink] = {
    "idle": Blink((80, 3920)),
    "recording": Blink((1000, 0)),
    "ringing": Blink((100, 100)),
    "closed": Blink((1500, 1500)),
}

FLASH_MS, GAP_MS, PAUSE_MS = 200, 250, 1600


def blink_of(state: LampState, code: Code) -> Blink:
    """Give the rhythm of a state; `code` is what trouble, where it is that."""
    if state != "trouble":
        return BLINKS[state]
    return Blink((FLASH_MS, GAP_MS) * (code - 1) + (FLASH_MS, PAUSE_MS))

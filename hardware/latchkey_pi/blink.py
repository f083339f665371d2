"""What the status light says: pure. One light, so states differ in rhythm; trouble is counted in flashes.

| light | meaning |
|---|---|
| a short flash every 4 s | well, and ready |
| on | records |
| flickers, five times a second | somebody rang |
| long on, long off, by turns | the shutter is closed: nothing is seen or recorded |
| 2 flashes, pause | no camera: its cable, its socket |
| 3 flashes, pause | the card is full |
| 4 flashes, pause | the card takes no files: read-only, broken, not there |
| 5 flashes, pause | nobody has a key for today's clips |
| dark | the program with the camera does not run; the bell works |
"""

from dataclasses import dataclass

from latchkey.ports import LampState, Trouble
from latchkey.units import NS_PER_MS

FLASHES: dict[Trouble, int] = {"camera": 2, "disk_full": 3, "disk_failed": 4, "no_keys": 5}
"""One flash is not among them: it is what all being well looks like."""


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


def blink_of(state: LampState, trouble: Trouble) -> Blink:
    """Give the rhythm of a state; `trouble` is what is wrong, where it is that."""
    if state != "trouble":
        return BLINKS[state]
    return Blink((FLASH_MS, GAP_MS) * (FLASHES[trouble or "camera"] - 1) + (FLASH_MS, PAUSE_MS))

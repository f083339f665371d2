"""The 40 pins of every Raspberry Pi since 2014, and what each of them must not be used for."""

from dataclasses import dataclass
from typing import Literal

Power = Literal["3V3", "5V", "GND"]

VOLTS: dict[str, float] = {"3V3": 3.3, "5V": 5.0, "GND": 0.0}
GPIO_VOLTS = 3.3
"""More than this on a GPIO destroys it, and often the whole board."""

PIN_MILLIAMPS = 16.0
"""The most that a GPIO may drive."""

ALL_PINS_MILLIAMPS = 50.0
"""The most that all GPIOs together may drive."""

RAIL_3V3_MILLIAMPS = 100.0
"""What we take from the 3.3 V pins at most. The board's regulator gives more, but it feeds the camera too."""

PULL_OHMS = 50_000
"""About the resistance of a pull-up inside the chip."""

_ORDER: tuple[str | int, ...] = (
    "3V3", "5V", 2, "5V", 3, "GND", 4, 14, "GND", 15, 17, 18, 27, "GND", 22, 23, "3V3", 24, 10, "GND",
    9, 25, 11, 8, "GND", 7, 0, 1, 5, "GND", 6, 12, 13, "GND", 19, 16, 26, 20, "GND", 21,
)  # fmt: skip

RESERVED = {
    0: "it reads the identity of add-on boards (I2C ID EEPROM)",
    1: "it reads the identity of add-on boards (I2C ID EEPROM)",
    2: "it has a fixed pull-up, and belongs to I2C",
    3: "it has a fixed pull-up, belongs to I2C, and wakes a Pi that is halted",
    14: "the Pi writes boot messages to it (UART)",
    15: "the Pi listens on it while booting (UART)",
}
"""GPIOs that no part of a doorbell may use, and why."""

SOUND = (18, 19, 20, 21)
"""GPIOs that the sound driver (I2S) claims, all four, whether they are wired or not."""

HIGH_AT_BOOT = range(9)
"""GPIOs that are pulled up until a program takes them: what they switch on is on while the Pi boots."""


@dataclass(frozen=True, slots=True)
class HeaderPin:
    """A pin by its place on the header, 1 to 40; `bcm` is its GPIO number, or None where it is power."""

    number: int
    bcm: int | None
    power: Power | None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.power or f"GPIO {self.bcm}"


def _pin(number: int, what: str | int) -> HeaderPin:
    if isinstance(what, int):
        return HeaderPin(number, what, None)
    power: Power = "3V3" if what == "3V3" else "5V" if what == "5V" else "GND"
    return HeaderPin(number, None, power)


HEADER = {number: _pin(number, what) for number, what in enumerate(_ORDER, 1)}
"""All pins by their place on the header."""

_PLACES = {pin.bcm: number for number, pin in HEADER.items() if pin.bcm is not None}


def place_of(bcm: int) -> int:
    """Give the pin on the header that a GPIO number has, as `[pi]` in the settings counts them."""
    return _PLACES[bcm]

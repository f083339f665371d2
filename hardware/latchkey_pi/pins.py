"""GPIO lines, by gpiozero on lgpio: levels and edges come out of it, nothing is debounced there.

gpiozero's own `bounce_time` loses releases, and differs between its backends. So it is an edge source only,
and the level is asked for as well (`Input.level`): an edge that was lost is made good for at the next
question.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from tempfile import gettempdir
from typing import Any, Protocol

from latchkey.errors import LatchkeyError, SettingsError
from latchkey_pi.libraries import load_library

IN_USE = "`sudo gpioinfo` (apt install gpiod) shows who has it; [pi] in the settings names our pins"

GROUP = "let the user that runs this into the group gpio: `sudo usermod -aG gpio USER`"


Errors = tuple[type[Exception], ...]


class PinLost(LatchkeyError):
    """A line that worked does not any more: the kernel's driver is gone, or took it away."""


class Input(Protocol):
    """A line that is read. `active` means: closed to ground where it is pulled up, high where not."""

    def level(self) -> bool:
        """Whether it is active now. Raises PinLost."""
        ...

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each edge, from a thread of the library's own."""
        ...

    def close(self) -> None:
        """Let go of the line."""
        ...


class Output(Protocol):
    """A line that is driven."""

    def drive(self, *, high: bool) -> None:
        """Set its level. Raises PinLost."""
        ...

    def close(self) -> None:
        """Let go of the line, low."""
        ...


class Pins(Protocol):
    """The pins of a board, by BCM number."""

    def input(self, pin: int, *, pull_up: bool) -> Input:
        """Claim a pin. Raises SettingsError where that cannot be."""
        ...

    def output(self, pin: int) -> Output:
        """Claim a pin, low. Raises SettingsError where that cannot be."""
        ...


class GpioPins:
    """The header of a Raspberry Pi."""

    def __init__(self) -> None:
        os.environ.setdefault(
            "LG_WD", gettempdir()
        )  # lgpio makes a pipe there; else in the working directory
        self._library = load_library("gpiozero")
        self._errors: Errors = (
            self._library.GPIOZeroError,
            load_library("lgpio").error,
            OSError,
            RuntimeError,
        )
        try:
            self._factory = load_library("gpiozero.pins.lgpio").LGPIOFactory()
        except self._errors as error:
            raise SettingsError(f"GPIO cannot be used: {_said(error)}", hint=GROUP) from error

    def input(self, pin: int, *, pull_up: bool) -> "GpioInput":
        """Claim a pin with its own resistor: up, so that a contact to ground is seen, or down."""
        return GpioInput(self._claimed(pin, self._library.DigitalInputDevice, pull_up=pull_up), self._errors)

    def output(self, pin: int) -> "GpioOutput":
        """Claim a pin, low."""
        return GpioOutput(self._claimed(pin, self._library.DigitalOutputDevice), self._errors)

    def _claimed(self, pin: int, device: Any, **options: object) -> Any:
        try:
            return device(pin, pin_factory=self._factory, **options)
        except self._errors as error:
            raise SettingsError(f"GPIO {pin} cannot be used: {_said(error)}", hint=IN_USE) from error


class GpioInput:
    """An input of gpiozero."""

    def __init__(self, device: Any, errors: Errors) -> None:
        self._device = device
        self._errors = errors

    def level(self) -> bool:
        """Whether it is active now."""
        try:
            return bool(self._device.is_active)
        except self._errors as error:
            raise PinLost(f"{self._device!r} cannot be read: {_said(error)}") from error

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each edge."""
        self._device.when_activated = self._device.when_deactivated = changed

    def close(self) -> None:
        """Let go of the line."""
        self._device.close()


class GpioOutput:
    """An output of gpiozero."""

    def __init__(self, device: Any, errors: Errors) -> None:
        self._device = device
        self._errors = errors

    def drive(self, *, high: bool) -> None:
        """Set its level."""
        try:
            self._device.value = int(high)
        except self._errors as error:
            raise PinLost(f"{self._device!r} cannot be set: {_said(error)}") from error

    def close(self) -> None:
        """Let go of the line, low."""
        with suppress(*self._errors):
            self._device.value = 0
        self._device.close()


def _said(error: BaseException) -> str:
    return str(error).split("\n")[0] or type(error).__name__

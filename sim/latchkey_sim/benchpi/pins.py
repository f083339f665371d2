"""The header on the bench: what gpiozero on lgpio looks like to a driver."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from latchkey_sim.benchpi.waiting import until


class BenchPins:
    """Levels of all pins by BCM number, as somebody with a wire in hand sets and sees them."""

    def __init__(self) -> None:
        self.high: dict[int, bool] = {}
        self.history: dict[int, list[bool]] = {}
        """What each output was set to, in order."""

        self.claimed: dict[int, str] = {}
        self.taken: set[int] = set()
        """Pins that somebody else has claimed."""

        self.factory_error: Exception | None = None
        self.read_error: Exception | None = None
        self.write_error: Exception | None = None
        self.loses_edges = False
        self.reads = 0
        """How often a level was asked for: who waits for the next one knows that a thread came round."""

        self._watchers: dict[int, list[Callable[[], None]]] = {}

    def put(self, pin: int, *, high: bool) -> None:
        """Set the level of an input; whoever watches it is told, unless edges are lost."""
        changed = self.high.get(pin) is not high
        self.high[pin] = high
        if changed and not self.loses_edges:
            self.spike(pin)

    def spike(self, pin: int) -> None:
        """Tell of an edge; the level is what it is."""
        for told in self._watchers.get(pin, []):
            told()

    def come_round(self) -> None:
        """Wait until whoever asks for levels has asked, drawn its conclusions, and asked again."""
        wanted = self.reads + 2
        until(lambda: self.reads >= wanted)

    def watch(self, pin: int, told: Callable[[], None]) -> None:
        """Tell of edges from now on."""
        self._watchers.setdefault(pin, []).append(told)

    def drive(self, pin: int, *, high: bool) -> None:
        """Take what an output is set to."""
        self.high[pin] = high
        self.history.setdefault(pin, []).append(high)


def pin_modules(pins: BenchPins) -> dict[str, ModuleType]:
    """Give modules named gpiozero, gpiozero.pins.lgpio and lgpio, for one header."""

    class GPIOZeroError(Exception):
        """The root of gpiozero's errors."""

    class LgpioError(Exception):
        """The only error of lgpio, of no other kind."""

    class LGPIOFactory:
        """What opens /dev/gpiochip0."""

        def __init__(self) -> None:
            if pins.factory_error is not None:
                raise LgpioError(str(pins.factory_error))

    class _Device:
        kind = ""

        def __init__(self, pin: int, pin_factory: Any = None) -> None:
            assert isinstance(pin_factory, LGPIOFactory), "another backend bounces in another way"
            if pin in pins.taken:
                raise LgpioError("GPIO busy")
            if pin in pins.claimed:
                raise GPIOZeroError(f"pin GPIO{pin} is already in use")
            self.pin = pin
            pins.claimed[pin] = self.kind

        def close(self) -> None:
            pins.claimed.pop(self.pin, None)

        def __repr__(self) -> str:
            return f"GPIO{self.pin}"

    class DigitalInputDevice(_Device):
        """A line that is read."""

        kind = "input"

        def __init__(self, pin: int, *, pull_up: bool, pin_factory: Any = None) -> None:
            super().__init__(pin, pin_factory)
            self._pull_up = pull_up
            pins.high.setdefault(pin, pull_up)

        @property
        def is_active(self) -> bool:
            if pins.read_error is not None:
                raise LgpioError(str(pins.read_error))
            pins.reads += 1
            return pins.high[self.pin] is not self._pull_up

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)
            if name == "when_activated":
                pins.watch(self.pin, value)

    class DigitalOutputDevice(_Device):
        """A line that is driven."""

        kind = "output"

        def __init__(self, pin: int, pin_factory: Any = None) -> None:
            super().__init__(pin, pin_factory)
            pins.drive(pin, high=False)

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)
            if name == "value":
                if pins.write_error is not None:
                    raise LgpioError(str(pins.write_error))
                pins.drive(self.pin, high=bool(value))

    gpiozero, backend, lgpio = (ModuleType(name) for name in ("gpiozero", "gpiozero.pins.lgpio", "lgpio"))
    vars(gpiozero).update(
        GPIOZeroError=GPIOZeroError,
        DigitalInputDevice=DigitalInputDevice,
        DigitalOutputDevice=DigitalOutputDevice,
    )
    vars(backend).update(LGPIOFactory=LGPIOFactory)
    vars(lgpio).update(error=LgpioError)
    return {
        "gpiozero": gpiozero,
        "gpiozero.pins": ModuleType("gpiozero.pins"),
        "gpiozero.pins.lgpio": backend,
        "lgpio": lgpio,
    }

"""The button of a device of the house."""

from latchkey_sim.house.times import DeviceClock


class HouseBell:
    """Gives each press once, at the device's time of it."""

    def __init__(self, clock: DeviceClock) -> None:
        self._clock = clock
        self._pressed_ns: list[int] = []

    def presses(self) -> list[int]:
        """Give the monotonic times of the presses since the last call."""
        pressed, self._pressed_ns = self._pressed_ns, []
        return pressed

    def press(self) -> None:
        """Press the button now."""
        self._pressed_ns.append(self._clock.now_ns())

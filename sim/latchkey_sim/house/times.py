"""Times: one virtual clock of the house, and on each device one of its own that may be wrong."""

from collections.abc import Callable

from latchkey.units import NS_PER_S
from latchkey_sim.clock import VirtualClock

ACTIONS_LIMIT = 10_000
"""So many actions at one time are a timer that sets itself again for now."""


class Stuck(Exception):
    """The house does not come to an end: something wants to be done again and again at once."""


class DeviceClock:
    """What a device without a battery-backed clock goes by, in one life, from boot to power cut.

    Monotonic time begins with the boot, as on Linux. The wall clock is `wall_offset_ns` beside the house's,
    and `shift_wall` makes it jump, as NTP does.
    """

    def __init__(self, house: VirtualClock, wall_offset_ns: int = 0) -> None:
        self._house = house
        self._booted_ns = house.now_ns()
        self.wall_offset_ns = wall_offset_ns

    def now_ns(self) -> int:
        """Give the time since the boot."""
        return self._house.now_ns() - self._booted_ns

    def wall_ns(self) -> int:
        """Give UTC as the device believes it to be; never before 1970."""
        return max(self._house.wall_ns() + self.wall_offset_ns, 0)

    def wait_until(self, at_ns: int) -> None:
        """Let the whole house wait until the device's `at_ns`."""
        self._house.wait_until(self.of_house(at_ns))

    def wake(self) -> None:
        """Make the next wait return at once."""
        self._house.wake()

    def shift_wall(self, by_ns: int) -> None:
        """Set the wall clock forwards or, with a negative number, back."""
        self.wall_offset_ns += by_ns

    def of_house(self, at_ns: int) -> int:
        """Give the house's time of a device's time."""
        return at_ns + self._booted_ns

    def of_device(self, at_ns: int) -> int:
        """Give the device's time of a house's time; negative for what was before its boot."""
        return at_ns - self._booted_ns


class Agenda:
    """What is to happen at given times: actions in the order of their times, then of their entry."""

    def __init__(self) -> None:
        self._actions: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Have something done at `at_ns`, or at once if that is past."""
        self._count += 1
        self._actions.append((at_ns, self._count, action))
        self._actions.sort(key=lambda entry: entry[:2])

    @property
    def next_ns(self) -> int | None:
        """When the next action is due, or None."""
        return self._actions[0][0] if self._actions else None

    def run_due(self, now_ns: int) -> None:
        """Do all that is due, also what an action adds for now. Raises Stuck."""
        done = 0
        while self._actions and self._actions[0][0] <= now_ns:
            self._actions.pop(0)[2]()
            done += 1
            if done > ACTIONS_LIMIT:
                told = f"{done} actions of timers and faults at once"
                raise Stuck(f"{told}, and it is still {now_ns / NS_PER_S:.3f} s")

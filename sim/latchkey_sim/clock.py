"""Virtual time: whoever waits is there at once."""


class VirtualClock:
    """A clock that stands still until somebody waits; then it jumps. Never real time.

    `start_wall_ns` is UTC at `start_ns`; `shift_wall` makes the wall clock jump, as NTP does.
    """

    def __init__(self, start_wall_ns: int, start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._wall_offset_ns = start_wall_ns - start_ns
        self._woken = False

    def now_ns(self) -> int:
        """Give virtual monotonic time."""
        return self._now_ns

    def wall_ns(self) -> int:
        """Give virtual UTC."""
        return self._now_ns + self._wall_offset_ns

    def wait_until(self, at_ns: int) -> None:
        """Jump to `at_ns` (never back), unless a `wake` came before: then stay."""
        if not self._woken:
            self._now_ns = max(self._now_ns, at_ns)
        self._woken = False

    def wake(self) -> None:
        """Make the next wait return at once, without a jump."""
        self._woken = True

    def shift_wall(self, by_ns: int) -> None:
        """Set the wall clock forwards or, with a negative number, back."""
        self._wall_offset_ns += by_ns

"""The button of a device of the house: raw edges, as a contact gives them, through the real debouncer."""

from latchkey.pipeline.debounce import Debouncer
from latchkey.ports import Journal, JournalLine
from latchkey_sim.house.times import DeviceClock


class HouseBell:
    """Feeds the edges of a contact to the debouncer, and gives the presses that come of them."""

    def __init__(self, clock: DeviceClock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._debouncer = Debouncer()
        self._pressed_ns: list[int] = []

    def presses(self) -> list[int]:
        """Give the monotonic times of the presses since the last call."""
        self._settle()
        pressed, self._pressed_ns = self._pressed_ns, []
        return pressed

    def edge(self, *, down: bool) -> None:
        """Let the contact close or open now."""
        self._settle()
        self._debouncer.edge(down=down, at_ns=self._clock.now_ns())

    @property
    def wake_ns(self) -> int | None:
        """When it is clear what the last edge was, or None."""
        return self._debouncer.wake_ns

    def _settle(self) -> None:
        for push in self._debouncer.settle(self._clock.now_ns()):
            if push.kind == "press":
                self._pressed_ns.append(push.at_ns)
            else:
                line = JournalLine(push.at_ns, "bell", "the button is held, or stuck", "warning")
                self._journal.note(line)

"""A lamp for machines without an LED: it tells the journal when it changes."""

from latchkey.ports import Clock, Journal, JournalLine, LampState


class JournalLamp:
    """Notes each change of state as a debug line."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._state: LampState | None = None

    def show(self, state: LampState) -> None:
        """Show a state."""
        if state != self._state:
            self._state = state
            self._journal.note(JournalLine(self._clock.now_ns(), "lamp", state, "debug"))

"""A lamp for machines without an LED: it tells the journal when it changes."""

from latchkey.ports import Clock, Journal, JournalLine, LampState, Trouble


class JournalLamp:
    """Notes each change of state as a debug line."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._text = ""

    def show(self, state: LampState, trouble: Trouble = "") -> None:
        """Show a state."""
        text = f"{state}: {trouble}" if trouble else state
        if text != self._text:
            self._text = text
            self._journal.note(JournalLine(self._clock.now_ns(), "lamp", text, "debug"))

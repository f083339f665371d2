"""The status light: a thread of its own keeps its rhythm while the loop is busy with pictures."""

import threading

from latchkey.ports import Clock, Journal, JournalLine, LampState, Trouble
from latchkey.units import NS_PER_MS, to_s
from latchkey_pi.blink import Blink, blink_of
from latchkey_pi.pins import Output, PinLost


class StatusLight:
    """Shows a state by a rhythm until told otherwise. A line that fails is said once: the door goes on."""

    def __init__(self, output: Output, clock: Clock, journal: Journal) -> None:
        self._output = output
        self._clock = clock
        self._journal = journal
        self._shown: tuple[LampState, Trouble] | None = None
        self._blink: Blink | None = None
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="light", daemon=True)
        self._thread.start()

    def show(self, state: LampState, trouble: Trouble = "") -> None:
        """Show a state; `trouble` is counted in flashes."""
        if (state, trouble) == self._shown:
            return
        self._shown, self._blink = (state, trouble), blink_of(state, trouble)
        self._changed.set()

    def close(self) -> None:
        """Put the light out, and let go of its line."""
        self._stopped = True
        self._changed.set()
        self._thread.join()
        self._output.close()

    def _run(self) -> None:
        blink, began_ns, left_ns = None, self._clock.now_ns(), None
        try:
            while not self._stopped:
                if self._blink is not blink:
                    blink, began_ns = self._blink, self._clock.now_ns()
                if blink is not None:
                    lit, left_ns = blink.level(max(self._clock.now_ns() - began_ns, 0))
                    self._output.drive(high=lit)
                self._changed.wait(None if left_ns is None else to_s(max(left_ns, NS_PER_MS)))
                self._changed.clear()
        except PinLost as error:
            self._journal.note(JournalLine(self._clock.now_ns(), "lamp", str(error), "error"))

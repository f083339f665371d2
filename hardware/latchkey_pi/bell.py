"""The bell button, and what rings in the house at once: no network, no other process is asked.

A thread of its own takes the edges and waits until they have settled: a press is told 50 ms after its first
stable edge whatever the loop waits for. It asks for the level as well, for edges get lost.
"""

import threading
from collections import deque
from collections.abc import Callable

from latchkey.ports import Clock, Journal, JournalLine
from latchkey.units import NS_PER_MS, to_s
from latchkey_pi.pins import Input
from latchkey_pi.presses import Presses

PRESSES_LIMIT = 64
ASK_NS = 100 * NS_PER_MS
"""How often the level is asked for when no edge comes: a lost edge costs so long at most."""

HELD = "the button is held down, or its wire is short: it rings again once it was up"


class BellButton:
    """A contact that is pressed by people. `rung` is called in the bell's thread, and must not block."""

    def __init__(
        self, line: Input, clock: Clock, journal: Journal, rung: Callable[[], None], *, pulses: bool
    ) -> None:
        self._line = line
        self._clock = clock
        self._journal = journal
        self._rung = rung
        self._pulses = pulses
        self._presses: deque[int] = deque(maxlen=PRESSES_LIMIT)
        self._is_held = threading.Event()
        self._edge = threading.Event()
        self._stopped = False
        self._lost: Exception | None = None
        line.watch(self._edge.set)
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def presses(self) -> list[int]:
        """Give the presses since the last call. Raises PinLost, or whatever else ended the thread that
        listens: better a program that starts again than no bell.
        """
        if self._lost is not None:
            raise self._lost
        if self._is_held.is_set():
            self._is_held.clear()
            self._journal.note(JournalLine(self._clock.now_ns(), "bell", HELD, "warning"))
        taken = []
        while self._presses:
            taken.append(self._presses.popleft())
        return taken

    def close(self) -> None:
        """Stop listening, and let go of the wire."""
        self._stopped = True
        self._edge.set()
        self._thread.join()
        self._line.close()

    def _run(self) -> None:
        try:
            self._listen()
        except Exception as error:  # noqa: BLE001 -- raised in `presses`, where the loop ends by it
            self._lost = error
            self._clock.wake()

    def _listen(self) -> None:
        now_ns, down = self._clock.now_ns(), self._line.level()
        state = Presses(down=down, at_ns=now_ns, pulses=self._pulses)
        while not self._stopped:
            until_ns = now_ns + ASK_NS if state.wake_ns is None else min(state.wake_ns, now_ns + ASK_NS)
            saw_edge = self._edge.wait(to_s(max(until_ns - now_ns, NS_PER_MS)))
            self._edge.clear()
            now_ns, before, down = self._clock.now_ns(), down, self._line.level()
            tell = state.blip if saw_edge and down is before else state.level
            for push in [*tell(down=down, at_ns=now_ns), *state.settle(now_ns)]:
                if push.kind == "held":
                    self._is_held.set()
                    continue
                self._rung()
                self._presses.append(push.at_ns)
                self._clock.wake()

"""A whole device in one process. `Device.step` decides, `latchkey.device.loop` only waits.

One thread owns all state; cameras, encoders and the broker's client run in threads of their own
and only put things into bounded inboxes that `step` empties. The same `step` runs in real and
in virtual time: it takes time from the board's clock and never sleeps.
"""

from contextlib import ExitStack

from latchkey.device.capture_side import CLOSE_LIMIT_NS, CaptureSide
from latchkey.device.link_side import LinkSide
from latchkey.ports import Board
from latchkey.settings import Settings
from latchkey.units import NS_PER_MS


class Device:
    """A doorbell: the link side (bell, broker) and the capture side (camera, vault).

    They exchange messages of `latchkey.events` as canonical bytes and share nothing else.
    """

    def __init__(self, board: Board, settings: Settings, device_id: str) -> None:
        self._board = board
        self._to_capture: list[bytes] = []
        self._to_link: list[bytes] = []
        self.link = LinkSide(board, settings, device_id, self._to_capture.append)
        self.capture = CaptureSide(board, settings, self._to_link.append)

    def start(self) -> None:
        """Put disk state in order as far as the disks allow, and begin to connect."""
        self.capture.start()
        self.link.start()

    def step(self) -> int:
        """Do everything that is due; give the monotonic ns at which to be called next.

        The link side goes first: a press is on its way before any pixel is touched.
        """
        link_wake_ns = self.link.step(_drain(self._to_link))
        capture_wake_ns = self.capture.step(_drain(self._to_capture))
        if self._to_link:
            return self._board.clock.now_ns()
        return min(link_wake_ns, capture_wake_ns)

    @property
    def status(self) -> str:
        """How it is, in a line for whoever asks the service manager."""
        return f"{self.link.status}; {self.capture.status}"

    @property
    def ended(self) -> bool:
        """True once a recorded video was played to its end and all of it is sealed and sent."""
        return self.capture.ended and self.capture.finish() and not self._to_link

    def close(self) -> None:
        """Seal what is being recorded, say goodbye to the broker, let go of the board.

        Whatever happens on the way, no worker is left running: a thread inside a native library
        while the interpreter ends aborts the process.
        """
        with ExitStack() as last:
            last.callback(self._board.workers.close)
            last.callback(self._board.camera.close)
            last.callback(self.link.close)
            self._seal()

    def _seal(self) -> None:
        clock = self._board.clock
        limit_ns = clock.now_ns() + CLOSE_LIMIT_NS
        self.capture.wind_down()
        while not self.capture.finish() and clock.now_ns() < limit_ns:
            clock.wait_until(min(self.step(), clock.now_ns() + 50 * NS_PER_MS))
        self.capture.tell_unfinished(CLOSE_LIMIT_NS)
        self.step()


def _drain(messages: list[bytes]) -> list[bytes]:
    taken = messages[:]
    messages.clear()
    return taken

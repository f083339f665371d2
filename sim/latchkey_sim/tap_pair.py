"""One connection through a tap: the client's socket, the broker's, and the two lines between them."""

import fcntl
import select
import socket
import struct
import termios
from collections.abc import Iterator, Mapping
from contextlib import suppress
from random import Random

from latchkey.units import KIB
from latchkey_sim.brokers import Broker
from latchkey_sim.tap_faults import PORTAL_ANSWER, Line, Network
from latchkey_sim.tap_record import Connection, Record

LINE_BYTES = 256 * KIB
"""What is on its way in one direction; twice what the device ever has unacknowledged."""

READ_BYTES = 16 * KIB
DIAL_S = 2.0
"""The broker is on this machine."""

_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes that were not sent
_ABORT = struct.pack("ii", 1, 0)
_IN, _OUT, _GONE = select.POLLIN, select.POLLOUT, select.POLLERR | select.POLLHUP


class Pair:
    """A connection and its state. All of it belongs to the tap's thread.

    `far` is None until the broker is reached; a mute pair has lost it and swallows what comes, and so does
    a portal's once it has answered.
    """

    def __init__(
        self, near: socket.socket, record: Record, connection: Connection, chance: Random, *, portal: bool
    ) -> None:
        _prepare(near)
        self._near = near
        self._far: socket.socket | None = None
        self._record = record
        self._connection = connection
        self._up, self._down = Line(chance, LINE_BYTES), Line(chance, LINE_BYTES)
        self._near_ended = self._far_ended = self._near_told = self._far_told = False
        self._broken = False
        self._portal = portal
        self._mute = False
        self.over = False

    def wants(self, now_ns: int, network: Network) -> Iterator[tuple[socket.socket, int]]:
        """Give what to wait for, per socket."""
        near = 0 if self._near_ended or not self._up.room_bytes else _IN
        if self._delivers(self._down, now_ns, network):
            near |= _OUT
        if near:
            yield self._near, near
        if self._far is None:
            return
        far = 0 if self._far_ended or not self._down.room_bytes else _IN
        if self._delivers(self._up, now_ns, network):
            far |= _OUT
        if far:
            yield self._far, far

    def due_ns(self, network: Network) -> int | None:
        """Give when something is due next."""
        if network.partition:
            return None
        found = [due_ns for line in (self._up, self._down) if (due_ns := line.due_ns()) is not None]
        return min(found, default=None)

    def work(self, now_ns: int, network: Network, found: Mapping[int, int], broker: Broker) -> None:
        """Take in and pass on what can be."""
        if found.get(self._near.fileno(), 0) & (_IN | _GONE):
            self._hear_client(now_ns, network)
        if not network.partition and self._far is None and not (self._portal or self._mute or self.over):
            self._dial(broker, now_ns)
        if self._far is not None and found.get(self._far.fileno(), 0) & (_IN | _GONE):
            self._hear_broker(now_ns, network)
        if not network.partition and not self.over:
            self._pass_up(now_ns)
            self._pass_down(now_ns)
        self._end_if_done(now_ns, network)

    def go_mute(self) -> None:
        """Lose the broker; the client is told nothing."""
        self._lose_far()
        self._mute = True
        self._up.clear()
        self._down.clear()

    def reset(self, now_ns: int, ending: str) -> None:
        """Break both ends, with every byte counted that the client had sent by now."""
        self._drain(now_ns)
        self._lose_far()
        self._finish(now_ns, ending, abort=True)

    def _delivers(self, line: Line, now_ns: int, network: Network) -> bool:
        due_ns = line.due_ns()
        return due_ns is not None and due_ns <= now_ns and not network.partition

    def _hear_client(self, now_ns: int, network: Network) -> None:
        try:
            data = _read(self._near, _gulp_bytes(self._up, network))
        except OSError:
            self._broken, data = True, b""
        if data is None:
            return
        if not data:
            self._near_ended = True
            self._down.clear()  # the client has closed: it never closes one half
            return
        self._record.passed(self._connection, now_ns, "out", data)
        if self._portal and not self._mute:
            self._mute = True
            self._down.put(PORTAL_ANSWER, now_ns, network)
            self._far_ended = True
        elif not self._mute:
            self._up.put(data, now_ns, network)

    def _hear_broker(self, now_ns: int, network: Network) -> None:
        assert self._far is not None
        try:
            data = _read(self._far, _gulp_bytes(self._down, network))
        except OSError:
            data = b""
        if data is None:
            return
        if not data:
            self._far_ended = True
        elif not self._near_ended:
            self._down.put(data, now_ns, network)

    def _dial(self, broker: Broker, now_ns: int) -> None:
        try:
            self._far = socket.create_connection((broker.host, broker.port), timeout=DIAL_S)
        except OSError:
            self.reset(now_ns, "the broker was not there")
            return
        _prepare(self._far)

    def _pass_up(self, now_ns: int) -> None:
        while self._far is not None and (data := self._up.take(now_ns)):
            sent = _write(self._far, data)
            if sent is None:
                self._up.clear()
                self._far_ended = True
                return
            self._up.put_back(data[sent:])
            if sent < len(data):
                return

    def _pass_down(self, now_ns: int) -> None:
        while data := self._down.take(now_ns):
            sent = _write(self._near, data)
            if sent is None:
                self._down.clear()
                self._near_ended = True
                return
            self._record.passed(self._connection, now_ns, "in", data[:sent])
            self._down.put_back(data[sent:])
            if sent < len(data):
                return

    def _end_if_done(self, now_ns: int, network: Network) -> None:
        """Pass the end of a stream on, once all before it has been; end with both."""
        if self.over:
            return
        if self._near_ended and self._far is None:
            self._finish(now_ns, "the broker hung up" if self._near_told else "the client hung up")
        elif network.partition:
            return
        elif self._near_ended and self._up.due_ns() is None and not self._far_told:
            self._far_told = True
            if self._far_ended:
                self._finish(now_ns, "the client hung up")
            elif self._far is not None:
                with suppress(OSError):
                    self._far.shutdown(socket.SHUT_WR)
        elif self._far_ended and self._down.due_ns() is None and not self._near_told:
            if self._near_ended:
                self._finish(now_ns, "the client hung up")
            else:
                self._tell_client()

    def _tell_client(self) -> None:
        """Tell the client that the broker hung up; what it says until it closes is counted, for nobody."""
        self._near_told = True
        with suppress(OSError):
            self._near.shutdown(socket.SHUT_WR)
        if self._far is not None:
            self._far.close()
            self._far = None
        self._mute = True
        self._up.clear()

    def _drain(self, now_ns: int) -> None:
        """Count what the client has sent and nobody will have."""
        with suppress(OSError):
            while data := _read(self._near, READ_BYTES):
                self._record.passed(self._connection, now_ns, "out", data)

    def _lose_far(self) -> None:
        if self._far is not None:
            reset_socket(self._far)
            self._far = None

    def _finish(self, now_ns: int, ending: str, *, abort: bool = False) -> None:
        self.over = True
        if self._far is not None:
            self._far.close()
        self._record.never_came(self._connection, self._never_came_bytes())
        if abort:
            reset_socket(self._near)
        else:
            self._near.close()
        self._record.end(self._connection, now_ns, ending)

    def _never_came_bytes(self) -> int:
        """Give how much was written to the client that its kernel never took.

        An end (FIN) acknowledges all that came before the client closed. Without one, all that was sent has
        come: on this machine a packet is there when the sender's call returns.
        """
        if self._near_ended and not self._broken:
            waiting = _waiting_bytes(self._near, termios.TIOCOUTQ)
            return max(0, waiting - 1) if self._near_told else waiting  # our own end counts as a byte
        return _waiting_bytes(self._near, _SIOCOUTQNSD)


def reset_socket(sock: socket.socket) -> None:
    """Close a socket with a reset instead of an end."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    sock.close()


def _prepare(sock: socket.socket) -> None:
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _gulp_bytes(line: Line, network: Network) -> int:
    """Give how much to read at once: on a slow network a twentieth of a second's worth."""
    most = max(1, network.bytes_per_s // 20) if network.bytes_per_s else READ_BYTES
    return min(READ_BYTES, line.room_bytes, most)


def _read(sock: socket.socket, limit_bytes: int) -> bytes | None:
    """Give what there is, nothing at the end, None if nothing has come. Raises OSError after a reset."""
    if not limit_bytes:
        return None
    try:
        return sock.recv(limit_bytes)
    except BlockingIOError:
        return None


def _write(sock: socket.socket, data: bytes) -> int | None:
    """Write what fits, None where nobody is there any more."""
    try:
        return sock.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return None


def _waiting_bytes(sock: socket.socket, what: int) -> int:
    """Ask the kernel how much of what was written is not acknowledged, or not even sent."""
    try:
        (waiting,) = struct.unpack("i", fcntl.ioctl(sock, what, b"\0" * 4))
    except OSError:
        return 0
    return int(waiting)

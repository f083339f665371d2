"""How the other end of a TCP connection ended: with an end (FIN), which the kernel counts as a byte, or not.

After a reset the kernel's state does not tell whether an end came before it. Its error does: a reset alone is
ECONNRESET, one that followed an end EPIPE. But it is told once, to whoever calls next, and OpenSSL keeps it
to itself; so under TLS the socket is looked at before OpenSSL touches it.
"""

import errno
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from latchkey.egress.ledger import tcp_end_came

_HARMLESS = frozenset({None, 0, errno.EAGAIN, errno.EINTR})
"""No number: Python's own timeout."""


class Ending:
    """What is known of the other end's ending. `seen` is whether its end came for certain."""

    def __init__(self) -> None:
        self.seen = False
        self._told = False  # the kernel has told its error: a read gives nothing from now on, end or not

    def read_nothing(self) -> None:
        """Take in that a read of the socket itself gave nothing."""
        self.seen = self.seen or not self._told

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note the error that a call on the socket itself gives."""
        try:
            yield
        except OSError as error:
            if not isinstance(error, ssl.SSLError):  # it has numbers of its own
                self._note(error.errno)
            raise

    def look(self, sock: socket.socket) -> None:
        """Learn what a socket has to tell, before somebody else asks it, or it closes."""
        poll = select.poll()
        poll.register(sock, 0)  # errors alone
        if any(events & select.POLLERR for _, events in poll.poll(0)):
            self._note(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        elif tcp_end_came(sock):
            self.seen = True

    def _note(self, number: int | None) -> None:
        if number in _HARMLESS:
            return
        if number == errno.EPIPE:
            self.read_nothing()
        self._told = True

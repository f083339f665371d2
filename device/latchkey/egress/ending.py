"""How the other end of a TCP connection ended: with an end (FIN), which the kernel counts as a byte, or not.

After a reset the kernel's state does not tell whether an end came before it. Who reads finds out: an end
reads as nothing, a reset alone as an error. But the error is told once, and OpenSSL hides which it was; so
under TLS the socket is looked at before OpenSSL touches it.
"""

import errno
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

_HARMLESS = frozenset({None, errno.EAGAIN, errno.EINTR})
"""No number: Python's own timeout, or OpenSSL's word, which has numbers of its own."""

_LOOK_BYTES = 1 << 16


class Ending:
    """What is known of the other end's ending. `seen` is whether its end came for certain."""

    def __init__(self) -> None:
        self.seen = False
        self._told = False  # the kernel has told its error: a read gives nothing from now on, end or not

    def read_nothing(self) -> None:
        """Take in that a read gave nothing."""
        self.seen = self.seen or not self._told

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note the error that a call on the socket gives."""
        try:
            yield
        except OSError as error:
            self._note(error)
            raise

    def look(self, sock: socket.socket) -> None:
        """Learn what a socket has to tell, without taking a byte from it, before TLS does."""
        if _has_news(sock):
            try:
                if not socket.socket.recv(sock, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    self.read_nothing()
            except OSError as error:
                self._note(error)

    def look_behind(self, sock: socket.socket) -> None:
        """Learn what stands behind the last bytes of a socket that is over: they are lost."""
        try:
            while not (self.seen or self._told) and _has_news(sock):
                if not socket.socket.recv(sock, _LOOK_BYTES, socket.MSG_DONTWAIT):
                    self.read_nothing()
        except OSError as error:
            self._note(error)

    def _note(self, error: OSError) -> None:
        if error.errno in _HARMLESS or isinstance(error, ssl.SSLError):
            return
        if error.errno == errno.EPIPE:  # what the kernel says of a reset that came after an end
            self.read_nothing()
        self._told = True


def _has_news(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))

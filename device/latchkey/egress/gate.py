"""The gate: the only way to a connection, open for listed destinations alone.

What it hands out are ordinary sockets, TLS already spoken where wanted, which settle their
account in the ledger when they close.
"""

import ipaddress
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from latchkey.egress.ending import Ending
from latchkey.egress.ledger import Key, Ledger, Reading, tcp_bytes, unsent_bytes
from latchkey.errors import EgressRefused

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_ABORT = struct.pack("ii", 1, 0)
"""Closing drops what was not sent yet: else the kernel went on for minutes, and no ledger knew of it."""


class Destination(NamedTuple):
    """Where a connection may go, and what for; `purpose` is a word like `mqtt`."""

    host: str
    port: int
    purpose: str


class _Plain(socket.socket):
    """A TCP socket that settles its account when it closes."""

    settle: Callable[[], None] | None = None

    def __init__(self, *, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self.ending = Ending()

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        with self.ending.noting():
            data = super().recv(bufsize, flags)
        if not data and bufsize > 0:
            self.ending.read_nothing()
        return data

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        with self.ending.noting():
            return super().send(data, flags)

    def close(self) -> None:
        if self.settle is not None:
            self.settle()
        super().close()


class _Tls(ssl.SSLSocket):
    """The same with TLS inside."""

    ending: Ending
    settle: Callable[[], None] | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.ending.look(self)
        return super().recv(buflen, flags)

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self.ending.look(self)
        return super().send(data, flags)

    def close(self) -> None:
        if self.settle is not None:
            self.settle()
        super().close()


class Egress:
    """Opens connections to the destinations it was made with, and counts every byte of them."""

    def __init__(self, ledger: Ledger, allowed: Iterable[Destination]) -> None:
        self.ledger = ledger
        self._allowed = frozenset(allowed)

    def connect(
        self, host: str, port: int, purpose: str, timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> socket.socket:
        """Open a TCP connection, with `tls` checked against `host`; both steps time out.

        Raises EgressRefused for what is not on the list, OSError (ssl.SSLError, TimeoutError, …)
        where the network or the other end fails.
        """
        if Destination(host, port, purpose) not in self._allowed:
            raise EgressRefused(
                f"{host}:{port} is not on the list of destinations for {purpose}",
                hint="only what the settings name is ever connected to",
            )
        if not _is_address(host):
            self.ledger.looked_up(host)
        plain = _dial(host, port, timeout_s)
        if tls is None:
            self._follow((host, port, purpose), plain)
            return plain
        tls.sslsocket_class = _Tls
        wrapped = _wrap(tls, plain, host)
        self._follow((host, port, purpose), wrapped)
        try:
            with wrapped.ending.noting():
                wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped

    def _follow(self, key: Key, sock: _Plain | _Tls) -> None:
        def read() -> Reading:
            return tcp_bytes(sock, sock.ending.seen)

        def settle() -> None:
            if sock.fileno() >= 0:
                sock.ending.look(sock)
            if unsent_bytes(sock):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self.ledger.closing(handle)

        handle = self.ledger.opened(key, read)
        sock.settle = settle


def _dial(host: str, port: int, timeout_s: float) -> _Plain:
    """Connect; small messages leave at once instead of waiting for the last one's receipt."""
    opened = socket.create_connection((host, port), timeout=timeout_s)
    sock = _Plain(fileno=opened.detach())
    sock.settimeout(timeout_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _wrap(tls: ssl.SSLContext, plain: _Plain, host: str) -> _Tls:
    try:
        wrapped = tls.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    except (OSError, ValueError):
        plain.close()
        raise
    if not isinstance(wrapped, _Tls):
        wrapped.close()
        raise EgressRefused("this TLS context makes sockets that the ledger cannot follow")
    wrapped.ending = Ending()
    return wrapped


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

"""Downloads: fetch a file over HTTPS, when a person asked for it on the command line, or for updates.

The runtime never downloads anything. The connection goes through the gate like any other; what
comes is checked against a hash or a signature by the caller. Redirects are not followed.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import ClassVar
from urllib.parse import urlsplit

from latchkey.egress.gate import Destination, Egress
from latchkey.egress.ledger import Ledger
from latchkey.errors import EXIT_NETWORK, LatchkeyError, UsageError

PURPOSE = "download"
TIMEOUT_S = 20.0
"""For connecting, and for each read."""

CHUNK_BYTES = 1 << 16
PORTS = {"https": 443, "http": 80}


class DownloadFailed(LatchkeyError):
    """A file could not be fetched: no network, or the other end would not give it.

    `status` is the HTTP status where that is the reason.
    """

    exit_code: ClassVar[int] = EXIT_NETWORK

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def fetch(
    url: str, limit_bytes: int, *, ledger: Ledger | None = None, trust: ssl.SSLContext | None = None
) -> bytes:
    """Give what an https URL holds.

    Raises DownloadFailed where the network or the server fails or the file is longer than
    `limit_bytes`, UsageError for any other kind of URL.
    """
    if urlsplit(url).scheme != "https":
        raise UsageError(f"{url} is not an https address")
    hint = "fetch the file on another machine and give it with --from FILE"
    try:
        return b"".join(stream(url, limit_bytes, ledger=ledger or Ledger(), trust=trust))
    except DownloadFailed as error:
        error.hint = hint
        raise


def check_address(url: str) -> None:
    """Raise UsageError unless `url` is an address that `stream` takes."""
    _destination(url, PURPOSE)


def stream(
    url: str,
    limit_bytes: int,
    *,
    ledger: Ledger,
    purpose: str = PURPOSE,
    trust: ssl.SSLContext | None = None,
    limit_s: float | None = None,
) -> Iterator[bytes]:
    """Give what an https or http URL holds, in pieces, `limit_bytes` at most and within `limit_s`.

    Raises DownloadFailed where the network or the server fails, is too slow or sends too much.
    """
    target = _destination(url, purpose)
    parts = urlsplit(url)
    tls = (trust or ssl.create_default_context()) if parts.scheme == "https" else None
    gate = Egress(ledger, [target])
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    late = threading.Event()
    try:
        connection.sock = sock = gate.connect(*target, TIMEOUT_S, tls)
        with _ended_after(limit_s, sock, late):
            connection.request("GET", parts.path or "/", headers={"User-Agent": "latchkey"})
            with closing(http.client.HTTPResponse(sock, method="GET")) as response:
                response.begin()  # `getresponse` would close the socket, and its account, before the body
                yield from _receive(response, target.host, limit_bytes, late)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _failed(target.host, _TOO_SLOW if late.is_set() else reason) from error
    finally:
        connection.close()


_TOO_SLOW = "it sends too slowly"


def _destination(url: str, purpose: str) -> Destination:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"{url} is not an address") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise UsageError(f"{url} is not an https or http address without further parts")
    return Destination(parts.hostname, port or PORTS[parts.scheme], purpose)


@contextmanager
def _ended_after(limit_s: float | None, sock: socket.socket, late: threading.Event) -> Iterator[None]:
    """Shut a connection down after so long: timeouts of reads are no limit, who sends a byte each meets
    them.
    """
    if limit_s is None:
        yield
        return

    def end() -> None:
        late.set()
        with suppress(OSError):
            socket.socket.shutdown(
                sock, socket.SHUT_RDWR
            )  # that of SSLSocket pulls TLS from under the reader

    timer = threading.Timer(limit_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _receive(
    response: http.client.HTTPResponse, host: str, limit_bytes: int, late: threading.Event
) -> Iterator[bytes]:
    if response.status != http.HTTPStatus.OK:
        said = f"it answered {response.status} {response.reason}"
        raise _failed(host, said, status=response.status)
    left = limit_bytes
    while chunk := response.read1(CHUNK_BYTES):
        left -= len(chunk)
        if left < 0:
            raise _failed(host, f"it sent more than the {limit_bytes} bytes expected")
        yield chunk
    if late.is_set() or response.length:
        raise _failed(host, _TOO_SLOW if late.is_set() else "it stopped in the middle")


def _failed(host: str, reason: str, *, status: int | None = None) -> DownloadFailed:
    return DownloadFailed(f"nothing could be fetched from {host}: {reason}", status=status)

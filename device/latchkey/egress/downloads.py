"""Downloads: fetch one pinned file over HTTPS, when a person asked for it on the command line.

The runtime never downloads anything. The connection goes through the gate like any other; what
comes is checked against a hash by the caller.
"""

import http.client
import ssl
from typing import ClassVar
from urllib.parse import urlsplit

from latchkey.egress.gate import Destination, Egress
from latchkey.egress.ledger import Ledger
from latchkey.errors import EXIT_NETWORK, LatchkeyError, UsageError

PURPOSE = "download"
TIMEOUT_S = 20.0
"""For connecting, and for each read."""

CHUNK_BYTES = 1 << 16
HTTPS_PORT = 443


class DownloadFailed(LatchkeyError):
    """A file could not be fetched: no network, or the other end would not give it."""

    exit_code: ClassVar[int] = EXIT_NETWORK


def fetch(
    url: str, limit_bytes: int, *, ledger: Ledger | None = None, trust: ssl.SSLContext | None = None
) -> bytes:
    """Give what an https URL holds. Redirects are not followed: pinned addresses have none.

    Raises DownloadFailed where the network or the server fails or the file is longer than
    `limit_bytes`, UsageError for any other kind of URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise UsageError(f"{url} is not an https address")
    target = Destination(parts.hostname, parts.port or HTTPS_PORT, PURPOSE)
    gate = Egress(ledger or Ledger(), [target])
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    try:
        connection.sock = gate.connect(*target, TIMEOUT_S, trust or ssl.create_default_context())
        connection.request("GET", parts.path or "/", headers={"User-Agent": "latchkey"})
        return _receive(connection.getresponse(), url, limit_bytes)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _failed(target.host, reason) from error
    finally:
        connection.close()


def _receive(response: http.client.HTTPResponse, url: str, limit_bytes: int) -> bytes:
    host = urlsplit(url).hostname or ""
    if response.status != http.HTTPStatus.OK:
        raise _failed(host, f"it answered {response.status} {response.reason}")
    data = bytearray()
    while chunk := response.read(CHUNK_BYTES):
        data += chunk
        if len(data) > limit_bytes:
            raise _failed(host, f"it sent more than the {limit_bytes} bytes expected")
    if response.length:
        raise _failed(host, "it stopped in the middle")
    return bytes(data)


def _failed(host: str, reason: str) -> DownloadFailed:
    return DownloadFailed(
        f"nothing could be fetched from {host}: {reason}",
        hint="fetch the file on another machine and give it with --from FILE",
    )

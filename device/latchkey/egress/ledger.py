"""The ledger: what left the house and what came in, per destination and purpose.

Bytes are TCP payload as the kernel counts it (`TCP_INFO`), TLS handshakes and record headers
included, retransmissions not: the same figure that somebody tapping the wire reassembles. A live
connection is asked on demand, a closed one just before it closes.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

_TCP_INFO_BYTES = 256
_STATE_AT = 0
_RECEIVED_AT = 128  # struct tcp_info of linux/tcp.h: tcpi_bytes_received, since Linux 4.1
_SENT_AT = 200  # tcpi_bytes_sent, then tcpi_bytes_retrans, since Linux 4.19
_UNSENT_AT = 144  # tcpi_notsent_bytes, since Linux 4.6
_FIN_CAME = frozenset({6, 8, 9, 11})  # TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSING
_CLOSED = 7

SYSTEM_DNS = "system-dns"
"""Purpose of the row that counts names looked up by the system's own resolver."""

SYSTEM_UPDATE = "system-update"
"""Purpose of what is fetched to update the software."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One destination and purpose. Bytes are TCP payload; None where the kernel does not say."""

    host: str
    port: int
    purpose: str
    connections: int
    bytes_out: int | None
    bytes_in: int | None

    def line(self) -> str:
        """Give the row as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


@dataclass(slots=True)
class _Account:
    connections: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    unknown: bool = False


Key = tuple[str, int, str]
Reading = tuple[int, int] | None


class Ledger:
    """Sums per destination and purpose. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[Key, _Account] = {}
        self._live: dict[int, tuple[Key, Callable[[], Reading]]] = {}
        self._next = 0

    def opened(self, key: Key, read: Callable[[], Reading]) -> int:
        """Count a connection; `read` tells its bytes (out, in) while it lives. Gives its handle."""
        with self._lock:
            self._accounts.setdefault(key, _Account()).connections += 1
            self._next += 1
            self._live[self._next] = (key, read)
            return self._next

    def closing(self, handle: int) -> None:
        """Read a connection's bytes for the last time; a second call does nothing."""
        with self._lock:
            live = self._live.pop(handle, None)
            if live is not None:
                key, read = live
                _add(self._accounts[key], read())

    def looked_up(self, host: str) -> None:
        """Count a name that the system resolver was asked for; its traffic is the system's."""
        with self._lock:
            account = self._accounts.setdefault((host, 53, SYSTEM_DNS), _Account())
            account.connections += 1
            account.unknown = True

    def rows(self) -> list[LedgerRow]:
        """Give all rows, live connections included, sorted."""
        with self._lock:
            sums = {key: _Account(**asdict(account)) for key, account in self._accounts.items()}
            for key, read in self._live.values():
                _add(sums[key], read())
        return [_row(key, account) for key, account in sorted(sums.items())]


def _add(account: _Account, reading: Reading) -> None:
    if reading is None:
        account.unknown = True
    else:
        account.bytes_out += reading[0]
        account.bytes_in += reading[1]


def _row(key: Key, account: _Account) -> LedgerRow:
    known = not account.unknown
    return LedgerRow(
        *key, account.connections, account.bytes_out if known else None, account.bytes_in if known else None
    )


def tcp_end_came(sock: socket.socket) -> bool:
    """Tell whether the other end's end (FIN) has come, as long as the connection's state tells."""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[_STATE_AT] in _FIN_CAME
    except OSError:
        return False


def unsent_bytes(sock: socket.socket) -> int:
    """Give how much the kernel has been handed and has not sent: the other end does not keep up."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:
        return 0
    return int(struct.unpack_from("=I", info, _UNSENT_AT)[0]) if len(info) >= _UNSENT_AT + 4 else 0


def tcp_bytes(sock: socket.socket, end_seen: bool) -> Reading:
    """Give the payload bytes (out, in) of a TCP socket, or None where the kernel does not tell.

    The kernel counts the peer's FIN as one received byte; `end_seen` tells that it came where the state
    does not tell any more.
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:
        return None
    if len(info) < _SENT_AT + 16:
        return None
    sent, again = struct.unpack_from("=QQ", info, _SENT_AT)
    (received,) = struct.unpack_from("=Q", info, _RECEIVED_AT)
    state = info[_STATE_AT]
    fin = 1 if state in _FIN_CAME or (state == _CLOSED and end_seen) else 0
    return sent - again, max(0, received - fin)

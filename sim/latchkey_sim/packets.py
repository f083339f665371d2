"""A witness of packets: what the kernel puts on the loopback wire, independent of client, broker and tap.

It reads TCP headers of one port (`AF_PACKET`, which takes root or CAP_NET_RAW) and follows sequence numbers:
a byte that is sent again is one byte. For tests that compare the ledger with the wire.
"""

import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Self

from latchkey.units import MIB

_ETH_IP = 0x0800
_ARRIVED = 0  # PACKET_HOST: on loopback each packet is also seen as it leaves
_SOL_PACKET, _PACKET_STATISTICS, _RCVBUF_FORCE = 263, 6, 33
_TCP = 6
_HEADERS_BYTES = 128
_FIN, _SYN, _RST = 1, 2, 4
_WRAP = 1 << 32
_NAP_S = 0.1
BUFFER_BYTES = 16 * MIB


@dataclass(slots=True)
class _End:
    """What one end has sent, in bytes from its first, while the other end had not closed."""

    first: int | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)
    closed: bool = False

    def sent(self, seq: int, n_bytes: int) -> None:
        """Join bytes to those that were sent before."""
        assert self.first is not None
        begin = (seq - self.first) % _WRAP
        spans = sorted([*self.spans, (begin, begin + n_bytes)])
        joined = spans[:1]
        for start, end in spans[1:]:
            if start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        self.spans = joined

    @property
    def n_bytes(self) -> int:
        return sum(end - begin for begin, end in self.spans)


@dataclass(frozen=True, slots=True)
class Stream:
    """One connection, each byte once. `bytes_out` the client sent, `bytes_in` came before it closed."""

    client_port: int
    bytes_out: int
    bytes_in: int


class PacketWitness:
    """A context manager; `streams` are complete once the block has ended. Raises PermissionError."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: dict[int, tuple[_End, _End]] = {}
        self._over = False
        self.refused = 0
        """Attempts to connect that nobody took."""
        self.missed = 0
        """Packets that came too fast to be seen: a count with any is worth nothing."""
        self._done: list[Stream] = []

    def __enter__(self) -> Self:
        """Begin to look."""
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUF_FORCE, BUFFER_BYTES)
        self._socket.bind(("lo", _ETH_IP))
        self._socket.settimeout(_NAP_S)
        self._thread = threading.Thread(target=self._run, name="packets", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look until all has been seen that was sent by now."""
        self._over = True
        self._thread.join()
        (_, self.missed) = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        self._socket.close()
        for client in list(self._ends):
            self._end(client)

    @property
    def streams(self) -> list[Stream]:
        """All connections that came about."""
        return list(self._done)

    @property
    def bytes_out(self) -> int:
        """All that clients sent."""
        return sum(stream.bytes_out for stream in self._done)

    @property
    def bytes_in(self) -> int:
        """All that clients took."""
        return sum(stream.bytes_in for stream in self._done)

    def _run(self) -> None:
        while True:
            try:
                data, address = self._socket.recvfrom(_HEADERS_BYTES)
            except TimeoutError:
                if self._over:
                    return
                continue
            if address[2] == _ARRIVED and len(data) >= 20 and data[9] == _TCP:
                self._see(data)

    def _see(self, data: bytes) -> None:
        (total,) = struct.unpack_from("!H", data, 2)
        at = (data[0] & 0x0F) * 4
        source, sink, seq, offset, flags = struct.unpack_from("!HHI4xBB", data, at)
        n_bytes = total - at - (offset >> 4) * 4
        if self._port not in (source, sink):
            return
        client, is_out = (source, True) if sink == self._port else (sink, False)
        if is_out and flags & _SYN:
            if client in self._ends:
                self._end(client)
            self._ends[client] = (_End(), _End())
        if client in self._ends:
            ours, theirs = self._ends[client] if is_out else self._ends[client][::-1]
            self._follow(ours, theirs, seq, flags, n_bytes)

    def _follow(self, ours: _End, theirs: _End, seq: int, flags: int, n_bytes: int) -> None:
        if flags & _SYN:
            ours.first = (seq + 1) % _WRAP
        elif n_bytes and ours.first is not None and not theirs.closed:
            ours.sent(seq, n_bytes)
        ours.closed = ours.closed or bool(flags & (_FIN | _RST))

    def _end(self, client: int) -> None:
        ours, theirs = self._ends.pop(client)
        if theirs.first is None:
            self.refused += 1
        else:
            self._done.append(Stream(client, ours.n_bytes, theirs.n_bytes))

"""The frames of MQTT in the bytes of a broker, followed as they come, so that none grows too long.

A packet is a byte of type, its remaining length in one to four bytes of seven bits (lowest first, the
top bit says that more follow), then that many bytes. The client's library would collect all of them.
"""

_LENGTH_LIMIT_BYTES = 4


class PacketTooLong(OSError):
    """A packet announces `n_bytes` after its header: more than is read of any."""

    def __init__(self, n_bytes: int) -> None:
        super().__init__(f"the broker sends a packet of {n_bytes} bytes")
        self.n_bytes = n_bytes


class PacketLimit:
    """Follows the packets of one connection; none may have more than `limit_bytes` after its header."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._left_bytes = 0  # of the packet's body
        self._length_bytes: list[int] | None = None  # None = the type comes next

    def see(self, data: bytes) -> None:
        """Take in what was received. Raises PacketTooLong with the last byte of such a length."""
        at = 0
        while at < len(data):
            if self._left_bytes:
                step = min(self._left_bytes, len(data) - at)
                self._left_bytes -= step
                at += step
            else:
                self._see_header(data[at])
                at += 1

    def _see_header(self, byte: int) -> None:
        if self._length_bytes is None:
            self._length_bytes = []
            return
        self._length_bytes.append(byte)
        length = sum((one & 0x7F) << (7 * place) for place, one in enumerate(self._length_bytes))
        if length > self._limit_bytes or len(self._length_bytes) > _LENGTH_LIMIT_BYTES:
            raise PacketTooLong(length)
        if not byte & 0x80:
            self._left_bytes, self._length_bytes = length, None

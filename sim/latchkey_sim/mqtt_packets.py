"""Reads the packets of MQTT 3.1.1 and 5 out of recorded bytes: kinds, topics, sizes, QoS, retain.

For what a tap wrote down, which may be cut anywhere or be no MQTT at all: whatever comes in, a list of
packets comes out, and the reason why it ends where it does. It checks no more than it needs to find its way.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from latchkey.adapters.mqtt_framing import PacketTooLong
from latchkey.units import MIB

LENGTH_LIMIT_BYTES = 1 * MIB
"""Longest packet that is believed: many times what the device sends or reads."""

_LENGTH_BYTES = 4
VERSION_5 = 5
VERSION_3_1_1 = 4


class Kind(IntEnum):
    """Types of packets."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


_ANSWERS = frozenset({Kind.PUBACK, Kind.PUBREC, Kind.PUBREL, Kind.PUBCOMP, Kind.UNSUBACK})


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `n_bytes` is all of it on the wire; what a kind does not have is empty, 0 or None.

    `topics` are the topic of a PUBLISH, the filters of a SUBSCRIBE, the will's topic of a CONNECT. `code` is
    the return or reason code of an answer, `version` the protocol level of a CONNECT.
    """

    kind: Kind
    n_bytes: int
    topics: tuple[str, ...] = ()
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    again: bool = False
    number: int | None = None
    code: int | None = None
    version: int | None = None
    client: str = ""

    @property
    def topic(self) -> str:
        """The only topic, or nothing."""
        return self.topics[0] if len(self.topics) == 1 else ""


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of one direction. `rest_bytes` follow the last whole one; `damage` says why they are no
    packet, empty where the stream just ends in the middle or all of it was read.
    """

    packets: tuple[Packet, ...]
    rest_bytes: int = 0
    damage: str = ""


class _Damage(Exception):
    pass


def read_packets(data: bytes, version: int = VERSION_5) -> Packets:
    """Read one direction of a connection; a CONNECT in it says the version, else it is as given."""
    found: list[Packet] = []
    at, damage = 0, ""
    try:
        for begin, body, end in _frames(data):
            packet = _read(data[begin], memoryview(data)[body:end], end - begin, version)
            version = packet.version or version
            found.append(packet)
            at = end
    except PacketTooLong as error:
        damage = f"a packet announces {error.n_bytes} bytes"
    except _Damage as error:
        damage = str(error)
    return Packets(tuple(found), len(data) - at, damage)


def version_of(data: bytes) -> int | None:
    """Give the protocol level that a client's stream begins with, None if it begins with none."""
    first = read_packets(data[: LENGTH_LIMIT_BYTES + 5]).packets[:1]
    return first[0].version if first else None


def _frames(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Give begin, begin of the body and end of each whole packet. Raises PacketTooLong."""
    at = 0
    while (head := _head(data, at)) is not None:
        body, length = head
        if length > LENGTH_LIMIT_BYTES:
            raise PacketTooLong(length)
        if body + length > len(data):
            return
        yield at, body, body + length
        at = body + length


def _head(data: bytes, at: int) -> tuple[int, int] | None:
    """Give where the body of the packet at `at` begins and its length; None where the data end before that.

    A length without an end is given as far as it goes, which is more than any.
    """
    length = 0
    for place, byte in enumerate(data[at + 1 : at + 1 + _LENGTH_BYTES]):
        length |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return at + 2 + place, length
        if place == _LENGTH_BYTES - 1:
            return at + 2 + place, LENGTH_LIMIT_BYTES + 1 + length
    return None


class _Reader:
    """Fields of one packet's body. Raises _Damage past its end."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, n_bytes: int) -> bytes:
        if n_bytes > self.left:
            raise _Damage("a packet ends within a field")
        self._at += n_bytes
        return bytes(self._data[self._at - n_bytes : self._at])

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        (found,) = struct.unpack(">H", self.take(2))
        return int(found)

    def binary(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            return self.binary().decode("utf-8")
        except UnicodeDecodeError:
            raise _Damage("a text is not UTF-8") from None

    def skip_properties(self, version: int) -> None:
        if version < VERSION_5:
            return
        length = 0
        for place in range(4):
            byte = self.byte()
            length |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                self.take(length)
                return
        raise _Damage("the length of properties has no end")


def _read(first: int, body: memoryview, n_bytes: int, version: int) -> Packet:
    try:
        kind = Kind(first >> 4)
    except ValueError:
        raise _Damage("a packet is of type 0") from None
    reader, flags = _Reader(body), first & 0x0F
    if kind is Kind.CONNECT:
        return _connect(reader, n_bytes)
    if kind is Kind.PUBLISH:
        return _publish(reader, n_bytes, flags, version)
    if kind is Kind.SUBSCRIBE:
        return _subscribe(reader, n_bytes, version)
    if kind is Kind.CONNACK:
        reader.byte()
        return Packet(kind, n_bytes, code=reader.byte())
    if kind in _ANSWERS:
        number = reader.number()
        return Packet(kind, n_bytes, number=number, code=reader.byte() if reader.left else 0)
    if kind is Kind.SUBACK:
        number = reader.number()
        reader.skip_properties(version)
        return Packet(kind, n_bytes, number=number, code=max(reader.take(reader.left), default=None))
    if kind is Kind.DISCONNECT:
        return Packet(kind, n_bytes, code=reader.byte() if reader.left else 0)
    return Packet(kind, n_bytes)


def _connect(reader: _Reader, n_bytes: int) -> Packet:
    if reader.text() != "MQTT":
        raise _Damage("a client does not speak MQTT")
    version, flags = reader.byte(), reader.byte()
    if version not in (VERSION_3_1_1, VERSION_5):
        raise _Damage(f"a client speaks version {version} of MQTT")
    reader.number()
    reader.skip_properties(version)
    client = reader.text()
    if not flags & 0x04:
        return Packet(Kind.CONNECT, n_bytes, version=version, client=client)
    reader.skip_properties(version)
    topic, payload = reader.text(), reader.binary()
    qos, retain = flags >> 3 & 3, bool(flags & 0x20)
    return Packet(
        Kind.CONNECT, n_bytes, (topic,), payload, qos=qos, retain=retain, version=version, client=client
    )


def _publish(reader: _Reader, n_bytes: int, flags: int, version: int) -> Packet:
    topic, qos = reader.text(), flags >> 1 & 3
    if qos > 2:
        raise _Damage("a message has QoS 3")
    number = reader.number() if qos else None
    reader.skip_properties(version)
    payload = reader.take(reader.left)
    return Packet(
        Kind.PUBLISH,
        n_bytes,
        (topic,),
        payload,
        qos=qos,
        retain=bool(flags & 1),
        again=bool(flags & 8),
        number=number,
    )


def _subscribe(reader: _Reader, n_bytes: int, version: int) -> Packet:
    number = reader.number()
    reader.skip_properties(version)
    topics, qos = [], 0
    while reader.left:
        topics.append(reader.text())
        qos = max(qos, reader.byte() & 3)
    return Packet(Kind.SUBSCRIBE, n_bytes, tuple(topics), qos=qos, number=number)

"""What a client of MQTT 5 puts on the wire, byte for byte: for links that have no wire.

Enough for the simulated link: connect, subscribe, publish, acknowledge, say goodbye.
"""

from latchkey.ports import Publication

KEEPALIVE_S = 15
_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK, _DISCONNECT = 1, 2, 3, 4, 8, 9, 14
_EXPIRY = 2
_V5 = 5
_CLEAN_START, _WILL = 0x02, 0x04


def connect(client: str, will: Publication) -> bytes:
    """Give the first packet."""
    flags = _CLEAN_START | _WILL | will.qos << 3 | will.retain << 5
    head = _text("MQTT") + bytes([_V5, flags]) + KEEPALIVE_S.to_bytes(2, "big") + _length(0)
    return _packet(_CONNECT, 0, head + _text(client) + _length(0) + _text(will.topic) + _blob(will.payload))


def subscribe(topics: tuple[str, ...], number: int) -> bytes:
    """Ask for topics."""
    body = number.to_bytes(2, "big") + _length(0) + b"".join(_text(topic) + b"\1" for topic in topics)
    return _packet(_SUBSCRIBE, 2, body)


def publish(publication: Publication, number: int) -> bytes:
    """Say something."""
    expires_s = publication.expires_s
    properties = b"" if expires_s is None else bytes([_EXPIRY]) + expires_s.to_bytes(4, "big")
    mark = (number % 0xFFFF + 1).to_bytes(2, "big") if publication.qos else b""
    body = _text(publication.topic) + mark + _length(len(properties)) + properties + publication.payload
    return _packet(_PUBLISH, publication.qos << 1 | publication.retain, body)


def greeting(topics: tuple[str, ...]) -> bytes:
    """Give what a broker answers to connect and subscribe."""
    given = bytes(2) + _length(0) + b"\1" * len(topics)
    return _packet(_CONNACK, 0, bytes(2) + _length(0)) + (_packet(_SUBACK, 0, given) if topics else b"")


def acknowledge(number: int) -> bytes:
    """Give what is answered to a publication."""
    return _packet(_PUBACK, 0, (number % 0xFFFF + 1).to_bytes(2, "big"))


def goodbye() -> bytes:
    """Give the last packet."""
    return _packet(_DISCONNECT, 0, b"")


def _packet(kind: int, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + _length(len(body)) + body


def _length(value: int) -> bytes:
    """Give a length in groups of seven bits, lowest first."""
    digits = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        digits.append(low | (0x80 if value else 0))
        if not value:
            return bytes(digits)


def _text(text: str) -> bytes:
    return _blob(text.encode())


def _blob(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data

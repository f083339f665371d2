"""One connection to the broker, from the first packet to its end, on paho-mqtt.

Every attempt gets a paho client of its own, so nothing is left over from the last one: what was
not acknowledged is the outbox's to send again. paho opens its socket through `egress` alone, its
own reconnecting and logging are off, and its loop runs in the thread that calls `run`.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from latchkey.adapters.mqtt_framing import PacketLimit, PacketTooLong
from latchkey.errors import EgressRefused, LinkDown
from latchkey.ports import Delivered, LinkNews, LinkUp, Publication, Received, Refused

KEEPALIVE_S = 15
"""A silent broker is noticed within twice this."""

CONNECT_LIMIT_S = 5.0
"""For TCP and TLS each."""

ANSWER_LIMIT_S = 2.0
"""For the broker's first answer. Some that speak 3.1.1 alone (amqtt) never answer MQTT 5."""

ACK_LIMIT_S = 20.0
"""A message that stays unacknowledged for so long ends the connection: it is sent on the next."""

IN_FLIGHT_LIMIT = 64
"""Unacknowledged messages at a time; far more than all states and the outbox's window."""

PACKET_LIMIT_BYTES = 16 * 1024
"""A packet that announces more ends the connection: it is never collected, whatever version is spoken."""

PAYLOAD_LIMIT_BYTES = 1024
"""Twice the longest legal command; what is longer is dropped unread."""

_VERSION_NAMES = {MQTTProtocolVersion.MQTTv5: "MQTT 5", MQTTProtocolVersion.MQTTv311: "MQTT 3.1.1"}
_UNSUPPORTED_VERSION = 0x84
_TAKEN_OVER = 0x8E
_WORDS = {
    _UNSUPPORTED_VERSION: "the broker does not speak this version of MQTT",
    0x85: "the broker does not accept our client id",
    0x86: "the broker rejects the user name or password",
    0x87: "the broker does not allow it",
    0x88: "the broker is not available",
    0x89: "the broker is busy",
    0x8A: "the broker has banned this device",
    0x8B: "the broker shuts down",
    0x8D: "the broker heard nothing from us for too long",
    _TAKEN_OVER: "another client connected with our id",
    0x97: "the broker's quota is used up",
    0x98: "the broker ended the connection",
    0x9F: "the broker finds us too frequent",
}
_LOGIN_REFUSED = frozenset({0x86, 0x87})
_LOGIN = "see username and password_file in [mqtt]"
"""Where a refused log-in is mended, said only when it is the connection that was refused."""


class End(Enum):
    """Why a connection ended, as far as the next attempt cares."""

    LOST = "it worked, or might have; try again"
    VERSION = "the broker refused the version of MQTT"
    SILENT = "the broker hung up before it answered: perhaps the version"
    REFUSED = "the broker said no"
    TAKEN_OVER = "another client with our id pushed us out"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended; `up_s` is how long it had worked."""

    end: End
    reason: str
    up_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What every connection of a link has in common."""

    host: str
    port: int
    client_id: str
    username: str
    password: str | None
    dial: Callable[[], socket.socket]
    will: Publication
    subscriptions: tuple[str, ...]


class _Client(paho.Client):
    """paho without a way to the network of its own, nor room for long packets.

    `refuse` is told why a connection is cut: paho keeps the error to itself.
    """

    def __init__(self, plan: Plan, version: MQTTProtocolVersion, refuse: Callable[[str], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=plan.client_id,
            protocol=version,
            reconnect_on_failure=False,
        )
        self._dial = plan.dial
        self._refuse = refuse
        self._sockpairR, self._sockpairW = _wakers()
        self._packets = PacketLimit(PACKET_LIMIT_BYTES)

    def _create_socket_connection(self) -> socket.socket:
        return self._dial()

    def _sock_recv(self, bufsize: int) -> bytes:
        data = super()._sock_recv(bufsize)
        try:
            self._packets.see(data)
        except PacketTooLong as error:
            self._refuse(f"{error}: we read {PACKET_LIMIT_BYTES} at most, and hang up")
            raise
        return data

    def release(self) -> None:
        """Close the socket, and the pair that paho wakes its loop with."""
        self._reset_sockets()


class Session:
    """One connection. `run` belongs to the link's thread; `publish` and `hang_up` to any."""

    def __init__(self, plan: Plan, version: MQTTProtocolVersion, emit: Callable[[LinkNews], None]) -> None:
        self._plan = plan
        self._version = version
        self._emit = emit
        self._lock = threading.Lock()  # never held while paho is called: paho calls back under its own
        self._tickets: dict[int, tuple[int, float]] = {}
        self._early: dict[int, ReasonCode] = {}
        self._answered = False
        self._up_since_s: float | None = None
        self._leaving = False
        self._ending: tuple[End, str] | None = None
        self._client = self._make_client()

    @property
    def version(self) -> MQTTProtocolVersion:
        """The version of MQTT this connection tries."""
        return self._version

    @property
    def up(self) -> bool:
        """Whether the broker accepted us and our subscriptions."""
        return self._up_since_s is not None and self._ending is None

    @property
    def in_flight(self) -> int:
        """Messages that the broker has not acknowledged yet."""
        with self._lock:
            return len(self._tickets)

    def run(self) -> Ending:
        """Connect, serve the connection until it ends, and tell how it ended."""
        try:
            self._client.connect(
                self._plan.host,
                self._plan.port,
                KEEPALIVE_S,
                properties=_connect_properties() if self._is_v5 else None,
            )
            self._serve()
        except EgressRefused as error:
            self._end(End.REFUSED, str(error))
        except (OSError, ValueError) as error:
            self._end(End.LOST, explain(error, self._plan.host, self._plan.port))
        finally:
            self._client.release()
        end, reason = self._ending or (End.SILENT, "the broker hung up without an answer")
        up_s = 0.0 if self._up_since_s is None else time.monotonic() - self._up_since_s
        return Ending(end, reason, up_s)

    def publish(self, publication: Publication, ticket: int) -> None:
        """Send a message; its `Delivered` or `Refused` carries `ticket`. Raises LinkDown."""
        if not self.up or self.in_flight >= IN_FLIGHT_LIMIT:
            raise LinkDown("the broker is not there, or does not keep up")
        try:
            info = self._client.publish(
                publication.topic,
                publication.payload,
                publication.qos,
                publication.retain,
                self._expiry(publication),
            )
        except OSError as error:  # paho wakes its loop, which has just closed what it is woken with
            raise LinkDown("the connection to the broker just broke") from error
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkDown("the connection to the broker just broke")
        with self._lock:
            reason = self._early.pop(info.mid, None)
            if reason is None:
                self._tickets[info.mid] = (ticket, time.monotonic())
        if reason is not None:
            self._settle(ticket, reason)

    def hang_up(self) -> None:
        """End the connection cleanly: the broker does not publish the will then."""
        self._leaving = True
        self._client.disconnect()

    @property
    def _is_v5(self) -> bool:
        return self._version is MQTTProtocolVersion.MQTTv5

    def _make_client(self) -> _Client:
        client = _Client(self._plan, self._version, lambda reason: self._end(End.LOST, reason))
        client.connect_timeout = CONNECT_LIMIT_S
        client.max_inflight_messages = IN_FLIGHT_LIMIT
        if self._plan.username:
            client.username_pw_set(self._plan.username, self._plan.password)
        will = self._plan.will
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_register_write = _leave_writing_to_the_loop
        return client

    def _serve(self) -> None:
        began_s = time.monotonic()
        while self._client.loop(timeout=1.0 if self.up else 0.2) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            now_s = time.monotonic()
            if self._leaving and self._up_since_s is None:
                return
            if self._up_since_s is None and now_s - began_s > ANSWER_LIMIT_S:
                end = End.LOST if self._answered else End.SILENT
                self._end(end, f"the broker at {self._plan.host}:{self._plan.port} does not answer")
                return
            if self._oldest_s() < now_s - ACK_LIMIT_S:
                self._end(End.LOST, "the broker does not acknowledge what it is sent")
                return

    def _oldest_s(self) -> float:
        with self._lock:
            return min((since_s for _, since_s in self._tickets.values()), default=float("inf"))

    def _end(self, end: End, reason: str) -> None:
        """Keep the first reason: what follows a refusal is only its echo."""
        if self._ending is None:
            self._ending = (end, reason)

    def _expiry(self, publication: Publication) -> Properties | None:
        if not self._is_v5 or publication.expires_s is None:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho says no types
        properties.MessageExpiryInterval = publication.expires_s
        return properties

    def _on_connect(self, client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._answered = True
        if reason.value == _UNSUPPORTED_VERSION:
            self._end(End.VERSION, words(reason))
        elif reason.is_failure:
            advice = f": {_LOGIN}" if reason.value in _LOGIN_REFUSED else ""
            self._end(End.REFUSED, words(reason) + advice)
        elif self._plan.subscriptions:
            client.subscribe([(topic, 1) for topic in self._plan.subscriptions])
        else:
            self._rise("")

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        refused = any(reason.is_failure for reason in reasons)
        self._rise(", but it refuses us commands" if refused else "")

    def _rise(self, note: str) -> None:
        self._up_since_s = time.monotonic()
        self._emit(LinkUp(f"{_VERSION_NAMES[self._version]}{note}"))

    def _on_disconnect(self, _client: Any, _data: Any, flags: Any, reason: ReasonCode, _p: Any) -> None:
        if self._leaving:
            self._end(End.LOST, "we hung up")
        elif flags.is_disconnect_packet_from_server:
            taken = reason.value == _TAKEN_OVER
            self._end(End.TAKEN_OVER if taken else End.LOST, words(reason))
        elif self._answered:
            self._end(End.LOST, "the connection to the broker broke")

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        with self._lock:
            known = self._tickets.pop(mid, None)
            if known is None:
                self._early[mid] = reason
        if known is not None:
            self._settle(known[0], reason)

    def _settle(self, ticket: int, reason: ReasonCode) -> None:
        self._emit(Refused(ticket, words(reason)) if reason.is_failure else Delivered(ticket))

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        if len(message.payload) > PAYLOAD_LIMIT_BYTES:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._emit(Received(topic, bytes(message.payload), message.retain))


def words(reason: ReasonCode) -> str:
    """Say a reason code so that a person understands it."""
    return _WORDS.get(reason.value, f"the broker says: {str(reason).lower()}")


def explain(error: Exception, host: str, port: int) -> str:
    """Say why no connection came about so that a person understands it."""
    if isinstance(error, ConnectionRefusedError):
        return f"nobody answers at {host}:{port}"
    if isinstance(error, socket.gaierror):
        return f"the name {host} is not known"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "the broker does not speak TLS as we do"
    if isinstance(error, TimeoutError):
        return f"no answer from {host}:{port}"
    return f"{host}:{port}: {getattr(error, 'strerror', None) or error}"


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho says no types
    properties.MaximumPacketSize = PACKET_LIMIT_BYTES
    return properties


def _wakers() -> tuple[socket.socket, socket.socket]:
    """Make the pair that publishing wakes paho's loop with: paho's own listens on TCP for a moment, where any
    program of the machine may be faster.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs


def _leave_writing_to_the_loop(_client: Any, _data: Any, _sock: Any) -> None:
    """Keep paho from writing in the thread that publishes: with this set, it only wakes its loop."""

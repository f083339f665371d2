"""Whether the broker takes us: as the service says that it does, else asked by a connection of our own.

That one says hello under another name than the doorbell's, which it would push out, and goodbye at once; it
publishes and subscribes to nothing. It goes through the gate like all connections, and is in its ledger.
"""

import struct

from latchkey.adapters.credentials import is_out_of_sight
from latchkey.adapters.mqtt import read_password, tls_context
from latchkey.adapters.mqtt_session import explain
from latchkey.egress import Destination, Egress, Ledger
from latchkey.errors import EgressRefused, SettingsError
from latchkey.settings import MqttSettings
from latchkey_pi.doctor.facts import BrokerFact, Service, Unknown

PURPOSE = "doctor"
CLIENT_ID = "latchkey-doctor"
LIMIT_S = 5.0
CONNECT, GOODBYE = 0x10, bytes((0xE0, 0))
CLEAN, WITH_PASSWORD, WITH_USER = 0x02, 0x40, 0x80
ANSWER_BYTES, ANSWER = 4, 0x20
REFUSALS = {
    2: "it does not accept our client id",
    3: "it is not available",
    4: "it rejects the user name or password",
    5: "it does not allow it",
}
"""Of MQTT 3.1.1. Code 1, another version, is an answer too: it is there."""

LOGIN = ("user name or password", "does not allow", "username and password_file")


def from_service(mqtt: MqttSettings, link: Service) -> BrokerFact | Unknown | None:
    """Take the service's own word; None where it has none yet."""
    said = link.status.partition(";")[0]
    if said.startswith("connected to the broker"):
        return BrokerFact(_named(mqtt))
    if not said.startswith("no broker: "):
        return None
    why = said.removeprefix("no broker: ").rpartition(", ")[0] or said
    if why == "none yet":
        return Unknown(
            "the service has only just begun to connect", "wait a minute, then `latchkey doctor` again"
        )
    refused = any(words in why for words in LOGIN)
    return BrokerFact(_named(mqtt), "refused" if refused else "unreachable", why, file=_file(mqtt))


def ask(mqtt: MqttSettings, ledger: Ledger) -> BrokerFact | Unknown:
    """Connect, and hear whether we are welcome."""
    if is_out_of_sight(mqtt.password_file) or is_out_of_sight(mqtt.ca_file):
        fix = "`systemctl status latchkey-link` says how it fares"
        return Unknown("password or certificate are the service's own, and it does not run", fix)
    try:
        password, tls = read_password(mqtt), tls_context(mqtt)
    except SettingsError as error:
        return BrokerFact(_named(mqtt), "password", str(error), error.hint or "mend the file that is named")
    egress = Egress(ledger, [Destination(mqtt.host, mqtt.port, PURPOSE)])
    try:
        with egress.connect(mqtt.host, mqtt.port, PURPOSE, LIMIT_S, tls) as sock:
            sock.sendall(hello(mqtt.username, password))
            answer = sock.recv(ANSWER_BYTES)
            sock.sendall(GOODBYE)
    except (OSError, EgressRefused) as error:
        return BrokerFact(_named(mqtt), "unreachable", explain(error, mqtt.host, mqtt.port))
    if len(answer) < ANSWER_BYTES or answer[0] != ANSWER:
        return BrokerFact(_named(mqtt), "unreachable", "what answers there is no MQTT broker")
    if answer[3] in REFUSALS:
        return BrokerFact(_named(mqtt), "refused", REFUSALS[answer[3]], file=_file(mqtt))
    return BrokerFact(_named(mqtt))


def hello(username: str, password: str | None) -> bytes:
    """Give a CONNECT of MQTT 3.1.1: no will, nothing kept, 10 s of patience."""
    flags = (
        CLEAN | (WITH_USER if username else 0) | (WITH_PASSWORD if username and password is not None else 0)
    )
    body = _text("MQTT") + bytes((4, flags)) + struct.pack(">H", 10) + _text(CLIENT_ID)
    if username:
        body += _text(username)
        if password is not None:
            body += _text(password)
    return bytes((CONNECT,)) + _length(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode("utf-8")[:0xFFFF]
    return struct.pack(">H", len(data)) + data


def _length(count: int) -> bytes:
    out = bytearray()
    while True:
        count, digit = divmod(count, 128)
        out.append(digit | (0x80 if count else 0))
        if not count:
            return bytes(out)


def _named(mqtt: MqttSettings) -> str:
    return f"{mqtt.host}:{mqtt.port}"


def _file(mqtt: MqttSettings) -> str:
    path = mqtt.password_file
    if path is None:
        return "a file that [mqtt] password_file names"
    return "/etc/latchkey/mqtt-password" if path.parts[0].startswith("$") else str(path)

"""The link to a real broker: connects, falls back to MQTT 3.1.1, tries again, forever.

One thread of its own; `publish`, `news` and `close` are called from the loop's. The inbox is
bounded: a broker that floods us with commands loses the surplus, never our own news.
"""

import os
import socket
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass

from paho.mqtt.enums import MQTTProtocolVersion

from latchkey.adapters.credentials import found
from latchkey.adapters.mqtt_session import CONNECT_LIMIT_S, End, Ending, Plan, Session
from latchkey.adapters.mqtt_versions import Versions
from latchkey.egress import Egress
from latchkey.errors import LinkDown, SettingsError
from latchkey.ports import Clock, LinkLost, LinkNews, Publication, Received
from latchkey.reading import read_small
from latchkey.settings import MqttSettings

PURPOSE = "mqtt"
"""What the ledger books the broker's connections under."""

INBOX_LIMIT = 64
"""Commands waiting to be read; a person sends one at a time."""

NEWS_LIMIT = 1024
"""All news waiting: reached only if nobody reads for hours. The oldest goes."""

PASSWORD_FILE_LIMIT_BYTES = 4096
CA_FILE_LIMIT_BYTES = 4 << 20
"""Twenty times a whole bundle of the web's authorities."""

GOODBYE_S = 1.0
"""How long `close` waits for acknowledgements, and then again for the thread."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Pauses between attempts, in seconds: doubled each time up to a cap, ± a quarter by chance.

    Two clients that share an id push each other out; whoever is pushed waits `taken_over_s`.
    """

    first_s: float = 1.0
    cap_s: float = 60.0
    taken_over_s: float = 30.0
    steady_s: float = 30.0

    def pause_s(self, failures: int, end: End, share: float) -> float:
        """Give the pause after the n-th failure in a row (from 1); `share` is chance in 0..1."""
        pause_s = min(self.cap_s, self.first_s * float(1 << min(failures - 1, 16)))
        if end is End.TAKEN_OVER:
            pause_s = max(pause_s, self.taken_over_s)
        return pause_s * (0.75 + share / 2)


class PahoLink:
    """`ports.Link` on paho-mqtt and real sockets."""

    def __init__(
        self, settings: MqttSettings, client_id: str, egress: Egress, clock: Clock, pace: Pace | None = None
    ) -> None:
        """Read password and certificates. Raises SettingsError where that fails."""
        self._settings = settings
        self._client_id = client_id
        self._egress = egress
        self._clock = clock
        self._pace = pace or Pace()
        self._password = read_password(settings)
        self._tls = tls_context(settings)
        self._lock = threading.Lock()
        self._inbox: deque[LinkNews] = deque(maxlen=NEWS_LIMIT)
        self._commands = 0
        self._stopping = threading.Event()
        self._session: Session | None = None
        self._thread: threading.Thread | None = None
        self._next_ticket = 0

    def open(self, will: Publication, subscriptions: tuple[str, ...]) -> None:
        """Begin connecting, in a thread of its own."""
        plan = Plan(
            self._settings.host,
            self._settings.port,
            self._client_id,
            self._settings.username,
            self._password,
            self._dial,
            will,
            subscriptions,
        )
        self._thread = threading.Thread(target=self._run, args=(plan,), name="latchkey-mqtt", daemon=True)
        self._thread.start()

    def publish(self, publication: Publication) -> int:
        """Hand a message to the connection. Raises LinkDown where there is none."""
        session = self._session
        if session is None:
            raise LinkDown("there is no connection to the broker")
        self._next_ticket += 1
        session.publish(publication, self._next_ticket)
        return self._next_ticket

    def news(self) -> list[LinkNews]:
        """Empty the inbox."""
        with self._lock:
            news = list(self._inbox)
            self._inbox.clear()
            self._commands = 0
        return news

    def close(self, last: Publication | None) -> None:
        """Send what is on its way, then `last`, then hang up; within 2 s."""
        session = self._session
        if session is not None and session.up:
            self._say_goodbye(session, last)
        self._stopping.set()
        if session is not None:
            session.hang_up()
        if self._thread is not None:
            self._thread.join(GOODBYE_S)

    def _say_goodbye(self, session: Session, last: Publication | None) -> None:
        if last is not None:
            try:
                self.publish(last)
            except LinkDown:
                return
        limit_s = time.monotonic() + GOODBYE_S
        while session.in_flight and session.up and time.monotonic() < limit_s:
            self._stopping.wait(0.005)

    def _dial(self) -> socket.socket:
        return self._egress.connect(
            self._settings.host, self._settings.port, PURPOSE, CONNECT_LIMIT_S, self._tls
        )

    def _run(self, plan: Plan) -> None:
        """Connect again and again: the one place where that is decided."""
        versions, failures = Versions(), 0
        while not self._stopping.is_set():
            ending = self._attempt(plan, versions.now)
            if self._stopping.is_set():
                return
            failures = 1 if ending.up_s > self._pace.steady_s else failures + 1
            if versions.learn(ending) and failures == 1:
                continue
            self._emit(LinkLost(ending.reason))
            share = os.urandom(1)[0] / 255
            self._stopping.wait(self._pace.pause_s(failures, ending.end, share))

    def _attempt(self, plan: Plan, version: MQTTProtocolVersion) -> Ending:
        session = Session(plan, version, self._emit)
        self._session = session
        try:
            return session.run()
        finally:
            self._session = None

    def _emit(self, news: LinkNews) -> None:
        with self._lock:
            if isinstance(news, Received):
                if self._commands >= INBOX_LIMIT:
                    return
                self._commands += 1
            self._inbox.append(news)
        self._clock.wake()


def read_password(settings: MqttSettings) -> str | None:
    """Give the password that the settings name, or None. Raises SettingsError."""
    if settings.password_file is None:
        return None
    try:
        text = read_small(found(settings.password_file), PASSWORD_FILE_LIMIT_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise SettingsError(
            f"mqtt.password_file {settings.password_file}: {reason}",
            hint="the first line of that file is the broker's password",
        ) from error
    return text.partition("\n")[0].rstrip("\r")


def tls_context(settings: MqttSettings) -> ssl.SSLContext | None:
    """Give what checks the broker's certificate, or None without TLS. Raises SettingsError."""
    if not settings.tls and settings.ca_file is None:
        return None
    try:
        authority = None if settings.ca_file is None else found(settings.ca_file)
        if authority is not None:
            read_small(authority, CA_FILE_LIMIT_BYTES)  # OpenSSL would wait for a pipe for ever
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except OSError as error:
        raise SettingsError(
            f"mqtt.ca_file {settings.ca_file}: {error.strerror or 'not a certificate'}",
            hint="it must hold the certificate of the authority that signed the broker's, as PEM",
        ) from error

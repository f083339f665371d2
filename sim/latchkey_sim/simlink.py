"""The link to a `MemoryBroker`: what a real client does, without its packets.

It passes the same contract tests as the link to real brokers.
"""

from latchkey.egress import Ledger
from latchkey.errors import LinkDown
from latchkey.ports import Clock, Delivered, LinkLost, LinkNews, LinkUp, Publication, Received, Refused
from latchkey.units import NS_PER_S
from latchkey_sim import mqtt_bytes
from latchkey_sim.broker import HOST, PORT, MemoryBroker

RETRY_NS = (1 * NS_PER_S, 2 * NS_PER_S, 4 * NS_PER_S, 8 * NS_PER_S, 16 * NS_PER_S, 32 * NS_PER_S)
"""Pauses between attempts to connect; the last one repeats. No chance in it: traces repeat."""

ACK_LIMIT_NS = 20 * NS_PER_S
"""As in the real link: what stays unacknowledged for so long ends the connection."""

ANSWER_LIMIT_NS = 2 * NS_PER_S
"""As in the real link: who says nothing for so long after connecting is no broker."""

PING_LIMIT_NS = 2 * mqtt_bytes.KEEPALIVE_S * NS_PER_S
"""A broker that has gone silent is noticed by then, at the latest, though nothing is sent to it."""

IN_FLIGHT_LIMIT = 64
"""As in the real link."""


class SimLink:
    """`ports.Link` to a `MemoryBroker`; connects when it is asked for news."""

    def __init__(
        self, broker: MemoryBroker, clock: Clock, client: str = "doorbell", ledger: Ledger | None = None
    ) -> None:
        self.client = client
        self.will: Publication | None = None
        self.subscriptions: tuple[str, ...] = ()
        self.connection = 0
        self.forgotten = 0
        """The connection that the broker has forgotten without our knowledge."""
        self._broker = broker
        self._clock = clock
        self._inbox: list[LinkNews] = []
        self._state = "closed"
        self._try_at_ns = 0
        self._failures = 0
        self._tickets = 0
        self._unacknowledged: dict[int, int] = {}
        self._ledger = ledger or Ledger()
        self._account: int | None = None
        self._bytes = [0, 0]
        self._began_ns = self._last_heard_ns = 0

    def open(self, will: Publication, subscriptions: tuple[str, ...]) -> None:
        """Begin connecting."""
        self.will, self.subscriptions = will, subscriptions
        self._state = "waiting"
        self._try_at_ns = self._clock.now_ns()
        self._try()

    def publish(self, publication: Publication) -> int:
        """Send to the broker. Raises LinkDown."""
        self._broker.run_due()
        if self._state != "up":
            raise LinkDown("there is no connection to the broker")
        if len(self._unacknowledged) >= IN_FLIGHT_LIMIT:
            raise LinkDown("the broker does not keep up")
        self._tickets += 1
        self._pass("out", mqtt_bytes.publish(publication, self._tickets))
        self._unacknowledged[self._tickets] = self._clock.now_ns()
        self._broker.receive(self, self.connection, publication, self._tickets)
        return self._tickets

    def news(self) -> list[LinkNews]:
        """Empty the inbox."""
        self._broker.run_due()
        self._give_up_waiting()
        self._try()
        news, self._inbox = self._inbox, []
        return news

    def close(self, last: Publication | None) -> None:
        """Say `last` and goodbye."""
        if self._state == "up" and last is not None:
            self.publish(last)
        if self._state in ("up", "greeting"):
            self._pass("out", mqtt_bytes.goodbye())
            self._broker.disconnect(self)
        self._state = "closed"
        self._close_account()

    @property
    def is_up(self) -> bool:
        """Whether the broker has accepted us, as far as we know."""
        return self._state == "up"

    @property
    def inbox_length(self) -> int:
        """How much news waits to be taken."""
        return len(self._inbox)

    @property
    def wake_ns(self) -> int | None:
        """When it has something to do by itself, or None."""
        if self._state == "waiting":
            return self._try_at_ns
        if self._state == "greeting":
            return self._began_ns + ANSWER_LIMIT_NS + 1
        times = [at_ns + ACK_LIMIT_NS + 1 for at_ns in self._unacknowledged.values()]
        if self._broker.silent and self._state == "up":
            times.append(self._last_heard_ns + PING_LIMIT_NS + 1)
        return min(times, default=None)

    def hear(self, connection: int, news: LinkNews) -> None:
        """Take news from the broker, unless they belong to a connection that is over."""
        if connection != self.connection or self._state in ("waiting", "closed"):
            return
        if isinstance(news, LinkUp):
            self._state, self._failures = "up", 0
            self._pass("in", mqtt_bytes.greeting(self.subscriptions))
        elif isinstance(news, LinkLost):
            self._lose()
        elif isinstance(news, Delivered | Refused):
            self._unacknowledged.pop(news.ticket, None)
            self._pass("in", mqtt_bytes.acknowledge(news.ticket))
        elif isinstance(news, Received):
            received = Publication(news.topic, news.payload, retain=news.retained)
            self._pass("in", mqtt_bytes.publish(received, 0))
        self._last_heard_ns = self._clock.now_ns()
        self._inbox.append(news)
        self._clock.wake()

    def _try(self) -> None:
        if self._state != "waiting" or self._clock.now_ns() < self._try_at_ns:
            return
        self.connection += 1
        self._state, self._began_ns = "greeting", self._clock.now_ns()
        self._last_heard_ns = self._began_ns
        if self._broker.is_reachable:
            self._dial()
        refusal = self._broker.connect(self)
        if refusal:
            self.hear(self.connection, LinkLost(refusal))

    def _dial(self) -> None:
        self._bytes = counted = [0, 0]
        self._broker.dials[self.client] += 1
        self._account = self._ledger.opened((HOST, PORT, "mqtt"), lambda: (counted[0], counted[1]))
        assert self.will is not None
        self._pass("out", mqtt_bytes.connect(self.client, self.will))
        if self.subscriptions:
            self._pass("out", mqtt_bytes.subscribe(self.subscriptions, 1))

    def _pass(self, way: str, data: bytes) -> None:
        """Let bytes pass the plug: we count them, and so does the tap."""
        self._bytes[way == "in"] += len(data)
        self._broker.tap[self.client, way] += len(data)

    def _close_account(self) -> None:
        if self._account is not None:
            self._ledger.closing(self._account)
            self._account = None

    def _give_up_waiting(self) -> None:
        now_ns = self._clock.now_ns()
        oldest_ns = min(self._unacknowledged.values(), default=None)
        if self._state == "greeting" and now_ns - self._began_ns > ANSWER_LIMIT_NS:
            self._broker.drop(self, "the broker does not answer", say_will=False)
        elif oldest_ns is not None and now_ns - oldest_ns > ACK_LIMIT_NS:
            self._broker.drop(self, "the broker does not acknowledge what it is sent", say_will=True)
        elif self._state == "up" and self._broker.silent and now_ns - self._last_heard_ns > PING_LIMIT_NS:
            self._broker.drop(self, "the broker has gone silent", say_will=True)

    def _lose(self) -> None:
        self._close_account()
        self._unacknowledged.clear()
        self._state = "waiting"
        self._try_at_ns = self._clock.now_ns() + RETRY_NS[min(self._failures, len(RETRY_NS) - 1)]
        self._failures += 1

"""An MQTT broker in memory and in virtual time, and the link to it. No threads, no sockets.

The broker can be taken down, refuse, kick, deny topics, lose acknowledgements, deliver twice, go
silent, and be slow; every publication that reaches it is recorded with its virtual time.
`SimLink` passes the same contract tests as the link to real brokers.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from latchkey.errors import LinkDown
from latchkey.ports import (
    Clock,
    Delivered,
    LinkLost,
    LinkNews,
    LinkUp,
    Publication,
    Received,
    Refused,
)
from latchkey.units import NS_PER_S

RETRY_NS = (1 * NS_PER_S, 2 * NS_PER_S, 4 * NS_PER_S, 8 * NS_PER_S, 16 * NS_PER_S, 32 * NS_PER_S)
"""Pauses between attempts to connect; the last one repeats. No chance in it: traces repeat."""

ACK_LIMIT_NS = 20 * NS_PER_S
"""As in the real link: what stays unacknowledged for so long ends the connection."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A publication that reached the broker. `again` marks what the network doubled."""

    at_ns: int
    client: str
    publication: Publication
    again: bool = False


class MemoryBroker:
    """Retained messages, wills, subscriptions, acknowledgements, and knobs for trouble."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._links: dict[str, SimLink] = {}
        self._retained: dict[str, tuple[Publication, int | None]] = {}
        self._later: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.heard: list[Heard] = []
        self.delay_ns = 0
        """One way between client and broker."""
        self.refusal = ""
        """If not empty, nobody may connect, and this is why."""
        self.denied: frozenset[str] = frozenset()
        """Topics that publications are refused on."""
        self.duplicate_next = 0
        """So many publications to come are delivered twice."""
        self.lose_acks = 0
        """So many publications to come arrive, but their connection breaks before the receipt."""
        self.silent = False
        """If set, nothing arrives and nothing is said, as behind a dead router."""
        self.running = True

    def go_down(self, *, forget: bool = False) -> None:
        """Stop: every connection breaks, no will is published. `forget` drops retained messages."""
        self.running = False
        for link in list(self._links.values()):
            self.drop(link, "the connection to the broker broke", say_will=False)
        if forget:
            self._retained.clear()

    def come_up(self) -> None:
        """Start again."""
        self.running = True

    def kick(self, client: str, reason: str = "another client connected with our id") -> None:
        """Push a client out; its will is published."""
        self.drop(self._links[client], reason, say_will=True)

    @property
    def clients(self) -> frozenset[str]:
        """Who is connected."""
        return frozenset(self._links)

    def publish(self, publication: Publication, client: str = "home") -> None:
        """Take a publication of somebody else, and pass it on to whoever subscribed."""
        self._accept(client, publication)

    def retained(self, topic: str) -> bytes | None:
        """Give the retained payload of a topic, or None."""
        publication, until_ns = self._retained.get(topic, (None, None))
        expired = until_ns is not None and self._clock.now_ns() >= until_ns
        return None if publication is None or expired else publication.payload

    def run_due(self) -> None:
        """Let everything happen that is due by now."""
        while self._later and self._later[0][0] <= self._clock.now_ns():
            heapq.heappop(self._later)[2]()

    @property
    def next_due_ns(self) -> int | None:
        """When the next thing on its way arrives; a driver of virtual time must not jump past it."""
        return self._later[0][0] if self._later else None

    def connect(self, link: "SimLink") -> str:
        """Take a client in; give why not, or nothing."""
        if not self.running or self.silent:
            return "nobody answers at the broker's address"
        if self.refusal:
            return self.refusal
        before = self._links.get(link.client)
        if before is not None and before is not link:
            self.drop(before, "another client connected with our id", say_will=True)
        self._links[link.client] = link
        self._soon(lambda: self._greet(link))
        return ""

    def disconnect(self, link: "SimLink") -> None:
        """Let a client go that says goodbye: no will."""
        self._links.pop(link.client, None)

    def vanish(self, link: "SimLink") -> None:
        """Notice that a client has died: its will is published."""
        if self._links.get(link.client) is link:
            self.drop(link, "the client is dead", say_will=True)

    def receive(self, link: "SimLink", connection: int, publication: Publication, ticket: int) -> None:
        """Take a publication that a link sends; it arrives after the delay."""
        self._soon(lambda: self._arrive(link, connection, publication, ticket))

    def _arrive(self, link: "SimLink", connection: int, publication: Publication, ticket: int) -> None:
        if not self.running or self.silent or link.connection != connection:
            return
        if publication.topic in self.denied:
            refused = Refused(ticket, "the broker does not allow this topic")
            self._soon(lambda: link.hear(connection, refused))
            return
        self._accept(link.client, publication)
        if self.duplicate_next:
            self.duplicate_next -= 1
            self._accept(link.client, publication, again=True)
        if self.lose_acks:
            self.lose_acks -= 1
            self.drop(link, "the connection to the broker broke", say_will=True)
            return
        self._soon(lambda: link.hear(connection, Delivered(ticket)))

    def _accept(self, client: str, publication: Publication, *, again: bool = False) -> None:
        now_ns = self._clock.now_ns()
        self.heard.append(Heard(now_ns, client, publication, again))
        if publication.retain:
            expires_s = publication.expires_s
            until_ns = None if expires_s is None else now_ns + expires_s * NS_PER_S
            self._retained[publication.topic] = (publication, until_ns)
            if not publication.payload:
                del self._retained[publication.topic]
        for link in self._links.values():
            self._pass_on(link, publication, retained=False)

    def _greet(self, link: "SimLink") -> None:
        if self._links.get(link.client) is not link:
            return
        link.hear(link.connection, LinkUp("simulated"))
        for topic in sorted(self._retained):
            if self.retained(topic) is not None:
                self._pass_on(link, self._retained[topic][0], retained=True)

    def _pass_on(self, link: "SimLink", publication: Publication, *, retained: bool) -> None:
        if publication.topic in link.subscriptions and not self.silent:
            connection = link.connection
            received = Received(publication.topic, publication.payload, retained)
            self._soon(lambda: link.hear(connection, received))

    def drop(self, link: "SimLink", reason: str, *, say_will: bool) -> None:
        """Break a client's connection; it hears `reason`."""
        self._links.pop(link.client, None)
        connection = link.connection
        link.hear(connection, LinkLost(reason))
        if say_will and link.will is not None:
            self._accept(link.client, link.will)

    def _soon(self, action: Callable[[], None]) -> None:
        """Do something after the delay, in order; at once where there is none."""
        if not self.delay_ns and not self._later:
            action()
            return
        self._count += 1
        heapq.heappush(self._later, (self._clock.now_ns() + self.delay_ns, self._count, action))


class SimLink:
    """`ports.Link` to a `MemoryBroker`; connects when it is asked for news."""

    def __init__(self, broker: MemoryBroker, clock: Clock, client: str = "doorbell") -> None:
        self.client = client
        self.will: Publication | None = None
        self.subscriptions: tuple[str, ...] = ()
        self.connection = 0
        self._broker = broker
        self._clock = clock
        self._inbox: list[LinkNews] = []
        self._state = "closed"
        self._try_at_ns = 0
        self._failures = 0
        self._tickets = 0
        self._unacknowledged: dict[int, int] = {}

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
        self._tickets += 1
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
            self._broker.disconnect(self)
        self._state = "closed"

    def hear(self, connection: int, news: LinkNews) -> None:
        """Take news from the broker, unless they belong to a connection that is over."""
        if connection != self.connection or self._state in ("waiting", "closed"):
            return
        if isinstance(news, LinkUp):
            self._state, self._failures = "up", 0
        elif isinstance(news, LinkLost):
            self._lose()
        elif isinstance(news, Delivered | Refused):
            self._unacknowledged.pop(news.ticket, None)
        self._inbox.append(news)
        self._clock.wake()

    def _try(self) -> None:
        if self._state != "waiting" or self._clock.now_ns() < self._try_at_ns:
            return
        self.connection += 1
        self._state = "greeting"
        refusal = self._broker.connect(self)
        if refusal:
            self.hear(self.connection, LinkLost(refusal))

    def _give_up_waiting(self) -> None:
        oldest_ns = min(self._unacknowledged.values(), default=None)
        if oldest_ns is not None and self._clock.now_ns() - oldest_ns > ACK_LIMIT_NS:
            self._broker.drop(self, "the broker does not acknowledge what it is sent", say_will=True)

    def _lose(self) -> None:
        self._unacknowledged.clear()
        self._state = "waiting"
        self._try_at_ns = self._clock.now_ns() + RETRY_NS[min(self._failures, len(RETRY_NS) - 1)]
        self._failures += 1

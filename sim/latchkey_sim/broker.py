"""An MQTT broker in memory and in virtual time. No threads, no sockets; links to it are `simlink`'s.

The broker can be taken down, refuse, kick, deny topics, lose acknowledgements, deliver twice, go
silent, and be slow; every publication that reaches it is recorded with its virtual time.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from latchkey.ports import Clock, Delivered, LinkLost, LinkUp, Publication, Received, Refused
from latchkey.units import NS_PER_S

if TYPE_CHECKING:
    from latchkey_sim.simlink import SimLink

HOST, PORT = "broker.home", 1883
SHUFFLE_NS = 2 * NS_PER_S
"""Within this time messages overtake each other where they are reordered."""


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
        """So many publications to come arrive, and get no receipt: with the last the connection breaks."""
        self.silent = False
        """If set, nothing arrives and nothing is said, as behind a dead router; later it is sent again."""
        self.captive = False
        """If set, connections are accepted and nothing sensible is answered, as by a portal of a hotel."""
        self.stall_ns: Callable[[], int] | None = None
        """Gives for each transmission how long it stalls for what is lost; what follows waits behind it."""
        self.shuffle: Random | None = None
        """If set, those who listen hear messages in another order."""
        self.running = True
        self.stops = 0
        """How often it went down: between two looks it may have been away, and be back."""
        self.listeners: list[Callable[[Heard], None]] = []
        """Subscribers to everything, at the end of a slow way: who hears, hears as a client does."""
        self.tap: Counter[tuple[str, str]] = Counter()
        """Bytes on the wire of each (client, `out` or `in`), as somebody at the client's plug counts them."""
        self.dials: Counter[str] = Counter()
        """How often each client began to connect, as somebody at its plug counts."""
        self._held: list[Callable[[], None]] = []
        self._free_ns = 0

    def go_down(self, *, forget: bool = False) -> None:
        """Stop: every connection breaks, no will is published. `forget` drops retained messages."""
        self.running = False
        self.stops += 1
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
    def is_reachable(self) -> bool:
        """Whether a connection to it comes about."""
        return self.running and not self.silent

    @property
    def way_free_ns(self) -> int:
        """When all that is under way will have arrived: what is sent later comes behind it."""
        return self._free_ns

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
        while self._held and not self.silent:
            self._held.pop(0)()
        while self._later and self._later[0][0] <= self._clock.now_ns():
            heapq.heappop(self._later)[2]()

    @property
    def next_due_ns(self) -> int | None:
        """When the next thing on its way arrives; a driver of virtual time must not jump past it."""
        return self._later[0][0] if self._later else None

    def connect(self, link: "SimLink") -> str:
        """Take a client in; give why not, or nothing."""
        if not self.is_reachable:
            return "nobody answers at the broker's address"
        if self.refusal:
            return self.refusal
        before = self._links.get(link.client)
        if before is not None and before is not link:
            self.drop(before, "another client connected with our id", say_will=True)
        self._links[link.client] = link
        if not self.captive:
            self._soon(lambda: self._greet(link))
        return ""

    def disconnect(self, link: "SimLink") -> None:
        """Let a client go that says goodbye: no will."""
        self._links.pop(link.client, None)

    def vanish(self, link: "SimLink") -> None:
        """Notice that a client has died: its will is published."""
        if self._links.get(link.client) is link:
            self.drop(link, "the client is dead", say_will=True)

    def forget(self, client: str) -> None:
        """Lose a client without its knowledge, as behind a router that has forgotten both: its will is
        published, and what it still says goes nowhere.
        """
        link = self._links.pop(client)
        link.forgotten = link.connection
        if link.will is not None:
            self._accept(client, link.will)

    def receive(self, link: "SimLink", connection: int, publication: Publication, ticket: int) -> None:
        """Take a publication that a link sends; it arrives after the delay."""
        self._soon(lambda: self._arrive(link, connection, publication, ticket))

    def _arrive(self, link: "SimLink", connection: int, publication: Publication, ticket: int) -> None:
        if self.silent:
            self._held.append(lambda: self._arrive(link, connection, publication, ticket))
        if not self.running or self.silent or self.captive or link.connection != connection:
            return
        if connection == link.forgotten:
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
            if not self.lose_acks:
                self.drop(link, "the connection to the broker broke", say_will=True)
            return
        self._soon(lambda: link.hear(connection, Delivered(ticket)))

    def _accept(self, client: str, publication: Publication, *, again: bool = False) -> None:
        now_ns = self._clock.now_ns()
        heard = Heard(now_ns, client, publication, again)
        self.heard.append(heard)
        self._tell(heard)
        if publication.retain:
            expires_s = publication.expires_s
            until_ns = None if expires_s is None else now_ns + expires_s * NS_PER_S
            self._retained[publication.topic] = (publication, until_ns)
            if not publication.payload:
                del self._retained[publication.topic]
        for link in self._links.values():
            self._pass_on(link, publication, retained=False)

    def _tell(self, heard: Heard) -> None:
        """Let those who listen hear it: at once, or in an order of chance."""
        for listener in self.listeners:
            if self.shuffle is None:
                listener(heard)
            else:
                late_ns = self._clock.now_ns() + self.shuffle.randrange(SHUFFLE_NS)
                self._at(late_ns, lambda listener=listener: listener(heard))  # type: ignore[misc]  # mypy cannot infer a default's type

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
        """Break a client's connection; it hears `reason`. A client that is forgotten has no will any more."""
        known = self._links.get(link.client) is link
        if known:
            del self._links[link.client]
        connection = link.connection
        link.hear(connection, LinkLost(reason))
        if say_will and known and link.will is not None:
            link.forgotten = connection  # what is on its way is read by nobody: a will is the last word
            self._accept(link.client, link.will)

    def _soon(self, action: Callable[[], None]) -> None:
        """Do something after the delay, in order; at once where there is none."""
        now_ns = self._clock.now_ns()
        due_ns = now_ns + self.delay_ns + (self.stall_ns() if self.stall_ns else 0)
        self._free_ns = due_ns = max(due_ns, self._free_ns)
        if due_ns <= now_ns and not (self._later and self._later[0][0] <= now_ns):
            action()
        else:
            self._at(due_ns, action)

    def _at(self, due_ns: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._later, (due_ns, self._count, action))

"""The broker, and where sealed clips may go."""

from dataclasses import dataclass
from typing import Literal, Protocol

from latchkey.ports.storage import SealedClip


@dataclass(frozen=True, slots=True)
class Publication:
    """One MQTT message. `expires_s` is the MQTT 5 expiry, None = never."""

    topic: str
    payload: bytes
    qos: Literal[0, 1] = 1
    retain: bool = False
    expires_s: int | None = None


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The broker accepted us: states and queued events can go out now. `note` is for the log."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkLost:
    """No connection (any more). `reason` is for the log; the link tries again by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The broker acknowledged the publication with this ticket."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker will not take the publication with this ticket, say by its access list."""

    ticket: int
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message came in on a topic we subscribed to."""

    topic: str
    payload: bytes
    retained: bool


LinkNews = LinkUp | LinkLost | Delivered | Refused | Received


class Link(Protocol):
    """The way to the broker. It connects and reconnects by itself and never blocks."""

    def open(self, will: Publication, subscriptions: tuple[str, ...]) -> None:
        """Begin connecting; `will` is published by the broker if we vanish."""
        ...

    def publish(self, publication: Publication) -> int:
        """Hand over a message; the ticket comes back in `Delivered`. Raises LinkDown."""
        ...

    def news(self) -> list[LinkNews]:
        """What happened since the last call, in order. Never blocks."""
        ...

    def close(self, last: Publication | None) -> None:
        """Publish `last` if connected, then disconnect cleanly. May take a moment, at most 2 s."""
        ...


class Uplink(Protocol):
    """Where sealed clips may go, and nothing else. Off by default."""

    def offer(self, clip: SealedClip) -> bool:
        """Tell that a sealed clip is there; True if it will be sent. Raises TypeError for anything else."""
        ...

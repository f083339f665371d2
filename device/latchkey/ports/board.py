"""The world of a device, in two halves: what has the camera, and what has the network.

`CaptureBoard` and `LinkBoard` share `Ground` and nothing else. One process runs on a `Board`, which is both;
two processes open a half each, and neither ever holds a piece of the other's.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

from latchkey.ports.house import Bell, Clock, Entropy, Journal, Lamp, Senses
from latchkey.ports.network import Link, Uplink
from latchkey.ports.pictures import Camera, Encoder, FaceFinder
from latchkey.ports.storage import ClipIndex, Disk
from latchkey.ports.work import Workers


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every process stands on: time, chance, workers, the log. `name` is the board's.

    Frozen, as all below: what runs on it cannot swap a piece.
    """

    name: str
    clock: Clock
    entropy: Entropy
    workers: Workers
    journal: Journal


@dataclass(frozen=True, kw_only=True)
class CaptureBoard(Ground):
    """Camera, filter, vault, and the light that tells what the camera does. Nothing of a network."""

    camera: Camera
    lamp: Lamp
    vault: Disk
    index: ClipIndex
    finder: FaceFinder | None
    encoder: Encoder
    book: bytes = b""
    """The owner's key book as the settings name it; empty = none is named."""

    senses: Senses | None = None


@dataclass(frozen=True, kw_only=True)
class LinkBoard(Ground):
    """Bell, broker, and the folder of events and modes. No camera, no pixels, no keys."""

    bell: Bell
    state: Disk
    link: Link
    uplink: Uplink
    traffic: Callable[[], list[str]]
    """The egress ledger: a line of JSON per destination and purpose."""


@dataclass(frozen=True, kw_only=True)
class Board(CaptureBoard, LinkBoard):
    """The whole world of one device in one process."""


def join(capture: CaptureBoard, link: LinkBoard) -> Board:
    """Make one board of two halves that were opened on the same ground."""
    halves = (capture, link)
    return Board(**{spec.name: getattr(half, spec.name) for half in halves for spec in fields(half)})

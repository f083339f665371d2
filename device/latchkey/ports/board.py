"""The whole world of one device."""

from collections.abc import Callable
from dataclasses import dataclass

from latchkey.ports.house import Bell, Clock, Entropy, Journal, Lamp
from latchkey.ports.network import Link, Uplink
from latchkey.ports.pictures import Camera, Encoder, FaceFinder
from latchkey.ports.storage import ClipIndex, Disk
from latchkey.ports.work import Workers


@dataclass(frozen=True, slots=True)
class Board:
    """The whole world of one device. Frozen: what runs on it cannot swap a piece.

    `vault` and `index` belong to the capture side, `state` (outbox, modes) to the link side.
    """

    name: str
    clock: Clock
    entropy: Entropy
    camera: Camera
    bell: Bell
    lamp: Lamp
    vault: Disk
    state: Disk
    index: ClipIndex
    link: Link
    uplink: Uplink
    finder: FaceFinder | None
    encoder: Encoder
    workers: Workers
    journal: Journal
    traffic: Callable[[], list[str]]
    """The egress ledger: a line of JSON per destination and purpose."""

    book: bytes = b""
    """The owner's key book as the settings name it; empty = none is named."""

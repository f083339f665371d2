"""The folder that `make pi-card` puts onto the boot partition, as the first boot reads it.

latchkey/card.json       what was put there, with hashes; it is there = there is something to do
latchkey/door.toml   the settings; may be edited by hand, so it has no hash
latchkey/mqtt-password   the broker's password, until it is in its place
latchkey/book.json       whose keys open the clips: the owner's key book
latchkey/pins.txt        exact versions and hashes, in pip's format
latchkey/wheels/*.whl    Latchkey and the Python packages that it needs
latchkey/models/*.whl    the wheel that holds the face detector
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from latchkey_pi.firstboot.findings import Failed
from latchkey_pi.firstboot.machine import Machine

FOLDER = "latchkey"
CARD = "card.json"
SETTINGS = "door.toml"
PASSWORD = "mqtt-password"  # noqa: S105 -- a file's name
BOOK = "book.json"
AUTHORITY = "mqtt-ca.pem"
PINS = "pins.txt"
WHEELS = "wheels"
MODELS = "models"
NETWORK = "network-config"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Card:
    """What `card.json` says. `made` is when, in seconds since 1970: no clock may say less."""

    made: int
    ssh: bool
    files: dict[str, str]

    def encode(self) -> bytes:
        """Give the file's bytes."""
        fields = {"schema": SCHEMA, "made": self.made, "ssh": self.ssh, "files": self.files}
        return json.dumps(fields, indent=1, sort_keys=True).encode() + b"\n"


def folder(machine: Machine) -> Path:
    """Give where it lies."""
    return machine.boot / FOLDER


def parse_card(data: bytes) -> Card:
    """Read `card.json`. Raises ValueError."""
    try:
        read = json.loads(data)
        files = {str(name): str(digest) for name, digest in read["files"].items()}
        card = Card(int(read["made"]), read["ssh"] is True, files)
        schema = read["schema"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{FOLDER}/{CARD} makes no sense") from error
    if schema != SCHEMA:
        raise ValueError(f"{FOLDER}/{CARD} is of another version of `make pi-card`")
    return card


def read_card(machine: Machine) -> Card:
    """Read it from the boot partition. Raises Failed."""
    data = machine.read(folder(machine) / CARD)
    if data is None:
        raise Failed("files-damaged", f"{FOLDER}/{CARD} is missing")
    try:
        return parse_card(data)
    except ValueError as error:
        raise Failed("files-damaged", str(error)) from error


def check_files(machine: Machine, card: Card) -> None:
    """Raise Failed unless all files arrived whole."""
    for name, digest in sorted(card.files.items()):
        data = machine.read(folder(machine) / name)
        if data is None:
            raise Failed("files-damaged", f"{FOLDER}/{name} is missing")
        if hashlib.sha256(data).hexdigest() != digest:
            raise Failed("files-damaged", f"{FOLDER}/{name} was not copied whole")

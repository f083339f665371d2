"""No pixel and no word in plain form outside memory.

Canaries: the paint of `TinyFootage`'s faces, which is in no wall, coat or cover; the names in the settings;
the marks of an MP4. They are looked for in each frame that an encoder is given, in all that is written to
either disk, in each message, and in the pictures of clips that their owner opens.
"""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from latchkey.frames import FilterState, Plane, SafeFrame
from latchkey.wire import discovery_topic
from latchkey_sim.broker import Heard
from latchkey_sim.disk import Growing
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.events import door_of
from latchkey_sim.house.disks import HouseDisk, Which
from latchkey_sim.house.doorbell import Doorbell, Life
from latchkey_sim.house.footage import PAINT_YUV

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

PAINT_LEVELS = 14
"""So far an encoder moves the colour in the middle of a painted face."""

PAINT_LEAST = 3
"""Samples of paint that are a piece of a face: an edge under a cover leaves one or two."""

RUN = 8
MARKS = (b"ftypis", b"ftypmp4", b"moof\0\0\0", b"moov\0\0\0", b'"start_wall_ns"')
PIXELS = tuple(bytes([level]) * RUN for level in PAINT_YUV)
OVERLAP = 64
"""A canary may lie across two writes."""


class Plaintext(Checker):
    """Looks for canaries."""

    name = "plaintext"

    def __init__(self) -> None:
        self._names: list[tuple[bytes, ...]] = []
        self._device_names: list[bytes] = []
        self._done: list[dict[str, tuple[HouseDisk, int]]] = []
        self._read: list[tuple[Life | None, int]] = []

    def begin(self, house: "House") -> None:
        """Learn the names in the settings."""
        self._done = [{} for _ in house.doors]
        self._read = [(None, 0)] * len(house.doors)
        for bell in house.doors:
            settings = bell.settings
            zones = [zone.name for zone in settings.privacy.zones]
            names = [settings.mqtt.host, settings.mqtt.username, *zones]
            self._names.append(tuple(name.encode() for name in names if name))
            self._device_names.append(settings.device.name.encode())
        for door, bell in enumerate(house.doors):
            bell.farewells.append(partial(self._search, house, door))

    def on_frame(self, house: "House", door: int, frame: SafeFrame) -> None:
        """Look at what is encoded. A frame that fell back covers what it can without knowing of faces."""
        if frame.state is FilterState.OK and shows_paint(frame.u, frame.v):
            house.blame(self.name, door, f"a face is in a frame that is encoded, at {frame.at_ns}")

    def on_message(self, house: "House", heard: Heard) -> None:
        """Look at what is published."""
        publication = heard.publication
        door = max(door_of(house, publication), 0)
        canaries = [*self._names[door], *MARKS, *PIXELS]
        if publication.topic not in map(discovery_topic, house.doors[door].ids):
            canaries.append(self._device_names[door])
        for canary in _found(publication.payload, canaries):
            house.blame(self.name, door, f"{canary!r} is published on {publication.topic}")

    def after_step(self, house: "House") -> None:
        """Look at what was written and logged since the last time."""
        for door, bell in enumerate(house.doors):
            if bell.life is not None:
                self._read_log(house, door, bell.life)
            for which, disk in _disks(bell):
                if self._done[door].get(which) != (disk, len(disk.log)):
                    self._done[door][which] = (disk, len(disk.log))
                    for name, data in disk.files.items():
                        self._search(house, door, which, name, data)

    def at_end(self, house: "House") -> None:
        """Look at what can be seen in clips."""
        for door, bell in enumerate(house.doors):
            for entry in bell.index.rows():
                frames = house.owner.pictures(bell, entry)
                if any(shows_paint(frame.u, frame.v) for frame in frames):
                    house.blame(self.name, door, f"a face shows in clip {entry.clip[:8]} ({entry.state})")

    def _read_log(self, house: "House", door: int, life: Life) -> None:
        lines, (before, read) = life.journal.lines, self._read[door]
        new = lines[read if before is life else 0 :]
        self._read[door] = life, len(lines)
        for line in new:
            for canary in _found(line.text.encode(), [*self._names[door], self._device_names[door]]):
                house.blame(self.name, door, f"{canary!r} is in the log")

    def _search(self, house: "House", door: int, which: Which, name: str, data: bytearray) -> None:
        """Look at what was added to a file, also where it is about to go again."""
        if not isinstance(data, Growing) or data.searched_bytes == len(data):
            return
        written = bytes(data[max(data.searched_bytes - OVERLAP, 0) :])
        data.searched_bytes = len(data)
        for canary in _found(written, [*self._names[door], self._device_names[door], *MARKS, *PIXELS]):
            house.blame(self.name, door, f"{canary!r} is on the {which} disk, in {name}")


def shows_paint(u: Plane, v: Plane) -> bool:
    """Whether paint shows in the colour planes of a picture."""
    _, paint_u, paint_v = PAINT_YUV
    near = np.abs(u.astype(np.int16) - paint_u) <= PAINT_LEVELS
    if not near.any():
        return False
    near &= np.abs(v.astype(np.int16) - paint_v) <= PAINT_LEVELS
    return int(near.sum()) >= PAINT_LEAST


def _disks(bell: Doorbell) -> tuple[tuple[Which, HouseDisk], ...]:
    return ("vault", bell.vault), ("state", bell.state)


def _found(data: bytes, canaries: list[bytes]) -> list[bytes]:
    return [canary for canary in canaries if canary in data]

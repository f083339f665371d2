"""Only known kinds of files; what is sealed begins as such, and for the readers of the book; nothing is left.

Files that a power cut has left are not looked into: any sector of them may be anything.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from latchkey.vault.book import decode_book
from latchkey_sim.disk import Growing
from latchkey_sim.house.checker import Checker
from latchkey_sim.house.checkers.kinds import FileKind, kind_of, wrong_header
from latchkey_sim.house.disks import HouseDisk, Which
from latchkey_sim.house.doorbell import Doorbell

if TYPE_CHECKING:
    from latchkey_sim.house.house import House

_TORN = frozenset({"clip", "chain", "slip"})
CLIP_FILES = {"whole": (_TORN | {"meta"}, _TORN | {"meta"}), "torn": (_TORN, _TORN | {"tail"})}
"""What must, and what may lie there of a clip, by its state, when all is over."""


class Files(Checker):
    """Looks at each file once it has changed its name or come into being, and at all that is left."""

    name = "files"

    def __init__(self) -> None:
        self._done: list[dict[Which, tuple[HouseDisk, int]]] = []
        self._known: list[dict[tuple[Which, str], bytearray]] = []
        self._readers: list[int] = []

    def begin(self, house: "House") -> None:
        """Learn how many readers there are, and look also at files that go before anybody has seen them."""
        self._done = [{} for _ in house.doors]
        self._known = [{} for _ in house.doors]
        for door, bell in enumerate(house.doors):
            self._readers.append(len(decode_book(bell.book).viewers))
            bell.farewells.append(partial(self._see, house, door))

    def after_step(self, house: "House") -> None:
        """Look at what is new."""
        for door, bell in enumerate(house.doors):
            for which, disk in _disks(bell).items():
                if self._done[door].get(which) != (disk, len(disk.log)):
                    self._done[door][which] = (disk, len(disk.log))
                    for name, data in disk.files.items():
                        self._see(house, door, which, name, data)

    def at_end(self, house: "House") -> None:
        """Look at what is left on disks that never failed, once nothing waits any more."""
        for door, bell in enumerate(house.doors):
            life = bell.life
            if life is None or life.device.link.waiting or life.device.capture.busy or life.workers.waiting:
                continue
            for which, disk in _disks(bell).items():
                if not bell.troubles[which].ever:
                    for text in _left(bell, which, disk):
                        house.blame(self.name, door, f"{text} on the {which} disk")

    def _see(self, house: "House", door: int, which: Which, name: str, data: bytearray) -> None:
        known = self._known[door]
        if known.get((which, name)) is data:
            return
        found = kind_of(which, name)
        wrong = "is of no known kind" if found is None else self._wrong(door, found[0], data)
        if wrong is not None:
            known[which, name] = data
        if wrong:
            house.blame(self.name, door, f"{name} {wrong}, on the {which} disk")

    def _wrong(self, door: int, kind: FileKind, data: bytearray) -> str | None:
        """Say what is wrong with a file, or nothing; None = that cannot be said yet."""
        if type(data) is not Growing:
            return ""
        if kind.is_sealed:
            return wrong_header(data, self._readers[door])
        if len(data) > kind.limit_bytes:
            return f"holds {len(data)} bytes, at most {kind.limit_bytes}"
        return "" if data else None


def _disks(bell: Doorbell) -> dict[Which, HouseDisk]:
    return {"vault": bell.vault, "state": bell.state}


def _left(bell: Doorbell, which: Which, disk: HouseDisk) -> Iterator[str]:
    """Tell of files that are of no use to anybody any more, and of clips that lack one."""
    states = {entry.clip: entry.state for entry in bell.index.rows()}
    found: dict[str, set[str]] = {clip: set() for clip in states}
    for name in sorted(disk.files):
        says = (kind_of(which, name) or (None, {}))[1]
        clip = says.get("clip")
        if {"part", "probe", "waiting"} & set(says):
            yield f"{name} is left"
        elif clip is not None and clip not in states:
            yield f"{name} is left of a clip that is gone,"
        elif clip is not None:
            found[clip].add(says.get("aside", "clip"))
    for clip, kinds in found.items() if which == "vault" else ():
        must, may = CLIP_FILES[states[clip]]
        if not must <= kinds <= may:
            yield f"of {states[clip]} clip {clip[:8]} there are {sorted(kinds)}"

"""After a crash: what the files say, against what the index says. The files are right.

A clip is finished in this order: clip synced, facts written and renamed to their final name,
clip renamed, folder synced, index. So facts under their final name beside a `.part` prove that the
`.part` is complete; a `.part` without them is torn. Nothing is ever appended to either.

Companions, slips and tails go with their clip, a tail also once its clip is whole. A face layer lives and
goes with its clip; one that was being written is kept as far as it got.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from latchkey.ports import ClipEntry, ClipState
from latchkey.vault.names import CLIPS, FileName, faces_name, parse_name, sealed_name

_HALF_WRITTEN = ("kept_part", "meta_part", "chain_part", "tail_part", "slip_part")
"""Small files that are whole under their final name, or not there."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What to do to the files, and what the index then has to hold, in this order.

    `torn` clips are those that were still being written. `strangers` are files in `clips/` that
    are not ours: they are left alone. A second file of a clip is removed, for what is not in the
    index would never expire; so is a face layer without its clip. `layers` gives the bytes of the
    others by clip.
    """

    renames: tuple[tuple[str, str], ...]
    removals: tuple[str, ...]
    entries: tuple[ClipEntry, ...]
    torn: tuple[str, ...]
    strangers: tuple[str, ...]
    layers: Mapping[str, int]


def reconcile(
    sizes: Mapping[str, int],
    entries: Sequence[ClipEntry],
    number_of: Callable[[str], int | None] = lambda _clip: None,
) -> Repair:
    """Plan the repair from the names (as listed in `clips/`) with their sizes, and the old entries.

    `number_of` gives a clip's number in the order of recording, from its slip; it is asked only
    for clips that have one and that the old entries lack.
    """
    return _Reconciler(sizes).repair(entries, number_of)


class _Reconciler:
    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._strangers: list[str] = []
        self._removals: list[str] = []
        self._renames: list[tuple[str, str]] = []
        self._torn: list[str] = []
        self._metas: dict[str, str] = {}
        self._asides: list[tuple[FileName, str]] = []
        self._found: dict[str, ClipEntry] = {}
        self._parts: list[tuple[FileName, str]] = []
        self._faces: list[tuple[FileName, str]] = []
        self._layers: dict[str, int] = {}

    def repair(self, entries: Sequence[ClipEntry], number_of: Callable[[str], int | None]) -> Repair:
        for name in sorted(self._sizes, key=lambda name: (".kept." not in name, ".torn." in name, name)):
            self._sort(name)  # kept before whole before torn: of two files of a clip the first stays
        for parsed, name in self._parts:
            self._end_part(parsed, name)
        self._removals += [name for clip, name in self._metas.items() if clip not in self._found]
        self._removals += [name for parsed, name in self._asides if not self._belongs(parsed)]
        for parsed, name in sorted(self._faces, key=lambda one: (one[0].kind != "faces", one[1])):
            self._end_faces(parsed, name)  # finished ones before those that were being written
        return Repair(
            renames=tuple(self._renames),
            removals=tuple(f"{CLIPS}/{name}" for name in self._removals),
            entries=self._in_order(entries, number_of),
            torn=tuple(self._torn),
            strangers=tuple(self._strangers),
            layers=self._layers,
        )

    def _sort(self, name: str) -> None:
        parsed = parse_name(name)
        if parsed is None:
            self._strangers.append(name)
        elif parsed.kind == "part":
            self._parts.append((parsed, name))
        elif parsed.kind in ("faces", "faces_part"):
            self._faces.append((parsed, name))
        elif parsed.kind == "meta":
            self._metas[parsed.clip] = name
        elif parsed.kind in ("chain", "tail", "slip"):
            self._asides.append((parsed, name))
        elif parsed.kind in _HALF_WRITTEN or parsed.clip in self._found:
            self._removals.append(name)
        elif parsed.kind == "torn" or parsed.kind == "kept":
            self._enter(parsed, name, parsed.kind)
        else:
            self._enter(parsed, name, "whole")

    def _end_part(self, parsed: FileName, name: str) -> None:
        """Give a file that was being written its final name; an empty one is removed."""
        if parsed.clip in self._found or not self._sizes[name]:
            self._removals.append(name)
        else:
            state: ClipState = "whole" if parsed.clip in self._metas else "torn"
            entry = self._enter(parsed, name, state)
            self._renames.append((f"{CLIPS}/{name}", sealed_name(entry.clip, entry.day, state)))
            if state == "torn":
                self._torn.append(entry.clip)

    def _belongs(self, parsed: FileName) -> bool:
        """Whether a companion, slip or tail has a clip that it is of use to."""
        clip = self._found.get(parsed.clip)
        return clip is not None and (parsed.kind != "tail" or clip.state == "torn")

    def _end_faces(self, parsed: FileName, name: str) -> None:
        """Keep the face layer of a clip that is there, under its final name."""
        clip = self._found.get(parsed.clip)
        if clip is None or clip.day != parsed.day or clip.clip in self._layers:
            self._removals.append(name)
            return
        if parsed.kind == "faces_part" and not self._sizes[name]:
            self._removals.append(name)
            return
        self._layers[clip.clip] = self._sizes[name]
        if parsed.kind == "faces_part":
            self._renames.append((f"{CLIPS}/{name}", faces_name(clip.clip, clip.day)))

    def _enter(self, parsed: FileName, name: str, state: ClipState) -> ClipEntry:
        entry = ClipEntry(parsed.clip, parsed.day or 0, self._sizes[name], state)
        self._found[parsed.clip] = entry
        return entry

    def _in_order(
        self, entries: Sequence[ClipEntry], number_of: Callable[[str], int | None]
    ) -> tuple[ClipEntry, ...]:
        """Known clips keep their order, which is that of recording; others follow by number, day, id."""
        known = [self._found[entry.clip] for entry in entries if entry.clip in self._found]
        seen = {entry.clip for entry in known}
        new = {entry.clip: entry for entry in self._found.values() if entry.clip not in seen}
        slips = {parsed.clip for parsed, _ in self._asides if parsed.kind == "slip"}
        numbers = {clip: number_of(clip) or 0 if clip in slips else 0 for clip in new}
        order = sorted(new.values(), key=lambda entry: (numbers[entry.clip], entry.day, entry.clip))
        return (*known, *order)

"""Puts clips into the vault, keeps it in order, and deletes what is due. Through ports only.

Runs in the film worker. A clip is announced only after `OpenClip.finish` has returned, which does,
in this order: end the seal, sync the clip, write the head of the chain, write and sync the clip's sealed
record, give both their final names, sync the folder, enter the index. A crash before the end leaves a state
that `start` mends. The face layer, where there is one, gets its name before the record does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from latchkey.clip import Take
from latchkey.errors import DiskError, DiskFull
from latchkey.events import DiskState, HeadTold
from latchkey.pipeline.clipchain import ClipChain
from latchkey.pipeline.durable import probe
from latchkey.pipeline.facevault import FaceVault
from latchkey.pipeline.filetimes import forget_times_of_mended
from latchkey.pipeline.openclip import Means, OpenClip
from latchkey.pipeline.readers import ReaderSource
from latchkey.pipeline.removing import remove_clip
from latchkey.ports import ClipEntry, ClipIndex, Disk
from latchkey.settings import VaultSettings
from latchkey.vault import (
    CLIPS,
    crowding,
    expires_day,
    kept_bytes,
    reconcile,
    room_state,
    slip_name,
    to_delete,
)


@dataclass(frozen=True, slots=True)
class VaultReport:
    """What `start` found. `torn` counts the clips that were cut off since the last start.

    `strangers` are files that are not ours, `failures` files that could not be mended.
    """

    clips: int
    torn: int
    strangers: int
    failures: int


@dataclass(frozen=True, slots=True)
class TidyReport:
    """Clips that `tidy` deleted, and how many clips and layers it could not delete (it tries again)."""

    removed: tuple[ClipEntry, ...]
    failures: int


@dataclass(frozen=True, slots=True)
class VaultCheck:
    """What `check` found: how much room there is, and clips found torn where it had to `start`.

    `crowding` says in words that kept clips leave too little room to others, or nothing.
    """

    room: DiskState
    torn: int
    crowding: str


class VaultKeeper:
    """The vault of one device. One thread at a time. Without `faces` no face layer is kept, nor tidied."""

    def __init__(
        self,
        disk: Disk,
        index: ClipIndex,
        readers: ReaderSource,
        take: Take,
        settings: VaultSettings,
        faces: FaceVault | None = None,
    ) -> None:
        self._chain = ClipChain(disk, take)
        self._means = Means(disk, index, take, faces, self._chain)
        self._readers = readers
        self._faces = faces
        self._disk = disk
        self._index = index
        self._settings = settings
        self._open: set[OpenClip] = set()
        self._started = False

    @property
    def keeps_faces(self) -> bool:
        """Whether clips get a face layer."""
        return self._faces is not None and self._faces.is_on

    def told_head(self) -> HeadTold | None:
        """Give the signed head for others to keep; None before the first whole clip. From any thread."""
        return self._chain.told()

    def start(self) -> VaultReport:
        """Mend what a crash left and rebuild the index from the files.

        Damaged files are counted, not raised; raises DiskError only where the disk itself fails.
        Then `check` and `begin` try it again: a clip is never begun in a vault out of order.
        """
        self._chain.start()
        sizes, failures = self._sizes()
        known = self._index.entries()
        repair = reconcile(sizes, known, self._chain.number_of)
        failures += sum(not _is_done(self._disk.rename, old, new) for old, new in repair.renames)
        failures += sum(not _is_done(self._disk.remove, name) for name in repair.removals)
        if repair.renames or repair.removals:
            self._disk.sync_folder(CLIPS)
            forget_times_of_mended(self._disk, repair)
        newest_first = (entry.clip for entry in reversed(repair.entries))
        self._chain.catch_up(clip for clip in newest_first if slip_name(clip).rpartition("/")[2] in sizes)
        self._chain.save()  # while the slips that tell the last number are still there
        if list(repair.entries) != known:
            self._index.rebuild(repair.entries)
        if self._faces is not None:
            self._faces.take_over(repair.entries, repair.layers)
            failures += self._faces.tidy()
        self._started = True
        return VaultReport(len(repair.entries), len(repair.torn), len(repair.strangers), failures)

    def expires_day(self, entry: ClipEntry) -> int:
        """Give the UTC day on which a clip is deleted; the last day there is where its own is not known."""
        return expires_day(entry.day, self._days)

    @property
    def _days(self) -> int:
        """The readers' T, or fewer where the settings say so."""
        return min(self._readers.days, self._settings.days or self._readers.days)

    def begin(self, clip: str) -> "OpenClip":
        """Begin a clip of now. Raises DiskFull, DiskError, KeysRunOut."""
        if not self._started:
            self.start()
        if self.room() is DiskState.FULL:
            raise DiskFull(
                "the disk has no room for another clip",
                hint="free some room, or lower vault.max_mib or vault.spare_mib",
            )
        day = self._readers.day()
        recipients, last_day = self._readers.recipients(day), expires_day(day, self._days)
        opened = OpenClip(self._means, clip, day, last_day, recipients, self._open.discard)
        self._open.add(opened)
        try:
            opened.create()  # with its header: from now on a crash leaves a file that is torn, not empty
            opened.sync()
            self._disk.sync_folder(CLIPS)
            self._disk.sync_folder("")
        except DiskError:
            opened.abandon()
            raise
        return opened

    def tidy(self) -> TidyReport:
        """Delete what is past its days, larger than a clip, or beyond the room, and face layers that are due.

        A clip counts with its face layer. Kept clips count, and are never deleted. Raises DiskError.
        """
        failures = self._faces.tidy() if self._faces is not None else 0
        known = self._index.entries()
        entries = {entry.clip: entry for entry in known if entry.state != "kept"}
        chosen = to_delete(
            [
                replace(one, size_bytes=one.size_bytes + self._faces_bytes(one.clip))
                for one in entries.values()
            ],
            today=self._readers.today(),
            days=self._days,
            day_of=self._chain.day_of,
            max_bytes=self._settings.max_bytes,
            free_bytes=self._disk.free_bytes(),
            spare_bytes=self._settings.spare_bytes,
            open_bytes=kept_bytes(known) + sum(opened.size_bytes for opened in self._open),
        )
        due = [entries[entry.clip] for entry in chosen]
        removed = []
        for entry in due:
            try:
                if remove_clip(self._disk, self._index, entry):  # one that was kept meanwhile stays
                    removed.append(entry)
            except DiskError:
                failures += 1
        if self._faces is not None:
            for entry in removed:
                self._faces.forget(entry.clip)
        return TidyReport(tuple(removed), failures)

    def check(self) -> VaultCheck:
        """Find out whether the vault can take a clip: put it in order, tidy, write a probe.

        Raises DiskFull, DiskError where it cannot.
        """
        is_full = False
        try:
            probe(self._disk)  # first: it says best what is wrong
        except DiskFull:
            is_full = True  # tidying may make room
        torn = 0 if self._started else self.start().torn
        self.tidy()
        if is_full:
            probe(self._disk)
        kept = kept_bytes(self._index.entries())
        crowded, room = crowding(kept, self._settings.max_bytes), self.room()
        return VaultCheck(DiskState.LOW if crowded and room is DiskState.OK else room, torn, crowded)

    def room(self) -> DiskState:
        """Say in a word how much room there is. Raises DiskError."""
        return room_state(self._disk.free_bytes(), self._settings.spare_bytes)

    def _sizes(self) -> tuple[dict[str, int], int]:
        sizes, failures = {}, 0
        for name in self._disk.names(CLIPS):
            try:
                sizes[name] = self._disk.size_bytes(f"{CLIPS}/{name}")
            except DiskError:
                failures += 1
        return sizes, failures

    def _faces_bytes(self, clip: str) -> int:
        return self._faces.size_bytes(clip) if self._faces is not None else 0


def _is_done(act: Callable[..., None], *names: str) -> bool:
    try:
        act(*names)
    except DiskError:
        return False
    return True

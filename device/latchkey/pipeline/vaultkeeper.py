"""Puts clips into the vault, keeps it in order, and deletes what is due. Through ports only.

Runs in the film worker. A clip is announced only after `OpenClip.finish` has returned, which does,
in this order: end the seal, sync the clip, write the head of the chain, write and sync the clip's sealed
record, give both their final names, sync the folder, enter the index. A crash before the end leaves a state
that `start` mends. The face layer, where there is one, gets its name before the record does.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from latchkey.clip import ProofWriter, Streams, Take, seal
from latchkey.errors import DiskError, DiskFull, NotOnDisk
from latchkey.events import DiskState, HeadTold
from latchkey.pipeline.clipchain import ClipChain
from latchkey.pipeline.durable import probe, write_whole
from latchkey.pipeline.facevault import FaceVault, OpenLayer
from latchkey.pipeline.readers import ReaderSource
from latchkey.pipeline.removing import remove_clip
from latchkey.pipeline.sealedfile import SealedFile
from latchkey.ports import ClipEntry, ClipIndex, ClipSpec, ClipState, Disk
from latchkey.settings import VaultSettings
from latchkey.vault import (
    CLIPS,
    ClipMeta,
    crowding,
    encode_meta,
    expires_day,
    kept_bytes,
    meta_name,
    part_name,
    reconcile,
    room_state,
    sealed_name,
    slip_name,
    to_delete,
)
from latchkey.vision import FacePatches


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


@dataclass(frozen=True, slots=True)
class _Means:
    """What keeper and open clips work with."""

    disk: Disk
    index: ClipIndex
    take: Take
    faces: FaceVault | None
    chain: ClipChain


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
        self._means = _Means(disk, index, take, faces, self._chain)
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


class OpenClip:
    """A clip being written, and what lies beside it. After `finish` or `abandon` nothing can be added.

    `proof` is for its video on the way to `append`; `commitment` binds its companion to its manifest.
    """

    def __init__(
        self,
        means: _Means,
        clip: str,
        day: int,
        last_day: int,
        recipients: Sequence[str],
        leave: Callable[["OpenClip"], None],
    ) -> None:
        self.clip = clip
        self.day = day
        self._recipients = recipients
        self._layer: OpenLayer | None = None
        self._means = means
        self._disk = means.disk
        self._leave_keeper = leave
        self._file = SealedFile(means.disk, clip, recipients, means.take)
        self.proof = ProofWriter(means.take)
        self._place = means.chain.begin(clip, day, last_day, self.proof.public, recipients)
        self._named = False
        self._over = False

    @property
    def commitment(self) -> bytes:
        """What the manifest says of the companion."""
        return self._place.commitment

    @property
    def size_bytes(self) -> int:
        """Bytes it takes on the disk, its face layer included."""
        return self._file.size_bytes + (self._layer.size_bytes if self._layer else 0)

    def create(self) -> None:
        """Make the file, with its header. Raises DiskFull, DiskError."""
        self._file.create(self.day)

    def begin_faces(self, spec: ClipSpec, first_ns: int) -> None:
        """Begin the face layer, where there is to be one and somebody has a key for it."""
        if self._means.faces is not None:
            self._layer = self._means.faces.begin(self.clip, self.day, spec, first_ns)

    def add_faces(self, at_ns: int, patches: FacePatches | None) -> None:
        """Add what lies under the covers of the clip's next picture. Never raises DiskError."""
        if self._layer is not None:
            self._layer.add(at_ns, patches)

    def append(self, plaintext: bytes) -> None:
        """Seal and write. Raises DiskFull, DiskError; then only `abandon` is left."""
        self._check_open()
        self._file.append(plaintext)

    def sync(self) -> None:
        """Make durable all that was appended. Raises DiskFull, DiskError."""
        self._file.sync()
        if self._layer is not None:
            self._layer.sync()

    def padding_bytes(self, n_bytes: int) -> int:
        """Give the length of the `free` box that makes the file a PADMÉ length, if `n_bytes` follow."""
        return self._file.padding_bytes(n_bytes)

    def finish(self, meta: ClipMeta) -> ClipEntry:
        """Make the clip whole and durable. Only then may anybody be told. Raises DiskFull, DiskError."""
        self._check_open()
        self._file.end()
        self._file.close()
        self._end_layer()
        self._means.chain.end(self.clip, self._place.sequence, self._file.payload_hash)
        sealed_meta = seal(encode_meta(meta), self._recipients, Streams(self._means.take))
        write_whole(self._disk, meta_name(self.clip), sealed_meta)
        entry = self._take_name("whole")
        self._leave()
        return entry

    def abandon(self) -> ClipEntry | None:
        """Give the clip up. What was recorded becomes a torn clip (its seal is ended, so it opens).

        Gives its entry, or None where nothing had been recorded. Never raises DiskError: it is
        called because something failed already, and what it cannot do `start` does later.
        """
        if self._over:
            return None
        try:
            return self._give_up()
        except DiskError:
            return None
        finally:
            self._file.close()
            self._leave()

    def _give_up(self) -> ClipEntry | None:
        if self._named:  # whole, but not entered in the index
            return self._take_name("whole")
        with suppress(DiskError):
            if self._file.is_intact and not self._file.is_ended:
                self._file.end()
        for name in (meta_name(self.clip), f"{meta_name(self.clip)}.part"):
            with suppress(NotOnDisk):
                self._disk.remove(name)
        if self._file.has_footage:
            self._end_layer()
            entry = self._take_name("torn")
            with suppress(DiskError):  # the slip tells its number too
                self._means.chain.save()
            return entry
        self._means.chain.forget(self.clip)
        with suppress(NotOnDisk):
            self._disk.remove(part_name(self.clip, self.day))
        self._disk.sync_folder(CLIPS)
        return None

    def _end_layer(self) -> None:
        """Give the face layer its name; the folder is synced after it."""
        layer, self._layer = self._layer, None
        if layer is None or self._means.faces is None:
            return
        if layer.finish():
            self._means.faces.keep(layer)
        else:
            self._means.faces.lose(layer)

    def _take_name(self, state: ClipState) -> ClipEntry:
        """Give the file its final name and enter it in the index."""
        name = sealed_name(self.clip, self.day, state)
        if not self._named:
            self._disk.rename(part_name(self.clip, self.day), name)
            self._named = state == "whole"
        self._file.drop_tail()
        self._disk.sync_folder(CLIPS)
        size_bytes = self._file.size_bytes if self._file.is_intact else self._disk.size_bytes(name)
        entry = ClipEntry(self.clip, self.day, size_bytes, state)
        self._means.index.put(entry)
        return entry

    def _check_open(self) -> None:
        if self._over:
            raise DiskError(f"clip {self.clip} is finished: nothing can be added")

    def _leave(self) -> None:
        self._over = True
        if self._layer is not None:  # giving the clip up broke off
            self._layer.discard()
            self._end_layer()
        self._leave_keeper(self)

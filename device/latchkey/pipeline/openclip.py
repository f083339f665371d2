"""A clip that is being written into the vault: its file, what lies beside it, and how it ends."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from latchkey.clip import ProofWriter, Streams, Take, seal
from latchkey.errors import DiskError, NotOnDisk
from latchkey.pipeline.clipchain import ClipChain
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.facevault import FaceVault, OpenLayer
from latchkey.pipeline.filetimes import forget_times
from latchkey.pipeline.sealedfile import SealedFile
from latchkey.ports import ClipEntry, ClipIndex, ClipSpec, ClipState, Disk
from latchkey.vault import CLIPS, ClipMeta, encode_meta, meta_name, part_name, sealed_name
from latchkey.vision import FacePatches


@dataclass(frozen=True, slots=True)
class Means:
    """What keeper and open clips work with."""

    disk: Disk
    index: ClipIndex
    take: Take
    faces: FaceVault | None
    chain: ClipChain


class OpenClip:
    """A clip being written, and what lies beside it. After `finish` or `abandon` nothing can be added.

    `proof` is for its video on the way to `append`; `commitment` binds its companion to its manifest.
    """

    def __init__(
        self,
        means: Means,
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
        forget_times(self._disk, self.clip, self.day)
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

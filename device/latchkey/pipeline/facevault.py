"""Face layers in the vault: written beside their clips, deleted at their own time.

A layer is worth less than its clip: where it cannot be written it is given up, and the clip goes on.

Rules of time
- A layer of this run of the device is due `hours` after its clip's first frame, by the monotonic clock.
- Of a layer that an earlier run left only the UTC day is known, and nothing more may be written down:
  it is taken to be of the day's first moment, so it is due up to a day early, never late.
- What is due before the next look at the vault goes at this one.
- A layer whose readers have erased their keys for it goes, whatever its hours. So does one without a day.

A layer is sealed to keys that its readers have for faces alone. Where there are none for its day, it is not
begun.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from latchkey.clip import Take
from latchkey.errors import DiskError, FilterError, NotOnDisk
from latchkey.pipeline.facelayer import FaceSealer
from latchkey.pipeline.readers import ReaderSource
from latchkey.ports import ClipEntry, ClipSpec, Clock, Disk, DiskFile
from latchkey.units import MIB, NS_PER_HOUR, NS_PER_S
from latchkey.vault import (
    CLIPS,
    UNDATED,
    LayerHead,
    expires_day,
    faces_left_ns,
    faces_name,
    faces_part_name,
    faces_surely_over,
)
from latchkey.vision import FacePatches

EARLY_NS = 600 * NS_PER_S
"""The vault is looked after at least this often while its disk is well: what is due until then goes now."""

LIMIT_BYTES = 256 * MIB
"""Room of one layer: a minute in Full HD, at 15 pictures a second, of somebody who fills all of them takes
about 230 MiB. Larger ones must not push all older clips out of the vault,"""

ROOM_SHARE = 16
"""so it takes this part of the vault's room at most as well."""


@dataclass(slots=True)
class _Layer:
    """A finished layer. `is_exact` = the time of its first frame is known."""

    day: int
    size_bytes: int
    due_ns: int
    is_exact: bool


class FaceVault:
    """The face layers of one vault. One thread at a time. `hours` 0 = none is kept, and old ones go.

    `room_bytes` is the room of the whole vault.
    """

    def __init__(
        self,
        disk: Disk,
        take: Take,
        clock: Clock,
        readers: ReaderSource,
        hours: int,
        room_bytes: int = ROOM_SHARE * LIMIT_BYTES,
    ) -> None:
        self._disk = disk
        self._readers = readers
        self._take = take
        self._clock = clock
        self._hours = hours
        self._limit_bytes = min(LIMIT_BYTES, room_bytes // ROOM_SHARE)
        self._layers: dict[str, _Layer] = {}
        self._lost: set[str] = set()

    @property
    def is_on(self) -> bool:
        """Whether new layers are kept."""
        return self._hours > 0

    def size_bytes(self, clip: str) -> int:
        """Bytes of a clip's layer; 0 if it has none."""
        return self._layers[clip].size_bytes if clip in self._layers else 0

    def take_over(self, entries: Sequence[ClipEntry], sizes: Mapping[str, int]) -> None:
        """Take note of the layers that an earlier run left: bytes by clip."""
        days = {entry.clip: entry.day for entry in entries}
        for clip, size_bytes in sizes.items():
            if clip not in self._layers:
                self._layers[clip] = _Layer(days[clip], size_bytes, self._due_ns(days[clip]), is_exact=False)

    def begin(self, clip: str, day: int, spec: ClipSpec, first_ns: int) -> "OpenLayer | None":
        """Begin the layer of a clip whose first frame is of monotonic `first_ns`.

        Gives None where it is off, and where nobody has a key for faces of that day. Raises OwnerKeyError.
        """
        recipients = self._readers.face_recipients(day) if self.is_on else ()
        if not recipients:
            return None
        head = LayerHead(clip, spec.width, spec.height, spec.colour)
        sealer = FaceSealer(recipients, self._take, head, first_ns, self._limit_bytes)
        return OpenLayer(self._disk, clip, day, first_ns, sealer)

    def keep(self, layer: "OpenLayer") -> None:
        """Take note of a layer that has its final name."""
        due_ns = layer.first_ns + self._hours * NS_PER_HOUR
        self._layers[layer.clip] = _Layer(layer.day, layer.size_bytes, due_ns, is_exact=True)

    def lose(self, layer: "OpenLayer") -> None:
        """Take note of a layer that was given up: `tidy` removes what may be left of it."""
        self._lost.add(faces_part_name(layer.clip, layer.day))

    def forget(self, clip: str) -> None:
        """Take note that a clip is deleted, and its layer with it."""
        self._layers.pop(clip, None)

    def tidy(self) -> int:
        """Delete the layers that are due; give how many could not be deleted (it is tried again).

        Raises DiskError where it cannot be found out which day it is.
        """
        today = self._readers.today()
        due = {clip: layer for clip, layer in self._layers.items() if self._is_due(layer, today)}
        gone = [clip for clip, layer in due.items() if self._remove(faces_name(clip, layer.day))]
        for clip in gone:
            del self._layers[clip]
        self._lost = {name for name in self._lost if not self._remove(name)}
        if gone:
            with suppress(DiskError):  # the names are gone; that it is durable is tried at the next clip
                self._disk.sync_folder(CLIPS)
        return len(due) - len(gone)

    def _is_due(self, layer: _Layer, today: int) -> bool:
        if layer.day == UNDATED or expires_day(layer.day, self._readers.face_days) <= today:
            return True
        if not layer.is_exact:
            layer.due_ns = min(layer.due_ns, self._due_ns(layer.day))  # the wall clock may have been set
        soon_ns = self._clock.now_ns() + EARLY_NS
        return soon_ns >= layer.due_ns or faces_surely_over(layer.day, self._hours, self._clock.wall_ns())

    def _due_ns(self, day: int) -> int:
        return self._clock.now_ns() + faces_left_ns(day, self._hours, self._clock.wall_ns())

    def _remove(self, name: str) -> bool:
        try:
            with suppress(NotOnDisk):
                self._disk.remove(name)
        except DiskError:
            return False
        return True


class OpenLayer:
    """A layer being written. Whatever fails, it is given up (`is_lost`) and nothing is raised."""

    def __init__(self, disk: Disk, clip: str, day: int, first_ns: int, sealer: FaceSealer) -> None:
        self.clip = clip
        self.day = day
        self.first_ns = first_ns
        self.size_bytes = 0
        self.is_lost = False
        self._disk = disk
        self._sealer = sealer
        self._file: DiskFile | None = None
        try:
            self._file = disk.create(faces_part_name(clip, day))
            self._write(sealer.begin())
            self._file.sync()
            disk.sync_folder(CLIPS)
        except DiskError:
            self._lose()

    def add(self, at_ns: int, patches: FacePatches | None) -> None:
        """Seal and write the patches of the clip's next picture."""
        if self.is_lost:
            return
        try:
            self._write(self._sealer.add(at_ns, patches))
        except (DiskError, FilterError):
            self._lose()

    def sync(self) -> None:
        """Make durable what is written."""
        if self._file is None or self.is_lost:
            return
        try:
            self._file.sync()
        except DiskError:
            self._lose()

    def finish(self) -> bool:
        """End the seal, make the file durable and give it its name; whether that went well."""
        if self._file is None or self.is_lost:
            return False
        try:
            self._write(self._sealer.end())
            self._write(self._sealer.close())
            self._file.sync()
            self._file.close()
            self._disk.rename(faces_part_name(self.clip, self.day), faces_name(self.clip, self.day))
        except DiskError:
            self._lose()
        return not self.is_lost

    def discard(self) -> None:
        """Give the layer up."""
        if not self.is_lost:
            self._lose()

    def _write(self, sealed: bytes) -> None:
        if sealed and self._file is not None:
            self._file.append(sealed)
            self.size_bytes += len(sealed)

    def _lose(self) -> None:
        self.is_lost = True
        with suppress(DiskError):
            if self._file is not None:
                self._file.close()
        with suppress(DiskError):  # what cannot be removed now is removed by `FaceVault.tidy`
            self._disk.remove(faces_part_name(self.clip, self.day))

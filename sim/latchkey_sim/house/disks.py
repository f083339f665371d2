"""Disks and index of a device of the house: what `CrashDisk` does, and trouble that outlives a power cut."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from latchkey.errors import DiskError
from latchkey.ports import ClipEntry
from latchkey_sim.crashdisk import CrashDisk, Power
from latchkey_sim.disk import DiskOperation
from latchkey_sim.outage.home import PastIndex

Noted = Callable[[str], None]
Which = Literal["vault", "state"]


@dataclass(slots=True)
class Trouble:
    """What is wrong with a disk. May be changed at any time; `met` counts operations that it hit.

    `gone` = nothing answers any more; `broken` = every change fails; `fail_in` = the so many-th change fails,
    and no other; `limit_bytes` = the disk has become so small.
    """

    gone: bool = False
    broken: bool = False
    fail_in: int | None = None
    limit_bytes: int | None = None
    met: int = 0
    ever: bool = False
    """Whether anything of this has ever been hit: then what was to be stored may be lost."""

    def hit(self) -> None:
        """Count."""
        self.met += 1
        self.ever = True


class HouseDisk(CrashDisk):
    """A `CrashDisk` with `trouble`; `noted` hears of each change, like `remove clips/ID.slip`, and `asked` of
    whatever is asked of it, before it is done.
    """

    def __init__(
        self,
        power: Power,
        trouble: Trouble,
        noted: Noted,
        files: Mapping[str, bytes] | None = None,
        *,
        limit_bytes: int = 1 << 40,
        asked: Noted = lambda _operation: None,
    ) -> None:
        super().__init__(power, files, limit_bytes=limit_bytes)
        self._asked = asked
        self.trouble = trouble
        self._noted = noted

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        """Fail where there is trouble; else do as `CrashDisk` does."""
        trouble = self.trouble
        self._asked(f"{operation} {what}")
        if trouble.gone:
            trouble.hit()
            raise DiskError(f"cannot {operation} {what}: No such device")
        if noted and trouble.broken:
            trouble.hit()
            raise DiskError(f"cannot {operation} {what}: Input/output error")
        if noted and trouble.fail_in is not None:
            trouble.fail_in -= 1
            if trouble.fail_in <= 0:
                trouble.fail_in = None
                trouble.hit()
                raise DiskError(f"cannot {operation} {what}: Input/output error")
        super().meet(operation, what, noted=noted)
        if noted:
            self._noted(f"{operation} {what}")

    def free_bytes(self) -> int:
        """Give what is left of the disk, or of what `trouble` leaves of it."""
        free_bytes = super().free_bytes()
        if self.trouble.limit_bytes is None:
            return free_bytes
        self.trouble.hit()
        return max(0, min(free_bytes, self.trouble.limit_bytes - self.used_bytes))

    @property
    def used_bytes(self) -> int:
        """Give what lies there."""
        return sum(map(len, self.files.values()))


class HouseIndex(PastIndex):
    """An index that lies on the same card as the vault."""

    def __init__(self, trouble: Trouble, entries: Sequence[ClipEntry] = ()) -> None:
        self._trouble = Trouble()
        super().__init__(entries)
        self._trouble = trouble

    def put(self, entry: ClipEntry) -> None:
        """Add or replace an entry."""
        self._meet()
        super().put(entry)

    def drop(self, clip: str) -> None:
        """Forget a clip."""
        self._meet()
        super().drop(clip)

    def rebuild(self, entries: Sequence[ClipEntry]) -> None:
        """Hold exactly these."""
        self._meet()
        super().rebuild(entries)

    @contextmanager
    def alone(self, *, wait: bool) -> Iterator[None]:
        """Keep others out."""
        self._meet()
        with super().alone(wait=wait):
            yield

    def entries(self) -> list[ClipEntry]:
        """All entries."""
        self._meet()
        return self.rows()

    def rows(self) -> list[ClipEntry]:
        """Give all entries, trouble or not: for those who watch."""
        return list(self._entries.values())

    def _meet(self) -> None:
        if self._trouble.gone or self._trouble.broken:
            self._trouble.hit()
            raise DiskError("cannot use the index: disk I/O error")

    def _remember(self) -> None:
        self._past = [*self._past[-7:], self.rows()]

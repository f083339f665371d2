"""A disk whose power can go at any operation, and whatever may be found on it after that.

The model of what a power cut leaves:
- Of a file, the bytes up to its last `sync`. Of those appended since, each sector of 512 bytes is there or
  not (then zeros, or what lay on the flash before), and the file may end anywhere among them.
- Of a folder, the names as of its last `sync_folder`, and of what was created, renamed and removed in it
  since then a beginning, in order. Folders know nothing of each other; but a rename from one to another
  has happened in both or in neither. Folders themselves are durable once made, as the port promises.
- After a failed `sync` what was pending never becomes durable.

Faults, short writes and room that ends are those of `MemoryDisk`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from latchkey.vault.names import check_disk_name
from latchkey_sim.disk import DiskOperation, Growing, MemoryDisk, MemoryFile, durable_bytes

SECTOR_BYTES = 512

Files = dict[str, bytes]
"""What is found on a disk: the bytes of each file by name."""

Watch = Callable[[str], None]


class PowerCut(BaseException):
    """Power is gone: nothing runs any more, so nothing may catch this."""


class Power:
    """What all disks of one device hang on. `watch` is called before each of their operations, with its
    name, like `sync clips/ID.age.part`; it may draw images, or raise `PowerCut`.
    """

    def __init__(self, watch: Watch = lambda _operation: None) -> None:
        self.watch = watch


def cut_after(operations: int) -> Power:
    """Give a power line that fails before the operation after so many."""
    left = operations

    def count(_operation: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise PowerCut

    return Power(count)


@dataclass(frozen=True, slots=True)
class _Change:
    """An operation on names: each of `names` is now the name of that file, or of none."""

    names: tuple[tuple[str, bytearray | None], ...]

    @property
    def folders(self) -> frozenset[str]:
        return frozenset(_folder(name) for name, _ in self.names)


class CrashDisk(MemoryDisk):
    """A `MemoryDisk` that remembers the order of what is pending. It begins with `files`, all durable."""

    def __init__(
        self, power: Power, files: Mapping[str, bytes] | None = None, *, limit_bytes: int = 1 << 40
    ) -> None:
        super().__init__(limit_bytes)
        self._power = power
        self._names: dict[str, bytearray] = {}
        self._pending: list[_Change] = []
        for name, data in (files or {}).items():
            self._make_folders(name)
            self._names[name] = self.files[name] = _Kept(data)

    def create(self, name: str) -> MemoryFile:
        """Make an empty file and the folders above it."""
        file = super().create(name)
        self._pend((name, self.files[name]))
        return file

    def read(self, name: str) -> bytes:
        """Give a whole file: the same bytes object each time, until it grows."""
        check_disk_name(name)
        self.meet("read", name, noted=False)
        return _copied(self._file(name))

    def rename(self, name: str, new_name: str) -> None:
        """Move a file over what has the new name."""
        super().rename(name, new_name)
        self._pend((name, None), (new_name, self.files[new_name]))

    def remove(self, name: str) -> None:
        """Delete a file."""
        super().remove(name)
        self._pend((name, None))

    def sync_folder(self, folder: str) -> None:
        """Make the names in a folder durable."""
        super().sync_folder(folder)
        self._pending = _apply(self._names, self._pending, {folder: len(self._pending)})

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        """Let power go before an operation, if it is to; else do as `MemoryDisk` does."""
        if noted:
            self._power.watch(f"{operation} {what}")
        super().meet(operation, what, noted=noted)

    @property
    def durable_names(self) -> list[str]:
        """Give the names that are found whatever happens to the power."""
        return list(self._names)

    def draw(self, chance: Random) -> Files:
        """Draw what may be found if power goes now."""
        names = dict(self._names)
        if self._pending:
            _apply(names, self._pending, _lengths(self._pending, chance))
        return {name: _found(data, chance) for name, data in names.items()}

    def _pend(self, *names: tuple[str, bytearray | None]) -> None:
        self._pending.append(_Change(names))


class _Kept(Growing):
    """A file that was found: all of it durable."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.durable_bytes = len(data)
        self.copy_made = data


def rot(files: Files, chance: Random) -> str:
    """Flip one bit of one file in place; give its name, or nothing where there is nothing to flip."""
    names = [name for name, data in sorted(files.items()) if data]
    if not names:
        return ""
    name = chance.choice(names)
    data = bytearray(files[name])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    files[name] = bytes(data)
    return name


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _lengths(pending: list[_Change], chance: Random) -> dict[str, int]:
    """Draw for each folder up to which change it got, as a place in `pending`."""
    folders = sorted({folder for change in pending for folder in change.folders})
    most = len(pending)
    return {folder: chance.choice((0, most, chance.randint(0, most))) for folder in folders}


def _apply(names: dict[str, bytearray], pending: list[_Change], until: dict[str, int]) -> list[_Change]:
    """Do to `names` the changes that each folder got; give those that are still pending.

    A rename between folders that one of them got takes the other along, with all that came before it there.
    """
    until = dict(until)
    for place, change in reversed(list(enumerate(pending))):
        folders = change.folders
        if len(folders) > 1 and any(until.get(folder, 0) > place for folder in folders):
            for folder in folders:
                until[folder] = max(until.get(folder, 0), place + 1)
    left = []
    for place, change in enumerate(pending):
        if not any(until.get(folder, 0) > place for folder in change.folders):
            left.append(change)
            continue
        for name, data in change.names:
            if data is None:
                names.pop(name, None)
            else:
                names[name] = data
    return left


def _copied(data: bytearray) -> bytes:
    """Give the bytes of a file. As it only ever grows, one copy of each length is made and shared."""
    if not isinstance(data, Growing):
        return bytes(data)
    if len(data.copy_made) != len(data):
        data.copy_made = bytes(data)
    return data.copy_made


def _found(data: bytearray, chance: Random) -> bytes:
    """Draw what is found of a file: what is durable, and of the rest some sectors."""
    durable, written = durable_bytes(data), len(data)
    if durable == written:
        return _copied(data)
    luck = chance.random()
    end = durable if luck < 0.2 else written if luck < 0.5 else chance.randint(durable, written)
    found = data[:end]
    if chance.random() < 0.4:
        return bytes(found)
    for begin in range(durable // SECTOR_BYTES * SECTOR_BYTES, end, SECTOR_BYTES):
        if chance.random() < 0.3:
            start, stop = max(begin, durable), min(begin + SECTOR_BYTES, end)
            stale = chance.random() < 0.5
            found[start:stop] = chance.randbytes(stop - start) if stale else bytes(stop - start)
    return bytes(found)

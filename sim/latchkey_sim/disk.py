"""A disk and an index in memory, with room that ends, faults and power cuts on demand."""

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

from latchkey.errors import DiskError, DiskFull, NotOnDisk, VaultBusy
from latchkey.ports import ClipEntry
from latchkey.vault.names import check_disk_name

DiskOperation = Literal[
    "create",
    "extend",
    "append",
    "sync",
    "read",
    "rename",
    "remove",
    "sync_folder",
    "names",
    "size_bytes",
    "set_time",
    "free_bytes",
]


@dataclass(slots=True)
class _Fault:
    operation: DiskOperation
    error: DiskError
    skip: int


class MemoryDisk:
    """Files in a dictionary on a disk of `limit_bytes`.

    `log` names the operations that change something or make it durable, in order, like
    `sync clips/ID.age.part`. Until power is cut all bytes are there; `after_power_cut` gives what
    a disk keeps that loses all that was not made durable.
    """

    def __init__(self, limit_bytes: int = 1 << 40) -> None:
        self.limit_bytes = limit_bytes
        self.files: dict[str, bytearray] = {}
        self.log: list[str] = []
        self.times_ns: dict[str, int] = {}
        self._durable: dict[str, bytearray] = {}
        self._broken: DiskError | None = None
        self._folders: set[str] = {""}
        self._faults: list[_Fault] = []

    def fail_next(self, operation: DiskOperation, error: DiskError, *, skip: int = 0) -> None:
        """Make an operation fail once: the next of its kind, or the one after `skip` more."""
        self._faults.append(_Fault(operation, error, skip))

    @property
    def has_faults(self) -> bool:
        """Whether a fault still waits for its operation."""
        return bool(self._faults)

    def break_writes(self, error: DiskError) -> None:
        """Make every change fail from now on, as on a disk that has become read-only."""
        self._broken = error

    def mend(self) -> None:
        """Be well again, and forget the faults that have not come yet."""
        self._faults.clear()
        self._broken = None

    def after_power_cut(self) -> "MemoryDisk":
        """Give the disk as it is found after power was lost at this moment.

        Of a file what its last `sync` made durable, under the names that the last `sync_folder` did.
        """
        found = MemoryDisk(self.limit_bytes)
        for name, data in self._durable.items():
            found._make_folders(name)
            found.files[name] = bytearray(data[: durable_bytes(data)])
        found._durable = dict(found.files)
        return found

    def create(self, name: str) -> "MemoryFile":
        """Make an empty file and the folders above it."""
        check_disk_name(name)
        self.meet("create", name)
        if name in self.files or name in self._folders:
            raise DiskError(f"cannot create {name}: File exists")
        self._make_folders(name)
        self.files[name] = Growing()
        return MemoryFile(self, name, self.files[name])

    def extend(self, name: str) -> "MemoryFile":
        """Open a file to add to what it holds; where there is none, make it."""
        check_disk_name(name)
        if name not in self.files:
            return self.create(name)
        self.meet("extend", name, noted=False)
        return MemoryFile(self, name, self.files[name])

    def read(self, name: str) -> bytes:
        """Give a whole file."""
        check_disk_name(name)
        self.meet("read", name, noted=False)
        return bytes(self._file(name))

    def reader(self, name: str) -> BinaryIO:
        """Give a stream over what the file holds now."""
        return io.BytesIO(self.read(name))

    def rename(self, name: str, new_name: str) -> None:
        """Move a file over what has the new name."""
        check_disk_name(name)
        check_disk_name(new_name)
        file = self._file(name)
        self.meet("rename", f"{name} {new_name}")
        self._make_folders(new_name)
        del self.files[name]
        self.files[new_name] = file

    def remove(self, name: str) -> None:
        """Delete a file."""
        check_disk_name(name)
        self._file(name)
        self.meet("remove", name)
        del self.files[name]

    def sync_folder(self, folder: str) -> None:
        """Make the names in a folder durable."""
        if folder:
            check_disk_name(folder)
        self.meet("sync_folder", folder)
        if folder not in self._folders:
            raise NotOnDisk(f"cannot sync {folder}: it is not there")
        for name in [name for name in self._durable if name.rpartition("/")[0] == folder]:
            del self._durable[name]
        inside = {name: data for name, data in self.files.items() if name.rpartition("/")[0] == folder}
        self._durable |= inside

    def names(self, folder: str) -> list[str]:
        """Give the sorted names of the files right below a folder."""
        if folder:
            check_disk_name(folder)
        self.meet("names", folder, noted=False)
        return sorted(name.rpartition("/")[2] for name in self.files if name.rpartition("/")[0] == folder)

    def size_bytes(self, name: str) -> int:
        """Give the length of a file."""
        check_disk_name(name)
        self.meet("size_bytes", name, noted=False)
        return len(self._file(name))

    def set_time(self, name: str, at_ns: int) -> None:
        """Note the time of a file's last change in `times_ns`."""
        check_disk_name(name)
        self.meet("set_time", name, noted=False)
        self._file(name)
        self.times_ns[name] = at_ns

    def free_bytes(self) -> int:
        """Give what is left of `limit_bytes`."""
        self.meet("free_bytes", "", noted=False)
        return max(0, self.limit_bytes - sum(len(file) for file in list(self.files.values())))

    def meet(self, operation: DiskOperation, what: str, *, noted: bool = True) -> None:
        """Raise the fault that waits for this operation, if any; else note it in the log."""
        if noted and self._broken is not None:
            raise self._broken
        for fault in [fault for fault in self._faults if fault.operation == operation]:
            fault.skip -= 1
            if fault.skip < 0:
                self._faults.remove(fault)
                raise fault.error
        if noted:
            self.log.append(f"{operation} {what}")

    def _file(self, name: str) -> bytearray:
        if name not in self.files:
            raise NotOnDisk(f"{name} is not there")
        return self.files[name]

    def _make_folders(self, name: str) -> None:
        folder = name.rpartition("/")[0]
        while folder:
            if folder in self.files:
                raise DiskError(f"cannot create {name}: Not a directory")
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]


class Growing(bytearray):
    """The bytes of a file; the first `durable_bytes` of them survive a power cut. `copy_made` is a beginning
    of them that has been copied already, `searched_bytes` how much somebody who searches it has seen.
    """

    durable_bytes = 0
    copy_made = b""
    searched_bytes = 0


def durable_bytes(data: bytearray) -> int:
    """Give how many bytes are durable: all, where a test has put the file there itself."""
    return data.durable_bytes if isinstance(data, Growing) else len(data)


class MemoryFile:
    """A file of a `MemoryDisk`, open for appending."""

    def __init__(self, disk: MemoryDisk, name: str, data: bytearray) -> None:
        self._disk = disk
        self._name = name
        self._data = data
        self._closed = False
        self._unsure = False

    def append(self, data: bytes) -> None:
        """Write at the end; on a full disk as much as fits is there after DiskFull."""
        self._check_open()
        self._disk.meet("append", self._name)
        free = self._disk.free_bytes()
        self._data += data[:free]
        if len(data) > free:
            raise DiskFull(f"cannot write {self._name}: No space left on device")

    def sync(self) -> None:
        """Make all bytes durable; never again, once that has failed: what was pending then may be lost."""
        self._check_open()
        if self._unsure:
            raise DiskError(f"cannot sync {self._name}: an earlier sync failed")
        self._unsure = True
        self._disk.meet("sync", self._name)
        self._unsure = False
        if isinstance(self._data, Growing):
            self._data.durable_bytes = len(self._data)

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise DiskError(f"cannot write {self._name}: it is closed")


class MemoryIndex:
    """The index as a dictionary, in the order in which clips were first put."""

    def __init__(self) -> None:
        self._entries: dict[str, ClipEntry] = {}
        self._lock = threading.Lock()

    def put(self, entry: ClipEntry) -> None:
        """Add or replace an entry; a replaced one keeps its place."""
        self._entries[entry.clip] = entry

    def drop(self, clip: str) -> None:
        """Forget a clip."""
        self._entries.pop(clip, None)

    def rebuild(self, entries: Sequence[ClipEntry]) -> None:
        """Hold exactly these."""
        self._entries = {entry.clip: entry for entry in entries}

    @contextmanager
    def alone(self, *, wait: bool) -> Iterator[None]:
        """Keep other threads out."""
        if not self._lock.acquire(blocking=wait):
            raise VaultBusy("cannot lock the index: somebody has it")
        try:
            yield
        finally:
            self._lock.release()

    def entries(self) -> list[ClipEntry]:
        """All entries in their order."""
        return list(self._entries.values())

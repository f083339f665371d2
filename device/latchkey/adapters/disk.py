"""A folder of the real file system as a `Disk`.

Folders are 0700 and files 0600, whatever the umask; what root makes belongs to the owner of the folder
that it lies in, else a device that runs as another user could not read it. Files are created exclusively
and only grow; symbolic links are never followed. Errors of the system become DiskFull, NotOnDisk, DiskError.
"""

import errno
import fcntl
import io
import os
import stat
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from latchkey.errors import DiskError, DiskFull, NotOnDisk
from latchkey.vault.names import check_disk_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FOLDER_MODE = 0o700
FILE_MODE = 0o600
LOCK_NAME = "latchkey.lock"
"""Whoever runs on the folder holds a lock on this empty file; the file itself stays, and says nothing."""

READ_LIMIT_BYTES = 64 << 20
"""`read` is for small files: what is larger goes through `reader`."""

READ_AHEAD_BYTES = 64 << 10
"""What a stream reads at once: a chunk of a clip."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_EXTEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

CLAIM_TRIES, CLAIM_PAUSE_S = 5, 0.02
"""`is_claimed` holds the lock for an instant: a device that starts then tries again."""


def _locked(handle: int) -> bool:
    """Lock a file for ourselves; False where another process goes on holding it."""
    for _ in range(CLAIM_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(CLAIM_PAUSE_S)
        else:
            return True
    return False


def open_made(path: Path, flags: int) -> int:
    """Open a file, 0600; where it has to be made, it belongs to the owner of its folder. Raises OSError."""
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, FILE_MODE)
    except FileExistsError:
        return os.open(path, flags | os.O_CREAT, FILE_MODE)
    _give_away(handle, path.parent)
    return handle


def _give_away(handle: int, folder: Path) -> None:
    """As root, let what we have just made belong to the owner of the folder that it is in."""
    if os.geteuid() == 0:
        with suppress(OSError):  # a file system without owners
            facts = folder.stat()
            os.fchown(handle, facts.st_uid, facts.st_gid)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn an OSError into ours; `what` says what was tried, like `write clips/ID.age`."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotOnDisk(f"cannot {what}: it is not there") from error
    except OSError as error:
        kind = DiskFull if error.errno in _FULL else DiskError
        raise kind(f"cannot {what}: {error.strerror or error}") from error


class FolderDisk:
    """The tree below `root`, which is made at the first `create`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def claim(self) -> None:
        """Keep others from running on this folder, until this object or the process ends.

        Raises DiskError where another does. A folder that cannot be made or locked stays as it is: what
        is wrong with it will be told by whoever writes there.
        """
        with suppress(OSError):
            self._make_folders(self._root)
            handle = open_made(self._root / LOCK_NAME, _READ)
            release = weakref.finalize(self, os.close, handle)
            if not _locked(handle):
                release()
                raise DiskError(
                    f"another latchkey uses {self._root}",
                    hint="end that one first, or give this one folders of its own: vault.path, device.state",
                )

    def is_claimed(self) -> bool:
        """Whether somebody runs on this folder now. Where that cannot be found out, nobody does."""
        try:
            handle = os.open(self._root / LOCK_NAME, _READ)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(handle)
        return False

    def create(self, name: str) -> "FolderFile":
        """Make an empty file and the folders above it. Raises DiskError where the name is taken."""
        path = self._path(name)
        with disk_errors(f"create {path}"):
            self._make_folders(path.parent)
            handle = os.open(path, _CREATE, FILE_MODE)
            _give_away(handle, path.parent)
            return FolderFile(handle, path)

    def extend(self, name: str) -> "FolderFile":
        """Open a file to add to what it holds; where there is none, make it. Raises DiskError."""
        path = self._path(name)
        with disk_errors(f"write {path}"):
            self._make_folders(path.parent)
            handle = open_made(path, _EXTEND)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                raise DiskError(f"cannot write {path}: it is not a file")
            return FolderFile(handle, path)

    def read(self, name: str) -> bytes:
        """Give a whole small file. Raises NotOnDisk, DiskError (also beyond 64 MiB)."""
        with self.reader(name) as file, disk_errors(f"read {self._root}/{name}"):
            size_bytes = os.fstat(file.fileno()).st_size  # asking for the limit takes longer than reading
            data = file.read(min(size_bytes, READ_LIMIT_BYTES) + 1)
        if len(data) > READ_LIMIT_BYTES:
            raise DiskError(f"cannot read {self._root / name}: it is over {READ_LIMIT_BYTES} bytes")
        return data

    def reader(self, name: str) -> BinaryIO:
        """Give a stream over a file of any size; the caller closes it. Raises NotOnDisk, DiskError; also
        the stream does, where the disk cannot read on.
        """
        place = self._place(name)
        with disk_errors(f"read {place}"):
            handle = os.open(place, _READ)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                raise DiskError(f"cannot read {place}: it is not a file")
            return io.BufferedReader(_ReadFile(handle, place), READ_AHEAD_BYTES)

    def rename(self, name: str, new_name: str) -> None:
        """Move a file atomically over what has the new name."""
        path, new_path = self._path(name), self._path(new_name)
        with disk_errors(f"rename {path}"):
            _regular(str(path))
            self._make_folders(new_path.parent)
            path.replace(new_path)

    def remove(self, name: str) -> None:
        """Delete a file."""
        path = self._path(name)
        with disk_errors(f"remove {path}"):
            path.unlink()

    def sync_folder(self, folder: str) -> None:
        """Make the names in a folder durable."""
        path = self._path(folder) if folder else self._root
        with disk_errors(f"sync {path}"):
            _sync_folder(path)

    def names(self, folder: str) -> list[str]:
        """Give the sorted names of the files right below a folder; [] if it is missing."""
        path = self._path(folder) if folder else self._root
        try:
            with disk_errors(f"list {path}"), os.scandir(path) as found:
                return sorted(entry.name for entry in found if entry.is_file(follow_symlinks=False))
        except NotOnDisk:
            return []

    def size_bytes(self, name: str) -> int:
        """Give the length of a file."""
        place = self._place(name)
        with disk_errors(f"look at {place}"):
            return _regular(place).st_size

    def set_time(self, name: str, at_ns: int) -> None:
        """Set the time of a file's last change, and that of its last reading."""
        place = self._place(name)
        with disk_errors(f"change {place}"):
            _regular(place)
            os.utime(place, ns=(at_ns, at_ns), follow_symlinks=False)

    def free_bytes(self) -> int:
        """Give what an ordinary user may still write where the root is, or will be."""
        with disk_errors(f"look at {self._root}"):
            place = self._root.absolute()
            while not place.exists() and place != place.parent:
                place = place.parent
            numbers = os.statvfs(place)
            return numbers.f_bavail * numbers.f_frsize

    def _path(self, name: str) -> Path:
        return Path(self._place(name))

    def _place(self, name: str) -> str:
        """Give the path of a name as text: objects for it took most of the start of a large vault."""
        check_disk_name(name)
        place = str(self._root)
        *folders, last = name.split("/")
        for part in folders:
            place = f"{place}/{part}"
            if _is_link(place):
                raise DiskError(f"{place} is a link: it could lead out of {self._root}")
        return f"{place}/{last}"

    def _make_folders(self, folder: Path) -> None:
        """Make missing folders, the innermost last, each durable in the one above it."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(FOLDER_MODE, exist_ok=True)
            if path == self._root or self._root in path.parents:
                path.chmod(FOLDER_MODE)
            if self._root in path.parents:
                _give_folder_away(path)
            with suppress(PermissionError):  # a folder that we may write in and not read cannot be synced
                _sync_folder(path.parent)


def _regular(place: str) -> os.stat_result:
    facts = os.lstat(place)
    if not stat.S_ISREG(facts.st_mode):
        raise DiskError(f"{place} is not a file")
    return facts


def _is_link(place: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(place).st_mode)
    except OSError:
        return False  # whoever uses it will be told what is wrong with it


def _give_folder_away(path: Path) -> None:
    handle = os.open(path, _FOLDER | os.O_NOFOLLOW)
    try:
        _give_away(handle, path.parent)
    finally:
        os.close(handle)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, _FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _ReadFile(io.FileIO):
    """A file whose read errors are ours, and name it: a sector that cannot be read is met at any place."""

    def __init__(self, handle: int, place: str) -> None:
        super().__init__(handle, "rb")
        self._place = place

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        """Read into a buffer. Raises DiskError."""
        with disk_errors(f"read {self._place}"):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        """Read to the end. Raises DiskError."""
        with disk_errors(f"read {self._place}"):
            return super().readall()


class FolderFile:
    """A file open for appending."""

    def __init__(self, handle: int, path: Path) -> None:
        self._handle: int | None = handle
        self._path = path
        self._unsure = False

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end. After DiskFull a part of it may be there."""
        handle = self._open_handle()
        with disk_errors(f"write {self._path}"):
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]

    def sync(self) -> None:
        """Return once everything is durable.

        A failed sync is never forgotten: the kernel drops the pages it could not write, and the
        next fsync would call it success.
        """
        handle = self._open_handle()
        if self._unsure:
            raise DiskError(f"cannot sync {self._path}: an earlier sync failed")
        self._unsure = True
        with disk_errors(f"sync {self._path}"):
            os.fsync(handle)
        self._unsure = False

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            with disk_errors(f"close {self._path}"):
                os.close(handle)

    def _open_handle(self) -> int:
        if self._handle is None:
            raise DiskError(f"cannot write {self._path}: it is closed")
        return self._handle

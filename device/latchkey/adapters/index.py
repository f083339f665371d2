"""The plain index of the vault in SQLite: id, UTC day, bytes, state, and nothing else.

A connection per operation: any thread may call, and another process may read at the same time.
A file that is damaged, or of another version, is moved aside (`index.sqlite.damaged`) and begun afresh; the
keeper fills it from the files at the next start. So is a link, and a pipe, which would
hold SQLite up for ever.
"""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from latchkey.adapters.disk import FOLDER_MODE, disk_errors, open_made
from latchkey.errors import DiskError, DiskFull, VaultBusy
from latchkey.ports import ClipEntry

T = TypeVar("T")

VERSION = 2
_CREATE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
BUSY_LIMIT_S = 5.0
"""How long to wait for another process; its transactions take milliseconds."""

_NOT_DAMAGED = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
}
"""Errors of the disk, a lock, or memory. All others are the file's: one flipped bit makes SQLite say that a
column is missing, that text is no UTF-8, that the format is unsupported, or that the file is read-only."""

_TABLE = """CREATE TABLE clips (
    clip TEXT NOT NULL UNIQUE,
    day INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    state TEXT NOT NULL CHECK (state IN ('whole', 'torn', 'kept'))
)"""
_PUT = """INSERT INTO clips (clip, day, size_bytes, state) VALUES (?, ?, ?, ?)
    ON CONFLICT (clip) DO UPDATE SET day = excluded.day, size_bytes = excluded.size_bytes,
    state = excluded.state"""


class _OtherVersion(sqlite3.DatabaseError):
    """The file is an index of another version of the table."""


class SqliteIndex:
    """The index in one file, made at the first entry, 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, entry: ClipEntry) -> None:
        """Add or replace an entry, durably; a replaced one keeps its place."""
        self._change(lambda database: database.execute(_PUT, _row(entry)))

    def drop(self, clip: str) -> None:
        """Forget a clip; its row is overwritten, not only unlinked."""
        self._change(lambda database: database.execute("DELETE FROM clips WHERE clip = ?", (clip,)))

    def rebuild(self, entries: Sequence[ClipEntry]) -> None:
        """Hold exactly these, in this order."""

        def refill(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM clips")
            database.executemany(_PUT, map(_row, entries))

        self._change(refill)

    @contextmanager
    def alone(self, *, wait: bool) -> Iterator[None]:
        """Hold a lock on an empty file beside the index; it ends with the process at the latest."""
        place = self._path.with_name(f"{self._path.name}.lock")
        with disk_errors(f"lock {place}"):
            self._path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            handle = open_made(place, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            with disk_errors(f"lock {place}"):
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise VaultBusy(f"cannot lock {place}: somebody holds it") from error
            yield
        finally:
            os.close(handle)

    def entries(self) -> list[ClipEntry]:
        """All entries in the order of recording; [] while there is no file."""
        self._move_strange()
        if not self._path.exists():
            return []
        query = "SELECT clip, day, size_bytes, state FROM clips ORDER BY rowid"
        return self._try(lambda database: [ClipEntry(*row) for row in database.execute(query)])

    def _change(self, change: Callable[[sqlite3.Connection], object]) -> None:
        self._move_strange()
        with disk_errors(f"create {self._path}"):
            self._path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            os.close(open_made(self._path, _CREATE))
        self._try(change)

    def _move_strange(self) -> None:
        """Move an index or a journal aside that is no ordinary file. Of a folder SQLite says it."""
        for place in (self._path, self._journal):
            with disk_errors(f"look at {place}"), suppress(FileNotFoundError):
                mode = place.lstat().st_mode
                if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                    place.replace(place.with_name(f"{place.name}.damaged"))

    @property
    def _journal(self) -> Path:
        return self._path.with_name(f"{self._path.name}-journal")

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._once(work)
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):
                raise self._ours(error) from error
        self._set_aside()
        try:
            return self._once(work)
        except sqlite3.DatabaseError as error:
            raise self._ours(error) from error

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one transaction."""
        with closing(sqlite3.connect(self._path, timeout=BUSY_LIMIT_S, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = EXTRA")  # the removed journal is durable too
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            _prepare(database)
            result = work(database)
            database.execute("COMMIT")
            return result

    def _set_aside(self) -> None:
        """Keep the damaged file for whoever wants to look; its journal must not meet a new file."""
        with disk_errors(f"move {self._path} aside"):
            self._path.replace(self._path.with_name(f"{self._path.name}.damaged"))
            self._journal.unlink(missing_ok=True)
            os.close(open_made(self._path, _CREATE))

    def _ours(self, error: sqlite3.DatabaseError) -> DiskError:
        code = getattr(error, "sqlite_errorcode", None)
        kind = DiskFull if code == sqlite3.SQLITE_FULL else DiskError
        return kind(f"cannot use the index {self._path}: {error}")


def _prepare(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version = {VERSION}")
    elif version != VERSION:
        raise _OtherVersion(f"version {version}")


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is at fault, rather than the disk, a lock, or the room."""
    code = (
        getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    )  # the low byte is the primary code
    return code not in _NOT_DAMAGED


def _row(entry: ClipEntry) -> tuple[str, int, int, str]:
    return entry.clip, entry.day, entry.size_bytes, entry.state

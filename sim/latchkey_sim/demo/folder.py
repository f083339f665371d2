"""The output folder of a demo: made aside, moved in place when whole.

A run that is interrupted leaves the old folder as it was, and nothing of its own. Only a folder
that a demo made is ever replaced: it holds a marker file, and nothing that a demo does not write.
While a demo runs it holds a lock on its marker; what lies aside unlocked, with a marker, was left
by a run that was killed, and is swept by the next.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latchkey.adapters.disk import FILE_MODE, disk_errors
from latchkey.errors import DiskError, UsageError

MARKER = ".latchkey-demo"
MARKER_TEXT = "Made by `latchkey demo`, which replaces this folder when it runs again.\n"
OURS = re.compile(
    r"visit(-\d+)?\.mp4|visit\.png|mqtt\.ndjson|owner\.key|vault|summary\.json|" + re.escape(MARKER)
)
HINT = "choose another folder with --out, or move this one away"

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@contextmanager
def out_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder (mode 0700) to fill; it becomes `out` when the block ends well.

    Raises UsageError before anything is done where `out` is not the demo's to replace, DiskError
    where folders cannot be made or moved.
    """
    check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        sweep_abandoned(out)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise DiskError(f"{out.parent}: {error.strerror}", hint=HINT) from error
    try:
        with _marked(folder):
            yield folder
            _move(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Raise UsageError unless `out` is free, empty, or made by a demo and left as it was."""
    if out.name in ("", ".."):
        raise UsageError(f"{str(out)!r} names no folder that could be replaced", hint=HINT)
    with disk_errors(f"look at {out}"):
        if not out.exists() and not out.is_symlink():
            return
        if out.is_symlink() or not out.is_dir():
            raise UsageError(f"{out} is not a folder of the demo", hint=HINT)
        names = sorted(path.name for path in out.iterdir())
    if names and MARKER not in names:
        raise UsageError(f"{out} is there already, and no demo made it", hint=HINT)
    foreign = [name for name in names if not OURS.fullmatch(name)]
    if foreign:
        raise UsageError(f"{out} holds {foreign[0]!r}, which no demo made", hint=HINT)


def write_private(path: Path, data: bytes) -> None:
    """Make a file that its owner alone can read. Raises DiskError."""
    with disk_errors(f"write {path}"), os.fdopen(os.open(path, _CREATE, FILE_MODE), "wb") as file:
        file.write(data)


def sweep_abandoned(out: Path) -> None:
    """Remove what killed demos left beside `out`: the owner's key and opened clips are in it."""
    beside = re.compile(rf"\.{re.escape(out.name)}-[a-z0-9_]{{8}}(-old)?")
    for folder in out.parent.iterdir():
        if beside.fullmatch(folder.name) and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Whether a demo made this folder, and no demo has it now."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    try:
        handle = os.open(folder / MARKER, _LOOK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.read(handle, 2 * len(MARKER_TEXT)) == MARKER_TEXT.encode()
    except OSError:
        return False
    finally:
        os.close(handle)


@contextmanager
def _marked(folder: Path) -> Iterator[None]:
    """Mark a folder as the demo's, and as in use during the block. The mark is made after the lock."""
    with disk_errors(f"write {folder / MARKER}"):
        handle = os.open(folder / MARKER, _CREATE, FILE_MODE)
    try:
        with disk_errors(f"write {folder / MARKER}"):
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, MARKER_TEXT.encode())
        yield
    finally:
        os.close(handle)


def _move(folder: Path, out: Path) -> None:
    old = folder.with_name(folder.name + "-old")
    try:
        if out.exists():
            out.rename(old)
        folder.rename(out)
    except OSError as error:
        if old.exists() and not out.exists():
            old.rename(out)
        raise DiskError(f"{out}: {error.strerror}", hint=HINT) from error
    shutil.rmtree(old, ignore_errors=True)

"""Files on the owner's machine: written whole or not at all, never readable by others."""

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from latchkey.adapters.disk import FILE_MODE, FOLDER_MODE, disk_errors
from latchkey.errors import UsageError

_NAME_SHOWN_CHARS = 60
_DRAFT_SUFFIX = ".part"
_TEMPORARY: int | None = getattr(os, "O_TMPFILE", None)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


@contextmanager
def writing(target: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """Give a stream whose bytes appear as `target` at the end, 0600; after an error nothing is left.

    The bytes lie in a file without a name meanwhile, of which a kill or a power cut leaves nothing; where the
    file system has no such files, in a hidden 0600 one beside it. `name` of the stream is a path that this
    process can open.
    Raises UsageError where `target` is there (unless `force`) or is no ordinary file, DiskError.
    """
    with _writing((target,), force=force, nameless=True) as streams:
        yield streams[0]


@contextmanager
def writing_together(targets: Sequence[Path], *, force: bool = False) -> Iterator[list[BinaryIO]]:
    """Give a stream for each target; at the end all of them appear, or none.

    The bytes lie in hidden 0600 files beside the targets meanwhile, of which a kill leaves what was written.
    They appear in that order, after all is written. Of what `force` replaces all but the first go before it,
    and the first goes in the step in which the new one appears. So whoever is cut off in between never leaves
    one without those before it, nor beside an older one, nor anything old under another name. After an
    error what was there is there again, copied out of the open file. Raises UsageError, DiskError.
    """
    with _writing(targets, force=force, nameless=False) as streams:
        yield streams


@contextmanager
def _writing(targets: Sequence[Path], *, force: bool, nameless: bool) -> Iterator[list[BinaryIO]]:
    with ExitStack() as stack:
        drafts = [stack.enter_context(_draft(target, force=force, nameless=nameless)) for target in targets]
        yield [stream for _, _, stream in drafts]
        for _, target, stream in drafts:
            with disk_errors(f"write {target}"):
                stream.flush()
                os.fsync(stream.fileno())
        for target in targets:
            _check_target(target, force=force)
        with ExitStack() as names:
            _appear([(names.enter_context(_named(draft, target)), target) for draft, target, _ in drafts])


@contextmanager
def _draft(target: Path, *, force: bool, nameless: bool) -> Iterator[tuple[Path, Path, BinaryIO]]:
    """Give the path of a file for `target`, `target`, and a stream into the file; leave nothing of it."""
    _check_target(target, force=force)
    with disk_errors(f"write {target}"):
        handle, draft = (nameless and _nameless(target.parent)) or _hidden(target)
    try:
        with draft.open("wb") as stream:
            yield draft, target, stream
    finally:
        os.close(handle)
        if draft.parent == target.parent:
            draft.unlink(missing_ok=True)


def _nameless(folder: Path) -> tuple[int, Path] | None:
    """Open a file without a name in a folder; give it, and a path to it. None where there is none such."""
    open_files = Path(f"/proc/{os.getpid()}/fd")
    if _TEMPORARY is None or not open_files.is_dir():
        return None
    try:
        handle = os.open(folder, _TEMPORARY | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
    except OSError:
        return None  # what is wrong with the folder will be told by who makes a hidden file in it
    return handle, open_files / str(handle)


def _hidden(target: Path) -> tuple[int, Path]:
    """Make a hidden file beside `target`; give it, and its path."""
    handle, name = tempfile.mkstemp(prefix=_draft_prefix(target), suffix=_DRAFT_SUFFIX, dir=target.parent)
    return handle, target.parent / Path(name).name  # tempfile makes paths absolute: they are compared


@contextmanager
def _named(draft: Path, target: Path) -> Iterator[Path]:
    """Give the hidden name of a draft beside `target`, and one to a file that has none."""
    if draft.parent == target.parent:
        yield draft
        return
    hidden = target.parent / f"{_draft_prefix(target)}{secrets.token_hex(8)}{_DRAFT_SUFFIX}"
    here = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with disk_errors(f"write {target}"):  # with a `src_dir_fd`, or Python links the link
            os.link(draft, hidden, src_dir_fd=here, follow_symlinks=True)
        yield hidden
    finally:
        os.close(here)
        hidden.unlink(missing_ok=True)


def _draft_prefix(target: Path) -> str:
    return f".{target.name[:_NAME_SHOWN_CHARS]}."


def _appear(drafts: Sequence[tuple[Path, Path]]) -> None:
    """Give hidden files their names, all or none; what is there already loses its name for good."""
    if len(drafts) == 1:
        _rename(*drafts[0])
        return
    targets = [target for _, target in drafts]
    with ExitStack() as files, ExitStack() as undo:
        replaced = {target: files.enter_context(_opened(target)) for target in targets if target.exists()}
        for target in reversed(targets[1:]):
            if target in replaced:
                with disk_errors(f"remove {target}"):
                    target.unlink()
                undo.callback(_restore, replaced[target], target)
        for hidden, target in drafts:
            _rename(hidden, target)
            undo.callback(*((_restore, replaced[target], target) if target in replaced else (target.unlink,)))
        undo.pop_all()


def _opened(path: Path) -> BinaryIO:
    with disk_errors(f"read {path}"):
        return path.open("rb")


def _restore(old: BinaryIO, target: Path) -> None:
    """Write a file again that has no name any more."""
    with _draft(target, force=True, nameless=True) as (draft, _, stream), disk_errors(f"write {target}"):
        shutil.copyfileobj(old, stream)
        os.fchmod(stream.fileno(), stat.S_IMODE(os.fstat(old.fileno()).st_mode))
        stream.flush()
        os.fsync(stream.fileno())
        with _named(draft, target) as name:
            _rename(name, target)


def _rename(old: Path, new: Path) -> None:
    with disk_errors(f"write {new}"):
        old.replace(new)
        _sync_folder(new.parent)


def make_private(folder: Path) -> None:
    """Make a folder and those above it, as far as they are missing, 0700 whatever the umask.

    `mkdir(parents=True)` gives only the last one its mode: others could put a folder of theirs in its place.
    Raises OSError.
    """
    for path in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        path.mkdir(FOLDER_MODE, exist_ok=True)


def write_new(target: Path, data: bytes) -> None:
    """Make a file, 0600, and the folders above it, 0700. Never replaces one.

    Raises UsageError where `target` is there, DiskError.
    """
    with disk_errors(f"write {target}"):
        make_private(target.parent)
        try:
            handle = os.open(target, _CREATE, FILE_MODE)
        except FileExistsError as error:
            raise UsageError(f"{target} is there already, and is left as it is") from error
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(handle)
        except OSError:
            target.unlink()
            raise
        _sync_folder(target.parent)


def readable_by_others(path: Path) -> bool:
    """Whether other users of this machine may read a file."""
    with disk_errors(f"look at {path}"):
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _check_target(target: Path, *, force: bool) -> None:
    with disk_errors(f"write {target}"):
        if not target.parent.is_dir():
            raise UsageError(f"there is no folder {target.parent}")
        try:
            target.lstat()  # says whether a file could have this name at all
        except FileNotFoundError:
            return
    if not target.is_file():
        raise UsageError(f"{target} is not an ordinary file", hint="`-o -` writes to standard output")
    if not force:
        raise UsageError(f"{target} is there already", hint="--force replaces it")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

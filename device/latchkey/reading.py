"""Reading small files that a person names: never a hang, never without bound.

Only ordinary files are read. A pipe may never end and never begin, `/dev/zero` has no end, and a
terminal waits for somebody: all of them are refused at once.
"""

import errno
import os
import stat
from pathlib import Path

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def read_small(path: Path, limit_bytes: int) -> bytes:
    """Give the bytes of an ordinary file of at most `limit_bytes`.

    Raises OSError with a `strerror` for people: also for pipes, devices and folders, for longer
    files, and for names that no file can have.
    """
    check_ordinary(path)
    with os.fdopen(os.open(path, _READ), "rb") as file:
        _check_mode(os.fstat(file.fileno()).st_mode)  # what was opened, whatever lay there before
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise OSError(errno.EFBIG, f"larger than {limit_bytes} bytes")
    return data


def check_ordinary(path: Path) -> None:
    """Raise OSError unless `path` is an ordinary file, or a link to one."""
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL character
        raise OSError(errno.EINVAL, "no file can have this name") from error
    _check_mode(mode)


def _check_mode(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not an ordinary file")

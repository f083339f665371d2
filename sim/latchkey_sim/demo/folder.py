"""The output folder of a demo: made aside, moved in place when whole.

A run that is interrupted leaves the old folder as it was. Only a folder that a demo made is ever
replaced: it holds a marker file, and nothing that a demo does not write.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latchkey.errors import DiskError, UsageError

MARKER = ".latchkey-demo"
MARKER_TEXT = "Made by `latchkey demo`, which replaces this folder when it runs again.\n"
OURS = re.compile(
    r"visit(-\d+)?\.mp4|visit\.png|mqtt\.ndjson|owner\.key|vault|summary\.json|" + re.escape(MARKER)
)
HINT = "choose another folder with --out, or move this one away"


@contextmanager
def out_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder (mode 0700) to fill; it becomes `out` when the block ends well.

    Raises UsageError before anything is done where `out` is not the demo's to replace, DiskError
    where folders cannot be made or moved.
    """
    check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise DiskError(f"{out.parent}: {error.strerror}", hint=HINT) from error
    try:
        (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
        yield folder
        _move(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Raise UsageError unless `out` is free, empty, or made by a demo and left as it was."""
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

"""The output folder of `latchkey sim run`: what a person, or a script, may want of a scenario.

report.html  trace.txt  messages.ndjson  summary.json  scene.toml
clips/       what the owner sees, opened
"""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from latchkey.adapters.disk import disk_errors
from latchkey.errors import UsageError
from latchkey_sim.house.house import House
from latchkey_sim.house.owner import open_video
from latchkey_sim.scenes import to_toml
from latchkey_sim.simulate.page import report_page
from latchkey_sim.simulate.playing import Played
from latchkey_sim.simulate.telling import messages, trace_text

MARKER = ".latchkey-sim"


def claim_files(options: Namespace) -> None:
    """See that reports can be written, before an hour's soak and not after it; nothing in them is lost yet.

    Raises UsageError for what is to be played, DiskError.
    """
    found = [(f"--{name}", getattr(options, name, None)) for name in ("junit", "html")]
    outputs = [(name, path) for name, path in found if path is not None]
    faults = options.faults if isinstance(getattr(options, "faults", None), list) else []
    played = [*getattr(options, "scenes", []), str(getattr(options, "seed", "")).partition("@")[2]]
    inputs = [Path(one) for one in [*played, *faults] if one]
    for name, path in outputs:
        if any(_same(path, one) for one in inputs):
            raise UsageError(f"{name} {path} would be written over what is to be played")
        if any(_same(path, other) for which, other in outputs if which != name):
            raise UsageError(f"{name} {path} would be written over another report")
        with disk_errors(f"write {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            path.open("ab").close()
            if is_new:
                path.unlink()


def _same(path: Path, other: Path) -> bool:
    """Whether two paths are one file."""
    both = path.exists() and other.exists()
    return path.samefile(other) if both else path.absolute() == other.absolute()


def claim_folder(folder: Path) -> None:
    """Make a folder, or take one that is empty or was ours before. Raises UsageError, DiskError."""
    with disk_errors(f"write into {folder}"):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise UsageError(f"{folder} is no folder", hint="choose another one with --out")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()) and not (folder / MARKER).exists():
            raise UsageError(
                f"{folder} is there already, and no simulation made it", hint="choose another one with --out"
            )
        (folder / MARKER).touch()


def write_folder(folder: Path, played: Played, summary: dict[str, Any]) -> None:
    """Write everything; what an earlier run left under the same names is replaced. Raises DiskError."""
    write(folder / "trace.txt", trace_text(played))
    write(folder / "summary.json", json.dumps(summary, indent=2) + "\n")
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in messages(played)]
    write(folder / "messages.ndjson", "".join(lines))
    source = played.chosen.scene or played.chosen.file
    if source is not None:
        write(folder / "scene.toml", to_toml(source))
    _write_clips(folder / "clips", played.house)
    write(folder / "report.html", report_page(played))


def write(path: Path, data: str | bytes) -> None:
    """Write a file. Raises DiskError."""
    with disk_errors(f"write {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)


def _write_clips(folder: Path, house: House) -> None:
    with disk_errors(f"write into {folder}"):
        folder.mkdir(exist_ok=True)
        for old in folder.glob("door*.mp4"):
            old.unlink()
    for number, bell in enumerate(house.doors):
        for entry in bell.index.rows():
            video = b"" if entry.clip in bell.past else open_video(bell.vault, entry)
            if video:
                write(folder / f"door{number}-{entry.clip[:8]}.mp4", video)

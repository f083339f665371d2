"""The log of openings: which clip was opened with its faces, and when.

A line of JSON each; lines are only ever added. It lies in the vault's folder, in the clear, so that
everybody who shares the vault can see it; it says nothing but ids and times of opening. An opening is
in it, durably, before the first face is shown.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from latchkey.adapters.disk import FILE_MODE, disk_errors
from latchkey.errors import DiskError
from latchkey.units import MIB, NS_PER_S
from latchkey.vault import is_clip_id

NAME = "faces-opened.log"
SHOWN_BYTES = MIB
"""Of a longer log the last 12,000 openings or so are shown."""

_TEXT_LIMIT_CHARS = 40
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Opening:
    """A line of the log; `at` is UTC, as the machine's clock had it."""

    at: str
    clip: str


def note_opening(vault: Path, clip: str, wall_ns: int) -> Opening:
    """Add an opening, durably. Raises DiskError: then nothing may be shown."""
    moment = datetime.fromtimestamp(wall_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    opening = Opening(moment, clip)
    line = json.dumps({"at": opening.at, "clip": opening.clip}, separators=(",", ":")) + "\n"
    try:
        with disk_errors(f"write {vault / NAME}"):
            _append(vault, line.encode("ascii"))
    except DiskError as error:
        raise DiskError(
            str(error), hint="who opens faces is noted first, so the vault must be writable"
        ) from error
    return opening


def openings(vault: Path) -> tuple[list[Opening], int]:
    """Give the openings, oldest first, and how many lines cannot be read. Raises DiskError."""
    path = vault / NAME
    with disk_errors(f"read {path}"):
        if not path.is_file():
            return [], 0
        with path.open("rb") as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(0, size_bytes - SHOWN_BYTES))
            lines = file.read(SHOWN_BYTES).splitlines()
    if size_bytes > SHOWN_BYTES:
        del lines[0]  # its beginning was left out
    found = [_read(line) for line in lines if line.strip()]
    return [opening for opening in found if opening], found.count(None)


def _append(vault: Path, line: bytes) -> None:
    handle = os.open(vault / NAME, _APPEND, FILE_MODE)
    try:
        size_bytes = os.fstat(handle).st_size
        if size_bytes and os.pread(handle, 1, size_bytes - 1) != b"\n":
            line = b"\n" + line  # a crash cut the line before
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    folder = os.open(vault, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(line: bytes) -> Opening | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    at, clip = record.get("at"), record.get("clip")
    if (
        not isinstance(at, str)
        or len(at) > _TEXT_LIMIT_CHARS
        or not isinstance(clip, str)
        or not is_clip_id(clip)
    ):
        return None
    return Opening(at, clip)

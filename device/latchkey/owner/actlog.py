"""The log of deliberate acts: which clip was to be opened with its faces, kept, or kept no longer, and when.

A line of JSON each, with a check; lines are only ever added. It lies in the vault's folder, in the clear, so
that everybody who shares the vault can see it; it says nothing but ids, acts and times. An act is in it,
durably, before it is done: what came of it, it does not say.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from latchkey.errors import DiskError
from latchkey.owner.lines import append_line, last_bytes, line_check
from latchkey.owner.opening import GrowingDisk
from latchkey.units import MIB, NS_PER_S
from latchkey.vault import is_clip_id

NAME = "acts.log"
SHOWN_BYTES = MIB
"""Of a longer log the last 10,000 acts or so are shown."""

ActKind = Literal["faces", "keep", "unkeep"]
KINDS: tuple[ActKind, ...] = get_args(ActKind)

_TEXT_LIMIT_CHARS = 40


@dataclass(frozen=True, slots=True)
class Act:
    """A line of the log; `at` is UTC, as the machine's clock had it."""

    at: str
    act: ActKind
    clip: str


def note_act(vault: GrowingDisk, act: ActKind, clip: str, wall_ns: int) -> Act:
    """Add an act, durably. Raises DiskError: then it may not be done."""
    moment = datetime.fromtimestamp(wall_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    noted = Act(moment, act, clip)
    line = json.dumps(asdict(noted) | {"check": _check(noted)}, separators=(",", ":")) + "\n"
    try:
        append_line(vault, NAME, line.encode("ascii"))
    except DiskError as error:
        raise DiskError(
            str(error), hint="what is done on purpose is noted first, so the vault must be writable"
        ) from error
    return noted


def acts(vault: GrowingDisk) -> tuple[list[Act], int]:
    """Give the acts, oldest first, and how many lines cannot be read. Raises DiskError."""
    end, is_all = last_bytes(vault, NAME, SHOWN_BYTES)
    lines = end.splitlines()
    if not is_all:
        del lines[0]  # its beginning was left out
    found = [_read(line) for line in lines if line.strip()]
    return [act for act in found if act], found.count(None)


def _read(line: bytes) -> Act | None:
    """Read a line; older ones have no check."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    at, act, clip = record.get("at"), record.get("act"), record.get("clip")
    if not isinstance(at, str) or len(at) > _TEXT_LIMIT_CHARS or act not in KINDS:
        return None
    if not isinstance(clip, str) or not is_clip_id(clip):
        return None
    read = Act(at, act, clip)
    return read if record.get("check", _check(read)) == _check(read) else None


def _check(act: Act) -> str:
    return line_check(f"{act.at} {act.act} {act.clip}")

"""What a device trusts of a repository, kept durable: the metadata that tuf has verified.

tuf keeps it as files that a power cut may take, and with them the memory of versions, which is what stops
an attacker from serving old ones. So tuf works on a copy in a temporary folder, and what it has verified
there, also where it then fails, becomes durable in one file before anything is done with it. A file that
is damaged is as good as none: the device begins with the root that it was given, and what it runs still
bounds what it takes.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latchkey.errors import NotOnDisk
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked
from latchkey.ports import Disk
from latchkey.reading import read_small

NAME = "state/trust"
ROLES = ("timestamp", "snapshot", "targets")
ROOTS = "root_history"
ROOTS_LIMIT = 64
"""How many changes of keys a device catches up with."""

FILE_LIMIT_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Trust:
    """Verified metadata as text: roots by version, other roles by name. `seen_s` is when it was last judged
    to be fresh, UTC since 1970: a clock that says less is wrong.
    """

    seen_s: int = 0
    roots: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)


def read_trust(disk: Disk) -> Trust:
    """Give what is trusted; nothing where it is missing or damaged. Raises DiskError."""
    try:
        record = json.loads(read_checked(disk, NAME))
        return Trust(int(record["seen"]), _texts(record["roots"]), _texts(record["roles"]))
    except (NotOnDisk, FileDamaged, ValueError, KeyError, TypeError, AttributeError):
        return Trust()


def write_trust(disk: Disk, trust: Trust) -> None:
    """Make it durable. Raises DiskFull, DiskError; the old one is there then."""
    record = {"seen": trust.seen_s, "roots": trust.roots, "roles": trust.roles}
    write_checked(disk, NAME, json.dumps(record, sort_keys=True, separators=(",", ":")).encode("ascii"))


def lay_out(trust: Trust, folder: Path) -> None:
    """Put it where tuf looks for it."""
    (folder / ROOTS).mkdir()
    for version, text in trust.roots.items():
        if version.isdigit():
            (folder / ROOTS / f"{version}.root.json").write_text(text, "utf-8")
    for role, text in trust.roles.items():
        if role in ROLES:
            (folder / f"{role}.json").write_text(text, "utf-8")


def take_up(folder: Path, seen_s: int) -> Trust:
    """Give what tuf has left there: all of it verified."""
    roots = {path.name.split(".")[0]: _text(path) for path in (folder / ROOTS).iterdir()}
    newest = sorted(roots, key=int)[-ROOTS_LIMIT:]
    present = [role for role in ROLES if (folder / f"{role}.json").exists()]
    return Trust(
        seen_s,
        {version: roots[version] for version in newest},
        {role: _text(folder / f"{role}.json") for role in present},
    )


def _text(path: Path) -> str:
    return read_small(path, FILE_LIMIT_BYTES).decode("utf-8")


def _texts(value: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()}

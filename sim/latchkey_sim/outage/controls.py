"""Wrong ways of writing, each beside the right one: they show that the checks can fail.

Files that are not whole; a use that is noted afterwards; two files that are moved on in the wrong order.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from latchkey.errors import NotOnDisk
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked
from latchkey_sim.outage.home import Home, Problem, Promises

FOLDER = "files"
NOTE = "note"
N_BYTES = 3_000
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Discipline:
    """Writes three files, and acknowledges each. `renames` = under another name first."""

    name: str
    renames: bool
    syncs_file: bool
    syncs_folder: bool

    def run(self, home: Home) -> None:
        """Write and acknowledge."""
        for number in range(3):
            body = home.chance.randbytes(N_BYTES)
            name = f"{FOLDER}/{number}"
            file = home.vault.create(f"{name}.part" if self.renames else name)
            for data in (body[:1000], body[1000:], hashlib.sha256(body).digest()):
                file.append(data)
            if self.syncs_file:
                file.sync()
            file.close()
            if self.renames:
                home.vault.rename(f"{name}.part", name)
            if self.syncs_folder:
                home.vault.sync_folder(FOLDER)
            home.promises.whole.add(str(number))

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Look for what was acknowledged, and for what is not whole under its final name."""
        names = [name for name in home.vault.names(FOLDER) if not name.endswith(".part")]
        whole = {name for name in names if _is_whole(home.vault.read(f"{FOLDER}/{name}"))}
        for name in names:
            if name not in whole and f"{FOLDER}/{name}" != home.rotten:
                yield Problem("torn visible", name)
        for name in promises.whole - whole:
            if f"{FOLDER}/{name}" != home.rotten:
                yield Problem("acknowledged lost", name)


DISCIPLINES = (
    Discipline("in-place", renames=False, syncs_file=False, syncs_folder=False),
    Discipline("renamed", renames=True, syncs_file=False, syncs_folder=False),
    Discipline("renamed-synced", renames=True, syncs_file=True, syncs_folder=False),
    Discipline("renamed-synced-folder", renames=True, syncs_file=True, syncs_folder=True),
)


@dataclass(frozen=True, slots=True)
class LateNote:
    """Uses the next number of a few, and notes it as used afterwards: a holding key that is used twice."""

    name: str
    notes_first: bool

    def run(self, home: Home) -> None:
        """Use three numbers."""
        for number in range(3):
            if self.notes_first:
                write_checked(home.vault, NOTE, b"%d" % number)
            home.promises.whole.add(str(number))
            if not self.notes_first:
                write_checked(home.vault, NOTE, b"%d" % number)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """The number to be used next must be a new one."""
        try:
            number = int(read_checked(home.vault, NOTE)) + 1
        except NotOnDisk:
            number = 0
        except FileDamaged:
            return
        if str(number) in promises.whole:
            yield Problem("two effects", f"number {number} is used again")


@dataclass(frozen=True, slots=True)
class TwoFiles:
    """Moves a pair of files on, the one that must not be behind first or last, as state and copy."""

    name: str
    ahead_first: bool

    def run(self, home: Home) -> None:
        """Write both three times."""
        names = ("ahead", "behind") if self.ahead_first else ("behind", "ahead")
        for number in range(3):
            for name in names:
                write_checked(home.vault, f"pair/{name}", b"%d" % number)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:  # noqa: ARG002 -- as every path
        """Compare them."""
        numbers = {}
        for name in ("ahead", "behind"):
            numbers[name] = -1
            with suppress(NotOnDisk, FileDamaged):
                numbers[name] = int(read_checked(home.vault, f"pair/{name}"))
        if numbers["ahead"] < numbers["behind"] and not home.rotten:
            yield Problem("half-written", f"{numbers}")


WRONG_ORDERS = (
    LateNote("noted-after-use", notes_first=False),
    LateNote("noted-before-use", notes_first=True),
    TwoFiles("pair-wrong-order", ahead_first=False),
    TwoFiles("pair-right-order", ahead_first=True),
)


def _is_whole(data: bytes) -> bool:
    body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    return len(body) == N_BYTES and hashlib.sha256(body).digest() == digest

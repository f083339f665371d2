"""Ways of writing a file whole, all but the last of them wrong: they show that the checks can fail."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from latchkey_sim.outage.home import Home, Problem, Promises

FOLDER = "files"
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


def _is_whole(data: bytes) -> bool:
    body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    return len(body) == N_BYTES and hashlib.sha256(body).digest() == digest

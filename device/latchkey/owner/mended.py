"""A vault as the doorbell's next start will leave it: what a power cut left unfinished has its final name.

Nothing is written: the files keep the names that they have. So a card that was taken out of its doorbell
can be read at once.
"""

from pathlib import Path
from typing import BinaryIO

from latchkey.adapters.disk import FolderDisk
from latchkey.owner.opening import sizes_of
from latchkey.vault import CLIPS, parse_name, reconcile


class MendedVault(FolderDisk):
    """The vault in a folder. While a device runs there, what it is writing is left alone.

    `unfinished` are the ids of the clips that the next start would name. Raises DiskError.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        plain = FolderDisk(root)
        self._later: dict[str, str] = {}
        if any(name.endswith(".age.part") for name in plain.names(CLIPS)) and not plain.is_claimed():
            self._later = dict(reconcile(sizes_of(plain), []).renames)
        self._now = {later: now for now, later in self._later.items()}
        parsed = [parse_name(name.removeprefix(f"{CLIPS}/")) for name in self._later]
        self.unfinished = frozenset(one.clip for one in parsed if one is not None and one.kind == "part")

    def names(self, folder: str) -> list[str]:
        """Give the names right below a folder, final ones where there will be some."""
        found = super().names(folder)
        if folder != CLIPS:
            return found
        return sorted(self._later.get(f"{CLIPS}/{name}", name).removeprefix(f"{CLIPS}/") for name in found)

    def name_now(self, name: str) -> str:
        """Give the name that a file has now, which the next start may change."""
        return self._now.get(name, name)

    def reader(self, name: str) -> BinaryIO:
        """Give a stream over a file; the caller closes it. Raises NotOnDisk, DiskError."""
        return super().reader(self.name_now(name))

    def size_bytes(self, name: str) -> int:
        """Give the length of a file."""
        return super().size_bytes(self.name_now(name))

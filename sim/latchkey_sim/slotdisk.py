"""A folder of releases whose power can go at any operation: a `CrashDisk` with links and folders.

A link is a name whose target is whole as soon as the name is there, as file systems keep short ones;
which name is there after a power cut, the old one or the new, is drawn as for any other.
"""

from contextlib import suppress

from latchkey.errors import NotOnDisk
from latchkey.vault.names import check_disk_name
from latchkey_sim.crashdisk import CrashDisk
from latchkey_sim.disk import MemoryFile, durable_bytes

_MARK = b"\0link to "


class CrashSlotDisk(CrashDisk):
    """A `SlotDisk` on which pending bytes and names may be lost."""

    def program(self, name: str) -> MemoryFile:
        """Make an empty file; nothing is run here."""
        return self.create(name)

    def link(self, name: str, target: str) -> None:
        """Make a link: first aside, then in place of what is there."""
        aside = f"{name}.part"
        with suppress(NotOnDisk):
            self.remove(aside)
        file = self.create(aside)
        file.append(_MARK + target.encode())
        data = self.files[aside]
        data.durable_bytes = len(data)  # type: ignore[attr-defined]  # what `create` makes grows
        assert durable_bytes(data) == len(data)
        self.rename(aside, name)

    def target(self, name: str) -> str | None:
        """Where a link leads."""
        try:
            data = self.read(name)
        except NotOnDisk:
            return None
        return data.removeprefix(_MARK).decode() if data.startswith(_MARK) else None

    def names(self, folder: str) -> list[str]:
        """Give the files right below a folder; links are none."""
        inside = f"{folder}/" if folder else ""
        return [name for name in super().names(folder) if self.target(f"{inside}{name}") is None]

    def folders(self, folder: str) -> list[str]:
        """Give the folders right below a folder."""
        inside = f"{folder}/"
        return sorted(
            {
                name.removeprefix(inside).split("/")[0]
                for name in self.files
                if name.startswith(inside) and "/" in name.removeprefix(inside)
            }
        )

    def remove_folder(self, folder: str) -> None:
        """Delete all files below a folder."""
        check_disk_name(folder)
        for name in sorted(name for name in self.files if name.startswith(f"{folder}/")):
            self.remove(name)

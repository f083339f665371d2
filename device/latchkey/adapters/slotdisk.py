"""The folder of releases, on the real file system.

Unlike a vault, what is in it is read and run by others than its owner: folders are 0755, files 0644,
programs 0755. What is remembered between updates lies in `state/`; it holds nothing secret.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from latchkey.adapters.disk import FolderDisk, FolderFile, disk_errors

FOLDER_MODE = 0o755
FILE_MODE = 0o644
PROGRAM_MODE = 0o755


class FolderSlotDisk(FolderDisk):
    """A `SlotDisk` below `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._top = root

    def create(self, name: str) -> FolderFile:
        """Make an empty file that all may read, and the folders above it."""
        return self._created(name, FILE_MODE)

    def program(self, name: str) -> FolderFile:
        """Make an empty file that all may run."""
        return self._created(name, PROGRAM_MODE)

    def link(self, name: str, target: str) -> None:
        """Make a symbolic link, in place of the one that was there."""
        place = self._path(name)
        aside = place.with_name(f".{place.name}.part")
        with disk_errors(f"link {place}"):
            self._make_folders(place.parent)
            with suppress(FileNotFoundError):
                aside.unlink()
            aside.symlink_to(target)
            aside.replace(place)

    def target(self, name: str) -> str | None:
        """Where a link leads."""
        place = self._path(name)
        with disk_errors(f"look at {place}"):
            return str(place.readlink()) if place.is_symlink() else None

    def folders(self, folder: str) -> list[str]:
        """Give the folders right below a folder."""
        place = self._path(folder)
        with disk_errors(f"list {place}"):
            if not place.is_dir():
                return []
            with os.scandir(place) as found:
                return sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))

    def remove_folder(self, folder: str) -> None:
        """Delete a folder with all in it."""
        place = self._path(folder)
        with disk_errors(f"remove {place}"), suppress(FileNotFoundError):
            shutil.rmtree(place)

    def _created(self, name: str, mode: int) -> FolderFile:
        place = self._path(name)
        file = super().create(name)
        with disk_errors(f"create {place}"):
            place.chmod(mode)
        return file

    def _make_folders(self, folder: Path) -> None:
        made = [path for path in (folder, *folder.parents) if self._top in path.parents and not path.exists()]
        super()._make_folders(folder)
        for path in made:
            path.chmod(FOLDER_MODE)

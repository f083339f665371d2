"""What an update works with: the folder of releases, and whether the doorbell is well."""

from typing import BinaryIO, Protocol

from latchkey.ports.storage import Disk, DiskFile


class SlotDisk(Disk, Protocol):
    """The folder that holds releases. Others than its owner may read and run what is in it."""

    def program(self, name: str) -> DiskFile:
        """Do as `create`, for a file that is run."""
        ...

    def reader(self, name: str) -> BinaryIO:
        """Give a stream over a file of any size; the caller closes it. Raises NotOnDisk, DiskError."""
        ...

    def link(self, name: str, target: str) -> None:
        """Make `name` a symbolic link, atomically in place of the link that was there.

        Durable after `sync_folder`, whole in any case.
        """
        ...

    def target(self, name: str) -> str | None:
        """Where a symbolic link leads; None where there is none."""
        ...

    def folders(self, folder: str) -> list[str]:
        """Sorted names of the folders right below a folder; [] if it is missing."""
        ...

    def remove_folder(self, folder: str) -> None:
        """Delete a folder with all that is in it, in any order; a missing one is fine."""
        ...


class Health(Protocol):
    """Whether a release is well. Each answer is "" for yes, or the reason in a few words.

    Raises NotAsked where there was no answer: for want of memory or of time, say.
    """

    def rehearse(self, number: int) -> str:
        """Have the release of that slot judge the settings, before it is the one that runs.

        It can change nothing meanwhile, and reach nobody.
        """
        ...

    def restart(self) -> str:
        """Start the doorbell anew, with the release that is current now."""
        ...

    def look(self) -> str:
        """Ask how it is, some time after `restart`."""
        ...

    @property
    def watches(self) -> bool:
        """Whether there is a running doorbell at all that `look` could ask."""
        ...

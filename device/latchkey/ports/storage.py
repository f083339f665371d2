"""Disk and index of clips."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol


class DiskFile(Protocol):
    """A new file that only grows."""

    def append(self, data: bytes) -> None:
        """Write at the end. Raises DiskFull, DiskError."""
        ...

    def sync(self) -> None:
        """Return once all appended bytes are durable. Raises DiskFull, DiskError."""
        ...

    def close(self) -> None:
        """Let go of the file, durable or not. May be called twice."""
        ...


class Disk(Protocol):
    """One folder tree of the device. Names are relative, like `clips/ID.age`.

    Bytes are durable after `DiskFile.sync`; a name (created, renamed, removed) is durable after
    `sync_folder` of its folder; a folder itself is durable once `create` or `rename` has made it.
    Operations raise DiskFull, NotOnDisk or DiskError.
    """

    def create(self, name: str) -> DiskFile:
        """Make an empty file, its folders too; raises DiskError where the name is taken."""
        ...

    def read(self, name: str) -> bytes:
        """Give a whole file; for small files. Raises NotOnDisk."""
        ...

    def rename(self, name: str, new_name: str) -> None:
        """Move a file within the tree, atomically replacing what has the new name."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file. Raises NotOnDisk."""
        ...

    def sync_folder(self, folder: str) -> None:
        """Make the names in `folder` ("" = the root) durable."""
        ...

    def names(self, folder: str) -> list[str]:
        """Sorted names of the files right below `folder`, without the folder; [] if it is missing."""
        ...

    def size_bytes(self, name: str) -> int:
        """Length of a file. Raises NotOnDisk."""
        ...

    def set_time(self, name: str, at_ns: int) -> None:
        """Set the time of a file's last change, ns since 1970. Power may undo it. Raises NotOnDisk."""
        ...

    def free_bytes(self) -> int:
        """Room left for new files."""
        ...


ClipState = Literal["whole", "torn", "kept"]
"""`kept` = whole, sealed to the owner's long-term key, and deleted by its owner only."""


@dataclass(frozen=True, slots=True)
class ClipEntry:
    """All that the device itself knows of a clip in plain form: id, UTC day, bytes, state."""

    clip: str
    day: int
    size_bytes: int
    state: ClipState


@dataclass(frozen=True, slots=True)
class SealedClip:
    """A whole clip as it lies in the vault: the only thing that may be offered to an uplink.

    Made by `latchkey.vault.offering` alone, from an entry, never from a name: so no other file of the
    vault, and no face layer, can be one.
    """

    clip: str
    name: str
    size_bytes: int


class ClipIndex(Protocol):
    """The list of clips. A cache of what the files say; it can be rebuilt from them."""

    def put(self, entry: ClipEntry) -> None:
        """Add or replace an entry, durably."""
        ...

    def drop(self, clip: str) -> None:
        """Forget a clip; unknown ones are fine."""
        ...

    def rebuild(self, entries: Sequence[ClipEntry]) -> None:
        """Hold exactly these, in this order, durably and in one step."""
        ...

    def alone(self, *, wait: bool) -> AbstractContextManager[None]:
        """Keep everybody else who asks out meanwhile, in any process: who deletes clips, or seals them anew.

        Raises VaultBusy where somebody is in and `wait` is not asked for. Never twice in one thread.
        """
        ...

    def entries(self) -> list[ClipEntry]:
        """All entries, in the order in which their clips were first put: the order of recording.

        Days come from the wall clock, which may jump; what is oldest is told by this order.
        """
        ...

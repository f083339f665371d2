"""What a household remembers of its doorbells' clips, on the machine of its owner, not in the vault.

The newest head of each device, so that a vault that is put back to an older day is noticed without a file;
and which clips were kept or deleted here, so that their absence is no finding. Neither is secret. Whoever
can write to a vault can write neither, which is why the log in the vault's folder does not count as a
reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from re import compile as pattern

from latchkey.adapters.disk import FOLDER_MODE, disk_errors
from latchkey.owner.files import append_line, writing
from latchkey.units import MIB
from latchkey.vault import HEAD_LIMIT_BYTES

FOLDER = "seen"
DEEDS_NAME = "deeds"
DEEDS_READ_BYTES = MIB
"""Of a longer file the last 10,000 deeds or so count."""

_DEED = pattern(r"(?:(keep|unkeep) ([0-9a-f]{32})|rm ([0-9a-f]{32}) ([0-9a-f]{64}))\n")


@dataclass(frozen=True, slots=True)
class Deeds:
    """What was done here on purpose: ids of clips that are kept; ids of those deleted, and their hashes."""

    kept: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    removed_payloads: frozenset[bytes] = frozenset()


class HouseholdMemory:
    """The memory in the folder of a household's state. All methods raise DiskError."""

    def __init__(self, household: Path) -> None:
        self._folder = household / FOLDER

    def head(self, device: bytes) -> bytes | None:
        """Give the newest head of a device, as it was signed; None if none was seen."""
        path = self.head_path(device)
        with disk_errors(f"read {path}"):
            if not path.is_file():
                return None
            with path.open("rb") as file:
                return file.read(HEAD_LIMIT_BYTES + 1)

    def keep_head(self, device: bytes, head: bytes) -> None:
        """Replace the newest head of a device."""
        self._make_folder()
        with writing(self.head_path(device), force=True) as stream:
            stream.write(head)

    def deeds(self) -> Deeds:
        """Give what was done; lines that a crash cut off are left out."""
        path = self._folder / DEEDS_NAME
        with disk_errors(f"read {path}"):
            if not path.is_file():
                return Deeds()
            with path.open("rb") as file:
                size_bytes = path.stat().st_size
                file.seek(max(0, size_bytes - DEEDS_READ_BYTES))
                text = file.read(DEEDS_READ_BYTES).decode("ascii", "replace")
        return _deeds(
            [found.groups() for line in text.splitlines(keepends=True) if (found := _DEED.fullmatch(line))]
        )

    def note_kept(self, clip: str) -> None:
        """Note, durably, that a clip is kept."""
        self._note(f"keep {clip}\n")

    def note_unkept(self, clip: str) -> None:
        """Note, durably, that a clip is kept no longer."""
        self._note(f"unkeep {clip}\n")

    def note_removed(self, clip: str, payload: bytes) -> None:
        """Note, durably, that a clip is deleted; `payload` is the SHA-256 of its file after the header."""
        self._note(f"rm {clip} {payload.hex()}\n")

    def _note(self, line: str) -> None:
        self._make_folder()
        path = self._folder / DEEDS_NAME
        with disk_errors(f"write {path}"):
            append_line(path, line.encode("ascii"))

    def _make_folder(self) -> None:
        with disk_errors(f"write {self._folder}"):
            self._folder.mkdir(FOLDER_MODE, exist_ok=True)

    def head_path(self, device: bytes) -> Path:
        """Where the newest head of a device lies."""
        return self._folder / f"{device.hex()}.head"


def _deeds(found: Sequence[tuple[str | None, ...]]) -> Deeds:
    last = {clip: act for act, clip, _, _ in found if clip}
    kept = frozenset(clip for clip, act in last.items() if act == "keep")
    removed = frozenset(clip for _, _, clip, _ in found if clip)
    return Deeds(kept, removed, frozenset(bytes.fromhex(payload) for *_, payload in found if payload))

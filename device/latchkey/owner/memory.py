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

from latchkey.adapters.disk import FolderDisk
from latchkey.clip import Link
from latchkey.errors import NotOnDisk
from latchkey.owner.lines import append_line, last_bytes, line_check
from latchkey.owner.opening import GrowingDisk
from latchkey.pipeline.durable import write_whole
from latchkey.units import MIB
from latchkey.vault import HEAD_LIMIT_BYTES

FOLDER = "seen"
DEEDS_NAME = "deeds"
DEEDS_READ_BYTES = MIB
"""Of a longer file the last 10,000 deeds or so count."""

_DEEDS = f"{FOLDER}/{DEEDS_NAME}"

_DEED = pattern(r"(?:(keep|unkeep) ([0-9a-f]{32})|rm ([0-9a-f]{32}) ([0-9a-f]{64})(?: n(\d{1,16}))?)")
_LINE = pattern(r"(.+?)(?: ([0-9a-f]{16}))?\n")
"""A deed and its check, which lines had none of at first."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What was done here on purpose: ids of clips that are kept; ids of those deleted, their numbers and
    hashes. Of deeds that were noted by earlier versions there is no number: `removed_payloads` are theirs.
    """

    kept: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    removed_payloads: frozenset[bytes] = frozenset()
    removed_links: frozenset[Link] = frozenset()

    def has_removed(self, link: Link) -> bool:
        """Whether the clip with this number and hash was deleted here. The hash alone would not do: who can
        write in the vault can give the bytes of a clip another name, and wait for that to be deleted.
        """
        return link in self.removed_links or link.payload in self.removed_payloads


class HouseholdMemory:
    """The memory in the folder of a household's state. All methods raise DiskError.

    `disk` is that folder, unless a test says otherwise.
    """

    def __init__(self, household: Path, disk: GrowingDisk | None = None) -> None:
        self._household = household
        self._disk = disk or FolderDisk(household)

    def head(self, device: bytes) -> bytes | None:
        """Give the newest head of a device, as it was signed; None if none was seen."""
        try:
            with self._disk.reader(_head_name(device)) as file:
                return file.read(HEAD_LIMIT_BYTES + 1)
        except NotOnDisk:
            return None

    def keep_head(self, device: bytes, head: bytes) -> None:
        """Replace the newest head of a device."""
        write_whole(self._disk, _head_name(device), head)

    def deeds(self) -> Deeds:
        """Give what was done; lines that a crash cut off, or that have rotted, are left out."""
        text = last_bytes(self._disk, _DEEDS, DEEDS_READ_BYTES)[0].decode("ascii", "replace")
        said = filter(None, map(_said, text.splitlines(keepends=True)))
        return _deeds([found.groups() for one in said if (found := _DEED.fullmatch(one))])

    def note_kept(self, clip: str) -> None:
        """Note, durably, that a clip is kept."""
        self._note(f"keep {clip}")

    def note_unkept(self, clip: str) -> None:
        """Note, durably, that a clip is kept no longer."""
        self._note(f"unkeep {clip}")

    def note_removed(self, clip: str, link: Link) -> None:
        """Note, durably, that a clip is deleted: its number as its device signed it, and the SHA-256 of its
        file after the header.
        """
        self._note(f"rm {clip} {link.payload.hex()} n{link.sequence}")

    def _note(self, deed: str) -> None:
        append_line(self._disk, _DEEDS, f"{deed} {line_check(deed)}\n".encode("ascii"))

    def head_path(self, device: bytes) -> Path:
        """Where the newest head of a device lies."""
        return self._household / _head_name(device)


def _head_name(device: bytes) -> str:
    return f"{FOLDER}/{device.hex()}.head"


def _said(line: str) -> str | None:
    """Give what a line says; None where its check says otherwise."""
    found = _LINE.fullmatch(line)
    return found[1] if found and found[2] in (None, line_check(found[1])) else None


def _deeds(found: Sequence[tuple[str | None, ...]]) -> Deeds:
    last = {clip: act for act, clip, *_ in found if clip}
    kept = frozenset(clip for clip, act in last.items() if act == "keep")
    removed = frozenset(clip for _, _, clip, *_ in found if clip)
    hashes = [(number, bytes.fromhex(payload)) for *_, payload, number in found if payload]
    links = frozenset(Link(int(number), payload) for number, payload in hashes if number)
    return Deeds(kept, removed, frozenset(payload for number, payload in hashes if not number), links)

"""Who recorded a clip, how much of it is proved, and whether it stands where it stood among the others.

Three things are checked apart: the proof inside the clip; the companion, by which a device vouches for the
clip's key; the chain, in which each clip's companion holds the hash of the one before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hmac import compare_digest

from latchkey.clip import (
    COMPANION_LIMIT_BYTES,
    BoxDamaged,
    Companion,
    Progress,
    ProofDamaged,
    check_proof,
    commitment,
    decode_companion,
    decrypt,
)
from latchkey.clip.proof import PROOF_UUID
from latchkey.errors import (
    EXIT_CHAIN,
    EXIT_DAMAGED,
    EXIT_NO_CLIP,
    EXIT_OK,
    EXIT_PARTIAL,
    EXIT_RECORD,
    EXIT_UNKNOWN_DEVICE,
    ClipError,
    NotOnDisk,
)
from latchkey.owner.opening import ReadableDisk
from latchkey.owner.trust import TrustSource
from latchkey.units import MIB
from latchkey.vault import chain_name

SEARCH_BYTES = 64 * MIB
"""How far a file is searched for a proof: a clip has one each second, and this is 500 Mbit/s."""


class Outcome(Enum):
    """What became of it, worst first."""

    DAMAGED = EXIT_DAMAGED
    NO_CLIP = EXIT_NO_CLIP
    UNKNOWN_DEVICE = EXIT_UNKNOWN_DEVICE
    CHAIN_BROKEN = EXIT_CHAIN
    RECORD_WRONG = EXIT_RECORD
    PARTIAL = EXIT_PARTIAL
    WHOLE = EXIT_OK


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clip stands in the chain. `broken` says what is wrong, `remarks` what else can be said: of a
    file that lies in no vault nothing.
    """

    sequence: int
    broken: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def was_looked_at(self) -> bool:
        """Whether the clips around it were."""
        return bool(self.broken or self.remarks)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out. `device` is the key of the device that vouches for the clip, None if none does;
    `trouble` says which check failed; `record` what is wrong with the clip's record; `is_foreign` = there is
    nothing of ours to check; `trusted_by` who says that the device is to be believed.
    """

    progress: Progress
    device: bytes | None = None
    is_trusted: bool = False
    place: Place | None = None
    trouble: str = ""
    record: str = ""
    is_foreign: bool = False
    trusted_by: TrustSource | None = None

    @property
    def outcome(self) -> Outcome:
        """All of it in a word."""
        if self.is_foreign:
            return Outcome.NO_CLIP
        if self.trouble:
            return Outcome.DAMAGED
        if not self.is_trusted:
            return Outcome.UNKNOWN_DEVICE
        if self.place is not None and self.place.broken:
            return Outcome.CHAIN_BROKEN
        if self.record:
            return Outcome.RECORD_WRONG
        return Outcome.WHOLE if self.progress.is_complete else Outcome.PARTIAL


def read_companion(disk: ReadableDisk, clip: str, identities: Sequence[str]) -> bytes | None:
    """Give the companion of a clip as it was signed; None if there is none. Raises ClipError."""
    try:
        file = disk.reader(chain_name(clip))
    except NotOnDisk:
        return None
    with file:
        return limited(decrypt(file, identities))


def limited(chunks: Iterable[bytes]) -> bytes:
    """Join the pieces of a small file, not reading far beyond what a companion can be."""
    data = b""
    for chunk in chunks:
        data += chunk
        if len(data) > COMPANION_LIMIT_BYTES:
            break
    return data


def judge_file(chunks: Iterable[bytes], companion: bytes | None, trusted: frozenset[bytes]) -> Findings:
    """Judge a file that may be anything; one in whose first 64 MiB no proof of ours stands is foreign."""
    watch = _MarkWatch()
    pieces = watch.through(chunks)
    progress = check_proof(pieces)
    was_read = progress.failure is None or isinstance(progress.failure, BoxDamaged | ProofDamaged)
    if progress.clip_key is None and was_read:
        for _ in pieces:
            pass
        if not watch.was_seen:
            return Findings(progress, is_foreign=True)
    return judge(progress, companion, trusted)


class _MarkWatch:
    """Looks for the mark of our proof boxes in what is read, which ends where none is found for too long."""

    def __init__(self) -> None:
        self.was_seen = False

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        end, searched_bytes = b"", 0
        for chunk in chunks:
            self.was_seen = self.was_seen or PROOF_UUID in end + chunk
            end = chunk[-len(PROOF_UUID) + 1 :]
            yield chunk
            searched_bytes += len(chunk)
            if not self.was_seen and searched_bytes >= SEARCH_BYTES:
                return


def judge(
    progress: Progress,
    companion: bytes | None,
    trusted: frozenset[bytes],
    clip: str | None = None,
) -> Findings:
    """Put together what the proof says and what the companion says, without the chain.

    `clip` is the id under which the clip lies, where it has one.
    """
    if progress.clip_key is None:
        why = progress.failure or "it ends before the first"
        return Findings(progress, trouble=f"it holds no proof: {why}")
    if progress.failure is not None:
        return Findings(progress, trouble=str(progress.failure))
    if companion is None:
        return Findings(progress)
    try:
        read = decode_companion(companion)
        _check_pair(progress, companion, read, clip)
    except ClipError as error:
        return Findings(progress, trouble=str(error))
    place = Place(read.sequence)
    return Findings(progress, read.device_key, read.device_key in trusted, place)


def _check_pair(progress: Progress, data: bytes, companion: Companion, clip: str | None) -> None:
    if companion.clip_key != progress.clip_key:
        raise ClipError("the companion vouches for another clip")
    if clip is not None and companion.clip != clip:
        raise ClipError("another clip lies under this name")
    manifest = progress.manifest
    if manifest is not None and not compare_digest(manifest.commitment, commitment(data)):
        raise ClipError("the clip was made with another companion")

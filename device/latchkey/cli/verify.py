"""`latchkey clips verify` and `latchkey clips recover`: what of a clip is proved, and saving that part."""

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from latchkey.adapters.disk import FolderDisk, disk_errors
from latchkey.cli.command import Terminal, one_line
from latchkey.cli.household import household_memory, own_day, owner_store, revoked_text
from latchkey.cli.keys import erased_told, heard_keys, load_keys
from latchkey.clip import Manifest, check_proof, decrypt, verify
from latchkey.errors import EXIT_OK, ClipError, DiskError, NotOnDisk, UsageError
from latchkey.owner import (
    Findings,
    Held,
    Outcome,
    ProofWatch,
    joined_chunks,
    judge,
    limited,
    list_clips,
    open_chunks,
    placed,
    read_companion,
    recover_clip,
    trusted_devices,
)
from latchkey.owner.choosing import keys_for
from latchkey.owner.hearing import signed_day
from latchkey.owner.memory import Deeds, HouseholdMemory
from latchkey.owner.mended import MendedVault
from latchkey.owner.records import record_trouble
from latchkey.owner.trust import TrustSource
from latchkey.owner.verifying import judge_file
from latchkey.ports import ClipEntry
from latchkey.reading import check_ordinary, read_small
from latchkey.units import NS_PER_S, size_text
from latchkey.vault import (
    CLIPS,
    HEAD_LIMIT_BYTES,
    UNDATED,
    SlipDamaged,
    decode_held_head,
    parse_name,
    sealed_name,
)

UNREMEMBERED = "what your household remembers of this doorbell could not be used"
PIECE_BYTES = 64 << 10
SEALED_START = b"age-encryption.org/"
KEY_SHOWN_CHARS = 16

BESIDE = {
    "faces": "the face layer (sealed, and signed by nobody)",
    "meta": "the record",
    "chain": "the companion",
    "tail": "the tail",
    "slip": "the slip",
}
"""What the kinds of files beside a clip are called."""

VERDICTS = {
    Outcome.DAMAGED: "it is damaged, or not as it was recorded",
    Outcome.NO_CLIP: "this is no Latchkey clip, nor an export of one: it holds no proof at all",
    Outcome.UNKNOWN_DEVICE: "nobody you trust vouches for it",
    Outcome.CHAIN_BROKEN: "recorded by {device}, but its place among the clips is not as it was",
    Outcome.RECORD_WRONG: "recorded by {device}, complete and unchanged, but its record is not",
    Outcome.PARTIAL: "recorded by {device}, proved in part",
    Outcome.WHOLE: "recorded by {device}, complete and unchanged",
}

DEVICES = {
    TrustSource.GIVEN: ("the device that you named", "trusted: you named it"),
    TrustSource.HOUSEHOLD: ("a device you trust", "trusted: your household knows it"),
    TrustSource.VAULT: (
        "the device whose key lies beside it",
        "by keys/device.pub of the same vault: who can write there could put in both;\n"
        "           pair with the doorbell, or give its key with --device-key, to know that it is yours",
    ),
}
"""What the verdict calls the device, and why it is believed."""

TORN_LOSS = (
    "what was recorded after that is lost: at most 2 s, and the picture group that was open, where nothing\n"
    "but the end of the recording harmed it"
)
"""What a torn clip lacks. Chunks that were changed since may cost more, and cannot be told apart."""

WHOLE_LOSS = "the clip was whole once: what followed was changed, or the disk has lost it"


def verify_entry(
    disk: FolderDisk,
    entries: list[ClipEntry],
    entry: ClipEntry,
    keys: Sequence[str],
    options: Namespace,
    terminal: Terminal,
) -> Findings:
    """Verify a clip of the vault; the household remembers the newest head that it sees, where it can.

    Raises what opening the clip raises, but for damage, which is a finding.
    """
    chunks = joined_chunks if entry.state == "torn" else open_chunks
    trusted, source = _trusted(disk, options, entry)
    companion = read_companion(disk, entry.clip, keys)
    findings = judge(check_proof(chunks(disk, entry, keys)), companion, trusted, entry.clip)
    findings = replace(findings, trusted_by=source)
    device = findings.device
    if device is None:
        return findings
    memory = _Memory(household_memory(options), device, terminal)
    if memory.path is not None and memory.head is not None:
        _check_head(memory.path, memory.head, device)
    given = None if options.head is None else _small(options.head, HEAD_LIMIT_BYTES)
    if given is not None:
        _check_head(options.head, given, device)
    heads = tuple(head for head in (given, memory.head) if head is not None)
    held = Held(own_day(), heads, memory.deeds)
    findings, newest = placed(findings, companion, disk, entries, entry, keys, held)
    if findings.is_trusted and newest is not None:
        memory.keep(newest)
    if memory.is_unusable:
        findings = _remarked(findings, UNREMEMBERED)
    manifest = findings.progress.manifest
    record = "" if manifest is None else record_trouble(disk, entry.clip, keys, manifest)
    return replace(findings, record=record)


def _remarked(findings: Findings, remark: str) -> Findings:
    place = findings.place
    if place is None:
        return findings
    return replace(findings, place=replace(place, remarks=(*place.remarks, one_line(remark))))


class _Memory:
    """What the household remembers of a device. Where its folder cannot be used that is said, once."""

    def __init__(self, memory: HouseholdMemory | None, device: bytes, terminal: Terminal) -> None:
        self._memory, self._device, self._terminal = memory, device, terminal
        self.is_unusable = False
        self.path = memory.head_path(device) if memory is not None else None
        self.head: bytes | None = None
        self.deeds = Deeds()
        if memory is not None:
            with self._warning():
                self.deeds = memory.deeds()
            with self._warning():
                self.head = memory.head(device)

    def keep(self, head: bytes) -> None:
        """Remember a newer head; never in place of one that could not be read, which may be newer still."""
        if self._memory is not None and head != self.head and not self.is_unusable:
            with self._warning():
                self._memory.keep_head(self._device, head)

    @contextmanager
    def _warning(self) -> Iterator[None]:
        try:
            yield
        except DiskError as error:
            if not self.is_unusable:
                self._terminal.say(f"latchkey: warning: {UNREMEMBERED}: {one_line(str(error))}")
            self.is_unusable = True


def _check_head(path: Path, data: bytes, device: bytes) -> None:
    """Say of which file it is, if a head is not one that the clip's device signed. Raises ClipError."""
    try:
        decode_held_head(data, partial(verify, device))
    except SlipDamaged as error:
        hint = "it is a head.json or the broker's message of `head/state`; one in `seen/` can be removed"
        raise ClipError(f"{path} holds no head of this clip's device: {error.reason}", hint=hint) from error


def check_is_no_part(path: Path) -> None:
    """Refuse what lies beside a clip: only the clip proves something. Raises UsageError."""
    parsed = parse_name(path.name)
    what = None if parsed is None else BESIDE.get(parsed.kind.removesuffix("_part"))
    if parsed is not None and what is not None:
        hint = f"`latchkey clips verify {parsed.clip}` verifies the clip"
        raise UsageError(f"{path} is {what} of clip {parsed.clip}, not the clip", hint=hint)


def clip_in_vault(path: Path, named: Path | None) -> tuple[MendedVault, ClipEntry] | None:
    """Give the vault that a file lies in and the clip that it is there, so that its companion is known.

    None for other files, and where another vault was named. Raises DiskError.
    """
    with disk_errors(f"look at {path}"):
        place = path.resolve()
        folder = place.parent.parent
        is_there = place.parent.name == CLIPS and (named is None or named.resolve() == folder)
    if not is_there:
        return None
    vault = MendedVault(folder)
    for entry in list_clips(vault):
        name = vault.name_now(sealed_name(entry.clip, entry.day, entry.state))
        if name == f"{CLIPS}/{place.name}":
            return vault, entry
    return None


def verify_file(path: Path, disk: FolderDisk | None, options: Namespace, terminal: Terminal) -> Findings:
    """Verify a file: an MP4 as `clips open` wrote it, or a sealed clip. Needs no vault."""
    if options.head is not None:
        raise UsageError("a file stands in no chain", hint="--head goes with the id of a clip of the vault")
    trusted, source = _trusted(disk, options)
    companion = None
    with ExitStack() as files:
        if options.companion is not None:
            companion = limited(_plain(files, options.companion, options, terminal))
        findings = judge_file(_plain(files, path, options, terminal), companion, trusted)
    return replace(findings, trusted_by=source)


def _trusted(
    disk: FolderDisk | None, options: Namespace, entry: ClipEntry | None = None
) -> tuple[frozenset[bytes], TrustSource]:
    """Give the devices to believe for a clip: those given, the household's, or the vault's own.

    Of the household's, one that was revoked is believed for earlier days only, and never where the day is
    unknown: that is the day that it signed, for anybody can give a file another name.
    """
    given = getattr(options, "device_key", ())
    if not given and options.key is None and owner_store(options).exists:
        devices = owner_store(options).load().devices
        if devices:
            believed = frozenset(
                one.public for one in devices if one.trusted_on(_day_by(disk, entry, one.public))
            )
            return believed, TrustSource.HOUSEHOLD
    return trusted_devices(disk, given), TrustSource.GIVEN if given else TrustSource.VAULT


def _day_by(disk: FolderDisk | None, entry: ClipEntry | None, device: bytes) -> int:
    """Give the UTC day of a clip as a device signed it, or the later one in its name."""
    signed = None if disk is None or entry is None else signed_day(disk, entry.clip, device)
    return UNDATED if signed is None or entry is None else max(entry.day, signed)


def show(target: str, findings: Findings, options: Namespace, terminal: Terminal) -> int:
    """Print the findings; give the exit code."""
    if options.json:
        terminal.put(json.dumps(_row(target, findings), indent=1))
    else:
        by_household = findings.trusted_by is TrustSource.HOUSEHOLD
        revoked = revoked_text(options, findings.device) if by_household else ""
        for line in _lines(target, findings, revoked):
            terminal.put(line)
    return findings.outcome.value


def recover(disk: FolderDisk, entry: ClipEntry, options: Namespace, terminal: Terminal) -> int:
    """Write the proved part of a clip."""
    if options.out == "-":
        raise UsageError("what is proved is known only at the end", hint="-o FILE writes it to a file")
    keys = heard_keys(disk, list_clips(disk), options, terminal)
    with erased_told(keys, entry):
        tried = keys_for(disk, entry, keys)
        progress = recover_clip(disk, entry, tried, Path(options.out), force=options.force)
    size = size_text(progress.proved_bytes)
    terminal.say(f"{options.out}: the first {progress.proved_s:.1f} s, {size}, readable by you only")
    if not progress.is_complete:
        terminal.say(TORN_LOSS if entry.state == "torn" else WHOLE_LOSS)
    if progress.failure is not None:
        terminal.say(f"latchkey: warning: {one_line(str(progress.failure))}")
    return EXIT_OK


def warn(
    disk: FolderDisk,
    entry: ClipEntry,
    keys: Sequence[str],
    watch: ProofWatch,
    options: Namespace,
    terminal: Terminal,
) -> None:
    """Say what is not proved of a clip that was opened; the chain is not looked at."""
    companion = read_companion(disk, entry.clip, keys)
    trusted, source = _trusted(disk, options, entry)
    findings = judge(watch.progress, companion, trusted, entry.clip)
    if findings.outcome is not Outcome.WHOLE:
        why = one_line(findings.trouble) or _verdict(replace(findings, trusted_by=source))
        terminal.say(f"latchkey: warning: this clip proves nothing: {why}")
        terminal.say(f"latchkey: hint: `latchkey clips verify {entry.clip}` says more")


def _plain(files: ExitStack, path: Path, options: Namespace, terminal: Terminal) -> Iterator[bytes]:
    """Give the plaintext of a file in pieces, which is opened with the owner's key if it is sealed."""
    with disk_errors(f"read {path}"):
        check_ordinary(path)
        file = files.enter_context(path.open("rb"))
        start = file.read(len(SEALED_START))
        file.seek(0)
    if start == SEALED_START:
        return decrypt(file, load_keys(options, terminal).every())
    return _pieces(file, path)


def _pieces(file: BinaryIO, path: Path) -> Iterator[bytes]:
    with disk_errors(f"read {path}"):
        while data := file.read(PIECE_BYTES):
            yield data


def _small(path: Path, limit_bytes: int) -> bytes:
    try:
        return read_small(path, limit_bytes)
    except OSError as error:
        raise NotOnDisk(f"cannot read {path}: {error.strerror or error}") from error


def _verdict(findings: Findings) -> str:
    device = DEVICES[findings.trusted_by or TrustSource.GIVEN][0]
    verdict = VERDICTS[findings.outcome].format(device=device)
    if findings.outcome is Outcome.WHOLE and findings.place and not findings.place.was_looked_at:
        return f"{verdict}; its place among the clips was not looked at"
    return verdict


def _lines(target: str, findings: Findings, revoked: str) -> Iterable[str]:
    progress, place = findings.progress, findings.place
    yield f"{one_line(target)}: {_verdict(findings)}"
    if findings.is_foreign:
        yield "  proof:   none; a program that saved a clip anew has left it out, and a clip that ends"
        yield "           within its first second has none yet"
        return
    if findings.trouble:
        yield f"  trouble: {one_line(findings.trouble)}"
    if progress.is_complete:
        yield f"  proof:   complete, {progress.proved_s:.1f} s, every byte"
    else:
        yield f"  proof:   verified up to second {progress.proved_s:.1f}; nothing is known of what followed"
    if findings.device is None:
        why = "a check failed" if findings.trouble else "the clip's companion (ID.chain.age) would tell"
        yield f"  device:  unknown; {why}"
    else:
        why = DEVICES[findings.trusted_by or TrustSource.GIVEN][1]
        trust = why if findings.is_trusted else revoked or "not one you trust"
        yield f"  device:  {findings.device.hex()[:KEY_SHOWN_CHARS]}…, {trust}"
    if progress.manifest is not None:
        yield from _report(progress.manifest)
    if place is not None:
        facts = "; ".join((*place.broken, *place.remarks)) or "the clips around it were not looked at"
        yield f"  chain:   number {place.sequence} of its device; {facts}"
    if findings.record:
        yield f"  record:  {one_line(findings.record)}"


def _report(manifest: Manifest) -> Iterable[str]:
    start = datetime.fromtimestamp(min(max(manifest.start_wall_ns // NS_PER_S, 0), 253_402_300_799), UTC)
    clock = "" if manifest.clock_trusted else ", if its clock was right: nothing vouched for it"
    yield f"  start:   {start:%Y-%m-%d %H:%M:%S} UTC{clock}; because of {manifest.trigger}"
    fallback = manifest.frames - manifest.states.get("ok", 0)
    covers = f"{manifest.frames_with_covers} of {manifest.frames} frames with covers, {fallback} on fallback"
    looks = f"{one_line(manifest.detector)}, {manifest.failed_looks} failed looks"
    yield f"  filter:  version {manifest.filter_version}; {covers}; detector {looks}"
    checked = f"{manifest.checked_groups} groups checked, {manifest.repaired_groups} repaired"
    yield f"  checked: {checked}" if manifest.self_check else "  checked: no, the self-check was off"


def _row(target: str, findings: Findings) -> dict[str, Any]:
    progress, place, manifest = findings.progress, findings.place, findings.progress.manifest
    row: dict[str, Any] = {
        "target": target,
        "outcome": findings.outcome.name.lower(),
        "trouble": findings.trouble or None,
        "record": findings.record or None,
        "complete": progress.is_complete,
        "proved_s": round(progress.proved_s, 3),
        "proved_bytes": progress.proved_bytes,
        "device": findings.device.hex() if findings.device else None,
        "trusted": findings.is_trusted,
        "trusted_by": str(findings.trusted_by) if findings.trusted_by and findings.is_trusted else None,
    }
    if place is not None:
        row["chain"] = {
            "number": place.sequence,
            "looked_at": place.was_looked_at,
            "broken": place.broken,
            "remarks": place.remarks,
        }
    if manifest is not None:
        row["manifest"] = {name: getattr(manifest, name) for name in manifest.__slots__}
        row["manifest"]["commitment"] = manifest.commitment.hex()
    return row

"""`latchkey clips`: list, open, verify, recover, keep and delete sealed clips.

What opens faces is `latchkey.cli.faces`, what verifies and recovers `latchkey.cli.verify`.
"""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import hexdigits

from latchkey.adapters.disk import FolderDisk, disk_errors
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.command import Command, Terminal
from latchkey.cli.household import add_household_options, owner_store
from latchkey.cli.keys import add_key_option, erased_told, heard_keys, held_of, note_seen, warn_of_names
from latchkey.cli.removal import removal_noted
from latchkey.cli.verify import (
    check_is_no_part,
    clip_in_vault,
    recover,
    show,
    verify_entry,
    verify_file,
    warn,
)
from latchkey.errors import (
    EXIT_FAILED,
    EXIT_OK,
    LatchkeyError,
    NotOnDisk,
    UsageError,
)
from latchkey.owner import (
    ProofWatch,
    faces_bytes,
    find_clip,
    is_seen_damaged,
    list_clips,
    open_clip,
    read_meta,
    stream_clip,
)
from latchkey.owner.choosing import keys_for, quick_keys_for
from latchkey.owner.keyring import Keys
from latchkey.owner.mended import MendedVault
from latchkey.pipeline.removing import remove_clip
from latchkey.ports import ClipEntry
from latchkey.settings import VaultSettings, load
from latchkey.units import NS_PER_S, size_text, to_s
from latchkey.vault import CLIPS, INDEX_NAME, ClipMeta, day_text


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list clips; with your key also when, why and how long")
    listing.add_argument("--json", action="store_true", help="print a JSON array")
    opening = actions.add_parser("open", help="decrypt a clip to an MP4 file")
    opening.add_argument("-o", "--out", required=True, metavar="FILE", help="where to; - = standard output")
    opening.add_argument("--force", action="store_true", help="replace FILE if it is there")
    opening.add_argument(
        "--with-faces",
        action="store_true",
        help="put back what its covers hide, from its face layer; is noted",
    )
    log = actions.add_parser(
        "log", help="tell which clips were asked for with their faces or to be kept, and when"
    )
    log.add_argument("--json", action="store_true", help="print a JSON array")
    removal = actions.add_parser("rm", help="delete a clip for good")
    keeping = actions.add_parser("keep", help="keep a clip beyond its days, for you alone")
    unkeeping = actions.add_parser("unkeep", help="let a kept clip go with its days")
    verifying = actions.add_parser("verify", help="tell who recorded a clip, and whether all of it is there")
    verifying.add_argument("id", metavar="ID|FILE", help="a clip of the vault, or a file: MP4 or sealed")
    verifying.add_argument("--companion", type=Path, metavar="FILE", help="the ID.chain.age of FILE")
    verifying.add_argument(
        "--device-key",
        action="append",
        default=[],
        metavar="HEX|FILE",
        help="who to trust [the household's, or the vault's]",
    )
    verifying.add_argument(
        "--head",
        type=Path,
        metavar="FILE",
        help="a head that you kept: head.json, or the message of `head/state` from the broker [the vault's]",
    )
    verifying.add_argument("--json", action="store_true", help="print a JSON object")
    recovery = actions.add_parser("recover", help="write the proved part of a torn clip to an MP4 file")
    recovery.add_argument("-o", "--out", required=True, metavar="FILE", help="where to")
    recovery.add_argument("--force", action="store_true", help="replace FILE if it is there")
    for action in (opening, removal):
        action.add_argument("--yes", action="store_true", help="do not ask")
    for action in (opening, removal, recovery, keeping, unkeeping):
        action.add_argument("id", metavar="ID", help="id of the clip, or its first 6 or more characters")
    for action in (listing, opening, verifying, recovery):
        add_key_option(action)
    for action in (removal, keeping, unkeeping):
        add_household_options(action)
    for action in (listing, opening, log, removal, verifying, recovery, keeping, unkeeping):
        place = action.add_mutually_exclusive_group()
        place.add_argument("--vault", type=Path, metavar="DIR", help="folder of the clips [./latchkey-vault]")
        place.add_argument("--config", type=Path, metavar="FILE", help="settings that name the folder")


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what was asked."""
    if options.action == "verify":
        return _verify(options, terminal)
    vault = _vault(options)
    if options.action == "list":
        return _list(vault, options, terminal)
    if options.action == "log":
        from latchkey.cli.faces import show_log

        return show_log(vault, options, terminal)
    if options.action in ("open", "recover"):
        _check_out(vault, options.out)
    disk = MendedVault(vault)
    entries = list_clips(disk)
    entry = find_clip(entries, options.id)
    if options.action == "open" and options.with_faces:
        from latchkey.cli.faces import open_with_faces  # OpenCV and FFmpeg, which no other action needs

        return open_with_faces(vault, disk, entries, entry, options, terminal)
    if options.action == "open":
        return _open(disk, entries, entry, options, terminal)
    if options.action == "recover":
        return recover(disk, entry, options, terminal)
    if entry.clip in disk.unfinished:
        reason = "before the doorbell has started again it can neither be kept nor deleted"
        hint = f"`latchkey clips recover {entry.clip} -o FILE` writes the part that is proved"
        raise UsageError(f"clip {entry.clip} is unfinished: {reason}", hint=hint)
    if options.action in ("keep", "unkeep"):
        from latchkey.cli.keep import keep_or_unkeep

        return keep_or_unkeep(vault, entries, entry, options, terminal)
    return _remove(vault, entry, options, terminal)


def _verify(options: Namespace, terminal: Terminal) -> int:
    """Verify a file, which needs no vault, or else a clip of the vault."""
    file = Path(options.id)
    with disk_errors(f"look at {file}"):
        is_file = file.exists()
    if is_file:
        check_is_no_part(file)
        named = _vault(options) if options.vault or options.config else None
        clip = clip_in_vault(file, named) if options.companion is None else None
        if clip is None:
            disk = None if named is None else FolderDisk(named)
            return show(options.id, verify_file(file, disk, options, terminal), options, terminal)
        return _verify_clip(options.id, *clip, options, terminal)
    if options.companion is not None:
        raise UsageError(f"there is no file {file}", hint="a clip of the vault has its companion beside it")
    if not set(options.id.lower()) <= set(hexdigits):
        hint = "an id is of the characters 0-9 and a-f; `latchkey clips list` shows what there is"
        raise NotOnDisk(f"there is no file {file}", hint=hint)
    vault = MendedVault(_vault(options))
    entry = find_clip(list_clips(vault), options.id)
    return _verify_clip(entry.clip, vault, entry, options, terminal)


def _verify_clip(
    target: str, vault: MendedVault, entry: ClipEntry, options: Namespace, terminal: Terminal
) -> int:
    entries = list_clips(vault)
    keys = heard_keys(vault, entries, options, terminal)
    with erased_told(keys, entry):
        findings = verify_entry(vault, entries, entry, keys.every(), options, terminal)
    return show(target, findings, options, terminal)


def _vault(options: Namespace) -> Path:
    path: Path = options.vault or (load(options.config).vault if options.config else VaultSettings()).path
    with disk_errors(f"look at {path}"):
        there = path.is_dir()
        if any((path / part).is_dir() for part in (CLIPS, "keys")):
            return path
        hint = "--vault DIR or --config FILE tells where it is"
        if options.config:
            hint = "nothing has been recorded there yet; `latchkey run` makes it"
        elif there:
            hint = _vault_hint(path)
    raise NotOnDisk(f"there is no vault at {path}", hint=hint)


def _vault_hint(folder: Path) -> str:
    """Say which folder may have been meant by one that holds no clips. Raises OSError."""
    if folder.resolve().name == CLIPS:
        return "a vault is the folder above its `clips`"
    inside = sorted(folder.glob(f"*/{CLIPS}"))
    if inside:
        return f"{inside[0].parent} is one"
    return "a vault is the folder that [vault] path of a doorbell names, with `clips` and `keys` in it"


def _check_out(vault: Path, out: str) -> None:
    """Refuse to write an opened clip among the sealed ones. Raises UsageError."""
    if out != "-" and Path(os.path.realpath(out)).is_relative_to(os.path.realpath(vault)):
        hint = "whoever takes the doorbell's disk could watch it there: choose a folder of your own"
        raise UsageError(f"{out} lies inside the vault {vault}", hint=hint)


def _list(vault: Path, options: Namespace, terminal: Terminal) -> int:
    disk = MendedVault(vault)
    entries = list_clips(disk)
    keys = None
    if options.key or owner_store(options).exists:
        keys = heard_keys(disk, entries, options, terminal)
    held = held_of(disk, entries, keys)
    tried = {one.clip: quick_keys_for(disk, one, keys, held) if keys else () for one in entries}
    facts = [_facts(disk, entry, keys, tried[entry.clip]) for entry in entries]
    states = {entry.clip: _state(entry, disk, tried[entry.clip]) for entry in entries}
    if keys is not None:
        note_seen(disk, entries, held, keys, options)
    told = sorted(zip(entries, facts, strict=True), key=lambda pair: _order(*pair))
    layers = {entry.clip: faces_bytes(disk, entry) for entry in entries}
    if options.json:
        rows = [_row(entry, states[entry.clip], fact, layers[entry.clip]) for entry, fact in told]
        terminal.put(json.dumps(rows, indent=1))
        return EXIT_OK
    for entry, fact in told:
        terminal.put(_line(entry, states[entry.clip], fact, layers[entry.clip]))
    warn_of_names(entries, terminal)
    if disk.unfinished:
        terminal.say("unfinished = cut off while it was recorded, and the doorbell has not started since")
        terminal.say("`latchkey clips recover` writes the proved part of such a clip")
    if not entries:
        terminal.say(f"no clips in {vault}")
    elif keys is None:
        terminal.say("with your household, or --key FILE, the list also says when, why and how long")
    return EXIT_OK


Facts = ClipMeta | LatchkeyError | None
"""What the key opened, why it did not, or None without a key."""


def _facts(disk: FolderDisk, entry: ClipEntry, keys: Keys | None, tried: Sequence[str]) -> Facts:
    if keys is None:
        return None
    try:
        with erased_told(keys, entry):
            return read_meta(disk, entry.clip, tried)
    except LatchkeyError as error:
        return error


def _order(entry: ClipEntry, facts: Facts) -> tuple[int, int, str]:
    return entry.day, facts.start_wall_ns if isinstance(facts, ClipMeta) else 0, entry.clip


def _state(entry: ClipEntry, disk: MendedVault, tried: Sequence[str]) -> str:
    if entry.clip in disk.unfinished:
        return "unfinished"
    return "damaged" if is_seen_damaged(disk, entry, tried) else entry.state


def _row(entry: ClipEntry, state: str, facts: Facts, layer_bytes: int | None) -> dict[str, object]:
    row: dict[str, object] = {
        "id": entry.clip,
        "day": day_text(entry.day),
        "size_bytes": entry.size_bytes,
        "state": state,
    }
    if layer_bytes is not None:
        row["faces_bytes"] = layer_bytes
    if isinstance(facts, ClipMeta):
        row |= {
            "start": _moment(facts.start_wall_ns).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "length_s": round(to_s(facts.span_ns), 3),
            "trigger": facts.trigger,
            "triggers": list(facts.triggers),
            "frames": facts.frames,
            "frames_with_covers": facts.frames_with_covers,
            "filter": facts.worst,
            "detector": facts.detector,
        }
    elif facts is not None:
        row["error"] = str(facts)
    return row


def _line(entry: ClipEntry, state: str, facts: Facts, layer_bytes: int | None) -> str:
    """Write a clip for a person; times are UTC, like the day."""
    size = f"{size_text(entry.size_bytes):>11}"
    layer = "" if layer_bytes is None else f"  with faces, {size_text(layer_bytes)}"
    if isinstance(facts, ClipMeta):
        start = _moment(facts.start_wall_ns).strftime("%Y-%m-%d %H:%M:%S")
        about = f"{start} UTC  {facts.trigger:<6}  {to_s(facts.span_ns):6.1f} s  {facts.worst:<15}"
        return f"{entry.clip}  {about}  {size}  {state}{layer}"
    line = f"{entry.clip}  {day_text(entry.day)}  {size}  {state}{layer}"
    if facts is None or entry.state == "torn":
        return line
    return f"{line}  ({facts})"


def _moment(wall_ns: int) -> datetime:
    """Give the UTC time; a device whose clock was nonsense gives a nearest possible one."""
    limit_s = 253_402_300_799  # 9999-12-31T23:59:59Z
    return datetime.fromtimestamp(min(max(wall_ns // NS_PER_S, 0), limit_s), UTC)


def _open(
    disk: FolderDisk, entries: list[ClipEntry], entry: ClipEntry, options: Namespace, terminal: Terminal
) -> int:
    if options.yes:
        raise UsageError("--yes answers what only --with-faces asks")
    to_stdout = options.out == "-"
    if to_stdout and terminal.out.isatty():
        raise UsageError("a video is not for a terminal", hint="-o FILE writes it to a file")
    keys = heard_keys(disk, entries, options, terminal)
    identities = keys_for(disk, entry, keys)
    watch = ProofWatch()
    with erased_told(keys, entry):
        if to_stdout:
            stream_clip(disk, entry, identities, terminal.put_bytes, watch)
            terminal.flush()
        else:
            n_bytes = open_clip(disk, entry, identities, Path(options.out), watch, force=options.force)
            terminal.say(f"{options.out}: {size_text(n_bytes)}, readable by you only")
    warn(disk, entry, identities, watch, options, terminal)
    note_seen(disk, entries, held_of(disk, entries, keys), keys, options)
    return EXIT_OK


def _remove(vault: Path, entry: ClipEntry, options: Namespace, terminal: Terminal) -> int:
    if not options.yes and not _agreed(entry, terminal):
        terminal.say("nothing was deleted")
        return EXIT_FAILED
    disk = FolderDisk(vault)
    with removal_noted(disk, entry, options, terminal):
        is_gone = remove_clip(disk, SqliteIndex(vault / INDEX_NAME), entry)
    if not is_gone:
        raise UsageError(
            f"clip {entry.clip} was kept meanwhile, and is left as it is",
            hint="the same command again deletes it",
        )
    kept = ", which you kept," if entry.state == "kept" else ""
    terminal.say(f"clip {entry.clip}{kept} is deleted")
    terminal.say("flash may keep old blocks for a while; they are sealed, and open with their keys only")
    return EXIT_OK


def _agreed(entry: ClipEntry, terminal: Terminal) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("deleting needs a yes, and there is nobody to ask", hint="--yes answers for you")
    kept = ", which you keep," if entry.state == "kept" else ""
    question = f"delete clip {entry.clip} of {day_text(entry.day)}{kept} for good? [y/N] "
    print(question, end="", file=terminal.err, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


COMMAND = Command("clips", "list, open, keep and delete clips", configure, run)

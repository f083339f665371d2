"""`latchkey clips open --with-faces` and `latchkey clips log`: deliberate acts, and when they were done."""

import json
import sys
from argparse import Namespace
from dataclasses import asdict, astuple
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.cli.command import Terminal
from latchkey.cli.keys import erased_told, heard_keys, held_of, note_seen
from latchkey.errors import EXIT_FAILED, EXIT_OK, EXIT_PARTIAL, UsageError
from latchkey.owner.actlog import NAME, acts, note_act
from latchkey.owner.choosing import face_keys_for, keys_for
from latchkey.owner.composing import FaceLayer, compose
from latchkey.owner.files import writing
from latchkey.ports import ClipEntry
from latchkey.vault import day_text

_TOLD = {
    "faces": "asked for with faces",
    "keep": "asked to be kept",
    "unkeep": "asked to be kept no longer",
}
"""An act is noted before it is done, so the log does not know what came of it."""

WITHHELD = (
    "that were hidden to be safe: of these no more is kept than the faces that were found",
    "that were hidden by more than half where no face was found: of these too",
    "for which the layer had no more room: nothing of these is kept",
)
"""Why covers stay, as `LayerEnd` counts them."""

TYPED_CHARS = 6
"""So many characters of the id are typed to open faces."""


def open_with_faces(
    vault: Path,
    disk: FolderDisk,
    entries: list[ClipEntry],
    entry: ClipEntry,
    options: Namespace,
    terminal: Terminal,
) -> int:
    """Write a clip with its faces put back, after a typed yes and a line in the log.

    Raises FacesGone, FaceKeyErased, FacesForOthers, NoIdentityMatched, LayerDamaged, ClipError, UsageError,
    DiskError.
    """
    if options.out == "-":
        raise UsageError("a clip with faces is not for a pipe", hint="-o FILE writes it to a file")
    keys = heard_keys(disk, entries, options, terminal)
    tried = keys_for(disk, entry, keys)
    with erased_told(keys, entry), FaceLayer(disk, entry, face_keys_for(disk, entry, keys)) as layer:
        if not options.yes and not _agreed(entry, terminal):
            terminal.say("nothing was opened")
            return EXIT_FAILED
        with writing(Path(options.out), force=options.force) as sink:
            note_act(disk, "faces", entry.clip, SystemClock().wall_ns())
            done = compose(disk, entry, tried, layer, sink.name, Path(options.out))
    note_seen(disk, entries, held_of(disk, entries, keys), keys, options)
    faces = f"{done.frames_with_faces} of {done.frames} pictures with faces put back"
    terminal.say(f"{options.out}: {faces}; encoded anew, so it is no proof of anything; readable by you only")
    for count, why in zip(astuple(done.withheld), WITHHELD, strict=True):
        if count:
            terminal.say(f"covers stay in {count} picture(s) {why}")
    terminal.say(f"that it was opened is noted in {vault / NAME}; delete {options.out} when you are done")
    if done.torn:
        terminal.say(f"latchkey: warning: the face layer breaks off, the rest keeps its covers: {done.torn}")
        return EXIT_PARTIAL
    return EXIT_OK


def show_log(vault: Path, options: Namespace, terminal: Terminal) -> int:
    """Print what was done on purpose, and when; times are UTC."""
    found, unreadable = acts(FolderDisk(vault))
    if options.json:
        terminal.put(json.dumps([asdict(act) for act in found], indent=1))
    else:
        for act in found:
            terminal.put(f"{act.at}  {act.clip}  {_TOLD[act.act]}")
        if not found:
            terminal.say(f"no clip of {vault} has been asked for with its faces or to be kept here")
    if unreadable:
        terminal.say(f"latchkey: warning: {unreadable} line(s) of {vault / NAME} cannot be read")
    return EXIT_OK


def _agreed(entry: ClipEntry, terminal: Terminal) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "opening faces needs a typed yes, and there is nobody to ask", hint="--yes answers for you"
        )
    terminal.say(f"clip {entry.clip} of {day_text(entry.day)} will be written with its faces uncovered")
    terminal.say("people who were hidden can then be recognised; that you opened it is noted in the vault")
    question = f"type the first {TYPED_CHARS} characters of its id to go on: "
    print(question, end="", file=terminal.err, flush=True)
    return sys.stdin.readline().strip().lower() == entry.clip[:TYPED_CHARS]

"""`latchkey clips keep` and `unkeep`: on purpose, noted, and for the owner alone."""

from argparse import Namespace
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.entropy import OsEntropy
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.command import Terminal
from latchkey.cli.household import use_household
from latchkey.errors import EXIT_OK
from latchkey.owner import list_clips
from latchkey.owner.actlog import note_act
from latchkey.owner.keeping import keep_clip, unkeep_clip
from latchkey.ports import ClipEntry
from latchkey.units import MIB
from latchkey.vault import INDEX_NAME


def keep_or_unkeep(vault: Path, entry: ClipEntry, options: Namespace, terminal: Terminal) -> int:
    """Seal a clip to the long-term key, or to the readers of its day again, after a line in the log.

    Raises UsageError, OwnerKeyError, NoIdentityMatched, ClipError, DiskError.
    """
    disk, index, take = FolderDisk(vault), SqliteIndex(vault / INDEX_NAME), OsEntropy().take
    state = use_household(options)
    if options.action == "keep":
        note_act(vault, "keep", entry.clip, SystemClock().wall_ns())
        keep_clip(disk, index, entry, state.identities(entry.day), state.long_term_recipient, take)
        terminal.say(f"clip {entry.clip} is kept: your household opens it until you delete it; others cannot")
    else:
        note_act(vault, "unkeep", entry.clip, SystemClock().wall_ns())
        unkeep_clip(disk, index, entry, state, take)
        terminal.say(f"clip {entry.clip} is kept no longer: it goes when its days are over")
    kept = [one for one in list_clips(disk) if one.state == "kept"]
    size_bytes = sum(one.size_bytes for one in kept)
    terminal.say(
        f"{len(kept)} clip(s) kept, {size_bytes / MIB:.1f} MiB: they count as room, and never expire"
    )
    return EXIT_OK

"""`latchkey clips keep` and `unkeep`: on purpose, noted, and for the owner alone."""

from argparse import Namespace
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.index import SqliteIndex
from latchkey.cli.command import Terminal
from latchkey.cli.household import household_memory, own_day, use_household
from latchkey.cli.keys import erased_told, heard_state
from latchkey.errors import EXIT_OK, UsageError
from latchkey.owner import list_clips
from latchkey.owner.actlog import note_act
from latchkey.owner.choosing import keys_for
from latchkey.owner.household import Household
from latchkey.owner.keeping import keep_clip, missing_beside, unkeep_clip
from latchkey.owner.keyring import HouseholdKeys
from latchkey.pipeline.pinning import pinned_owner
from latchkey.ports import ClipEntry
from latchkey.settings import load
from latchkey.units import size_text
from latchkey.vault import INDEX_NAME, crowding

LACKS = {
    "record": "when and why it was recorded its proof says, and `clips list` does not",
    "companion": "`clips verify` tells that it is unchanged, and not whose doorbell recorded it",
}
"""What a clip is without that which lies beside it."""


def keep_or_unkeep(
    vault: Path, entries: list[ClipEntry], entry: ClipEntry, options: Namespace, terminal: Terminal
) -> int:
    """Seal a clip to the long-term key, or to the owner's key of its day again.

    First all that could forbid it is checked, then it is noted, durably, then it is done. Raises
    UsageError, OwnerKeyError, NoIdentityMatched, ClipError, DiskError.
    """
    disk, index = FolderDisk(vault), SqliteIndex(vault / INDEX_NAME)
    state = heard_state(disk, entries, options, use_household(options))
    keys = HouseholdKeys(state, own_day())
    memory = household_memory(options)

    def note() -> None:
        note_act(disk, options.action, entry.clip, SystemClock().wall_ns())
        if memory is not None:
            (memory.note_kept if options.action == "keep" else memory.note_unkept)(entry.clip)

    if options.action == "keep":
        _check_owner(disk, entry, state)
        with erased_told(keys, entry):
            keep_clip(disk, index, entry, keys_for(disk, entry, keys), state.long_term_recipient, note)
        terminal.say(f"clip {entry.clip} is kept: your household opens it until you delete it; others cannot")
        for what in missing_beside(disk, entry.clip, state.identities(entry.day)):
            terminal.say(f"latchkey: warning: its {what} is missing, or cannot be opened: {LACKS[what]}")
    else:
        unkeep_clip(disk, index, entry, state, note)
        terminal.say(f"clip {entry.clip} is kept no longer: it goes when its days are over")
        terminal.say("until then it opens for your household alone: other viewers do not get it back")
    kept = [one for one in list_clips(disk) if one.state == "kept"]
    size_bytes = sum(one.size_bytes for one in kept)
    terminal.say(f"{len(kept)} clip(s) kept, {size_text(size_bytes)}: they count as room, and never expire")
    if options.action == "keep" and options.config is None:
        terminal.say("with --config FILE, the doorbell's settings, this also says whether others still fit")
    elif options.action == "keep":
        say_crowding(size_bytes, load(options.config).vault.max_bytes, terminal)
    return EXIT_OK


def _check_owner(disk: FolderDisk, entry: ClipEntry, state: Household) -> None:
    """Refuse to a viewer what would take the clip from the owner. Raises UsageError, DiskError."""
    if pinned_owner(disk) not in (None, state.signing_key.public):
        raise UsageError(
            "only the doorbell's owner keeps clips: kept by you, this one would open for you alone",
            hint=f"`latchkey clips open {entry.clip} -o FILE` makes you a copy of your own",
        )


def say_crowding(kept_bytes: int, max_bytes: int, terminal: Terminal) -> None:
    """Warn where kept clips leave too little room to others."""
    crowded = crowding(kept_bytes, max_bytes)
    if crowded:
        terminal.say(f"latchkey: warning: {crowded}")
        hint = "`latchkey clips rm` and `clips unkeep` make room, or a larger vault.max_mib"
        terminal.say(f"latchkey: hint: {hint}")

"""The keys that a command opens clips with: the household's, or those of `--key FILE`."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from latchkey.adapters.clock import SystemClock
from latchkey.cli.command import Terminal
from latchkey.owner import load_identities
from latchkey.owner.hearing import hear
from latchkey.owner.household import Household
from latchkey.owner.keyring import FileKeys, HouseholdKeys, Keys, seen_holding
from latchkey.owner.opening import ReadableDisk
from latchkey.owner.store import HouseholdStore, default_folder
from latchkey.pipeline.readers import RENEW_DAYS
from latchkey.ports import ClipEntry
from latchkey.units import utc_day
from latchkey.vault import day_text


def add_key_option(parser: ArgumentParser) -> None:
    """Declare `--key FILE`, as every command does that opens something."""
    help_text = "an age identity file to open with, instead of your household's day keys"
    parser.add_argument("--key", type=Path, metavar="FILE", help=help_text)


def own_day() -> int:
    """Give the UTC day by this machine's clock."""
    return utc_day(SystemClock().wall_ns())


def owner_store() -> HouseholdStore:
    """Give the place of the owner's state."""
    return HouseholdStore(default_folder())


def use_household() -> Household:
    """Read the owner's state; what is older than its days is erased from it first. Raises OwnerKeyError."""
    return owner_store().change(lambda state: state.advance(own_day()))


def load_keys(path: Path | None, terminal: Terminal) -> Keys:
    """Give the keys, and warn if others on the machine can read the file. Raises OwnerKeyError."""
    if path is None:
        keys = HouseholdKeys(use_household(), own_day())
        _warn_of_end(terminal)
        return keys
    file = load_identities(path)
    if file.exposed:
        terminal.say(f"latchkey: warning: other users of this machine can read {file.path}")
        terminal.say(f"latchkey: hint: chmod 600 {file.path}")
    return FileKeys(file.identities)


def note_seen(disk: ReadableDisk, entries: Sequence[ClipEntry], keys: Keys) -> None:
    """Take note of clips that were seen: of the days their device signed, and of holding keys.

    What is older than its days then is erased. Raises OwnerKeyError, DiskError.
    """
    if not isinstance(keys, HouseholdKeys):
        return
    numbers = seen_holding(disk, entries, keys.state)

    def note(state: Household) -> Household:
        return hear(disk, entries, state).saw_holding(numbers, own_day()).advance(own_day())

    owner_store().change(note)


def _warn_of_end(terminal: Terminal) -> None:
    end_day = owner_store().book_end_day()
    if end_day is not None and end_day - own_day() <= RENEW_DAYS:
        terminal.say(f"latchkey: warning: your doorbell's keys end on {day_text(end_day - 1)}")
        terminal.say("latchkey: hint: `latchkey owner book` makes the next key book")

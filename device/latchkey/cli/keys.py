"""The keys that a command opens clips with: the household's, or those of `--key FILE`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from latchkey.cli.command import Terminal
from latchkey.cli.household import add_household_options, own_day, owner_store, use_household
from latchkey.owner import load_identities
from latchkey.owner.hearing import by_signer, hear
from latchkey.owner.household import Household
from latchkey.owner.keyring import FileKeys, HouseholdKeys, Keys, dated_holding, seen_holding
from latchkey.owner.opening import ReadableDisk
from latchkey.pipeline.readers import RENEW_DAYS
from latchkey.ports import ClipEntry
from latchkey.vault import day_text


def add_key_option(parser: ArgumentParser) -> None:
    """Declare `--key FILE`, as every command does that opens something."""
    help_text = "an age identity file to open with, instead of your household's day keys"
    parser.add_argument("--key", type=Path, metavar="FILE", help=help_text)
    add_household_options(parser)


def load_keys(options: Namespace, terminal: Terminal) -> Keys:
    """Give the keys, and warn if others on the machine can read the file. Raises OwnerKeyError."""
    if options.key is None:
        keys = HouseholdKeys(use_household(options), own_day())
        _warn_of_end(options, terminal)
        return keys
    file = load_identities(options.key)
    if file.exposed:
        terminal.say(f"latchkey: warning: other users of this machine can read {file.path}")
        terminal.say(f"latchkey: hint: chmod 600 {file.path}")
    return FileKeys(file.identities)


def note_seen(disk: ReadableDisk, entries: Sequence[ClipEntry], keys: Keys, options: Namespace) -> None:
    """Take note of clips that were seen: of the days their device signed, and of holding keys.

    What is older than its days then is erased. Raises OwnerKeyError, DiskError.
    """
    if not isinstance(keys, HouseholdKeys):
        return
    fresh = [
        (device, seen_holding(disk, own, keys.state)) for device, own in by_signer(disk, entries, keys.state)
    ]
    days = dated_holding(disk, entries, keys.state)

    def note(state: Household) -> Household:
        seen = hear(disk, entries, state)
        for device, numbers in fresh:
            seen = seen.saw_holding(numbers, device)
        return seen.dated_holding(days, own_day()).advance(own_day())

    owner_store(options).settle(note)


def _warn_of_end(options: Namespace, terminal: Terminal) -> None:
    end_day = owner_store(options).book_end_day()
    if end_day is not None and end_day - own_day() <= RENEW_DAYS:
        terminal.say(f"latchkey: warning: your doorbell's keys end on {day_text(end_day - 1)}")
        terminal.say("latchkey: hint: `latchkey owner book` makes the next key book")

"""The keys that a command opens clips with: the household's, or those of `--key FILE`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from latchkey.cli.command import Terminal
from latchkey.cli.household import add_household_options, own_day, owner_store, use_household
from latchkey.clip import NoIdentityMatched
from latchkey.owner import load_identities
from latchkey.owner.choosing import held_numbers
from latchkey.owner.hearing import by_signer, hear, is_ahead
from latchkey.owner.household import Household
from latchkey.owner.keyring import FileKeys, HouseholdKeys, Keys, dated_holding, seen_holding
from latchkey.owner.opening import ReadableDisk
from latchkey.owner.ratchet import DayErased
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


def heard_keys(
    disk: ReadableDisk, entries: Sequence[ClipEntry], options: Namespace, terminal: Terminal
) -> Keys:
    """Give the keys once the days that the devices of a vault signed are heard: what is older than its days
    is erased before it could open anything. Raises OwnerKeyError, DiskError.
    """
    keys = load_keys(options, terminal)
    if not isinstance(keys, HouseholdKeys):
        return keys
    return HouseholdKeys(heard_state(disk, entries, options, keys.state), own_day())


def heard_state(
    disk: ReadableDisk, entries: Sequence[ClipEntry], options: Namespace, state: Household
) -> Household:
    """Give the owner's state after the devices of a vault were heard. Raises OwnerKeyError, DiskError."""

    def heard(before: Household) -> Household:
        after = hear(disk, entries, before, own_day())
        if len(after.advance(own_day()).holding) < len(before.holding):  # not of clips that have a day now
            held = held_numbers(disk, entries, before)
            after = after.dated_holding(dated_holding(held, entries), own_day())
        return after.advance(own_day())

    return state if heard(state) == state else owner_store(options).settle(heard)


def warn_of_names(entries: Sequence[ClipEntry], terminal: Terminal) -> None:
    """Tell of names with days that have not come."""
    ahead = sum(is_ahead(entry, own_day()) for entry in entries)
    if ahead:
        terminal.say(
            f"latchkey: warning: {ahead} clip(s) have a day in their name that has not come by this machine's"
            " clock"
        )
        terminal.say("latchkey: hint: `latchkey clips verify ID` tells whether the doorbell signed that day")


def held_of(disk: ReadableDisk, entries: Sequence[ClipEntry], keys: Keys | None) -> dict[str, int]:
    """Give the numbers of the holding keys that clips are sealed to, by their ids."""
    return held_numbers(disk, entries, keys.state) if isinstance(keys, HouseholdKeys) else {}


def note_seen(
    disk: ReadableDisk, entries: Sequence[ClipEntry], held: Mapping[str, int], keys: Keys, options: Namespace
) -> None:
    """Take note of the holding keys of clips that were seen (`held_of`). What is older than its days then is
    erased. Raises OwnerKeyError, DiskError.
    """
    if not isinstance(keys, HouseholdKeys):
        return
    holding = [entry for entry in entries if entry.clip in held]
    fresh = [
        (device, seen_holding({one.clip: held[one.clip] for one in own}, keys.state))
        for device, own in by_signer(disk, holding, keys.state)
    ]
    days = dated_holding(held, entries)

    def note(state: Household) -> Household:
        for device, numbers in fresh:
            state = state.saw_holding(numbers, device)
        return state.dated_holding(days, own_day()).advance(own_day())

    owner_store(options).settle(note)


@contextmanager
def erased_told(keys: Keys, entry: ClipEntry) -> Iterator[None]:
    """Say of a clip that no key opens, because that of its day is erased, that it is so. Raises DayErased."""
    try:
        yield
    except NoIdentityMatched as error:
        if entry.state != "kept" and isinstance(keys, HouseholdKeys) and keys.has_erased(entry.day):
            raise DayErased(entry.day) from error
        raise


def _warn_of_end(options: Namespace, terminal: Terminal) -> None:
    end_day = owner_store(options).book_end_day()
    if end_day is not None and end_day - own_day() <= RENEW_DAYS:
        terminal.say(f"latchkey: warning: your doorbell's keys end on {day_text(end_day - 1)}")
        terminal.say("latchkey: hint: `latchkey owner book` makes the next key book")

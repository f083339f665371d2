"""`latchkey owner`: the owner's household. Who may read, for how long, and what is erased."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from latchkey.adapters.disk import FolderDisk
from latchkey.adapters.entropy import OsEntropy
from latchkey.cli.command import Command, Terminal
from latchkey.cli.keys import own_day, owner_store, use_household
from latchkey.errors import EXIT_FAILED, EXIT_OK, NotOnDisk, UsageError
from latchkey.owner.household import Household, new_household
from latchkey.owner.keyring import identity_file
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.orders import ORDERS
from latchkey.vault import day_text, parse_day
from latchkey.vault.book import KEY_DAYS, LONGEST_DAYS

LIMITS = (
    "erased keys are gone from the file, not from flash at once, and not from backups: a copy of this folder"
    " made on a day opens the clips of that day and of the days that were alive then, for ever",
    "so do not let a backup take the folder along",
)


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    init = actions.add_parser("init", help="make your household, and its key book for the doorbell")
    init.add_argument(
        "--days", type=_days, default=1, metavar="T", help="how long clips can be opened, 1 to 30 [1]"
    )
    advance = actions.add_parser("advance", help="erase the keys of days that are over")
    advance.add_argument("--to", type=_day, metavar="DAY", help="as if today were DAY (YYYY-MM-DD); asks")
    actions.add_parser("identities", help="print the live day keys as an age identity file")
    book = actions.add_parser("book", help=f"sign a new key book, for the next {KEY_DAYS} days")
    time = actions.add_parser("time", help="tell a doorbell whose clock is wrong which day it is")
    book.add_argument("--vault", type=Path, metavar="DIR", help="hand it to the doorbell of this vault")
    time.add_argument("--vault", type=Path, metavar="DIR", required=True, help="the vault of the doorbell")


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what was asked."""
    if options.action == "init":
        return _init(options.days, terminal)
    if options.action == "advance":
        return _advance(options.to, terminal)
    if options.action == "identities":
        terminal.put(identity_file(use_household(), own_day()).rstrip())
        return EXIT_OK
    return _book(options.vault, terminal) if options.action == "book" else _time(options.vault, terminal)


def _init(days: int, terminal: Terminal) -> int:
    store, take = owner_store(), OsEntropy().take
    state, book = new_household(own_day(), days, take).book(own_day())
    store.create(state, book)
    terminal.put(str(store.book_path))
    terminal.say(f"your household is in {store.folder}; only you can read it")
    terminal.say("the doorbell gets the key book only, which opens nothing. In its settings:")
    terminal.say(f'    [owner]\n    book = "{store.book_path}"')
    terminal.say(f"a clip can be opened for {days} day(s) after its own, then by nobody; the book ends on")
    terminal.say(f"{day_text(own_day() + KEY_DAYS - 1)}: `latchkey owner book` makes the next one")
    for limit in LIMITS:
        terminal.say(limit)
    return EXIT_OK


def _advance(to_day: int | None, terminal: Terminal) -> int:
    state = use_household()
    sure_day = state.sure_day(own_day())
    if to_day is not None and (sure_day is None or to_day > sure_day):
        if not _typed(to_day, state, terminal):
            terminal.say("nothing was erased")
            return EXIT_FAILED
        state = owner_store().change(lambda now: now.advance_to(to_day))
    elif sure_day is None:
        terminal.say("no doorbell of yours has signed a day yet: nothing is erased without --to DAY")
    terminal.put(day_text(state.ratchet.day))
    terminal.say("clips of earlier days cannot be opened any more, except kept ones")
    for limit in LIMITS:
        terminal.say(limit)
    return EXIT_OK


def _typed(day: int, state: Household, terminal: Terminal) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("erasing ahead needs a typed day, and there is nobody to ask")
    floor = day_text(max(day - state.days, state.ratchet.day))
    terminal.say(f"the keys of all days before {floor} will be erased, and their clips open no more")
    terminal.say("by your clock and your doorbell that is not due yet")
    print(f"type {day_text(day)} to go on: ", end="", file=terminal.err, flush=True)
    return sys.stdin.readline().strip() == day_text(day)


def _book(vault: Path | None, terminal: Terminal) -> int:
    store = owner_store()
    use_household()
    book, number = b"", 0

    def sign(state: Household) -> Household:
        nonlocal book, number
        after, book = state.with_holding_keys(OsEntropy().take).book(own_day())
        number = after.number
        return after

    store.change(sign)
    store.put_book(book)
    terminal.put(str(store.book_path))
    terminal.say(f"key book {number} has keys from {day_text(own_day())}, by this machine's clock, for")
    terminal.say(f"{KEY_DAYS} days, until {day_text(own_day() + KEY_DAYS - 1)}")
    if vault is not None:
        _hand_over(vault, f"book-{number}.json", book, terminal)
    return EXIT_OK


def _time(vault: Path, terminal: Terminal) -> int:
    order, number = b"", 0

    def sign(state: Household) -> Household:
        nonlocal order, number
        after, order = state.advance(own_day()).time_order(own_day())
        number = after.number
        return after

    owner_store().change(sign)
    terminal.say(f"it is {day_text(own_day())} (UTC), by this machine's clock")
    _hand_over(vault, f"time-{number}.json", order, terminal)
    return EXIT_OK


def _hand_over(vault: Path, name: str, order: bytes, terminal: Terminal) -> None:
    if not vault.is_dir():
        raise NotOnDisk(f"there is no vault at {vault}")
    write_whole(FolderDisk(vault), f"{ORDERS}/{name}", order)
    terminal.say(f"{vault / ORDERS / name} is there; the doorbell takes it within ten minutes")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= LONGEST_DAYS):
        raise ArgumentTypeError(f"{text!r} is no number of days from 1 to {LONGEST_DAYS}")
    return int(text)


def _day(text: str) -> int:
    day = parse_day(text)
    if day is None or day < 0:
        raise ArgumentTypeError(f"{text!r} is no day like 2026-11-24")
    return day


COMMAND = Command("owner", "your household: who may read, and for how long", configure, run)

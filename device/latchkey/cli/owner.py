"""`latchkey owner`: the owner's household. Who may read, for how long, and what is erased."""

import os
import stat
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from latchkey.adapters.entropy import OsEntropy
from latchkey.cli import owner_custody, owner_members, owner_pair
from latchkey.cli.command import Command, Terminal
from latchkey.cli.household import (
    add_household_options,
    change_and_sign,
    hand_over,
    hand_over_copy,
    lift,
    open_vault,
    own_day,
    owner_store,
    use_household,
    warn_of_clock,
)
from latchkey.errors import EXIT_FAILED, EXIT_OK, UsageError
from latchkey.owner.household import SHORTEST_DAYS, Household, new_household
from latchkey.owner.keyring import face_identity_file, identity_file
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
    init.add_argument(
        "--face-days",
        type=_days,
        default=SHORTEST_DAYS,
        metavar="T",
        help="how long face layers can be opened, 1 to the T of clips [1]",
    )
    advance = actions.add_parser("advance", help="erase the keys of days that are over")
    advance.add_argument("--to", type=_day, metavar="DAY", help="as if today were DAY (YYYY-MM-DD); asks")
    advance.add_argument(
        "--vault", type=Path, metavar="DIR", help="leave the newer copy with the doorbell of this vault, too"
    )
    identities = actions.add_parser("identities", help="print the live day keys as an age identity file")
    identities.add_argument("--faces", action="store_true", help="those of face layers, and no others")
    book = actions.add_parser("book", help=f"sign a new key book, for the next {KEY_DAYS} days")
    time = actions.add_parser("time", help="tell a doorbell whose clock is wrong which day it is")
    book.add_argument(
        "--face-days", type=_days, metavar="T", help="from now on, how long face layers can be opened"
    )
    book.add_argument("--vault", type=Path, metavar="DIR", help="hand it to the doorbell of this vault")
    time.add_argument("--vault", type=Path, metavar="DIR", required=True, help="the vault of the doorbell")
    for signing in (book, time):
        signing.add_argument(
            "--today",
            type=_day,
            metavar="DAY",
            help="yes, it is DAY, though a doorbell has signed later days",
        )
    owner_custody.add_check_option(init)
    for action in (init, advance, identities, book, time):
        add_household_options(action)
    for action, act in (
        (init, _init),
        (advance, _advance),
        (identities, _identities),
        (book, _book),
        (time, _time),
    ):
        action.set_defaults(act=act)
    for part in (owner_custody, owner_members, owner_pair):
        part.configure(actions)


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what was asked."""
    act: Callable[[Namespace, Terminal], int] = options.act
    return act(options, terminal)


def _identities(options: Namespace, terminal: Terminal) -> int:
    text = face_identity_file if options.faces else identity_file
    terminal.put(text(use_household(options), own_day()).rstrip())
    if _others_can_read(terminal.out):
        terminal.say("latchkey: warning: the file that these keys are in is open to other users")
        terminal.say("latchkey: hint: chmod 600 it; `umask 077` before makes it so")
    return EXIT_OK


def _others_can_read(file: TextIO) -> bool:
    """Tell whether what is written goes into an ordinary file that is not for its owner alone."""
    try:
        mode = os.fstat(file.fileno()).st_mode
    except OSError:  # in memory: no file of the system
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o077)


def _init(options: Namespace, terminal: Terminal) -> int:
    store, days, face_days = owner_store(options), options.days, options.face_days
    store.check_absent()
    _check_face_days(face_days, days)
    custody = owner_custody.choose_custody(options, terminal, days)
    bare = replace(new_household(own_day(), days, OsEntropy().take, face_days), custody=custody)
    store.create(*bare.book(own_day()))
    terminal.put(str(store.book_path))
    terminal.say(f"your household is in {store.folder}; only you can read it")
    terminal.say("the doorbell gets the key book only, which opens nothing. In its settings:")
    terminal.say(f'    [owner]\n    book = "{store.book_path.absolute()}"')
    terminal.say(f"a clip can be opened for {days} day(s) after its own, then by nobody; the book ends on")
    terminal.say(f"{day_text(own_day() + KEY_DAYS - 1)}: `latchkey owner book` makes the next one")
    terminal.say(
        f"faces under the covers, where the doorbell keeps them: for {face_days} day(s), then by nobody"
    )
    for limit in LIMITS:
        terminal.say(limit)
    return EXIT_OK


def _advance(options: Namespace, terminal: Terminal) -> int:
    to_day: int | None = options.to
    before = owner_store(options).load()
    state = use_household(options)
    sure_day = state.sure_day(own_day())
    warn_of_clock(state, terminal)
    if to_day is not None and state.advance_to(to_day) == state:
        terminal.say(f"what is over on {day_text(to_day)} is erased already")
    elif to_day is not None:
        if not _typed(to_day, state, terminal):
            terminal.say("nothing was erased")
            return EXIT_FAILED
        state = owner_store(options).change(lambda now: now.advance_to(to_day))
    elif sure_day is None:
        terminal.say("no doorbell of yours has signed a day yet: nothing is erased without --to DAY")
    elif own_day() - state.days > state.ratchet.day:
        _say_held(sure_day, state, terminal)
    if options.vault is not None:
        hand_over_copy(owner_store(options), options.vault, terminal)
    terminal.put(day_text(state.ratchet.day))
    _say_erased(before, state, terminal)
    return EXIT_OK


def _say_erased(before: Household, state: Household, terminal: Terminal) -> None:
    """Tell what opens no more from now on."""
    faces, faces_before = state.face_ratchet, before.face_ratchet
    said = []
    if before.ratchet.day < state.ratchet.day:
        said += ["clips of earlier days cannot be opened any more, except kept ones"]
    if faces is not None and faces_before is not None and faces_before.day < faces.day:
        said += [f"face layers of days before {day_text(faces.day)} open no more, none excepted"]
    day = day_text(state.ratchet.day)
    nothing = f"no key of a day was erased: clips of {day} and later open as before, for their days"
    for line in [*said, *LIMITS] if said else [nothing]:
        terminal.say(line)


def _say_held(sure_day: int, state: Household, terminal: Terminal) -> None:
    """Tell that keys are over by this machine's clock, and live on, since no device has signed the day."""
    due, today = day_text(own_day() - state.days), day_text(own_day())
    terminal.say(f"by this machine's clock the keys of all days before {due} are over, and are still here:")
    terminal.say(f"no doorbell of yours has signed a day after {day_text(sure_day)}. Looking at its clips")
    terminal.say(f"erases them, once it has; is it gone or off, `latchkey owner advance --to {today}` does")


def _typed(day: int, state: Household, terminal: Terminal) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "erasing ahead needs a typed day, and there is nobody to ask",
            hint="begin it at a terminal: nothing answers for you",
        )
    floor = day_text(max(day - state.days, state.ratchet.day))
    terminal.say(f"the keys of all days before {floor} will be erased, and their clips open no more")
    if state.face_ratchet is not None:
        floor = day_text(max(day - state.face_days, state.face_ratchet.day))
        terminal.say(f"the keys of face layers: those of all days before {floor}")
    newest = state.newest_day
    if day > own_day() and newest is not None and day <= newest:
        terminal.say("by your doorbell that is due; by this machine's clock it is not")
    elif day > own_day():
        terminal.say("by your clock and your doorbell that is not due yet")
    else:
        terminal.say("by your clock that is due; no doorbell of yours has signed a day so late")
    print(f"type {day_text(day)} to go on: ", end="", file=terminal.err, flush=True)
    return sys.stdin.readline().strip() == day_text(day)


def _book(options: Namespace, terminal: Terminal) -> int:
    store = owner_store(options)
    _check_today(options.today)
    vault = None if options.vault is None else open_vault(options.vault)  # raises before a number is spent

    def change(state: Household) -> Household:
        after = _put_back(_with_face_days(state, options.face_days), options.today)
        return after if vault is None else lift(after, vault, terminal)

    state, book = change_and_sign(store, change)
    warn_of_clock(state, terminal)
    terminal.put(str(store.book_path))
    terminal.say(f"key book {state.number} has keys from {day_text(own_day())}, by this machine's clock, for")
    terminal.say(f"{KEY_DAYS} days, until {day_text(own_day() + KEY_DAYS - 1)}")
    terminal.say(f"clips open for {state.days} day(s), faces for {state.face_days}")
    if options.vault is not None:
        hand_over(options.vault, f"book-{state.number}.json", book, terminal)
        hand_over_copy(store, options.vault, terminal)
    return EXIT_OK


def _with_face_days(state: Household, days: int | None) -> Household:
    if days is None:
        return state
    _check_face_days(days, state.days)
    return replace(state, face_days=days).advance(own_day())


def _check_face_days(days: int, clip_days: int) -> None:
    if days > clip_days:
        raise UsageError("faces cannot be kept longer than their clips", hint=f"--face-days 1 to {clip_days}")


def _time(options: Namespace, terminal: Terminal) -> int:
    order, number = b"", 0
    vault = open_vault(options.vault)  # raises before a number is spent

    _check_today(options.today)

    def sign(state: Household) -> Household:
        nonlocal order, number
        known = lift(_put_back(state.advance(own_day()), options.today), vault, terminal)
        after, order = known.time_order(own_day())
        number = after.number
        return after

    warn_of_clock(owner_store(options).change(sign), terminal)
    terminal.say(f"it is {day_text(own_day())} (UTC), by this machine's clock")
    hand_over(options.vault, f"time-{number}.json", order, terminal)
    hand_over_copy(owner_store(options), options.vault, terminal)
    return EXIT_OK


def _check_today(typed: int | None) -> None:
    if typed not in (None, own_day()):
        raise UsageError(
            f"this machine's clock says {day_text(own_day())}, not {day_text(typed or 0)}",
            hint="set the clock first: it is the day that is signed",
        )


def _put_back(state: Household, typed: int | None) -> Household:
    """Give the state by which a doorbell's clock ran ahead, where somebody has typed today's day."""
    return state if typed is None else state.put_back(typed)


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

"""`latchkey owner` phrase, passphrase, recover, export: who opens the owner's state, and getting it back."""

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from latchkey.adapters.entropy import OsEntropy
from latchkey.cli.asking import (
    TRIES,
    ask,
    ask_secret,
    at_terminal,
    need_terminal,
    new_passphrase,
    read_passphrase,
    read_secret,
)
from latchkey.cli.command import Terminal
from latchkey.cli.household import add_household_options, open_vault, own_day, owner_store
from latchkey.errors import EXIT_OK, OwnerKeyError, UsageError
from latchkey.owner import writing
from latchkey.owner.custody import Custody, draw_phrase, identity_of
from latchkey.owner.depositing import copies_in
from latchkey.owner.household import ClockWrong, Household
from latchkey.owner.lifting import seen_in
from latchkey.owner.phrase import SHORT_CHARS
from latchkey.owner.qr import page
from latchkey.owner.rescue import open_newest, paper_text, read_copy, recovered
from latchkey.owner.store import STATE_LIMIT_BYTES, HouseholdStore
from latchkey.reading import read_small
from latchkey.vault.days import day_text

CHECKED_WORDS = 3
COLUMNS = 3

COPY_LIMITS = (
    "a copy of the state, with the phrase, opens every day from {days} day(s) before it was made, for ever",
    "so replace copies by newer ones, and destroy the old: backups and flash may keep them all the same",
)


def configure(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the actions."""
    phrase = actions.add_parser("phrase", help="make a recovery phrase; it replaces the one there is")
    add_check_option(phrase)
    add_household_options(phrase)
    phrase.set_defaults(act=_phrase)
    word = actions.add_parser("passphrase", help="set, change or remove the passphrase of your state")
    word.add_argument(
        "--new-passphrase-file", type=Path, metavar="FILE", help="the new one; else you are asked"
    )
    word.add_argument("--none", action="store_true", help="remove it")
    add_household_options(word)
    word.set_defaults(act=_passphrase)
    recover = actions.add_parser("recover", help="make a household of a copy and the recovery phrase")
    recover.add_argument(
        "copy",
        type=Path,
        nargs="?",
        metavar="COPY",
        help="recovery.state, the page or its text, or keys/owner.state of a vault",
    )
    recover.add_argument(
        "--vault", type=Path, metavar="DIR", help="the copy that this doorbell's vault holds"
    )
    recover.add_argument("--phrase-file", type=Path, metavar="FILE", help="the phrase; else you are asked")
    add_household_options(recover)
    recover.set_defaults(act=_recover)
    export = actions.add_parser("export", help="print the state on a page, sealed under the recovery phrase")
    export.add_argument("--paper", type=Path, metavar="OUT.html", required=True, help="the page to write")
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    add_household_options(export)
    export.set_defaults(act=_export)


def add_check_option(parser: ArgumentParser) -> None:
    """Declare `--no-check`."""
    parser.add_argument("--no-check", action="store_true", help="do not ask for words of the phrase")


def choose_custody(options: Namespace, terminal: Terminal, days: int) -> Custody:
    """Ask for a passphrase, and show a recovery phrase: for a new household.

    Without a terminal there is no phrase, and that is said. Raises UsageError, OwnerKeyError.
    """
    take = OsEntropy().take
    custody = Custody().with_passphrase(new_passphrase(options.passphrase_file, terminal), take)
    if custody.passphrase is None:
        terminal.say("no passphrase: whoever reads your files opens your clips")
    if not at_terminal():
        terminal.say(
            "no recovery phrase was made, for there is no terminal: `latchkey owner phrase` makes one"
        )
        return custody
    return custody.with_phrase(_new_phrase(terminal, days, checked=not options.no_check))


def _phrase(options: Namespace, terminal: Terminal) -> int:
    need_terminal("a recovery phrase", "it is shown to you, and goes into no file")
    store = owner_store(options)
    before = store.load()
    phrase = _new_phrase(terminal, before.days, checked=not options.no_check)
    store.change(lambda state: replace(state, custody=state.custody.with_phrase(phrase)))
    terminal.say(f"keep {store.copy_path} elsewhere too: the phrase opens that file, and nothing without it")
    if before.custody.recovery is not None:
        terminal.say("the phrase of before still opens the copies made before: destroy them")
    return EXIT_OK


def _passphrase(options: Namespace, terminal: Terminal) -> int:
    if not options.none and options.new_passphrase_file is None:
        need_terminal("a new passphrase", "--new-passphrase-file FILE gives it, --none removes it")
    store = owner_store(options)
    store.load()
    chosen = None if options.none else new_passphrase(options.new_passphrase_file, terminal)
    take = OsEntropy().take
    store.change(lambda state: replace(state, custody=state.custody.with_passphrase(chosen, take)))
    terminal.say("the state has a new passphrase" if chosen else "the state has no passphrase now")
    terminal.say("copies made before open as before; so may blocks that flash has kept")
    return EXIT_OK


def _recover(options: Namespace, terminal: Terminal) -> int:
    store = owner_store(options)
    copies = _copies(options)
    store.check_recoverable(copies)
    chosen = None if options.passphrase_file is None else read_passphrase(options.passphrase_file)
    take = OsEntropy().take
    copy = _open_copy(copies, options, terminal)
    seen = seen_in(open_vault(options.vault), copy.signing_key.public).number if options.vault else 0
    state = recovered(copy, take, seen).advance(own_day())
    state = replace(state, custody=state.custody.with_passphrase(chosen, take))
    try:
        after, book = state.book(own_day())
    except ClockWrong as error:  # the copy may be that old, and must not be lost for it
        terminal.complain(error, error.hint)
        after, book = state.book(error.known)
    store.create(after, book)
    terminal.say(f"the household is in {store.folder}, and the same phrase opens its copies")
    _say_recovered(after, terminal)
    return EXIT_OK


def _open_copy(copies: Sequence[bytes], options: Namespace, terminal: Terminal) -> Household:
    if options.phrase_file is not None:
        return open_newest(copies, identity_of(read_secret(options.phrase_file, "the recovery phrase")))
    need_terminal("the recovery phrase", "--phrase-file FILE gives it")
    for _ in range(TRIES - 1):
        try:
            return open_newest(copies, identity_of(ask_secret("recovery phrase:")))
        except OwnerKeyError as error:
            terminal.complain(error, error.hint)
    return open_newest(copies, identity_of(ask_secret("recovery phrase:")))


def _copies(options: Namespace) -> list[bytes]:
    """Give the copies to try, the newest first."""
    if (options.copy is None) == (options.vault is None):
        raise UsageError("name a copy or a vault", hint="latchkey owner recover COPY, or --vault DIR")
    if options.vault is not None:
        return copies_in(open_vault(options.vault))
    try:
        return [read_copy(read_small(options.copy, STATE_LIMIT_BYTES))]
    except OSError as error:
        raise OwnerKeyError(f"cannot read {options.copy}: {error.strerror}") from error


def _say_recovered(state: Household, terminal: Terminal) -> None:
    floor = day_text(state.ratchet.day)
    terminal.say(
        f"clips of {floor} and later open; those of earlier days open with nothing that is in this copy"
    )
    terminal.say(
        "hand each doorbell the new book: `latchkey owner book --vault DIR`; add and revoke anew whom you"
    )
    terminal.say("added or revoked after the copy was made: it does not know of them")
    if not state.others:
        terminal.say("other viewers hand in their books anew: `latchkey owner add-viewer`")
    if state.custody.passphrase is None:
        terminal.say("there is no passphrase yet: `latchkey owner passphrase` sets one")
    else:
        terminal.say("its passphrase is the one in the file that you named")


def _export(options: Namespace, terminal: Terminal) -> int:
    store = owner_store(options)
    state = store.load()
    text = paper_text(state, OsEntropy().take)
    made = day_text(own_day())
    limits = [line.format(days=state.days) for line in COPY_LIMITS]
    lines = [
        f"Made on {made}. To get the household back: save this page, or the text of its code, then",
        "latchkey owner recover FILE. It asks for the recovery phrase: the page alone is worth nothing.",
        *limits,
    ]
    made_page = page(f"Latchkey: the owner's state of {made}", text, lines)
    if made_page is None:
        raise UsageError("a QR code needs the package segno", hint="pip install 'latchkey[owner]'")
    with writing(options.paper, force=options.force) as stream:
        stream.write(made_page.encode("utf-8"))
    terminal.say(f"{options.paper} opens with the recovery phrase only; never keep the two together")
    for line in limits:
        terminal.say(line)
    _say_left_out(state, store, terminal)
    return EXIT_OK


def _say_left_out(state: Household, store: HouseholdStore, terminal: Terminal) -> None:
    if state.others:
        terminal.say("other viewers' keys are not on the page: they hand in their books anew")
    terminal.say(f"keys for clips without a day are not on the page: they are in {store.copy_path}")


def _new_phrase(terminal: Terminal, days: int, *, checked: bool) -> tuple[str, ...]:
    """Show a new phrase, and have some of its words typed back. Raises UsageError."""
    if not sys.stderr.isatty():
        raise UsageError("a recovery phrase is shown on a terminal only", hint="do not redirect stderr")
    phrase = draw_phrase(OsEntropy().take)
    terminal.say("your recovery phrase, shown this once. Write it down, on paper:")
    terminal.say()
    rows = -(-len(phrase) // COLUMNS)
    for row in range(rows):
        cells = [f"{place + 1:3}. {phrase[place]:10}" for place in range(row, len(phrase), rows)]
        terminal.say("".join(cells).rstrip())
    terminal.say()
    terminal.say("it makes no key: it opens copies of your state, so keep one outside of the house")
    for line in COPY_LIMITS:
        terminal.say(line.format(days=days))
    if not checked:
        terminal.say("not checked (--no-check): if you wrote down a wrong word, nobody can tell you which")
        return phrase
    _check_written(phrase, terminal)
    return phrase


def _check_written(phrase: tuple[str, ...], terminal: Terminal) -> None:
    drawn = OsEntropy().take("owner/check", 4 * len(phrase))
    places = sorted(sorted(range(len(phrase)), key=lambda at: drawn[4 * at : 4 * at + 4])[:CHECKED_WORDS])
    for place in places:
        for left in reversed(range(TRIES)):
            typed = ask(terminal, f"type word {place + 1} of your phrase:").lower()
            if typed in (phrase[place], phrase[place][:SHORT_CHARS]):
                break
            if not left:
                raise UsageError(
                    "the words are not those of the phrase: nothing was changed", hint="begin again"
                )
            terminal.say("that is another word: look at what you wrote down")

"""`latchkey pair --config FILE`: the doorbell's side of being paired with its owner.

Whoever can run this on the doorbell decides whom it obeys: pairing protects against others in between, not
against somebody at the doorbell's own keyboard.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from latchkey.adapters.disk import FolderDisk, disk_errors
from latchkey.adapters.entropy import OsEntropy
from latchkey.cli.asking import need_terminal, says_yes
from latchkey.cli.command import Command, Terminal
from latchkey.cli.meeting import Channel, SharedFolder, Typed, say_code
from latchkey.errors import EXIT_KEY, EXIT_OK, OwnerKeyError, SettingsError
from latchkey.owner import writing
from latchkey.owner.members import fingerprint
from latchkey.owner.pairing import ANSWER, NONCE_BYTES, OFFER, REVEAL, DevicePairing
from latchkey.pipeline.identity import device_key
from latchkey.pipeline.pinning import check_book, pin_owner, pinned_owner
from latchkey.reading import read_small
from latchkey.settings import load
from latchkey.vault.book import BOOK_LIMIT_BYTES, KeyBook, decode_book
from latchkey.vault.days import day_text

WAIT_S = 600


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the settings file")
    parser.add_argument(
        "--replace", action="store_true", help="pair again; another owner than the one that it has takes over"
    )
    add_via_options(parser)


def add_via_options(parser: ArgumentParser) -> None:
    """Declare how the messages travel."""
    parser.add_argument(
        "--via",
        type=Path,
        metavar="FOLDER",
        help="a folder or SD card that both sides see; else you carry text",
    )
    parser.add_argument("--wait-s", type=int, default=WAIT_S, metavar="S", help=f"in a folder [{WAIT_S}]")


def run(options: Namespace, terminal: Terminal) -> int:
    """Pair."""
    need_terminal("pairing", "somebody has to compare the codes, on both sides")
    settings = load(options.config)
    if settings.owner.book is None:
        raise SettingsError(
            f"{options.config} names no key book",
            hint='[owner] book = "book.json" says where pairing puts it',
        )
    vault = FolderDisk(settings.vault.path)
    vault.claim()
    _check_unpaired(vault, replace=options.replace)
    channel = _channel(options, terminal)
    pairing = DevicePairing(
        device_key(vault, OsEntropy().take).public, OsEntropy().take("pair/nonce", NONCE_BYTES)
    )
    before = _read(settings.owner.book)
    channel.send(OFFER, pairing.offer())
    reveal, owner, code = pairing.take_answer(channel.receive(ANSWER))
    channel.send(REVEAL, reveal)
    say_code(code, terminal)
    if not says_yes(terminal, "does the owner's machine show the same?"):
        terminal.complain(
            "not paired on this side: the codes differ",
            "answer no on the owner's machine too, or `latchkey owner revoke NAME` there; then begin again,"
            " and if they differ again, use another way",
        )
        return EXIT_KEY
    pin_owner(vault, owner)
    terminal.say(f"paired: this doorbell obeys {fingerprint(owner)}")
    _take_book(channel, vault, settings.owner.book, before, owner, terminal)
    return EXIT_OK


def _check_unpaired(vault: FolderDisk, *, replace: bool) -> None:
    if replace:
        return  # the old one is obeyed until the codes were compared: `pin_owner` forgets it
    owner = pinned_owner(vault)
    if owner is not None:
        raise OwnerKeyError(
            f"this doorbell obeys an owner already: {fingerprint(owner)}",
            hint="--replace lets another take over; clips sealed until now stay the first one's",
        )


def _channel(options: Namespace, terminal: Terminal) -> Channel:
    if options.via is None:
        return Typed(terminal, shows_code=True)
    folder = SharedFolder(options.via, options.wait_s, terminal)
    with disk_errors(f"use {options.via}"):
        folder.clear()
    return folder


def _take_book(
    channel: Channel, vault: FolderDisk, path: Path, before: bytes, owner: bytes, terminal: Terminal
) -> None:
    """Put the owner's book where the settings say; `before` is what lay there when pairing began.

    On a machine that is the owner's too it may lie there already: their household has written it meanwhile.
    """
    book = channel.receive_book()
    if book is None:
        terminal.say(f"one thing is left: copy the owner's book.json to {path}")
        return
    read = decode_book(book, owner)
    check_book(vault, read, _decoded(before, owner))
    now = _read(path)
    if now != book:
        check_book(vault, read, _decoded(now, owner))
    with writing(path, force=True) as stream:
        stream.write(book)
    if isinstance(channel, SharedFolder):
        with disk_errors("tidy up the folder"):
            channel.clear()
    terminal.say(f"the key book is {path}: `latchkey run` can begin")
    viewers = f"{len(read.viewers)} viewer(s)"
    terminal.say(f"it is key book {read.number}, signed on {day_text(read.time)}, for {viewers}: the owner's")
    terminal.say("machine shows the same, or somebody has put an older one there")


def _read(path: Path) -> bytes:
    """Give what lies where the book is to be, nothing where that cannot be read."""
    try:
        return read_small(path, BOOK_LIMIT_BYTES)
    except OSError:
        return b""


def _decoded(data: bytes, owner: bytes) -> KeyBook | None:
    """Give the owner's book, if it is one."""
    try:
        return decode_book(data, owner)
    except OwnerKeyError:
        return None


COMMAND = Command("pair", "pair this doorbell with its owner", configure, run)

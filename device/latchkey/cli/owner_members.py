"""`latchkey owner` members, add-viewer, trust-device, revoke: who reads, and which devices are believed."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from latchkey.cli.asking import need_terminal, says_yes
from latchkey.cli.command import Terminal
from latchkey.cli.household import add_household_options, change_and_sign, own_day, owner_store, say_deliver
from latchkey.errors import EXIT_FAILED, EXIT_OK, OwnerKeyError, UsageError
from latchkey.owner import trusted_devices
from latchkey.owner.household import Household
from latchkey.owner.members import (
    fingerprint,
    revoked_from,
    viewer_name,
    with_device,
    with_viewer,
    without_device,
    without_viewer,
)
from latchkey.reading import read_small
from latchkey.vault.book import BOOK_LIMIT_BYTES, KeyBook, decode_book
from latchkey.vault.days import day_text, parse_day

YOU = "you"
"""What `members` calls the owner."""


def configure(actions: "_SubParsersAction[ArgumentParser]") -> None:
    """Declare the actions."""
    members = actions.add_parser("members", help="list viewers and devices")
    add_household_options(members)
    members.set_defaults(act=_members)
    add = actions.add_parser("add-viewer", help="let a second person or machine read later clips")
    add.add_argument("name", help="what you call them")
    add.add_argument("book", type=Path, metavar="BOOK", help="book.json of their own household")
    add.add_argument("--faces", action="store_true", help="let them see faces too, where layers are kept")
    add_household_options(add)
    add.set_defaults(act=_add_viewer)
    trust = actions.add_parser("trust-device", help="for a viewer: know the doorbell of another household")
    trust.add_argument("name", help="what you call it")
    trust.add_argument("device", metavar="HEX|FILE", help="its key, as `members` of its owner lists it")
    add_household_options(trust)
    trust.set_defaults(act=_trust_device)
    revoke = actions.add_parser(
        "revoke", help="from now on: a viewer reads no more, a device is not believed"
    )
    revoke.add_argument("name", help="viewer or device, as `members` lists it")
    revoke.add_argument("--since", metavar="DAY", help="of a device: the first day not believed [today]")
    revoke.add_argument("--yes", action="store_true", help="of a device: do not ask")
    add_household_options(revoke)
    revoke.set_defaults(act=_revoke)


def _members(options: Namespace, terminal: Terminal) -> int:
    state = owner_store(options).load()
    terminal.put(f"viewer  {YOU}  keeps {state.days} day(s), faces {state.face_days}  {state.viewer}")
    for viewer in state.others:
        until = day_text(viewer.end_day - 1)
        name = viewer_name(state, viewer.id)
        faces = f"faces {viewer.face_days}" if viewer.face_keys else "no faces"
        terminal.put(f"viewer  {name}  keeps {viewer.days} day(s), {faces}  {viewer.id}  keys until {until}")
    for device in state.devices:
        day = device.revoked_day
        said = "trusted" if day is None else f"not believed from {day_text(day)} on"
        terminal.put(f"device  {device.name}  {said}  {device.public.hex()}")
    terminal.put(f"owner   {fingerprint(state.signing_key.public)}")
    return EXIT_OK


def _add_viewer(options: Namespace, terminal: Terminal) -> int:
    book = _read_book(options.book)
    day = own_day()
    store = owner_store(options)
    before = store.load()
    after, _ = change_and_sign(
        store, lambda state: with_viewer(state, options.name, book, day, faces=options.faces)
    )
    viewer = after.others[-1]
    terminal.put(f"{options.name}: {fingerprint(book.owner)}")
    terminal.say(
        "compare these words with the line `owner` of `latchkey owner members` there: all must be equal"
    )
    terminal.say(
        f"{options.name} reads clips that are recorded once the doorbell has the new book, none before,"
    )
    terminal.say(f"and keeps each for {viewer.days} day(s); its keys end on {day_text(viewer.end_day - 1)}")
    terminal.say(
        f"{options.name} sees faces that the doorbell keeps, for {viewer.face_days} day(s)"
        if viewer.face_keys
        else f"{options.name} sees no faces: --faces, with the same name and book, lets them"
    )
    if viewer.days > max([before.days, *(one.days for one in before.others)]):
        terminal.say(f"that is longer than anybody else: clips now live for {viewer.days} day(s)")
    terminal.say(
        f"what {options.name} has opened can be copied, by whoever opened it; nothing calls that back"
    )
    _say_viewers(after, terminal)
    say_deliver(store, terminal)
    return EXIT_OK


def _trust_device(options: Namespace, terminal: Terminal) -> int:
    (public,) = trusted_devices(None, [options.device])
    owner_store(options).change(lambda state: with_device(state, options.name, public))
    terminal.say(
        f"{options.name} is believed: by the days it signs your old keys are erased, and its clips verify"
    )
    terminal.say("nothing was compared: take this key from its owner only, not from the doorbell's disk")
    return EXIT_OK


def _revoke(options: Namespace, terminal: Terminal) -> int:
    since = _since(options.since)
    store = owner_store(options)
    is_viewer = without_viewer(store.load(), options.name) is not None
    if is_viewer and options.since:
        raise UsageError("--since is for devices: a viewer cannot be revoked backwards")
    if is_viewer:
        change_and_sign(store, lambda now: _found(without_viewer(now, options.name), options.name))
        _say_viewer_revoked(options.name, terminal)
        say_deliver(store, terminal)
    else:
        if not options.yes and not _agreed(store.load(), options.name, since, terminal):
            terminal.say("nothing was revoked")
            return EXIT_FAILED
        after = store.change(lambda now: _found(without_device(now, options.name, since), options.name))
        _say_device_revoked(options.name, revoked_from(after, options.name) or since, terminal)
    return EXIT_OK


def _agreed(state: Household, name: str, since: int, terminal: Terminal) -> bool:
    """Ask before a device is revoked: there is no way back. Raises UsageError for a name that is none."""
    day = revoked_from(_found(without_device(state, name, since), name), name) or since
    need_terminal("revoking a device", "--yes answers for you")
    terminal.say(f"what {name} signs is not believed from {day_text(day)} on, and never again under its key")
    return says_yes(terminal, f"revoke {name}?")


def _found(state: Household | None, name: str) -> Household:
    if state is None and name == YOU:
        raise UsageError(
            "you cannot be revoked: the household is yours",
            hint="was your state stolen? begin anew: `latchkey owner init`, and `latchkey pair --replace`",
        )
    if state is None:
        raise UsageError(f"there is no viewer or device {name}", hint="`latchkey owner members` lists them")
    return state


def _say_viewer_revoked(name: str, terminal: Terminal) -> None:
    terminal.say(f"{name} reads nothing that is recorded once the doorbell has the new book")
    terminal.say(
        f"what was recorded before stays readable for {name}: for as many days as it keeps keys, and for"
    )
    terminal.say("ever if it kept clips or keys longer than that; no revoking can change this")


def _say_device_revoked(name: str, since: int, terminal: Terminal) -> None:
    terminal.say(
        f"what {name} signs is not believed from {day_text(since)} on, clips of that day too; earlier clips"
    )
    terminal.say("verify as before")
    terminal.say(
        "whoever holds the device can sign with an earlier date: believe clips that you had before only,"
    )
    terminal.say(
        "and others of those days with care. It holds no key that opens a clip: what is on it stays sealed"
    )
    terminal.say(
        "it goes on sealing to the book it has: take its password from your broker, and its way into your"
    )
    terminal.say("network; to use it again, erase its vault and pair it anew")


def _say_viewers(state: Household, terminal: Terminal) -> None:
    names = ", ".join(viewer_name(state, viewer.id) for viewer in state.others)
    terminal.say(f"viewers are now: you, {names}")


def _since(text: str | None) -> int:
    if text is None:
        return own_day()
    day = parse_day(text)
    if day is None:
        raise UsageError(f"{text} is not a day", hint="a day is written like 2026-11-24")
    if day > own_day():
        raise UsageError(
            f"{text} is still to come: until then it would be believed", hint="without --since it is today"
        )
    return day


def _read_book(path: Path) -> KeyBook:
    try:
        return decode_book(read_small(path, BOOK_LIMIT_BYTES))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except OwnerKeyError as error:
        raise OwnerKeyError(f"{path} is no key book: {error}", hint=error.hint) from error

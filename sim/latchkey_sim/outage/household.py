"""Write path of the owner's machine: state, copy for the phrase, book; made and changed by its commands."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from latchkey.clip import X25519Identity
from latchkey.errors import DiskError, NotOnDisk, OwnerKeyError
from latchkey.owner.custody import Custody, PassphraseLock
from latchkey.owner.household import Household
from latchkey.owner.members import without_device
from latchkey.owner.sealing import SALT_BYTES
from latchkey.owner.store import BOOK_NAME, COPY_NAME, STATE_NAME, HouseholdStore, open_copy
from latchkey.vault.book import Viewer
from latchkey_sim.household import DEVICE, SimHousehold
from latchkey_sim.outage.home import DAY, Home, Problem, Promises

PHRASE, PASSPHRASE = X25519Identity(b"r" * 32), X25519Identity(b"p" * 32)
"""The keys of the words: making them of the words takes a second, and writes nothing."""

Step = tuple[Household, bytes]
"""What a command makes of the state, and the book that is the newest then."""


@lru_cache(1)
def steps() -> tuple[Step, ...]:
    """Give the states that `init`, `phrase`, `advance`, `add-viewer`, `passphrase`, `revoke`, `book` make."""
    begun, book = SimHousehold.begun(DAY).state.book(DAY)
    named = replace(begun, devices=(replace(begun.devices[0], name="door"),))
    with_phrase = replace(named, custody=Custody(recovery=PHRASE.recipient.point))
    advanced = with_phrase.heard(DEVICE.public, DAY + 9).advance(DAY + 9)
    point = PHRASE.recipient.point
    viewer = Viewer("b" * 32, 3, DAY, (point,) * 3)
    joined, joined_book = replace(advanced, others=(viewer,)).book(DAY + 9)
    lock = PassphraseLock(b"s" * SALT_BYTES, PASSPHRASE.recipient.point)
    locked = replace(joined, custody=replace(joined.custody, passphrase=lock))
    revoked = without_device(locked, "door", DAY + 9)
    assert revoked is not None  # the door is known
    last, last_book = revoked.book(DAY + 9)
    states = (begun, named, with_phrase, advanced, joined, locked, revoked, last)
    books = (book, book, book, book, joined_book, joined_book, joined_book, last_book)
    return tuple(zip(states, books, strict=True))


@lru_cache(2)
def _locks(life: str) -> "tempfile.TemporaryDirectory[str]":
    """Make a folder for the lock alone: one for the life that is cut off, one for those after it."""
    return tempfile.TemporaryDirectory(prefix=f"latchkey-{life}-")


def store_of(home: Home, life: str) -> HouseholdStore:
    """Give the store as the commands make it."""
    return HouseholdStore(Path(_locks(life).name), lambda _salt: PASSPHRASE, home.entropy.take, home.state)


class OwnersState:
    """A household that is made and changed by some of the commands."""

    name = "household"

    def run(self, home: Home) -> None:
        """Make it, then change it; some commands fail, and the next one comes all the same."""
        may_be = home.promises.small
        may_be |= {STATE_NAME: (None,), BOOK_NAME: (None,)}
        home.fail_sometime("state")
        for state, book in steps():
            if home.chance.random() < 1 / 3:
                continue
            may_be[STATE_NAME] = (*may_be[STATE_NAME], state)
            may_be[BOOK_NAME] = (*may_be[BOOK_NAME], book)
            store = store_of(home, "run")
            try:
                if not store.exists:
                    store.create(state, book)
                else:
                    self._change(home, store, state, book)
            except DiskError:
                continue
            may_be |= {STATE_NAME: (state,), BOOK_NAME: (book,)}

    @staticmethod
    def _change(home: Home, store: HouseholdStore, state: Household, book: bytes) -> None:
        """Change the state, and where a command signs one, the book."""
        if BOOK_NAME not in home.state.names("") or home.state.read(BOOK_NAME) != book:
            store.sign(lambda _before: (state, book))
        else:
            store.change(lambda _before: state)

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Use the state: it is the old or the new one, the phrase opens it too, nothing half lies there."""
        states = promises.small.get(STATE_NAME, (None,))
        store = store_of(home, "start")
        if home.rotten:
            yield from _check_rotten(store, states)
            return
        book = home.state.read(BOOK_NAME) if BOOK_NAME in home.state.names("") else None
        if book not in promises.small.get(BOOK_NAME, (None,)):
            yield Problem("half-written", "the book is none that was signed")
        if not store.exists:
            if None not in states:
                yield Problem("acknowledged lost", "there is no state")
            return
        state = store.load()
        if state not in states:
            yield Problem("acknowledged lost", "the state is neither the old nor the new one")
        yield from _check_copy(home, state, states)
        store.change(lambda now: now)
        left = [name for name in home.state.names("") if name.endswith(".part")]
        if left:
            yield Problem("half-written", f"{left} hold keys that may be erased by now")


def _check_rotten(store: HouseholdStore, states: tuple[object, ...]) -> Iterator[Problem]:
    """A flipped bit is told, or it lies elsewhere."""
    if not store.exists:
        return
    with suppress(OwnerKeyError):
        if store.load() not in states:
            yield Problem("torn visible", "a state with a flipped bit is used")


def _check_copy(home: Home, state: Household, states: tuple[object, ...]) -> Iterator[Problem]:
    try:
        data = home.state.read(COPY_NAME)
    except NotOnDisk:
        if state.custody.recovery is not None:
            yield Problem("acknowledged lost", "there is no copy for the phrase")
        return
    if open_copy(data, PHRASE) not in states:
        yield Problem("half-written", "the phrase opens neither the old nor the new state")

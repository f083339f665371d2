"""Write path of the copy of the owner's state that a device holds: left by the owner, taken, given up."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from latchkey.clip.signing import SigningKey
from latchkey.errors import DiskError, NotOnDisk, OwnerKeyError
from latchkey.owner.depositing import copies_in, leave_deposit
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.orders import DEPOSIT, ORDERS
from latchkey.pipeline.pinning import pin_owner, pinned_owner
from latchkey.vault.deposit import SEALED_START, Deposit, decode_deposit, encode_deposit
from latchkey_sim.outage.home import Home, Problem, Promises
from latchkey_sim.outage.keys import owner_of, readers_of

LEFT, HELD, FORGOTTEN = "copy left", "copy held", "owner forgotten"
"""What is promised in `Promises.small`: numbers of copies; whether there may be no copy any more."""

NUMBERS = range(2, 6)


@lru_cache(1)
def copies() -> dict[int, bytes]:
    """Give the copies of the first owner as they are signed, by their numbers."""
    key = SigningKey(bytes([1]) * 32)
    sealed = {number: SEALED_START + b"%d" % number * 700 for number in NUMBERS}
    return {number: encode_deposit(Deposit(number, key.public, copy), key) for number, copy in sealed.items()}


class OwnersCopy:
    """Copies of the owner's state, one newer than the other; perhaps another owner in the end."""

    name = "owner-copy"

    def run(self, home: Home) -> None:
        """Leave some copies with the device, which takes them at once or later."""
        readers = readers_of(home)
        readers.check(lambda _day: None)
        home.fail_sometime("vault")
        for number in NUMBERS:
            try:
                leave_deposit(home.vault, number, copies()[number])
                home.promises.small[LEFT] = (number,)
                if home.chance.random() < 0.6:
                    readers.check(lambda _day: None)
                    home.promises.small[HELD] = (number,)
            except DiskError:
                continue  # told; both sides try again
        if home.chance.random() < 0.5:
            home.promises.small[FORGOTTEN] = (True,)
            with suppress(DiskError):
                pin_owner(home.vault, owner_of(2))

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Look for the newest copy as somebody with the card and the phrase does; then start the device."""
        if home.rotten:
            with suppress(OwnerKeyError):
                _known(home)
                readers_of(home).check(lambda _day: None)
            return
        newest = max(_number(promises, what) for what in (LEFT, HELD))
        is_forgotten, known = FORGOTTEN in promises.small, _known(home)
        if not is_forgotten and max(known, default=0) < newest:
            yield Problem("acknowledged lost", f"copy {newest} was left, {known} are there")
        seed = 2 if pinned_owner(home.vault) == owner_of(2) else 1
        for _ in range(2):  # the second look changes nothing
            readers_of(home, seed).check(lambda _day: None)
            yield from _check_held(home, seed, newest, is_forgotten=is_forgotten)


def _check_held(home: Home, seed: int, newest: int, *, is_forgotten: bool) -> Iterator[Problem]:
    holding = _held(home)
    if seed == 2 and holding is not None:
        yield Problem("two effects", "a copy of the state of an owner who is forgotten is held")
    if seed == 1 and holding is not None and holding < newest:
        yield Problem("two effects", f"copy {newest} was there, {holding} is held: a state came back")
    if not is_forgotten and holding is None and newest:
        yield Problem("acknowledged lost", f"copy {newest} was there, none is held")
    if f"{DEPOSIT}.part" in {f"keys/{name}" for name in home.vault.names("keys")}:
        yield Problem("half-written", "half a copy of the state was left behind")
    left = [name for name in home.vault.names(ORDERS) if name.endswith(".json")]
    if seed == 1 and left:
        yield Problem("two effects", f"{left} lie there still")


def _number(promises: Promises, what: str) -> int:
    (number,) = promises.small.get(what, (0,))
    assert isinstance(number, int)
    return number


def _known(home: Home) -> list[int]:
    try:
        found = copies_in(home.vault)
    except OwnerKeyError:
        return []
    return [number for number in NUMBERS if SEALED_START + b"%d" % number * 700 in found]


def _held(home: Home) -> int | None:
    try:
        return decode_deposit(home.vault.read(DEPOSIT)).number
    except NotOnDisk:
        return None


class Handover:
    """A device that takes a copy: it holds it before it removes the order, or the wrong way round."""

    def __init__(self, name: str, *, holds_first: bool) -> None:
        self.name = name
        self._holds_first = holds_first

    def run(self, home: Home) -> None:
        """Leave copies, and take each."""
        for number in NUMBERS:
            leave_deposit(home.vault, number, copies()[number])
            home.promises.small[LEFT] = (number,)
            steps = [self._hold, self._remove] if self._holds_first else [self._remove, self._hold]
            for step in steps:
                step(home, number)

    @staticmethod
    def _hold(home: Home, number: int) -> None:
        write_whole(home.vault, DEPOSIT, copies()[number])

    @staticmethod
    def _remove(home: Home, number: int) -> None:
        home.vault.remove(f"{ORDERS}/state-{number}.json")
        home.vault.sync_folder(ORDERS)

    check = OwnersCopy.check

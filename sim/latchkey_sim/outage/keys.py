"""Write paths of the files that hold keys on the device: orders, clock, holding keys, owner, identity."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise

from latchkey.clip import X25519Identity
from latchkey.clip.signing import SigningKey
from latchkey.errors import DiskError
from latchkey.pipeline.dating import date_clips
from latchkey.pipeline.durable import write_whole
from latchkey.pipeline.identity import KEY_NAME, PUBLIC_NAME, device_key
from latchkey.pipeline.orders import CLOCK, HOLDING, ORDERS, Orders
from latchkey.pipeline.ownerfile import BOOK, OWNER
from latchkey.pipeline.pinning import pin_owner, pinned_owner
from latchkey.pipeline.readers import KeysRunOut, Readers
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault import UNDATED
from latchkey.vault.book import HoldingKey, KeyBook, Viewer, decode_book, encode_book
from latchkey.vault.trust import TimeOrder, encode_time
from latchkey_sim.clock import VirtualClock
from latchkey_sim.outage.clips import keeper_of, record
from latchkey_sim.outage.home import DAY, WALL_NS, Home, Problem, Promises

LIFE_DAYS = 6
"""Days that a device is watched for, at most,"""

KEYS = LIFE_DAYS + 1
"""and public keys of a book: one for each of them, and for the day it begins on."""

DAY_NS = S_PER_DAY * NS_PER_S
GIVEN, TAKEN, USED, RELIED = "orders given", "orders taken", "holding keys used", "days relied on"
"""What is promised in `Promises.small`: numbers, numbers, public keys, days."""


@lru_cache(4)
def orders_of(seed: int) -> tuple[bytes, ...]:
    """Give an owner's first orders, numbered from 1: a book, then a time and a book in turn.

    The books have few keys: reading one of 400 takes as long as ten images.
    """
    key = SigningKey(bytes([seed]) * 32)
    points = [X25519Identity(bytes([seed, number]) * 16).recipient.point for number in range(KEYS)]
    viewer = Viewer("a" * 32, 3, DAY, tuple(points))
    holding = tuple(HoldingKey(number, point) for number, point in enumerate(points, 1))
    return tuple(
        encode_time(TimeOrder(number, key.public, DAY), key)
        if number % 2 == 0
        else encode_book(KeyBook(number, key.public, DAY, (viewer,), holding, points[0]), key)
        for number in range(1, 7)
    )


def owner_of(seed: int) -> bytes:
    """Give an owner's public key."""
    return decode_book(orders_of(seed)[0]).owner


def readers_of(home: Home, seed: int = 1, clock: VirtualClock | None = None) -> Readers:
    """Give the readers as the device makes them, with settings that name an owner's first book."""
    return Readers(home.vault, clock or home.clock, orders_of(seed)[0])


def attend(home: Home, readers: Readers) -> None:
    """Do what the capture side does every ten minutes: take orders, and give clips their day."""

    def date(day: int) -> None:
        date_clips(home.vault, home.index, day)

    readers.check(date)


def hand_over(home: Home, number: int, seed: int = 1) -> None:
    """Put an order into the vault, as `latchkey owner` does."""
    write_whole(home.vault, f"{ORDERS}/{number}.json", orders_of(seed)[number - 1])


def known_to(home: Home) -> Orders:
    """Give what the disk says of the owner."""
    orders = Orders(home.vault, lambda _severity, _text: None)
    orders.start()
    return orders


def _no_dates(_day: int) -> None:
    """There are no clips."""


class OwnersOrders:
    """Orders that the owner hands over, and that the device takes and removes; a clip waits for its day."""

    name = "orders"

    def run(self, home: Home) -> None:
        """Hand over one order after the other, and take them at once or later."""
        keeper, readers = keeper_of(home), readers_of(home)
        keeper.start()
        attend(home, readers)
        record(home, keeper, home.new_id(), UNDATED)
        home.promises.small |= {GIVEN: (1,), TAKEN: (1,)}
        home.fail_sometime("vault")
        for number in range(2, home.chance.randint(4, 6)):
            try:
                hand_over(home, number)
                home.promises.small[GIVEN] = (number,)
                if home.chance.random() < 0.7:
                    attend(home, readers)
                    home.promises.small[TAKEN] = (number,)
            except DiskError:
                continue  # told; both sides try again

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start, take what lies there, and do it again, which must change nothing."""
        readers = readers_of(home)
        yield from _began(home, readers)
        known = known_to(home)
        (given,) = promises.small.get(GIVEN, (0,))
        assert isinstance(given, int)
        if home.rotten.startswith(("keys/", f"{ORDERS}/")):
            if home.rotten == CLOCK and known.number < given and readers.day() != UNDATED:
                yield Problem("half-written", "a damaged clock is believed")
            return
        if known.number < given:
            yield Problem("acknowledged lost", f"order {given} was given, {known.number} is the last taken")
        left = [name for name in home.vault.names(ORDERS) if not name.endswith(".part")]
        if left:
            yield Problem("two effects", f"{left} lie there still")
        newest = known.number - (known.number + 1) % 2
        if known.book is None or known.book.number != newest:
            yield Problem("acknowledged lost", f"book {newest} is not in use")
        if given > 1 and any(entry.day == UNDATED for entry in home.index.entries()):
            yield Problem("acknowledged lost", "a clip has no day, and the owner has said one")
        if any("refused" in text for _, text in readers.news()):
            yield Problem("two effects", "an order that was taken is refused")
        before = [home.vault.read(name) for name in (BOOK, CLOCK)]
        attend(home, readers)
        if before != [home.vault.read(name) for name in (BOOK, CLOCK)]:
            yield Problem("two effects", "a second look takes something else")


def _began(home: Home, readers: Readers) -> Iterator[Problem]:
    report = keeper_of(home).start()
    if report.failures or report.strangers:
        yield Problem("did not start", f"{report.failures} failures, {report.strangers} strangers")
    attend(home, readers)


class ClockFloor:
    """Days that pass while clips are sealed for them; then a clock that says an earlier day."""

    name = "clock"

    def run(self, home: Home) -> None:
        """Seal for some days, one after the other."""
        readers = readers_of(home)
        readers.check(_no_dates)
        home.fail_sometime("vault")
        for _ in range(home.chance.randint(3, LIFE_DAYS)):
            home.clock.wait_until(home.clock.now_ns() + home.chance.randint(0, 1) * DAY_NS)
            try:
                day = readers.day()
                readers.recipients(day)
                if day != UNDATED:
                    home.promises.small[RELIED] = (day,)
                if home.chance.random() < 0.3:
                    readers.check(_no_dates)
            except DiskError:
                continue  # nothing was sealed

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start on the first of these days: none that is over may come again, nor expire anything early."""
        readers = readers_of(home)
        readers.check(_no_dates)
        relied = promises.small.get(RELIED, (DAY,))[0]
        assert isinstance(relied, int)
        if home.rotten and home.rotten != CLOCK:
            return
        if readers.day() < relied:
            yield Problem("acknowledged lost", f"day {readers.day()} is believed after day {relied}")
        if readers.today() < relied and not home.rotten:
            yield Problem("acknowledged lost", f"clips expire by day {readers.today()}, not {relied}")
        if readers.day() != UNDATED and home.rotten == CLOCK:
            yield Problem("half-written", "a damaged clock is believed")


class HoldingKeys:
    """Starts with a clock that is not to be believed: a holding key each."""

    name = "holding"

    def run(self, home: Home) -> None:
        """Start three times, and seal at each."""
        readers_of(home).check(_no_dates)
        home.fail_sometime("vault")
        for _ in range(3):
            readers = readers_of(home, clock=_spoofed())
            try:
                keys = readers.recipients(readers.day())
                home.promises.small[USED] = (*home.promises.small.get(USED, ()), *keys)
            except (DiskError, KeysRunOut):
                continue  # nothing was sealed

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start once more: its key must be a new one."""
        readers = readers_of(home, clock=_spoofed())
        used = promises.small.get(USED, ())
        readers.check(_no_dates)
        try:
            keys = readers.recipients(UNDATED)
        except KeysRunOut as error:
            if home.rotten not in (HOLDING, BOOK, OWNER):
                yield Problem("did not start", str(error))
            return
        if keys[0] in used:
            yield Problem("two effects", "a holding key is used in two starts")
        if keys != readers.recipients(UNDATED):
            yield Problem("two effects", "a start uses two holding keys")


def _spoofed() -> VirtualClock:
    return VirtualClock(WALL_NS + 300 * DAY_NS)


class Pinning:
    """A device that obeys one owner, and is then paired with another one."""

    name = "owner"

    def run(self, home: Home) -> None:
        """Obey the first owner, forget them, pin the second, perhaps at the second attempt."""
        old, new = owner_of(1), owner_of(2)
        readers = readers_of(home)
        readers.check(_no_dates)
        home.promises.small[OWNER] = (old,)
        for number in (2, 3, 4):
            hand_over(home, number)
            readers.check(_no_dates)
        home.fail_sometime("vault")
        for _ in range(2):
            home.promises.small[OWNER] = (old, None, new)
            try:
                pin_owner(home.vault, new)
            except DiskError:
                continue
            home.promises.small[OWNER] = (new,)
            return

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Start with the settings of the owner that is there: they are obeyed, whatever the other said."""
        if home.rotten.startswith(("keys/", ORDERS)):
            yield from _check_rotten_pin(home)
            return
        owner = pinned_owner(home.vault)
        if owner not in promises.small.get(OWNER, (owner,)):
            yield Problem("half-written", "another owner is pinned, or none")
        seed = 1 if owner == owner_of(1) else 2
        readers = readers_of(home, seed)
        readers.check(_no_dates)
        if not readers.recipients(readers.day()):
            yield Problem("did not start", "there is no reader")
        if seed == 2:
            hand_over(home, 2, seed)
            readers.check(_no_dates)
            if known_to(home).number != 2:
                yield Problem("two effects", "the first owner's numbers bind the second")


def _check_rotten_pin(home: Home) -> Iterator[Problem]:
    """Whoever is obeyed though a bit flipped in the pin is one of those who may be."""
    readers_of(home).check(_no_dates)
    with suppress(DiskError):
        if home.rotten == OWNER and pinned_owner(home.vault) not in (None, owner_of(1), owner_of(2)):
            yield Problem("half-written", "a damaged pin is obeyed")


class DeviceKey:
    """The device's signing key, made at the first start, and its public half."""

    name = "device-key"

    def run(self, home: Home) -> None:
        """Make it, perhaps at the second attempt."""
        home.fail_sometime("vault")
        for _ in range(2):
            try:
                home.promises.small[KEY_NAME] = (device_key(home.vault, home.entropy.take).public,)
            except DiskError:
                continue

    def check(self, home: Home, promises: Promises) -> Iterator[Problem]:
        """Ask for it, twice."""
        keys = [device_key(home.vault, home.entropy.take).public for _ in range(2)]
        promised = promises.small.get(KEY_NAME, keys)
        if any(one != other for one, other in pairwise(keys)):
            yield Problem("half-written", "each start makes another key")
        if keys[0] not in promised and home.rotten != KEY_NAME:
            yield Problem("acknowledged lost", "the device has another key")
        if home.vault.read(PUBLIC_NAME) != f"{keys[0].hex()}\n".encode("ascii"):
            yield Problem("half-written", "the public key is not the key's")

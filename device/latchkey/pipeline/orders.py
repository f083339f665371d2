"""Takes the owner's signed orders: a new key book, or the day it is. Keeps what a device knows of its owner.

    keys/owner.pub     the owner's public key, pinned once: from the book that the settings name (`ownerfile`)
    keys/book.json     the book in use, as it was signed
    keys/clock.json    the newest day that was believed, the numbers of the last order and the last book taken
    keys/holding.json  the number of the last holding key used
    keys/owner.state   the newest sealed copy of the owner's state, for whoever has the recovery phrase
    orders/*           what the owner put there; taken ones are removed, refused ones told and left

Rules
- Nothing counts without the pinned owner's signature. Numbers only rise: an old order cannot come back.
- A book is written before the clock: a crash between the two leaves a book whose day is taken at the start.
- A copy of the state is taken if it is newer than the one that is there; older ones are removed, not left.
- A damaged book counts as missing, and only one that is no older takes its place: in an older one somebody
  may stand who was revoked since. Damaged holding keys all count as used. After a damaged clock no day is
  believed until the owner's next order: a floor that fell back would let days that are over be made again.
- Only a new order moves the day back. The settings' book, taken again in place of a damaged one, does not.
- A damaged pin is that of the book in use; without one nobody is obeyed, not even the settings, until the
  doorbell is paired anew: what they name may be older than what was revoked.
- What an owner who was forgotten has left counts for nothing once there is another.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress

from latchkey.clip import X25519Recipient
from latchkey.errors import DiskError, LatchkeyError, NotOnDisk, OwnerKeyError
from latchkey.pipeline.durable import FileDamaged, read_checked, write_checked, write_whole
from latchkey.pipeline.ownerfile import BOOK, DAMAGED, OWNER, mend_owner, read_owner, write_owner
from latchkey.ports import Disk, Severity
from latchkey.vault.book import HoldingKey, KeyBook, decode_book
from latchkey.vault.days import LAST_DAY, day_text
from latchkey.vault.deposit import DEPOSIT_LIMIT_BYTES, Deposit, decode_deposit
from latchkey.vault.signed import NUMBER_LIMIT, OrderWrong, whole
from latchkey.vault.trust import TimeOrder, decode_time

CLOCK, HOLDING = "keys/clock.json", "keys/holding.json"
DEPOSIT = "keys/owner.state"
ORDERS = "orders"
ORDER_LIMIT = 16
"""Orders looked at each time, by name and from where the last time ended: what is refused and left there
keeps no other from its turn. An owner has one or two there.
"""

Order = KeyBook | TimeOrder | Deposit
_LOST = f"{OWNER} is damaged, and no key book in use tells who the owner is: `latchkey pair --replace`"

Tell = Callable[[Severity, str], None]
Heard = Callable[[int], None]
"""Told the owner's day before an order is taken: after a crash it is told again, never forgotten."""


class Orders:
    """What a device knows of its owner, from the vault's disk. One thread at a time.

    `clock_day` is the day in `keys/clock.json`, None before there is one; `number` that of the last order.
    """

    def __init__(self, disk: Disk, tell: Tell) -> None:
        self._disk = disk
        self._tell = tell
        self._owner: bytes | None = None
        self._lost_owner = False
        self._told: set[tuple[str, bytes]] = set()
        self._looked_at = ""
        self._lost_clock = False
        self._newest_book = 0
        self.number = 0
        self.book: KeyBook | None = None
        self.clock_day: int | None = None

    def start(self) -> None:
        """Read what is known. Raises DiskError."""
        self._read_owner()
        self._drop_foreign()
        self._read_clock()
        data = self._read(BOOK)
        if data and self._owner is not None:
            try:
                self.book = decode_book(data, self._owner)
            except OwnerKeyError as error:
                self._tell("error", f"the key book on the disk cannot be used: {error}")
        self._catch_up()

    def pick_up(self, heard: Heard) -> None:
        """Take the orders that lie there, by their numbers. Raises DiskError."""
        for name, order, data in sorted(self._waiting(), key=lambda one: one[1].number):
            try:
                self._take(order, data, heard)
            except OwnerKeyError as error:
                self._refuse(name, data, error)
                continue
            with suppress(NotOnDisk):
                self._disk.remove(f"{ORDERS}/{name}")
                self._disk.sync_folder(ORDERS)  # a copy of the state, or an old order, must not come back

    def put_clock(self, day: int, number: int | None = None) -> None:
        """Keep a day, durably. Raises DiskError."""
        number = self.number if number is None else number
        self._newest_book = max(self._newest_book, self.book.number if self.book else 0)
        fields = {"schema": 1, "book": self._newest_book, "day": day, "number": number}
        write_checked(self._disk, CLOCK, _spelled(fields))
        self.number, self.clock_day, self._lost_clock = number, day, False

    def next_holding(self) -> str | None:
        """Mark the next unused holding key as used, durably; only then give it. None = all are used.

        Raises DiskError.
        """
        one = self._unused_holding()
        if one is None:
            return None
        write_checked(self._disk, HOLDING, _spelled({"schema": 1, "used": one.number}))
        return str(X25519Recipient(one.key))

    @property
    def has_holding(self) -> bool:
        """Whether a holding key is unused. Raises DiskError."""
        return self._unused_holding() is not None

    def _unused_holding(self) -> HoldingKey | None:
        used = self._used_holding()
        keys = self.book.holding if self.book else ()
        return next((one for one in keys if one.number > used), None)

    def introduce(self, data: bytes, heard: Heard) -> None:
        """Take the book that the settings name; the first one tells who the owner is. Raises DiskError."""
        if self._lost_owner:
            self._tell("error", f"the key book that the settings name is refused: {_LOST}")
            return
        try:
            book = decode_book(data, self._owner)
        except OwnerKeyError as error:
            self._tell("error", f"the key book that the settings name is refused: {error}")
            return
        if self._owner is None:
            self._forget_others(book.owner)
            write_owner(self._disk, book.owner)
            self._owner = book.owner
            self._drop_foreign()
        if self.book is not None and book.number <= self.book.number:
            if book != self.book:
                self._tell("info", f"{_of(self.book)}; the settings name an older one, {book.number}")
            return
        if book.number <= self.number and self.book is not None:
            self._tell("warning", "the key book that the settings name is older than an order already taken")
            return
        if book.number < self._newest_book:  # and the one in use is lost
            numbers = f"its number is {book.number}, and {self._newest_book} was in use already"
            self._tell("error", f"the key book that the settings name is refused: {numbers}")
            return
        is_news = book.number > self.number and not (self._lost_clock and self.book is None)
        self._use(book, data, heard if is_news else None)

    def _waiting(self) -> Iterator[tuple[str, Order, bytes]]:
        names = [name for name in self._disk.names(ORDERS) if not name.endswith(".part")]
        names.sort(key=lambda name: (name <= self._looked_at, name))
        for name in names[:ORDER_LIMIT]:
            self._looked_at = name
            data = b""
            try:
                if self._disk.size_bytes(f"{ORDERS}/{name}") > DEPOSIT_LIMIT_BYTES:
                    raise OrderWrong(f"it is over {DEPOSIT_LIMIT_BYTES} bytes")
                data = self._disk.read(f"{ORDERS}/{name}")
                yield name, decode_order(data), data
            except NotOnDisk:
                continue
            except (OwnerKeyError, DiskError) as error:  # it keeps no other from its turn
                self._refuse(name, data, error)

    def _take(self, order: Order, data: bytes, heard: Heard) -> None:
        if self._owner is None:
            no_owner = "no owner is known yet: the settings name the first key book"
            raise OrderWrong(_LOST if self._lost_owner else no_owner)
        if order.owner != self._owner:
            raise OrderWrong("it is signed by another owner")
        if isinstance(order, Deposit):
            self._hold(order, data)
            return
        if order == self.book or self._was_taken(order):
            return
        if order.number <= self.number:
            raise OrderWrong(f"its number is {order.number}, and {self.number} was taken already")
        if isinstance(order, KeyBook):
            self._use(order, data, heard)
        else:
            heard(order.time)
            self.put_clock(order.time, order.number)
            self._tell("info", f"the owner says that it is {day_text(order.time)}")

    def _use(self, book: KeyBook, data: bytes, heard: Heard | None) -> None:
        """Put a book into use; without `heard` it moves no day."""
        if heard is not None:
            heard(book.time)
        write_whole(self._disk, BOOK, data)
        self.book = book
        if heard is not None:
            self.put_clock(book.time, book.number)
        self._tell("info", _of(book))

    def _hold(self, deposit: Deposit, data: bytes) -> None:
        """Hold a copy of the owner's state in place of an older one."""
        known = self._deposit()
        if known is not None and known.owner == deposit.owner and known.number >= deposit.number:
            if known != deposit:
                numbers = f"copy {deposit.number} of the owner's state is no newer than copy {known.number}"
                self._tell("warning", f"{numbers}: it is removed")
            return
        write_whole(self._disk, DEPOSIT, data)
        self._tell("info", f"copy {deposit.number} of the owner's state is held, sealed under their phrase")

    def _deposit(self) -> Deposit | None:
        with suppress(NotOnDisk, OwnerKeyError):
            if self._disk.size_bytes(DEPOSIT) <= DEPOSIT_LIMIT_BYTES:
                return decode_deposit(self._disk.read(DEPOSIT))
        return None

    def _drop_foreign(self) -> None:
        """Erase a copy of another owner's state, and one that was half written."""
        known = self._deposit()
        foreign = known is not None and self._owner not in (None, known.owner)
        for name in [f"{DEPOSIT}.part", *([DEPOSIT] if foreign else [])]:
            with suppress(NotOnDisk):
                self._disk.remove(name)
                self._disk.sync_folder("keys")

    def _was_taken(self, order: KeyBook | TimeOrder) -> bool:
        """Whether the last order taken was this time, which a crash kept from being removed."""
        newest = -1 if self.clock_day is None else self.clock_day
        return isinstance(order, TimeOrder) and order.number == self.number and order.time <= newest

    def _catch_up(self) -> None:
        """Take the day of a book that a crash has left without it; a damaged clock gets its number alone."""
        if self.book is None or self.book.number <= self.number:
            return
        if self._lost_clock:
            self.number = self.book.number
        else:
            self.put_clock(self.book.time, self.book.number)

    def _forget_others(self, owner: bytes) -> None:
        """Remove what another owner left: forgetting them was cut off after the first step."""
        with suppress(OwnerKeyError):
            self.book = decode_book(self._read(BOOK), owner)
            self._catch_up()
            return
        for name in (BOOK, CLOCK, HOLDING):
            with suppress(NotOnDisk):
                self._disk.remove(name)
                self._disk.sync_folder("keys")
        self.number, self.clock_day, self._lost_clock, self._newest_book = 0, None, False, 0

    def _refuse(self, name: str, data: bytes, error: LatchkeyError) -> None:
        if (name, data) not in self._told and len(self._told) < 4 * ORDER_LIMIT:
            self._told.add((name, data))
            self._tell("warning", f"{ORDERS}/{name} is refused: {error}")

    def _read_owner(self) -> None:
        """Read whom the device obeys, and mend the file where it is damaged and a book tells who it is."""
        pinned = read_owner(self._disk)
        self._owner, self._lost_owner = pinned.owner, pinned.damaged and pinned.owner is None
        if pinned.damaged and pinned.owner is not None:
            mend_owner(self._disk, pinned.owner)
            text = f"{OWNER} was damaged, and is now {DAMAGED}: the owner is that of the key book in use"
            self._tell("warning", text)

    def _read_clock(self) -> None:
        try:
            fields = _fields(read_checked(self._disk, CLOCK))
            self.clock_day = whole(fields.get("day"), 0, LAST_DAY - 1, "the day")
            self.number = whole(fields.get("number"), 0, NUMBER_LIMIT, "the number")
            self._newest_book = whole(fields.get("book", 0), 0, NUMBER_LIMIT, "the number of the book")
        except NotOnDisk:
            return
        except (FileDamaged, OrderWrong):
            self.clock_day, self.number, self._lost_clock, self._newest_book = None, 0, True, 0

    def _used_holding(self) -> int:
        try:
            return whole(
                _fields(read_checked(self._disk, HOLDING)).get("used"), 0, NUMBER_LIMIT, "the number"
            )
        except NotOnDisk:
            return 0
        except (FileDamaged, OrderWrong):
            return NUMBER_LIMIT

    def _read(self, name: str) -> bytes:
        try:
            return self._disk.read(name)
        except NotOnDisk:
            return b""


def _of(book: KeyBook) -> str:
    end = day_text(book.end_day - 1)
    return f"key book {book.number} is in use, for {len(book.viewers)} viewer(s), until {end}"


def decode_order(data: bytes) -> Order:
    """Read an order of any kind, of whatever owner it names. Raises OwnerKeyError."""
    for decode in (decode_time, decode_deposit):
        with suppress(OrderWrong):
            return decode(data)
    return decode_book(data)


def _fields(data: bytes) -> dict[str, object]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _spelled(fields: dict[str, int]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")

"""Who a clip of this moment is sealed to, and which day it is.

While the clock is believed: the keys of today of every viewer in the owner's book. While it is not: one
holding key per start of the device, marked as used on the disk before anything is sealed to it; such a clip
has no day, and gets one when the owner is next heard of. With no key at all nothing is recorded.

Face layers have keys of their own, of believed days only: a face is never sealed to a key that may outlive
its days. Where there is none the layer is left out, which is told, and the clip goes on.
"""

from collections import deque
from typing import Protocol

from latchkey.errors import OwnerKeyError
from latchkey.pipeline.orders import Heard, Orders
from latchkey.ports import Clock, Disk, Severity
from latchkey.units import utc_day
from latchkey.vault.book import LONGEST_DAYS, KeyBook
from latchkey.vault.days import day_text
from latchkey.vault.trust import UNDATED, ClockTrust

RENEW_DAYS = 30
"""So long before its keys run out a book is to be renewed."""

NEWS_LIMIT = 64


class KeysRunOut(OwnerKeyError):
    """Nobody has a key for a clip of now: nothing can be recorded, and there is no way around it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"nobody could open a clip: {reason}",
            hint="`latchkey owner book --vault DIR` hands the doorbell the next key book",
        )
        self.reason = reason


class ReaderSource(Protocol):
    """What the vault's keeper asks. One thread at a time."""

    @property
    def days(self) -> int:
        """T: after so many whole days a clip of these readers is deleted."""
        ...

    def day(self) -> int:
        """Give the UTC day of a clip that begins now, or UNDATED. Raises DiskError."""
        ...

    def today(self) -> int:
        """Give the UTC day by which clips expire: one that has surely come. Raises DiskError."""
        ...

    def recipients(self, day: int) -> tuple[str, ...]:
        """Give the age public keys for a clip of `day`, as `day()` gave it. Raises KeysRunOut, DiskError."""
        ...

    @property
    def face_days(self) -> int:
        """T of face layers, likewise."""
        ...

    def face_recipients(self, day: int) -> tuple[str, ...]:
        """Give the age public keys for a face layer of `day`; () = there is to be none. Raises DiskError."""
        ...


class Readers:
    """The readers of one device, from the owner's orders. `introduction` is the book that the settings name.

    `check` is to be called now and then. What the owner should be told waits in `news`; `wants_faces` = also
    that there is no key for face layers.
    """

    def __init__(self, disk: Disk, clock: Clock, introduction: bytes, *, wants_faces: bool = False) -> None:
        self._clock = clock
        self._wants_faces = wants_faces
        self._introduction = introduction
        self._news: deque[tuple[Severity, str]] = deque(maxlen=NEWS_LIMIT)
        self._orders = Orders(disk, self._tell)
        self._trust: ClockTrust | None = None
        self._holding = ""
        self._started = False
        self._last_told: dict[str, str] = {}

    @property
    def days(self) -> int:
        """T of the book in use; 30 without one: nothing is deleted early."""
        return self._orders.book.days if self._orders.book else LONGEST_DAYS

    @property
    def face_days(self) -> int:
        """T of face layers by the book in use; 30 where it says nothing of them."""
        return (self._orders.book.face_days if self._orders.book else 0) or LONGEST_DAYS

    @property
    def is_out(self) -> bool:
        """Whether nothing can be recorded now for want of keys."""
        book = self._orders.book
        if book is None:
            return True
        day = self.day()
        if day != UNDATED:
            return not book.recipients(day)
        return not self._holding and not self._orders.has_holding

    def check(self, date: Heard) -> None:
        """Take orders, move the floor, tell what is wrong. Raises DiskError.

        `date` is told the owner's day before an order is taken: clips without a day get it.
        """
        self._start()
        taken = self._orders.number
        if self._introduction:
            self._orders.introduce(self._introduction, date)
            self._introduction = b""
        self._orders.pick_up(date)
        now_ns, day = self._clock.now_ns(), utc_day(self._clock.wall_ns())
        if self._orders.number != taken and self._orders.clock_day is not None:
            self._trust = ClockTrust.from_day(self._orders.clock_day, now_ns)
        self._raise_floor(day, now_ns)
        self._tell_state(day, now_ns)

    def day(self) -> int:
        """Give the UTC day of a clip that begins now, or UNDATED. Raises DiskError."""
        self._start()
        day = utc_day(self._clock.wall_ns())
        known = self._trust is not None and self._trust.believes(day, self._clock.now_ns())
        return day if known else UNDATED

    def today(self) -> int:
        """Give the UTC day by which clips expire: that of 1970 before an owner is known. Raises DiskError."""
        self._start()
        day = utc_day(self._clock.wall_ns())
        return self._trust.today(day, self._clock.now_ns()) if self._trust else 0

    def recipients(self, day: int) -> tuple[str, ...]:
        """Give the age public keys for a clip of `day`. Raises KeysRunOut, DiskError.

        No start to come will believe a day before `day`: that is on the disk before a clip is sealed for it.
        """
        self._start()
        book = self._orders.book
        if book is None:
            raise KeysRunOut("no key book of an owner is known")
        if day != UNDATED:
            keys = book.recipients(day)
            if not keys:
                raise KeysRunOut(f"key book {book.number} has no key for {day_text(day)}")
            self._raise_floor(day, self._clock.now_ns())
            return keys
        self._holding = self._holding or self._orders.next_holding() or ""
        if not self._holding:
            raise KeysRunOut("the clock is not to be believed, and all holding keys are used")
        return (self._holding,)

    def face_recipients(self, day: int) -> tuple[str, ...]:
        """Give the age public keys for a face layer of `day`; () = there is to be none. Raises DiskError."""
        self._start()
        book = self._orders.book
        return () if book is None or day == UNDATED else book.face_recipients(day)

    def news(self) -> list[tuple[Severity, str]]:
        """Take what is to be told."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def _start(self) -> None:
        if self._started:
            return
        self._orders.start()
        if self._orders.clock_day is not None:
            self._trust = ClockTrust.from_day(self._orders.clock_day, self._clock.now_ns())
        self._started = True

    def _raise_floor(self, day: int, now_ns: int) -> None:
        if self._trust is None:
            return
        trust = self._trust.saw(day, now_ns)
        if trust.floor != self._trust.floor:
            self._orders.put_clock(trust.floor)
        self._trust = trust

    def _tell_state(self, day: int, now_ns: int) -> None:
        book, trust = self._orders.book, self._trust
        if book is None:
            self._once("keys", "error", "no key book of an owner is known: nothing is recorded")
            return
        if trust is None:
            text = "keys/clock.json is damaged: clips have no day until `latchkey owner time` is heard"
            self._once("clock", "error", text)
            return
        if not trust.believes(day, now_ns):
            text = (
                f"the clock says {day_text(day)}, which is not to be believed after {day_text(trust.floor)}"
            )
            self._once("clock", "warning", f"{text}: clips have no day until `latchkey owner time` is heard")
        else:
            self._once("clock", "info", "")
        if self.is_out:
            self._once(
                "keys", "error", "keys have run out: nothing is recorded; `latchkey owner book` renews"
            )
        elif book.without_key(trust.floor):
            count = len(book.without_key(trust.floor))
            self._once("keys", "warning", f"{count} viewer(s) have no key for today: clips are not for them")
        elif book.end_day - trust.floor <= RENEW_DAYS:
            end = day_text(book.end_day - 1)
            self._once("keys", "warning", f"keys end on {end}: renew them with `latchkey owner book`")
        else:
            self._once("keys", "info", "")
        if self._wants_faces:
            self._tell_faces(book)

    def _tell_faces(self, book: KeyBook) -> None:
        day = self.day()
        if day == UNDATED:
            text = "no face layer is kept while the clock is not believed"
            self._once("faces", "warning", text)
        elif not book.face_recipients(day):
            text = f"key book {book.number} has no keys for faces: no face layer is kept, clips are"
            self._once("faces", "error", f"{text}; `latchkey owner book` makes a book that has them")
        else:
            self._once("faces", "info", "")

    def _once(self, part: str, severity: Severity, text: str) -> None:
        if self._last_told.get(part, "") != text:
            self._last_told[part] = text
            if text:
                self._tell(severity, text)

    def _tell(self, severity: Severity, text: str) -> None:
        self._news.append((severity, text))

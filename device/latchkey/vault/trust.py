"""Is today's day to be believed? A clock may be set by anybody on the network; the owner signs time.

    believed  iff  floor <= day <= anchor + 2 + whole days that the monotonic clock has counted since

The floor is the newest day that was believed, and is kept on the disk: no clip of a day that is over can be
made again. The anchor is the floor as this start of the device found it, or the owner's last signed day:
so a lying time server moves the day by 2 at each start at most. Only the owner may lower the floor. Pure.
"""

from dataclasses import dataclass

from latchkey.clip.signing import PUBLIC_BYTES, SigningKey
from latchkey.errors import OwnerKeyError
from latchkey.units import NS_PER_S, S_PER_DAY
from latchkey.vault.days import LAST_DAY
from latchkey.vault.signed import NUMBER_LIMIT, key_bytes, key_text, read_order, sign_order, whole

LEAP_DAYS = 2
"""How far the day may run ahead of the monotonic clock: a power cut of a day and the turn of another."""

UNDATED = LAST_DAY
"""The day in the name of a clip whose day is not known: no clip of it ever expires."""

CONTEXT = b"latchkey/time/1\n"
ORDER_LIMIT_BYTES = 1024
_NS_PER_DAY = S_PER_DAY * NS_PER_S
_FIELDS = {"schema", "number", "owner", "time"}


@dataclass(frozen=True, slots=True)
class ClockTrust:
    """`floor` and `anchor` are UTC days, `since_ns` the monotonic time at which the anchor was set."""

    floor: int
    anchor: int
    since_ns: int

    @classmethod
    def from_day(cls, day: int, now_ns: int) -> "ClockTrust":
        """Begin with a day that is known: from the disk, or signed by the owner."""
        return cls(day, day, now_ns)

    def believes(self, day: int, now_ns: int) -> bool:
        """Whether `day`, by the wall clock, can be today."""
        passed_days = max(0, now_ns - self.since_ns) // _NS_PER_DAY
        return self.floor <= day <= min(self.anchor + LEAP_DAYS + passed_days, UNDATED - 1)

    def saw(self, day: int, now_ns: int) -> "ClockTrust":
        """Raise the floor to `day` if it is believed."""
        return ClockTrust(day, self.anchor, self.since_ns) if self.believes(day, now_ns) else self

    def today(self, day: int, now_ns: int) -> int:
        """Give the day by which clips expire: `day` if it is believed, else the floor."""
        return day if self.believes(day, now_ns) else self.floor


@dataclass(frozen=True, slots=True)
class TimeOrder:
    """The owner's word on which UTC day it is. Raises OrderWrong for impossible values."""

    number: int
    owner: bytes
    time: int

    def __post_init__(self) -> None:
        whole(self.number, 1, NUMBER_LIMIT, "the number")
        whole(len(self.owner), PUBLIC_BYTES, PUBLIC_BYTES, "the length of the owner's key")
        whole(self.time, 0, LAST_DAY - 1, "the day")


def encode_time(order: TimeOrder, key: SigningKey) -> bytes:
    """Sign an order. Raises OwnerKeyError where `key` is not the owner it names."""
    if key.public != order.owner:
        raise OwnerKeyError("a day is signed by the owner it names")
    fields = {"schema": 1, "number": order.number, "owner": key_text(order.owner), "time": order.time}
    return sign_order(fields, CONTEXT, key)


def decode_time(data: bytes) -> TimeOrder:
    """Read an order, by whatever owner it names. Raises OrderWrong for what `encode_time` does not write."""
    fields = read_order(data, CONTEXT, _FIELDS, ORDER_LIMIT_BYTES)
    return TimeOrder(fields["number"], key_bytes(fields["owner"]), fields["time"])

"""What a single value on the wire may be: a closed set of kinds, each with bounds.

A kind checks a value and describes itself for `WIRE.md`. There is none for free text: that is
how a picture, a key or a name has no place to hide.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from latchkey.errors import LatchkeyError
from latchkey.units import S_PER_DAY

ZONES_LIMIT = 8
ZONE_LIMIT_CHARS = 24
ZONES_LIMIT_BYTES = 160
"""All zone names of one message together: keeps the longest clip event below 512 bytes."""

_ZONE = re.compile(r"[\w][\w .-]*")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_STAMP = re.compile(_DAY.pattern + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
_DAYS_OF_MONTH = dict(enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
_LAST_DAY = 2_932_896
"""The last day of the year 9999, in days since 1970: beyond it, dates have no four-digit year."""


class WireError(LatchkeyError):
    """A message is not one that the table of topics allows."""


class Kind(Protocol):
    """A kind of value: what is legal, and how to say so."""

    def allows(self, value: object) -> bool:
        """Tell whether the value may travel in a field of this kind."""
        ...

    def describe(self) -> str:
        """Give the kind in a few words of Markdown."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and value in self.words

    def describe(self) -> str:
        return " or ".join(f"`{word}`" for word in self.words)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds, both included; `unit` is for people."""

    low: int
    high: int
    unit: str = ""

    def allows(self, value: object) -> bool:
        return type(value) is int and self.low <= value <= self.high

    def describe(self) -> str:
        bounds = str(self.low) if self.low == self.high else f"{self.low}..{self.high}"
        return f"{bounds} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Hex:
    """Lower-case hexadecimal digits, of random bits if `note`, which is for people, says nothing else."""

    digits: int
    note: str = ", random"

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{self.digits}}}", value) is not None

    def describe(self) -> str:
        return f"{self.digits} hex digits{self.note}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment in UTC, in whole seconds, like `2026-01-31T12:00:00Z`; `or_null` allows none.

    `note` is for people.
    """

    or_null: bool = False
    note: str = ""

    def allows(self, value: object) -> bool:
        return (value is None and self.or_null) or _is_date(value, _STAMP)

    def describe(self) -> str:
        return "UTC, whole seconds" + (", or null" if self.or_null else "") + self.note


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day, like `2026-01-31`."""

    def allows(self, value: object) -> bool:
        return _is_date(value, _DAY)

    def describe(self) -> str:
        return "UTC day"


@dataclass(frozen=True, slots=True)
class ZoneNames:
    """Names of motion zones as the owner wrote them, few and short."""

    def allows(self, value: object) -> bool:
        return isinstance(value, (list, tuple)) and fit_zones(value) == tuple(value)

    def describe(self) -> str:
        return f"at most {ZONES_LIMIT} names of motion zones"


def fit_zones(names: list[object] | tuple[object, ...]) -> tuple[str, ...]:
    """Give the names that may travel, in order: short, of letters and digits, few enough."""
    kept: list[str] = []
    room_bytes = ZONES_LIMIT_BYTES
    for name in names:
        if not isinstance(name, str) or len(name) > ZONE_LIMIT_CHARS or not _ZONE.fullmatch(name):
            continue
        size_bytes = len(name.encode())
        if len(kept) < ZONES_LIMIT and size_bytes <= room_bytes:
            kept.append(name)
            room_bytes -= size_bytes
    return tuple(kept)


def stamp(wall_s: int) -> str:
    """Write seconds since 1970 as a moment in UTC; what no calendar holds becomes 1970."""
    days, second = divmod(wall_s, S_PER_DAY)
    if not 0 <= days <= _LAST_DAY:
        days, second = 0, 0
    return f"{day(days)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


def day(utc_day: int) -> str:
    """Write days since 1970 as a date; what no calendar holds becomes 1970."""
    days = (utc_day if 0 <= utc_day <= _LAST_DAY else 0) + 719_468  # from 1 March of the year 0
    era, of_era = divmod(days, 146_097)  # 400 years
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153  # 0 = March: months from there have a regular pattern of lengths
    of_month = of_year - (153 * month + 2) // 5 + 1
    return f"{era * 400 + year + month // 10:04d}-{(month + 2) % 12 + 1:02d}-{of_month:02d}"


def _is_date(value: object, pattern: re.Pattern[str]) -> bool:
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return False
    year, month, of_month = (int(part) for part in found.groups()[:3])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = 29 if month == 2 and leap else _DAYS_OF_MONTH.get(month, 0)
    return 1 <= of_month <= days

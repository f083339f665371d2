"""What a single value on the wire may be: a closed set of kinds, each with bounds.

A kind checks a value and describes itself for `WIRE.md`. There is none for free text: that is
how a picture, a key or a name has no place to hide.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from latchkey.errors import LatchkeyError

ZONES_LIMIT = 8
ZONE_LIMIT_CHARS = 24
ZONES_LIMIT_BYTES = 160
"""All zone names of one message together: keeps the longest clip event below 512 bytes."""

_ZONE = re.compile(r"[\w][\w .-]*")
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_DAY = "%Y-%m-%d"


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
    """Lower-case hexadecimal digits of random bits."""

    digits: int

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{self.digits}}}", value) is not None

    def describe(self) -> str:
        return f"{self.digits} hex digits, random"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment in UTC, in whole seconds, like `2026-01-31T12:00:00Z`; `or_null` allows none."""

    or_null: bool = False

    def allows(self, value: object) -> bool:
        return (value is None and self.or_null) or _parses(value, _STAMP)

    def describe(self) -> str:
        return "UTC, whole seconds" + (", or null" if self.or_null else "")


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day, like `2026-01-31`."""

    def allows(self, value: object) -> bool:
        return _parses(value, _DAY)

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
    return _moment(wall_s).strftime(_STAMP)


def day(utc_day: int) -> str:
    """Write days since 1970 as a date."""
    return _moment(utc_day * 86_400).strftime(_DAY)


def _moment(wall_s: int) -> datetime:
    last_s = 253_402_300_799  # the end of 9999
    return datetime.fromtimestamp(wall_s if 0 <= wall_s <= last_s else 0, UTC)


def _parses(value: object, pattern: str) -> bool:
    if not isinstance(value, str) or not value.isascii():
        return False
    try:
        return datetime.strptime(value, pattern).replace(tzinfo=UTC).strftime(pattern) == value
    except ValueError:
        return False

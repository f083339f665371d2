"""UTC days as text: `2026-11-24` for the whole days since 1970 that everything counts in.

Arithmetic of the proleptic Gregorian calendar, on integers, in eras of 400 years (Howard
Hinnant, "chrono-compatible low-level date algorithms"); years 0001 to 9999.
"""

import re
from functools import lru_cache

ERA_DAYS = 146_097
FIRST_DAY = -719_162  # 0001-01-01
LAST_DAY = 2_932_896  # 9999-12-31
_MARCH_0000 = 719_468  # days from 0000-03-01, where an era begins, to 1970-01-01
DAYS_KEPT = 1024
"""Days remembered both ways: a vault has thousands of clips, of a few hundred days."""

_TEXT = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


@lru_cache(DAYS_KEPT)
def day_text(day: int) -> str:
    """Write a day as `YYYY-MM-DD`; days beyond the years 1 to 9999 become the nearest of them."""
    era, of_era = divmod(min(max(day, FIRST_DAY), LAST_DAY) + _MARCH_0000, ERA_DAYS)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * of_year + 2) // 153
    day_of_month = of_year - (153 * march_month + 2) // 5 + 1
    month = march_month + 3 if march_month < 10 else march_month - 9
    return f"{year + era * 400 + (month <= 2):04}-{month:02}-{day_of_month:02}"


@lru_cache(DAYS_KEPT)
def parse_day(text: str) -> int | None:
    """Read `YYYY-MM-DD`; None for anything but a day of the calendar."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    year, month, day_of_month = map(int, match.groups())
    march_year = year - (month <= 2)
    era, of_era = divmod(march_year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day_of_month - 1
    day = era * ERA_DAYS + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _MARCH_0000
    return day if day_text(day) == text else None

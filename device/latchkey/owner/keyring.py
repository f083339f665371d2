"""Which secret keys open a clip: those of a key file for any, those of the household for its day."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from latchkey.clip import X25519Identity
from latchkey.errors import OwnerKeyError
from latchkey.owner.household import Household
from latchkey.ports import ClipEntry
from latchkey.vault import UNDATED, day_text
from latchkey.vault.book import KEY_DAYS

AHEAD_DAYS = 1
"""An identity file also has the key of the next day: a clip after midnight opens with it."""


ALL_HELD = -1
"""Any holding key: they have numbers from 1."""


class Keys(Protocol):
    """Secret keys `AGE-SECRET-KEY-1...`."""

    def of(self, day: int, *, held: int | None = ALL_HELD) -> tuple[str, ...]:
        """Give those that may open a clip of a UTC day; of holding keys number `held` alone, None = none."""
        ...

    def every(self) -> tuple[str, ...]:
        """Give all there are, for a clip whose day is not known."""
        ...

    def faces_of(self, day: int) -> tuple[str, ...]:
        """Give those that may open the face layer of a clip of a UTC day; () where they are erased."""
        ...


class FileKeys:
    """The keys of an identity file."""

    def __init__(self, identities: tuple[str, ...]) -> None:
        self._identities = identities

    def of(self, day: int, *, held: int | None = ALL_HELD) -> tuple[str, ...]:  # noqa: ARG002 -- for any day
        """Give all of them."""
        return self._identities

    def every(self) -> tuple[str, ...]:
        """Give all of them."""
        return self._identities

    def faces_of(self, day: int) -> tuple[str, ...]:  # noqa: ARG002 -- they are for any day
        """Give all of them."""
        return self._identities


class HouseholdKeys:
    """The keys of an owner's state; `today` by the owner's clock."""

    def __init__(self, state: Household, today: int) -> None:
        self.state = state
        self._today = today

    def of(self, day: int, *, held: int | None = ALL_HELD) -> tuple[str, ...]:
        """Give the day's key, while it lives, the long-term one, and the holding ones."""
        if held == ALL_HELD:
            return self.state.identities(day)
        holding = tuple(one for one in self.state.holding if one.number == held)
        return replace(self.state, holding=holding).identities(day)

    def has_erased(self, day: int) -> bool:
        """Whether the key of a day was there and is erased."""
        return day < self.state.ratchet.day

    def every(self) -> tuple[str, ...]:
        """Give those of all live days, the long-term one, and the holding ones."""
        live = live_days(self.state, self._today, self.state.ratchet.day)
        days = [key for day in live for key in self.state.day_keys(day)]
        return (*days, *self.state.identities(UNDATED))

    def faces_of(self, day: int) -> tuple[str, ...]:
        """Give the day's key for faces, while it lives, and no other: faces of kept clips go as well."""
        return self.state.face_keys(day)


def live_days(state: Household, today: int, first_day: int) -> range:
    """Give the days from `first_day` to the day after the newest that has come; a book's 400 at most."""
    last_day = max(today, state.newest_day or 0, first_day) + AHEAD_DAYS
    return range(first_day, min(last_day + 1, first_day + KEY_DAYS))


def seen_holding(held: Mapping[str, int], state: Household) -> list[int]:
    """Give the numbers of holding keys not seen before, of those that open clips: `held`, by their ids."""
    fresh = {one.number for one in state.holding if one.seen_day is None}
    return sorted(fresh.intersection(held.values()))


def dated_holding(held: Mapping[str, int], entries: Sequence[ClipEntry]) -> dict[int, int]:
    """Give the newest day of the clips that each holding key opens: undated once, they have one by now."""
    days: dict[int, int] = {}
    for entry in entries:
        number = None if entry.day == UNDATED else held.get(entry.clip)
        if number is not None:
            days[number] = max(entry.day, days.get(number, entry.day))
    return days


def identity_file(state: Household, today: int) -> str:
    """Give the live day keys as an age identity file, and the keys of kept and of undated clips."""
    lines = [
        "# day keys of Latchkey; who has this file opens the clips of these days, and kept ones for ever"
    ]
    for day in live_days(state, today, state.ratchet.day):
        lines += [f"# {day_text(day)}", *state.day_keys(day)]
    lines += ["# kept clips", X25519Identity(state.long_term).text]
    for one in state.holding:
        lines += [f"# holding key {one.number}", X25519Identity(one.secret).text]
    return "\n".join(lines) + "\n"


def face_identity_file(state: Household, today: int) -> str:
    """Give the live day keys of face layers, and no others, as an age identity file.

    Raises OwnerKeyError for a state that has none yet.
    """
    if state.face_ratchet is None:
        raise OwnerKeyError("there are no keys for faces yet", hint="`latchkey owner book` makes them")
    lines = ["# keys of Latchkey's face layers; who has this file sees the faces of these days"]
    for day in live_days(state, today, state.face_ratchet.day):
        lines += [f"# {day_text(day)}", *state.face_keys(day)]
    return "\n".join(lines) + "\n"

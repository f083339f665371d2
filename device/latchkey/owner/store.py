"""The owner's state as a file: 0600, replaced whole, one change at a time.

A replaced file may survive in flash, and in backups: a copy made on day d opens every day from d - T on.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from latchkey.adapters.disk import FILE_MODE, FOLDER_MODE, disk_errors
from latchkey.errors import OwnerKeyError, UsageError
from latchkey.owner.files import writing
from latchkey.owner.household import HoldingSecret, Household, KnownDevice
from latchkey.owner.ratchet import Ratchet
from latchkey.reading import read_small
from latchkey.units import MIB
from latchkey.vault.book import BOOK_LIMIT_BYTES, LONGEST_DAYS, Viewer, decode_book
from latchkey.vault.signed import NUMBER_LIMIT, OrderWrong, key_bytes, key_text, whole

STATE_NAME, BOOK_NAME, LOCK_NAME = "state.json", "book.json", "lock"
STATE_LIMIT_BYTES = 4 * MIB
_DAY_LIMIT = 10**7
_LOCK = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_FIELDS = {
    "schema",
    "number",
    "seed",
    "viewer",
    "days",
    "ratchet",
    "others",
    "long_term",
    "holding",
    "devices",
}


def encode_household(state: Household) -> bytes:
    """Give the bytes of the state file. They are secret."""
    fields = {
        "schema": 1,
        "number": state.number,
        "seed": key_text(state.seed),
        "viewer": state.viewer,
        "days": state.days,
        "ratchet": {"day": state.ratchet.day, "secret": key_text(state.ratchet.secret)},
        "long_term": key_text(state.long_term),
        "holding": [[one.number, key_text(one.secret), one.seen_day] for one in state.holding],
        "others": [
            [one.id, one.days, one.first_day, [key_text(key) for key in one.keys]] for one in state.others
        ],
        "devices": [[key_text(one.public), one.newest_day] for one in state.devices],
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode_household(data: bytes) -> Household:
    """Read a state file. Raises OwnerKeyError for anything that `encode_household` does not write."""
    try:
        fields = json.loads(data)
        if not isinstance(fields, dict) or fields.get("schema") != 1 or set(fields) != _FIELDS:
            raise OrderWrong("it is of another version")
        state = _household(fields)
    except (ValueError, TypeError, KeyError, RecursionError, OwnerKeyError) as error:
        raise OwnerKeyError("the owner's state is damaged, or of another version") from error
    if encode_household(state) != data:
        raise OwnerKeyError("the owner's state is damaged, or of another version")
    return state


def _household(fields: dict[str, Any]) -> Household:
    return Household(
        number=whole(fields["number"], 0, NUMBER_LIMIT, "number"),
        seed=key_bytes(fields["seed"]),
        viewer=str(fields["viewer"]),
        days=whole(fields["days"], 1, LONGEST_DAYS, "days"),
        ratchet=Ratchet(
            whole(fields["ratchet"]["day"], 0, _DAY_LIMIT, "day"), key_bytes(fields["ratchet"]["secret"])
        ),
        long_term=key_bytes(fields["long_term"]),
        holding=tuple(
            HoldingSecret(whole(number, 1, NUMBER_LIMIT, "number"), key_bytes(secret), _day_or_none(seen))
            for number, secret, seen in fields["holding"]
        ),
        others=tuple(
            Viewer(viewer, days, first_day, tuple(key_bytes(key) for key in keys))
            for viewer, days, first_day, keys in fields["others"]
        ),
        devices=tuple(KnownDevice(key_bytes(public), _day_or_none(day)) for public, day in fields["devices"]),
    )


def _day_or_none(value: object) -> int | None:
    return None if value is None else whole(value, 0, _DAY_LIMIT, "day")


def default_folder() -> Path:
    """Where the owner's state lies."""
    return Path("~/.config/latchkey/owner").expanduser()


class HouseholdStore:
    """The state file in a folder of its own, 0700, and beside it the newest book."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.book_path = folder / BOOK_NAME
        self._path = folder / STATE_NAME

    @property
    def exists(self) -> bool:
        """Whether there is a state."""
        with disk_errors(f"look at {self._path}"):
            return self._path.exists()

    def load(self) -> Household:
        """Read the state. Raises OwnerKeyError."""
        try:
            data = read_small(self._path, STATE_LIMIT_BYTES)
        except OSError as error:
            hint = "`latchkey owner init` makes a household; --key FILE opens with a key file instead"
            raise OwnerKeyError(f"cannot read {self._path}: {error.strerror}", hint=hint) from error
        return decode_household(data)

    def create(self, state: Household, book: bytes) -> None:
        """Write a first state. Raises UsageError where there is one: clips may need it. Raises DiskError."""
        with self._locked():
            if self.exists:
                raise UsageError(f"there is a household in {self.folder} already, and it is left as it is")
            self._write(self.book_path, book)
            self._write(self._path, encode_household(state))

    def change(self, act: Callable[[Household], Household]) -> Household:
        """Replace the state by what `act` makes of it, durably. Raises OwnerKeyError, DiskError."""
        with self._locked():
            before = self.load()
            after = act(before)
            if after != before:
                self._write(self._path, encode_household(after))
        return after

    def book_end_day(self) -> int | None:
        """Give the first day for which the newest book has no key; None where there is no book to read."""
        try:
            return decode_book(read_small(self.book_path, BOOK_LIMIT_BYTES)).end_day
        except (OSError, OwnerKeyError):
            return None

    def put_book(self, book: bytes) -> None:
        """Replace the book."""
        self._write(self.book_path, book)

    def _write(self, path: Path, data: bytes) -> None:
        with writing(path, force=True) as stream:
            stream.write(data)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with disk_errors(f"write {self.folder}"):
            self.folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            handle = os.open(self.folder / LOCK_NAME, _LOCK, FILE_MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

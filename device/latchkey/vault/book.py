"""The key book: who may read, signed by the owner. All that a device knows of its readers; all public.

Each viewer has one public key per UTC day, for at most 400 days, and a number of days T for which clips stay
readable; for face layers, where the viewer may see faces, as many keys of their own and a T of its own.
Holding keys are for clips of unknown day, one per start of the device. Numbers rise with every
order that an owner signs. Pure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from latchkey.clip import X25519Recipient
from latchkey.clip.signing import PUBLIC_BYTES, SigningKey
from latchkey.errors import OwnerKeyError
from latchkey.units import KIB
from latchkey.vault.days import LAST_DAY
from latchkey.vault.signed import (
    NUMBER_LIMIT,
    OrderWrong,
    key_bytes,
    key_text,
    read_order,
    sign_order,
    whole,
)

CONTEXT = b"latchkey/book/1\n"
KEY_DAYS = 400
"""A year and a month: a device that nobody visits goes on recording that long, and no longer."""

LONGEST_DAYS = 30
VIEWER_LIMIT = 16
FACE_VIEWER_LIMIT = 8
"""Viewers with keys for faces: with more, a book would not stay within its limit."""

HOLDING_LIMIT = 400
BOOK_LIMIT_BYTES = 512 * KIB
"""The largest book, 16 viewers of 400 keys, 8 of whom see faces, and 400 holding keys, takes 462 KiB."""

SCHEMAS = (1, 2)
"""Books of schema 1 are read too: they have no keys for faces."""

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FIELDS = {"schema", "number", "owner", "time", "viewers", "holding", "long_term"}
_VIEWER_FIELDS = {"id", "days", "first_day", "keys"}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who may read: `keys` are X25519 public keys, 32 bytes, of the days from `first_day` on.

    `days` is T, 1 to 30: the viewer erases the key of day d once more than T days have passed. `face_keys`
    are for face layers, of the same days or of the last ones of them; `face_days` is their T, no longer than
    that of clips. A viewer without them, `face_days` 0, sees no faces.
    Raises OwnerKeyError for a key that age does not make, OrderWrong for other impossible values.
    """

    id: str
    days: int
    first_day: int
    keys: tuple[bytes, ...]
    face_days: int = 0
    face_keys: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(str(self.id)):
            raise OrderWrong("the id of a viewer is not one")
        whole(self.days, 1, LONGEST_DAYS, "a viewer's number of days")
        whole(self.first_day, 0, LAST_DAY - KEY_DAYS, "a viewer's first day")
        whole(len(self.keys), 1, KEY_DAYS, "a viewer's number of keys")
        if self.face_keys:
            whole(self.face_days, 1, self.days, "a viewer's number of days for faces")
            whole(len(self.face_keys), 1, len(self.keys), "a viewer's number of keys for faces")
        else:
            whole(self.face_days, 0, 0, "the days of a viewer who sees no faces")
        for key in (*self.keys, *self.face_keys):
            X25519Recipient(key)

    def key_of(self, day: int) -> bytes | None:
        """Give the public key of a day, or None where there is none."""
        at = day - self.first_day
        return self.keys[at] if 0 <= at < len(self.keys) else None

    def face_key_of(self, day: int) -> bytes | None:
        """Give the public key for the face layers of a day, or None where there is none."""
        at = day - (self.end_day - len(self.face_keys))
        return self.face_keys[at] if 0 <= at < len(self.face_keys) else None

    @property
    def end_day(self) -> int:
        """The first day for which there is no key any more."""
        return self.first_day + len(self.keys)


@dataclass(frozen=True, slots=True)
class HoldingKey:
    """A public key for the clips of one start of the device whose clock is not to be believed."""

    number: int
    key: bytes

    def __post_init__(self) -> None:
        whole(self.number, 1, NUMBER_LIMIT, "the number of a holding key")
        X25519Recipient(self.key)


@dataclass(frozen=True, slots=True)
class KeyBook:
    """A book. `owner` is the key that signs it, `time` the owner's UTC day when it was signed.

    Clips that the owner keeps are sealed anew to `long_term`. Raises OrderWrong, OwnerKeyError.
    """

    number: int
    owner: bytes
    time: int
    viewers: tuple[Viewer, ...]
    holding: tuple[HoldingKey, ...]
    long_term: bytes

    def __post_init__(self) -> None:
        whole(self.number, 1, NUMBER_LIMIT, "the number")
        whole(len(self.owner), PUBLIC_BYTES, PUBLIC_BYTES, "the length of the owner's key")
        whole(self.time, 0, LAST_DAY - 1, "the day of signing")
        whole(len(self.viewers), 1, VIEWER_LIMIT, "the number of viewers")
        whole(len(self.holding), 0, HOLDING_LIMIT, "the number of holding keys")
        X25519Recipient(self.long_term)
        seeing = sum(bool(viewer.face_keys) for viewer in self.viewers)
        whole(seeing, 0, FACE_VIEWER_LIMIT, "the number of viewers who see faces")
        if len({viewer.id for viewer in self.viewers}) != len(self.viewers):
            raise OrderWrong("it names a viewer twice")
        numbers = [one.number for one in self.holding]
        if numbers != sorted(set(numbers)):
            raise OrderWrong("its holding keys are not in order")

    def recipients(self, day: int) -> tuple[str, ...]:
        """Give the age public keys that a clip of UTC day `day` is sealed to; () = nobody has a key."""
        return _spelled(viewer.key_of(day) for viewer in self.viewers)

    def face_recipients(self, day: int) -> tuple[str, ...]:
        """Give the age public keys that a face layer of UTC day `day` is sealed to; () = nobody has a key."""
        return _spelled(viewer.face_key_of(day) for viewer in self.viewers)

    def without_key(self, day: int) -> tuple[str, ...]:
        """Give the ids of the viewers who have no key for a day: later clips are not for them."""
        return tuple(viewer.id for viewer in self.viewers if viewer.key_of(day) is None)

    @property
    def days(self) -> int:
        """T of a clip: the largest of its viewers', for the laxest one bounds what can still be opened."""
        return max(viewer.days for viewer in self.viewers)

    @property
    def face_days(self) -> int:
        """T of a face layer, likewise; 0 where nobody sees faces."""
        return max(viewer.face_days for viewer in self.viewers)

    @property
    def end_day(self) -> int:
        """The first day on which a viewer has no key any more."""
        return min(viewer.end_day for viewer in self.viewers)


def encode_book(book: KeyBook, key: SigningKey) -> bytes:
    """Sign a book. Equal books, equal bytes. Raises OwnerKeyError where `key` is not the book's owner."""
    if key.public != book.owner:
        raise OwnerKeyError("a key book is signed by the owner it names")
    fields = {
        "schema": SCHEMAS[-1],
        "number": book.number,
        "owner": key_text(book.owner),
        "time": book.time,
        "long_term": key_text(book.long_term),
        "holding": [{"number": one.number, "key": key_text(one.key)} for one in book.holding],
        "viewers": [
            {
                "id": viewer.id,
                "days": viewer.days,
                "first_day": viewer.first_day,
                "keys": [key_text(point) for point in viewer.keys],
                "face_days": viewer.face_days,
                "face_keys": [key_text(point) for point in viewer.face_keys],
            }
            for viewer in book.viewers
        ],
    }
    return sign_order(fields, CONTEXT, key)


def decode_book(data: bytes, owner: bytes | None = None) -> KeyBook:
    """Read a signed book; `owner` is the key that must have signed it, None = whoever it names.

    Raises OrderWrong, OwnerKeyError for anything that `encode_book` does not write, now or in schema 1.
    """
    fields = read_order(data, CONTEXT, _FIELDS, BOOK_LIMIT_BYTES, SCHEMAS)
    viewer = _viewer_without_faces if fields["schema"] == 1 else _viewer
    signer = key_bytes(fields["owner"])
    if owner is not None and signer != owner:
        raise OrderWrong("it is signed by another owner")
    return KeyBook(
        number=fields["number"],
        owner=signer,
        time=fields["time"],
        viewers=tuple(viewer(one) for one in _list(fields["viewers"], VIEWER_LIMIT)),
        holding=tuple(_holding(one) for one in _list(fields["holding"], HOLDING_LIMIT)),
        long_term=key_bytes(fields["long_term"]),
    )


def _viewer(value: Any) -> Viewer:
    fields = _object(value, _VIEWER_FIELDS | {"face_days", "face_keys"})
    days, face_days = fields["days"], fields["face_days"]
    keys, face_keys = _keys(fields["keys"]), _keys(fields["face_keys"])
    return Viewer(fields["id"], days, fields["first_day"], keys, face_days, face_keys)


def _viewer_without_faces(value: Any) -> Viewer:
    fields = _object(value, _VIEWER_FIELDS)
    return Viewer(fields["id"], fields["days"], fields["first_day"], _keys(fields["keys"]))


def _keys(value: object) -> tuple[bytes, ...]:
    return tuple(key_bytes(text) for text in _list(value, KEY_DAYS))


def _spelled(keys: Iterable[bytes | None]) -> tuple[str, ...]:
    return tuple(str(X25519Recipient(key)) for key in keys if key is not None)


def _holding(value: Any) -> HoldingKey:
    fields = _object(value, {"number", "key"})
    return HoldingKey(fields["number"], key_bytes(fields["key"]))


def _list(value: object, limit: int) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > limit:
        raise OrderWrong("a list in it is none, or too long")
    return value


def _object(value: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise OrderWrong("an entry in it has other fields than it should")
    return value

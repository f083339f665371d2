"""One secret per UTC day, each made from the one before: forward is easy, backward is impossible.

    key of day d   = BLAKE2b-256(S_d, person "lk-day"), an X25519 secret
    S_(d+1)        = BLAKE2b-256(S_d, person "lk-next")

Who holds `S_d` has the keys of day d and of every later day, and of no earlier one. Face layers have a
ratchet of their own, with other persons and a first secret of its own: neither gives anything of the other.
Pure.
"""

import hashlib
from dataclasses import dataclass, field, replace
from enum import Enum

from latchkey.clip import X25519Identity
from latchkey.errors import OwnerKeyError
from latchkey.vault.days import day_text

SECRET_BYTES = 32
REACH_DAYS = 100 * 366
"""A hundred years in one go take under 0.1 s; nobody needs more, and a wrong number cannot hang us."""


class Use(Enum):
    """What the keys of a ratchet open; the BLAKE2b persons of a day's key and of the next secret."""

    CLIPS = (b"lk-day", b"lk-next")
    FACES = (b"lk-face-day", b"lk-face-next")


class DayErased(OwnerKeyError):
    """The key of a day is asked for that is erased. `day` is a UTC day since 1970."""

    def __init__(self, day: int) -> None:
        super().__init__(
            f"the key of {day_text(day)} is erased: its days are over",
            hint="if this machine's clock says an earlier day than it is, set it",
        )
        self.day = day


@dataclass(frozen=True, slots=True)
class Ratchet:
    """`secret` is `S_day`: 32 random bytes on its first day, hashes of them later. Its repr never shows it.

    Raises ValueError for a secret of another length or a day before 1970.
    """

    day: int
    secret: bytes = field(repr=False)
    use: Use = Use.CLIPS

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES or self.day < 0:
            raise ValueError(f"a ratchet is {SECRET_BYTES} bytes and a day since 1970")

    def day_identity(self, day: int) -> X25519Identity:
        """Give the secret key of a day. Raises DayErased, OwnerKeyError (more than 100 years ahead)."""
        if day < self.day:
            raise DayErased(day)
        return self.advance(day)._own_identity()

    def advance(self, to_day: int) -> "Ratchet":
        """Give the ratchet that begins on `to_day`; itself where that is not later. There is no way back.

        Raises OwnerKeyError beyond 100 years.
        """
        if to_day - self.day > REACH_DAYS:
            raise OwnerKeyError("that day is more than a hundred years ahead")
        secret, (_, step) = self.secret, self.use.value
        for _ in range(self.day, to_day):
            secret = _hash(secret, step)
        return replace(self, day=max(self.day, to_day), secret=secret)

    def public_keys(self, first_day: int, n_days: int) -> list[bytes]:
        """Give the public keys, 32 bytes each, of `n_days` days from `first_day` on.

        Raises DayErased, OwnerKeyError.
        """
        if first_day < self.day:
            raise DayErased(first_day)
        keys, ratchet = [], self.advance(first_day)
        for _ in range(n_days):
            keys.append(ratchet._own_identity().recipient.point)
            ratchet = ratchet.advance(ratchet.day + 1)
        return keys

    def _own_identity(self) -> X25519Identity:
        return X25519Identity(_hash(self.secret, self.use.value[0]))


def _hash(secret: bytes, person: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=SECRET_BYTES, person=person).digest()

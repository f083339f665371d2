"""One secret per UTC day, each made from the one before: forward is easy, backward is impossible.

    key of day d   = BLAKE2b-256(S_d, person "lk-day"), an X25519 secret
    S_(d+1)        = BLAKE2b-256(S_d, person "lk-next")

Who holds `S_d` has the keys of day d and of every later day, and of no earlier one. Pure.
"""

import hashlib
from dataclasses import dataclass, field

from latchkey.clip import X25519Identity
from latchkey.errors import OwnerKeyError

SECRET_BYTES = 32
REACH_DAYS = 100 * 366
"""A hundred years in one go take under 0.1 s; nobody needs more, and a wrong number cannot hang us."""


class DayErased(OwnerKeyError):
    """The key of a day is asked for that is erased. `day` is a UTC day since 1970."""

    def __init__(self, day: int) -> None:
        super().__init__("the key of that day is erased: its days are over")
        self.day = day


@dataclass(frozen=True, slots=True)
class Ratchet:
    """`secret` is `S_day`: 32 random bytes on its first day, hashes of them later. Its repr never shows it.

    Raises ValueError for a secret of another length or a day before 1970.
    """

    day: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES or self.day < 0:
            raise ValueError(f"a ratchet is {SECRET_BYTES} bytes and a day since 1970")

    def day_identity(self, day: int) -> X25519Identity:
        """Give the secret key of a day. Raises DayErased, OwnerKeyError (more than 100 years ahead)."""
        if day < self.day:
            raise DayErased(day)
        return X25519Identity(_day_secret(self.advance(day).secret))

    def advance(self, to_day: int) -> "Ratchet":
        """Give the ratchet that begins on `to_day`; itself where that is not later. There is no way back.

        Raises OwnerKeyError beyond 100 years.
        """
        if to_day - self.day > REACH_DAYS:
            raise OwnerKeyError("that day is more than a hundred years ahead")
        secret = self.secret
        for _ in range(self.day, to_day):
            secret = _next(secret)
        return Ratchet(max(self.day, to_day), secret)

    def public_keys(self, first_day: int, n_days: int) -> list[bytes]:
        """Give the public keys, 32 bytes each, of `n_days` days from `first_day` on.

        Raises DayErased, OwnerKeyError.
        """
        if first_day < self.day:
            raise DayErased(first_day)
        keys, ratchet = [], self.advance(first_day)
        for _ in range(n_days):
            keys.append(X25519Identity(_day_secret(ratchet.secret)).recipient.point)
            ratchet = ratchet.advance(ratchet.day + 1)
        return keys


def _day_secret(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=SECRET_BYTES, person=b"lk-day").digest()


def _next(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=SECRET_BYTES, person=b"lk-next").digest()

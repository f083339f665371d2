"""The ratchet goes one way."""

import hashlib

import pytest

from latchkey.errors import OwnerKeyError
from latchkey.owner.ratchet import DayErased, Ratchet

START = Ratchet(20_000, b"s" * 32)


def test_each_day_has_a_key_of_its_own_that_its_public_keys_match() -> None:
    keys = [START.day_identity(day) for day in range(20_000, 20_040)]
    assert len({key.secret for key in keys}) == 40
    assert [key.recipient.point for key in keys] == START.public_keys(20_000, 40)
    assert START.public_keys(20_030, 5) == START.public_keys(20_000, 40)[30:35]


def test_the_hashes_are_those_of_the_format() -> None:
    second = hashlib.blake2b(b"s" * 32, digest_size=32, person=b"lk-next").digest()
    assert START.advance(20_001) == Ratchet(20_001, second)
    secret = hashlib.blake2b(second, digest_size=32, person=b"lk-day").digest()
    assert START.day_identity(20_001).secret == secret


def test_after_an_advance_later_days_open_and_earlier_ones_never() -> None:
    later = START.advance(20_010)
    for day in range(20_010, 20_020):
        assert later.day_identity(day) == START.day_identity(day)
    with pytest.raises(DayErased):
        later.day_identity(20_009)
    with pytest.raises(DayErased):
        later.public_keys(20_009, 2)
    assert later.advance(20_003) == later


def test_a_mad_clock_ends_in_an_error_not_in_an_endless_loop() -> None:
    with pytest.raises(OwnerKeyError):
        START.day_identity(10**12)


def test_the_secret_is_in_no_repr() -> None:
    assert "sss" not in repr(START)


@pytest.mark.parametrize(("day", "secret"), [(1, b"short"), (-1, b"s" * 32)])
def test_impossible_ratchets_are_refused(day: int, secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Ratchet(day, secret)

"""The ratchet goes one way."""

import hashlib
from pathlib import Path

import pytest

from latchkey.errors import OwnerKeyError
from latchkey.owner.ratchet import DayErased, Ratchet, Use

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


def test_the_ratchet_for_faces_has_persons_of_its_own() -> None:
    faces = Ratchet(20_000, b"s" * 32, Use.FACES)
    second = hashlib.blake2b(b"s" * 32, digest_size=32, person=b"lk-face-next").digest()
    assert faces.advance(20_001) == Ratchet(20_001, second, Use.FACES)
    secret = hashlib.blake2b(second, digest_size=32, person=b"lk-face-day").digest()
    assert faces.day_identity(20_001).secret == secret
    assert not set(faces.public_keys(20_000, 400)) & set(START.public_keys(20_000, 400))


@pytest.mark.parametrize("use", Use)
def test_the_values_in_the_description_of_the_format_are_those_that_are_made(use: Use) -> None:
    page = (Path(__file__).parents[3] / "device/CLIP.md").read_text("utf-8")
    rows = [
        line.strip("|").split("|") for line in page.splitlines() if line.startswith(f"| {use.name.lower()} |")
    ]
    assert len(rows) == 3
    for _, day, secret, public in rows:
        ratchet = Ratchet(20_000, bytes(range(32)), use).advance(int(day))
        assert ratchet.secret.hex() == secret.strip(" `")
        assert str(ratchet.day_identity(int(day)).recipient) == public.strip(" `")


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

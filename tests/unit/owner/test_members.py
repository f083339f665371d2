"""Viewers and devices, added and revoked: what a new book says, and what stays as it was."""

from dataclasses import replace

import pytest

from latchkey.clip import X25519Recipient
from latchkey.clip.signing import SigningKey
from latchkey.errors import UsageError
from latchkey.owner.household import Household, KnownDevice, new_household
from latchkey.owner.members import (
    fingerprint,
    viewer_name,
    with_device,
    with_viewer,
    without_device,
    without_viewer,
)
from latchkey.vault.book import FACE_VIEWER_LIMIT, VIEWER_LIMIT, KeyBook, decode_book
from latchkey_sim.entropy import SeededEntropy

DAY = 20_000
OWNER = new_household(DAY, 3, SeededEntropy(1).take)
PHONE = new_household(DAY - 10, 7, SeededEntropy(2).take)
DOOR, GATE = SigningKey(b"d" * 32).public, SigningKey(b"g" * 32).public


def book_of(house: Household, day: int) -> KeyBook:
    return decode_book(house.book(day)[1])


def key_of(house: Household, day: int) -> str:
    return str(house.ratchet.day_identity(day).recipient)


BOTH = with_viewer(OWNER, "Ada's phone", book_of(PHONE, DAY - 10), DAY)


def test_an_added_viewer_reads_later_clips_and_none_before() -> None:
    book = book_of(BOTH, DAY)
    assert book.recipients(DAY) == (key_of(OWNER, DAY), key_of(PHONE, DAY))
    assert book.viewers[1].first_day == DAY
    assert book.viewers[1].key_of(DAY - 1) is None
    assert book.days == 7
    assert viewer_name(BOTH, PHONE.viewer) == "Ada's phone"


def test_nothing_secret_of_a_viewer_comes_to_the_owner() -> None:
    held = BOTH.others[0].keys
    assert all(X25519Recipient(key) for key in held)
    assert PHONE.ratchet.secret not in held
    assert len(held) == 390


def test_a_viewer_sees_faces_only_where_the_owner_lets_it() -> None:
    assert len(book_of(BOTH, DAY).face_recipients(DAY)) == 1
    seeing = with_viewer(BOTH, "Ada's phone", book_of(PHONE, DAY - 10), DAY, faces=True)
    keys = book_of(seeing, DAY).face_recipients(DAY)
    assert PHONE.face_ratchet is not None
    assert keys[1] == str(PHONE.face_ratchet.day_identity(DAY).recipient)
    assert seeing.others[0].face_key_of(DAY - 1) is None
    ahead = replace(PHONE, face_ratchet=PHONE.face_ratchet.advance(DAY + 2))
    late = with_viewer(BOTH, "Ada's phone", book_of(ahead, DAY - 10), DAY, faces=True).others[0]
    assert [late.face_key_of(day) is None for day in (DAY, DAY + 1, DAY + 2)] == [True, True, False]
    assert late.face_key_of(DAY + 9) == seeing.others[0].face_key_of(DAY + 9)
    blind = with_viewer(seeing, "Ada's phone", book_of(PHONE, DAY), DAY)
    assert len(book_of(blind, DAY).face_recipients(DAY)) == 1
    assert without_viewer(seeing, "Ada's phone") == OWNER
    old = book_of(replace(PHONE, face_ratchet=None), DAY)
    with pytest.raises(UsageError, match="no keys for faces"):
        with_viewer(OWNER, "Ada's phone", old, DAY, faces=True)


def test_a_newer_book_of_a_viewer_takes_the_place_of_the_older() -> None:
    renewed = with_viewer(BOTH, "Ada's phone", book_of(PHONE, DAY + 200), DAY + 200)
    assert len(renewed.others) == 1
    assert viewer_name(renewed, PHONE.viewer) == "Ada's phone"
    assert book_of(renewed, DAY + 200).end_day == DAY + 600


def test_who_cannot_be_a_viewer_is_refused() -> None:
    other = new_household(DAY, 1, SeededEntropy(3).take)
    with pytest.raises(UsageError, match="your own book"):
        with_viewer(OWNER, "me", book_of(OWNER, DAY), DAY)
    with pytest.raises(UsageError, match="used up"):
        with_viewer(OWNER, "late", book_of(PHONE, DAY), DAY + 400)
    with pytest.raises(UsageError, match="there is a Ada's phone already"):
        with_viewer(BOTH, "Ada's phone", book_of(other, DAY), DAY)
    for name in ("", " ", "a" * 41, "a\nb"):
        with pytest.raises(UsageError, match="a name is"):
            with_viewer(OWNER, name, book_of(PHONE, DAY), DAY)


def test_a_book_that_claims_the_id_of_another_viewer_puts_nobody_out() -> None:
    eve = book_of(new_household(DAY, 1, SeededEntropy(3).take), DAY)
    claimed = replace(eve, viewers=(replace(eve.viewers[0], id=PHONE.viewer),))
    with pytest.raises(UsageError, match="that is the book of Ada's phone"):
        with_viewer(BOTH, "Eve", claimed, DAY)


def test_a_name_tells_one_viewer_or_device_only_so_that_revoking_it_revokes_that_one() -> None:
    state = with_device(OWNER, "front", DOOR)
    with pytest.raises(UsageError, match="there is a front already"):
        with_viewer(state, "front", book_of(PHONE, DAY), DAY)
    with pytest.raises(UsageError, match="choose a name"):
        with_viewer(BOTH, PHONE.viewer, book_of(state, DAY), DAY)
    with pytest.raises(UsageError, match="choose a name"):
        with_device(BOTH, PHONE.viewer, GATE)


def test_a_household_has_at_most_sixteen_viewers() -> None:
    state, book = OWNER, book_of(new_household(DAY, 1, SeededEntropy(3).take), DAY)
    for number in range(VIEWER_LIMIT - 1):
        guest = replace(book.viewers[0], id=f"{number:032x}")
        state = with_viewer(state, f"guest {number}", replace(book, viewers=(guest,)), DAY)
    assert len(book_of(state, DAY).viewers) == VIEWER_LIMIT
    with pytest.raises(UsageError, match="at most 16"):
        with_viewer(state, "Ada", book_of(PHONE, DAY), DAY)


def test_eight_viewers_see_faces_the_owner_among_them() -> None:
    state, book = OWNER, book_of(new_household(DAY, 1, SeededEntropy(3).take), DAY)
    for number in range(FACE_VIEWER_LIMIT - 1):
        guest = replace(book.viewers[0], id=f"{number:032x}")
        state = with_viewer(state, f"guest {number}", replace(book, viewers=(guest,)), DAY, faces=True)
    assert len(book_of(state, DAY).face_recipients(DAY)) == FACE_VIEWER_LIMIT
    with pytest.raises(UsageError, match="at most 8 viewers see faces"):
        with_viewer(state, "Ada", book_of(PHONE, DAY), DAY, faces=True)
    assert len(book_of(with_viewer(state, "Ada", book_of(PHONE, DAY), DAY), DAY).viewers) == 9


@pytest.mark.parametrize("name", ["Ada's phone", PHONE.viewer])
def test_a_revoked_viewer_is_in_no_later_book_and_keeps_what_it_had(name: str) -> None:
    alone = without_viewer(BOTH, name)
    assert alone is not None
    assert book_of(alone, DAY).recipients(DAY) == (key_of(OWNER, DAY),)
    assert alone.names == ()
    assert key_of(PHONE, DAY) in book_of(BOTH, DAY).recipients(DAY)


def test_a_revoked_device_is_believed_before_that_day_only() -> None:
    state = with_device(OWNER, "doorbell", DOOR).heard(DOOR, DAY)
    revoked = without_device(state, "doorbell", DAY + 2)
    assert revoked is not None
    assert [revoked.devices[0].trusted_on(DAY + n) for n in range(4)] == [True, True, False, False]
    assert revoked.heard(DOOR, DAY + 5).newest_day == DAY
    later = without_device(revoked, DOOR.hex(), DAY + 3)
    assert later == revoked


def test_a_revoked_device_stays_revoked_when_it_is_paired_again() -> None:
    revoked = without_device(with_device(OWNER, "doorbell", DOOR), "doorbell", DAY)
    assert revoked is not None
    with pytest.raises(UsageError, match="was revoked") as caught:
        with_device(revoked, "again", DOOR)
    assert "device.key" in (caught.value.hint or "")


def test_a_device_paired_again_keeps_what_was_heard_of_it() -> None:
    state = with_device(OWNER, "doorbell", DOOR).heard(DOOR, DAY)
    assert with_device(state, "front", DOOR).devices == (KnownDevice(DOOR, DAY, "front"),)


def test_two_of_one_name_are_refused() -> None:
    state = with_device(BOTH, "doorbell", DOOR)
    for name in ("doorbell", "Ada's phone"):
        with pytest.raises(UsageError, match="already"):
            with_device(state, name, GATE)
    assert len(with_device(state, "gate", GATE).devices) == 2


def test_there_is_a_limit_to_devices() -> None:
    full = replace(OWNER, devices=tuple(KnownDevice(bytes([n]) * 32, name=str(n)) for n in range(64)))
    with pytest.raises(UsageError, match="at most 64"):
        with_device(full, "one more", DOOR)


def test_unknown_names_revoke_nobody() -> None:
    assert without_viewer(BOTH, "doorbell") is None
    assert without_device(BOTH, "Ada's phone", DAY) is None


def test_a_fingerprint_is_ten_words_and_differs() -> None:
    assert len(fingerprint(DOOR).split()) == 10
    assert fingerprint(DOOR) == fingerprint(DOOR) != fingerprint(GATE)

"""The key book: one spelling, one signer, bounds on everything."""

import json
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey.clip import X25519Identity, X25519Recipient
from latchkey.clip.signing import SigningKey
from latchkey.errors import OwnerKeyError
from latchkey.units import KIB
from latchkey.vault.book import (
    BOOK_LIMIT_BYTES,
    CONTEXT,
    FACE_VIEWER_LIMIT,
    HOLDING_LIMIT,
    KEY_DAYS,
    VIEWER_LIMIT,
    HoldingKey,
    KeyBook,
    Viewer,
    decode_book,
    encode_book,
)
from latchkey.vault.signed import OrderWrong, sign_order

OWNER = SigningKey(b"o" * 32)


def point(n: int) -> bytes:
    return X25519Identity(n.to_bytes(32, "big")).recipient.point


VIEWERS = (
    Viewer("a" * 32, 3, 20_000, tuple(point(n) for n in range(1, 6))),
    Viewer(
        "b" * 32,
        7,
        20_002,
        tuple(point(n) for n in range(11, 19)),
        2,
        tuple(point(n) for n in range(51, 59)),
    ),
)
BOOK = KeyBook(
    4, OWNER.public, 20_000, VIEWERS, (HoldingKey(1, point(31)), HoldingKey(5, point(32))), point(41)
)
DATA = encode_book(BOOK, OWNER)


def test_a_book_is_read_as_it_was_signed() -> None:
    assert decode_book(DATA) == BOOK == decode_book(DATA, OWNER.public)
    assert (BOOK.days, BOOK.end_day) == (7, 20_005)


def test_a_day_is_for_the_viewers_who_have_a_key_for_it() -> None:
    assert [len(BOOK.recipients(day)) for day in (19_999, 20_000, 20_002, 20_005, 20_010)] == [0, 1, 2, 1, 0]
    assert BOOK.without_key(20_005) == ("a" * 32,)
    assert all(key.startswith("age1") for key in BOOK.recipients(20_002))


def test_a_face_layer_is_for_the_viewers_who_have_keys_for_faces_of_its_day() -> None:
    assert [len(BOOK.face_recipients(day)) for day in (20_000, 20_002, 20_009, 20_010)] == [0, 1, 1, 0]
    assert BOOK.face_recipients(20_003) == (str(X25519Recipient(point(52))),)
    assert (BOOK.face_days, replace(BOOK, viewers=VIEWERS[:1]).face_days) == (2, 0)


def test_keys_for_faces_may_begin_later_than_those_for_clips() -> None:
    late = replace(VIEWERS[1], face_keys=VIEWERS[1].face_keys[3:])
    days = range(20_000, 20_012)
    assert [late.face_key_of(day) for day in days if day >= 20_005] == [
        VIEWERS[1].face_key_of(day) for day in days if day >= 20_005
    ]
    assert {late.face_key_of(day) for day in days if day < 20_005} == {None}


def test_a_book_of_schema_1_is_read_and_has_no_keys_for_faces() -> None:
    fields = json.loads(DATA)
    del fields["signature"]
    for viewer in fields["viewers"]:
        del viewer["face_days"], viewer["face_keys"]
    book = decode_book(sign_order(fields | {"schema": 1}, CONTEXT, OWNER))
    assert book == replace(BOOK, viewers=(VIEWERS[0], replace(VIEWERS[1], face_days=0, face_keys=())))
    assert book.face_recipients(20_003) == ()
    with pytest.raises(OrderWrong, match="other fields"):
        decode_book(sign_order(fields, CONTEXT, OWNER))


def test_the_largest_book_stays_within_its_limit_and_nobody_can_sign_a_larger_one() -> None:
    keys = tuple(point(n) for n in range(1, KEY_DAYS + 1))
    blind = [Viewer(f"{n:032x}", 30, 2_000_000, keys) for n in range(VIEWER_LIMIT)]
    seeing = [replace(one, face_days=30, face_keys=keys) for one in blind]
    holding = tuple(HoldingKey(10**9 - HOLDING_LIMIT + n, keys[n]) for n in range(HOLDING_LIMIT))
    viewers = (*seeing[:FACE_VIEWER_LIMIT], *blind[FACE_VIEWER_LIMIT:])
    book = replace(BOOK, number=10**9, time=2_000_000, viewers=viewers, holding=holding)
    data = encode_book(book, OWNER)
    assert 461 * KIB < len(data) < 462 * KIB < BOOK_LIMIT_BYTES
    assert decode_book(data) == book
    with pytest.raises(OrderWrong, match="who see faces"):
        replace(book, viewers=(*seeing[: FACE_VIEWER_LIMIT + 1], *blind[FACE_VIEWER_LIMIT + 1 :]))


def test_a_book_of_another_owner_is_refused() -> None:
    with pytest.raises(OrderWrong, match="another owner"):
        decode_book(DATA, b"x" * 32)
    with pytest.raises(OwnerKeyError, match="signed by the owner"):
        encode_book(BOOK, SigningKey(b"x" * 32))


def test_no_byte_of_a_book_can_be_changed() -> None:
    for at in range(len(DATA)):
        with pytest.raises(OwnerKeyError):
            decode_book(DATA[:at] + bytes([DATA[at] ^ 1]) + DATA[at + 1 :])


def test_another_spelling_of_the_same_book_is_refused() -> None:
    fields = json.loads(DATA)
    for other in (json.dumps(fields).encode(), DATA + b"\n", b" " + DATA, DATA[:-1] + b',"schema":1}'):
        with pytest.raises(OrderWrong):
            decode_book(other)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 3},
        {"schema": 1},
        {"schema": True},
        {"number": 0},
        {"number": 1.0},
        {"time": -1},
        {"viewers": []},
        {"viewers": None},
        {"holding": {}},
        {"long_term": "AA"},
        {"extra": 1},
        {"holding": [{"key": "x", "number": 1}]},
    ],
)
def test_impossible_values_are_refused_though_signed(change: dict[str, Any]) -> None:
    fields = json.loads(DATA)
    del fields["signature"]
    with pytest.raises(OrderWrong):
        decode_book(sign_order(fields | change, CONTEXT, OWNER))


def test_a_book_nested_as_deep_as_json_can_be_read_is_refused_like_any_other() -> None:
    fields = (
        b'{"holding":[],"long_term":"x","number":%s,"owner":"a","schema":1,'
        b'"signature":"x","time":1,"viewers":[]}'
    )
    for depth in range(1, sys.getrecursionlimit() + 10):
        with pytest.raises(OrderWrong):
            decode_book(fields % (b"[" * depth + b"]" * depth))


def test_absurd_books_cost_nothing() -> None:
    for data in (b"[" * 400_000, b"{" * 1000, b"9" * 500_000, b" " * 600_000):
        with pytest.raises(OrderWrong):
            decode_book(data)


@given(st.binary(max_size=200))
def test_whatever_comes_ends_in_our_error(data: bytes) -> None:
    with pytest.raises(OwnerKeyError):
        decode_book(data)


@pytest.mark.parametrize(
    ("days", "first_day", "keys"),
    [(0, 1, (point(1),)), (31, 1, (point(1),)), (1, -1, (point(1),)), (1, 1, ()), (1, 1, (bytes(32),))],
)
def test_impossible_viewers_are_refused(days: int, first_day: int, keys: tuple[bytes, ...]) -> None:
    with pytest.raises(OwnerKeyError):
        Viewer("a" * 32, days, first_day, keys)


@pytest.mark.parametrize(("face_days", "n_keys"), [(4, 5), (0, 5), (1, 0), (-1, 0), (1, 6)])
def test_faces_that_outlive_clips_or_lack_days_are_refused(face_days: int, n_keys: int) -> None:
    with pytest.raises(OrderWrong):
        replace(VIEWERS[0], face_days=face_days, face_keys=tuple(point(n) for n in range(1, n_keys + 1)))


def test_a_viewer_twice_and_holding_keys_out_of_order_are_refused() -> None:
    with pytest.raises(OrderWrong, match="twice"):
        replace(BOOK, viewers=(VIEWERS[0], VIEWERS[0]))
    with pytest.raises(OrderWrong, match="in order"):
        replace(BOOK, holding=(HoldingKey(2, point(1)), HoldingKey(1, point(2))))

"""The head as it is told over the broker: closed, signed, and without anything that ties files together."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latchkey import wire
from latchkey.canonical import encode_record
from latchkey.clip import SigningKey, verify
from latchkey.vault import (
    HEAD_CONTEXT,
    HEAD_LIMIT_BYTES,
    TOLD_CONTEXT,
    ChainHead,
    SlipDamaged,
    decode_chain_head,
    decode_held_head,
    encode_chain_head,
    sign_told,
)

DEVICE, OTHER = SigningKey(b"d" * 32), SigningKey(b"e" * 32)
HEAD = ChainHead(12, 11, b"h" * 32, "ab" * 16)
TOPIC = "00112233445566ff" * 2


def check(context: bytes, message: bytes, signature: bytes) -> None:
    verify(DEVICE.public, context, message, signature)


def message(head: ChainHead = HEAD, key: SigningKey = DEVICE) -> bytes:
    """Give the message as the device publishes it."""
    values: dict[str, wire.Value] = {
        "schema": 1,
        "sequence": head.sequence,
        "whole": head.whole,
        "clip": head.clip,
        "signature": sign_told(head, key.sign).hex(),
    }
    return wire.record(TOPIC, wire.HEAD, values).payload


def test_the_message_says_numbers_and_id_and_no_hash() -> None:
    assert decode_held_head(message(), check) == replace(HEAD, payload=b"")
    assert HEAD.payload.hex().encode() not in message()
    assert set(json.loads(message())) == {"schema", "sequence", "whole", "clip", "signature"}


def test_the_message_is_read_as_tools_print_it() -> None:
    record = json.loads(message())
    for printed in (message() + b"\n", json.dumps(record, indent=1).encode(), json.dumps(record).encode()):
        assert decode_held_head(printed, check) == replace(HEAD, payload=b"")


def test_a_head_of_the_vault_is_read_too_and_so_is_one_of_schema_1() -> None:
    assert decode_held_head(encode_chain_head(HEAD, DEVICE.sign), check) == HEAD
    old = encode_record({"schema": 1, "sequence": 12, "whole": 11, "payload": "68" * 32})
    signed = old + DEVICE.sign(HEAD_CONTEXT, old)
    for read in (decode_chain_head, decode_held_head):
        assert read(signed, check) == replace(HEAD, clip="")


def test_a_message_changed_at_any_byte_is_refused() -> None:
    data = message()
    for at in range(len(data)):
        for forged in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at]):
            with pytest.raises(SlipDamaged):
                decode_held_head(forged, check)


def test_a_message_of_another_device_is_refused() -> None:
    with pytest.raises(SlipDamaged, match="signature"):
        decode_held_head(message(key=OTHER), check)


def test_a_head_of_the_vault_never_passes_for_a_message_nor_the_reverse() -> None:
    plain = encode_record({"schema": 1, "sequence": 12, "whole": 11, "clip": HEAD.clip})
    for context in (HEAD_CONTEXT, b"latchkey/slip/1\n"):
        forged = json.loads(message()) | {"signature": DEVICE.sign(context, plain).hex()}
        with pytest.raises(SlipDamaged):
            decode_held_head(json.dumps(forged).encode(), check)
    stored = encode_chain_head(HEAD, DEVICE.sign)[:-64]
    with pytest.raises(SlipDamaged):
        decode_held_head(stored + DEVICE.sign(TOLD_CONTEXT, stored), check)


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"[" * 1000,
        b" " * HEAD_LIMIT_BYTES + message(),
        *(
            json.dumps(json.loads(message()) | changes).encode()
            for changes in (
                {"extra": 1},
                {"schema": 2},
                {"schema": True},
                {"whole": 0},
                {"whole": 13},
                {"sequence": 1 << 60},
                {"sequence": 12.0},
                {"clip": ""},
                {"clip": "AB" * 16},
                {"signature": ""},
                {"signature": None},
            )
        ),
    ],
)
def test_whatever_else_is_refused_without_a_crash(odd: bytes) -> None:
    with pytest.raises(SlipDamaged):
        decode_held_head(odd, check)


@given(st.binary(max_size=300), st.integers(0, 250))
def test_no_bytes_make_the_reader_raise_anything_but_ours(noise: bytes, at: int) -> None:
    data = message()
    for odd in (noise, data[:at] + noise, data[:at] + noise + data[at + len(noise) :]):
        if odd.strip() != data:
            with pytest.raises(SlipDamaged):
                decode_held_head(odd, check)


def test_of_two_heads_the_one_signed_later_is_newer() -> None:
    assert ChainHead(12, 12).is_newer_than(HEAD)
    assert ChainHead(13, 11).is_newer_than(HEAD)
    for other in (HEAD, ChainHead(11, 11), ChainHead(12, 10)):
        assert not other.is_newer_than(HEAD)

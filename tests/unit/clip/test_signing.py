"""Signatures: deterministic as RFC 8032 has them, and good for one purpose only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.clip.errors import SignatureWrong
from latchkey.clip.signing import SIGNATURE_BYTES, SigningKey, verify

KEY = SigningKey(bytes(range(32)))
CONTEXT = b"latchkey/test/1\n"


def test_the_public_key_is_that_of_the_standard() -> None:
    """RFC 8032, section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert SigningKey(seed).public.hex() == public


def test_what_was_signed_verifies_and_is_the_same_each_time() -> None:
    signature = KEY.sign(CONTEXT, b"message")
    assert signature == KEY.sign(CONTEXT, b"message")
    verify(KEY.public, CONTEXT, b"message", signature)


@settings(deadline=None)
@given(at=st.integers(0, SIGNATURE_BYTES - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_signature_can_change(at: int, bit: int) -> None:
    signature = bytearray(KEY.sign(CONTEXT, b"message"))
    signature[at] ^= 1 << bit
    with pytest.raises(SignatureWrong):
        verify(KEY.public, CONTEXT, b"message", bytes(signature))


@pytest.mark.parametrize(
    ("public", "context", "message"),
    [
        (SigningKey(bytes(32)).public, CONTEXT, b"message"),
        (KEY.public, b"latchkey/other/1\n", b"message"),
        (KEY.public, CONTEXT, b"other"),
        (KEY.public[:-1], CONTEXT, b"message"),
    ],
    ids=["key", "purpose", "message", "short key"],
)
def test_another_key_purpose_or_message_is_refused(public: bytes, context: bytes, message: bytes) -> None:
    with pytest.raises(SignatureWrong):
        verify(public, context, message, KEY.sign(CONTEXT, b"message"))


@pytest.mark.parametrize("context", [b"", b"no end", b"two\nlines\n"])
def test_a_context_is_one_line(context: bytes) -> None:
    with pytest.raises(ValueError, match="one line"):
        KEY.sign(context, b"message")


def test_a_secret_is_not_shown_and_has_its_length() -> None:
    assert "seed" not in repr(KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(b"short")

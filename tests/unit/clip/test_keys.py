"""Keys as text: Bech32, and what is refused."""

import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_scalarmult
from nacl.exceptions import CryptoError

from latchkey.clip import (
    NoIdentityMatched,
    X25519Identity,
    X25519Recipient,
    bech32,
    decrypt,
    parse_identity,
    parse_recipient,
    seal,
)
from latchkey.errors import OwnerKeyError
from latchkey_sim.entropy import SeededEntropy

# BIP 173 lists these spellings as valid and invalid.
VALID = [
    "A12UEL5L",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
]
INVALID = [
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
    "a12UEL5L",
]


@pytest.mark.parametrize("text", VALID)
def test_spellings_that_bip_173_allows_are_read(text: str) -> None:
    prefix, data = bech32.decode(text)
    assert bech32.encode(prefix, data) == text.lower()


@pytest.mark.parametrize("text", INVALID)
def test_spellings_that_bip_173_forbids_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bech32.decode(text)


@given(st.binary(max_size=80))
def test_bytes_survive_bech32(data: bytes) -> None:
    assert bech32.decode(bech32.encode("age", data)) == ("age", data)


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(4, 61),
    st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"),
)
def test_one_wrong_character_in_a_public_key_is_noticed(secret: bytes, at: int, char: str) -> None:
    text = str(X25519Identity(secret).recipient)
    wrong = text[:at] + char + text[at + 1 :]
    if wrong != text:
        with pytest.raises(OwnerKeyError, match="checksum"):
            parse_recipient(wrong)


def test_keys_are_spelled_as_age_keygen_spells_them(need: Callable[[str], str]) -> None:
    identity = X25519Identity(b"k" * 32)
    run = subprocess.run(
        [need("age-keygen"), "-y"], input=identity.text, text=True, capture_output=True, check=True
    )
    assert run.stdout.strip() == str(identity.recipient)
    assert parse_identity(identity.text) == identity


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_a_public_key_that_everybody_could_open_for_is_refused(point: bytes) -> None:
    with pytest.raises(OwnerKeyError, match="not one that age makes"):
        parse_recipient(bech32.encode("age", point))


@pytest.mark.parametrize(
    "text",
    ["", "age1", "hello", "AGE1XYZ", "ssh-ed25519 AAAA", str(X25519Identity(b"k" * 32).recipient).upper()],
)
def test_what_is_no_public_key_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(OwnerKeyError) as caught:
        parse_recipient(text)
    assert "`age-keygen -y FILE`" in (caught.value.hint or "")


def test_a_secret_key_in_place_of_a_public_one_is_never_repeated() -> None:
    secret = X25519Identity(b"k" * 32).text
    for text in (secret, secret[:-1] + "Q"):
        with pytest.raises(OwnerKeyError) as caught:
            parse_recipient(text)
        assert secret[:30].lower() not in str(caught.value).lower()


def test_no_error_or_repr_shows_a_secret_key() -> None:
    secret = X25519Identity(b"k" * 32).text
    assert "kkk" not in repr(X25519Identity(b"k" * 32))
    with pytest.raises(OwnerKeyError) as caught:
        parse_identity(secret[:-1] + "Q")
    assert secret[:30] not in str(caught.value)


def test_keys_of_types_we_do_not_know_open_nothing() -> None:
    foreign = bech32.encode("age-secret-key-pq-", bytes(32)).upper()
    file = seal(b"x", [str(X25519Identity(b"k" * 32).recipient)], SeededEntropy(1))
    with pytest.raises(NoIdentityMatched):
        decrypt(file, [foreign])
    assert b"".join(decrypt(file, [foreign, X25519Identity(b"k" * 32).text])) == b"x"


P = 2**255 - 19
ORDER_8 = 325606250916557431795983626356110631294008115727848805560023387167927233504
VALUES = (0, 1, ORDER_8, pow(ORDER_8, -1, P), P - 1, P, P + 1)  # adding the point of order 2 gives 1/u
LOW_ORDER = [value + sign for value in VALUES for sign in (0, 1 << 255)]


def spelled(value: int) -> bytes:
    return value.to_bytes(32, "little")


def libsodium_refuses(point: bytes) -> bool:
    try:
        crypto_scalarmult(bytes(32), point)
    except CryptoError:
        return True
    return False


def we_refuse(point: bytes) -> bool:
    try:
        X25519Recipient(point)
    except OwnerKeyError:
        return True
    return False


def test_points_of_low_order_are_refused_in_every_spelling() -> None:
    points = [spelled(value) for value in LOW_ORDER]
    assert all(libsodium_refuses(point) and we_refuse(point) for point in points)


@given(st.one_of(st.binary(min_size=32, max_size=32), st.integers(0, 300).map(lambda n: spelled(P + 2 - n))))
def test_a_point_is_refused_where_libsodium_refuses_it(point: bytes) -> None:
    assert we_refuse(point) == libsodium_refuses(point)

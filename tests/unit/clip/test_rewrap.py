"""A new header for a sealed file: other readers, the same payload."""

import base64
import hmac
import io

import pytest

from latchkey.clip import (
    ClipArmored,
    HeaderDamaged,
    NoIdentityMatched,
    X25519Identity,
    decrypt,
    new_header,
    seal,
    take_header,
)
from latchkey.errors import OwnerKeyError
from latchkey_sim.entropy import SeededEntropy

ALICE, BOB, EVE = (X25519Identity(letter * 32) for letter in (b"a", b"b", b"e"))
PLAIN = bytes(range(256)) * 600
FILE = seal(PLAIN, [str(ALICE.recipient)], SeededEntropy(1))
OLD = take_header(io.BytesIO(FILE))


def rewrapped(*readers: X25519Identity, identity: X25519Identity = ALICE) -> bytes:
    to = [str(reader.recipient) for reader in readers]
    return new_header(OLD, identity, to)


def test_the_header_is_taken_and_not_a_byte_more() -> None:
    source = io.BytesIO(FILE)
    assert take_header(source) + source.read() == FILE
    assert OLD.endswith(b"\n")


def test_a_new_reader_opens_the_untouched_payload_and_the_old_one_no_longer() -> None:
    file = rewrapped(BOB) + FILE[len(OLD) :]
    assert b"".join(decrypt(file, [BOB])) == PLAIN
    with pytest.raises(NoIdentityMatched):
        decrypt(file, [ALICE])


def test_both_can_be_kept_as_readers() -> None:
    file = rewrapped(ALICE, BOB) + FILE[len(OLD) :]
    assert b"".join(decrypt(file, [ALICE])) == b"".join(decrypt(file, [BOB.text])) == PLAIN


def test_a_stranger_cannot_rewrap() -> None:
    with pytest.raises(NoIdentityMatched):
        rewrapped(EVE, identity=EVE)


def test_a_changed_header_is_not_rewrapped() -> None:
    grease = OLD.replace(b"\n--- ", b"\n-> grease\n\n--- ")
    for changed in (grease, OLD + b"x", OLD[:-1], OLD.replace(b"v1", b"v2"), b""):
        with pytest.raises(HeaderDamaged):
            new_header(changed, ALICE, [str(BOB.recipient)])
    with pytest.raises(ClipArmored):
        new_header(b"-----BEGIN AGE ENCRYPTED FILE-----\n", ALICE, [])


def test_rewrapping_for_nobody_is_refused() -> None:
    with pytest.raises(OwnerKeyError, match="no owner key"):
        rewrapped()


def test_no_ephemeral_key_serves_two_readers_or_two_headers() -> None:
    first, second = rewrapped(BOB), rewrapped(ALICE, BOB)
    again = new_header(second, BOB, [str(ALICE.recipient), str(BOB.recipient)])
    shares = [
        line for header in (OLD, first, second, again) for line in header.split(b"\n") if b"X25519" in line
    ]
    assert len(shares) == 6
    assert len(set(shares)) == 5, "only the one for Bob in place of the same old header comes twice"


def share_for_bob(secret: bytes) -> bytes:
    """The line of a stanza whose ephemeral key is made of `secret`, by the rule that CLIP.md gives."""
    info = b"latchkey/new-header/1\n" + str(BOB.recipient).encode()
    ephemeral = hmac.digest(hmac.digest(OLD, secret, "sha256"), info + b"\x01", "sha256")
    share = X25519Identity(ephemeral).recipient.point
    return b"-> X25519 " + base64.b64encode(share).rstrip(b"=")


def test_the_ephemeral_key_is_the_documented_one_and_the_file_key_alone_does_not_tell_it() -> None:
    file_key = SeededEntropy(1).take("clip/file-key", 16)
    line = rewrapped(BOB).split(b"\n")[1]
    assert line == share_for_bob(ALICE.secret + file_key)
    assert line != share_for_bob(file_key), "another reader could try out whose stanza it is"

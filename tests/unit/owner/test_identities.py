"""The owner's key file."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey.clip import X25519Identity, parse_identity
from latchkey.errors import OwnerKeyError
from latchkey.owner import load_identities, parse_identity_file

ALICE = X25519Identity(b"a" * 32)
BOB = X25519Identity(b"b" * 32)
NOON_NS = 1_795_521_600_000_000_000  # 2026-11-24T12:00:00Z


def make(path: Path) -> None:
    path.write_text(f"# mine\n{ALICE.text}\n")
    path.chmod(0o600)


def test_we_read_key_files_of_age_keygen(need: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "owner.key"
    subprocess.run([need("age-keygen"), "-o", path], capture_output=True, check=True)
    shown = next(line for line in path.read_text().splitlines() if "public key" in line)
    (key,) = [parse_identity(text) for text in load_identities(path).identities]
    assert isinstance(key, X25519Identity)
    assert str(key.recipient) == shown.rpartition(" ")[2]


def test_many_keys_comments_and_empty_lines_are_read() -> None:
    text = f"# mine\n\n{ALICE.text}\r\n# hers\n  \n{BOB.text}"
    assert parse_identity_file(text.encode(), "keys") == (ALICE.text, BOB.text)


@pytest.mark.parametrize(
    "data", [b"", b"# nothing\n", b"\xff\xfe", b"hello\n", str(ALICE.recipient).encode()]
)
def test_what_is_no_key_file_is_refused(data: bytes) -> None:
    with pytest.raises(OwnerKeyError, match="keys"):
        parse_identity_file(data, "keys")


def test_a_bad_line_is_named_by_its_number_and_never_shown() -> None:
    with pytest.raises(OwnerKeyError, match="keys:2: ") as caught:
        parse_identity_file(f"{ALICE.text}\n{BOB.text[:-1]}\n".encode(), "keys")
    assert BOB.text[20:40] not in str(caught.value)


def test_an_encrypted_key_file_says_what_to_do() -> None:
    with pytest.raises(OwnerKeyError, match="encrypted") as caught:
        parse_identity_file(b"age-encryption.org/v1\n-> scrypt x 18\n", "keys")
    assert "age -d" in (caught.value.hint or "")


def test_a_missing_key_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(OwnerKeyError) as caught:
        load_identities(tmp_path / "none")
    assert "owner identities" in (caught.value.hint or "")


def test_a_key_file_that_others_can_read_is_noticed(tmp_path: Path) -> None:
    make(tmp_path / "owner.key")
    (tmp_path / "owner.key").chmod(0o644)
    assert load_identities(tmp_path / "owner.key").exposed


def test_the_repr_of_a_key_file_shows_no_key(tmp_path: Path) -> None:
    make(tmp_path / "owner.key")
    assert "SECRET" not in repr(load_identities(tmp_path / "owner.key"))

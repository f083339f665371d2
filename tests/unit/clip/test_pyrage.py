"""Both directions against another implementation of age: pyrage, the Rust one."""

import importlib
import io
from collections.abc import Callable
from typing import Any

import pytest

from latchkey.clip import X25519Identity, decrypt, new_header, seal, take_header
from latchkey_sim.entropy import SeededEntropy

CHUNK = 65536
SIZES = [0, 11, CHUNK, 3 * CHUNK + 5]
ALICE, BOB = X25519Identity(b"a" * 32), X25519Identity(b"b" * 32)


@pytest.fixture
def pyrage(absent: Callable[[str, str], None]) -> Any:
    try:
        return importlib.import_module("pyrage")
    except ImportError:
        absent("pyrage", "pyrage is not installed")


def sealed(size: int, *readers: X25519Identity) -> bytes:
    return seal(bytes(size), [str(reader.recipient) for reader in readers], SeededEntropy(1))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("reader", [ALICE, BOB])
def test_pyrage_opens_what_we_seal(pyrage: Any, size: int, reader: X25519Identity) -> None:
    identity = pyrage.x25519.Identity.from_str(reader.text)
    assert pyrage.decrypt(sealed(size, ALICE, BOB), [identity]) == bytes(size)


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_pyrage_seals(pyrage: Any, size: int) -> None:
    to = [pyrage.x25519.Recipient.from_str(str(reader.recipient)) for reader in (ALICE, BOB)]
    file = pyrage.encrypt(bytes(size), to)
    for reader in (ALICE, BOB):
        assert b"".join(decrypt(file, [reader])) == bytes(size)


def test_pyrage_opens_a_clip_under_a_new_header_only_as_its_new_reader(pyrage: Any) -> None:
    file = sealed(3 * CHUNK, ALICE)
    old = take_header(io.BytesIO(file))
    kept = new_header(old, ALICE, [str(BOB.recipient)]) + file[len(old) :]
    alice, bob = (pyrage.x25519.Identity.from_str(reader.text) for reader in (ALICE, BOB))
    assert pyrage.decrypt(kept, [bob]) == bytes(3 * CHUNK)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(kept, [alice])


def test_keys_are_spelled_as_pyrage_spells_them(pyrage: Any) -> None:
    identity = pyrage.x25519.Identity.from_str(ALICE.text)
    assert (str(identity), str(identity.to_public())) == (ALICE.text, str(ALICE.recipient))

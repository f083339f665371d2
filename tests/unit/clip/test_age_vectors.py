"""Every public age vector ends as its header says; features we lack end in a clear refusal.

The 143 files are those of C2SP/CCTV; they are not part of this repository. Put them into a folder
`shared/vectors/age` beside the checkout to run these tests.
"""

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from latchkey.clip import (
    ClipArmored,
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    TrailingBytes,
    decrypt,
)
from latchkey.errors import ClipError

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "age"
NAMES = sorted(path.name for path in FOLDER.iterdir()) if FOLDER.is_dir() else []
PAYLOAD_FAILURES = (ClipDamaged, ClipTruncated, TrailingBytes)


@dataclass(frozen=True)
class Vector:
    expect: str
    payload: str
    identities: list[str]
    lacking: bool
    file: bytes


def read_vector(name: str) -> Vector:
    head, _, body = (FOLDER / name).read_bytes().partition(b"\n\n")
    facts = [line.split(": ", 1) for line in head.decode().splitlines()]
    table = dict(facts)
    identities = [value for key, value in facts if key == "identity"]
    foreign = any("-PQ-" in identity for identity in identities)
    lacking = foreign or "passphrase" in table or "armored" in table
    file = zlib.decompress(body) if "compressed" in table else body
    return Vector(table["expect"], table.get("payload", ""), identities, lacking, file)


def open_vector(vector: Vector) -> tuple[bytes, ClipError | None]:
    plain = b""
    try:
        for chunk in decrypt(vector.file, vector.identities):
            plain += chunk
    except ClipError as error:
        return plain, error
    return plain, None


needs_vectors = pytest.mark.skipif(not NAMES, reason="no public age vectors beside this checkout")


@needs_vectors
def test_the_public_set_is_complete() -> None:
    assert len(NAMES) == 143


@needs_vectors
@pytest.mark.parametrize("name", NAMES)
def test_public_vector(name: str) -> None:
    vector = read_vector(name)
    plain, error = open_vector(vector)
    if vector.lacking:
        assert isinstance(error, (NoIdentityMatched, ClipArmored, HeaderDamaged)), error
        assert plain == b""
    elif vector.expect == "success":
        assert error is None
    elif vector.expect == "no match":
        assert isinstance(error, NoIdentityMatched)
    elif vector.expect == "payload failure":
        assert isinstance(error, PAYLOAD_FAILURES), error
    else:
        assert isinstance(error, HeaderDamaged), error
    if vector.payload and not vector.lacking:
        assert hashlib.sha256(plain).hexdigest() == vector.payload


@needs_vectors
@pytest.mark.parametrize("name", ["scrypt", "hybrid", "hybrid_grease", "hybrid_multiple_recipients"])
def test_sound_files_of_other_key_types_end_in_no_identity_matched(name: str) -> None:
    _, error = open_vector(read_vector(name))
    assert isinstance(error, NoIdentityMatched)

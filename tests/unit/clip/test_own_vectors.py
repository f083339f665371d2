"""Our own vectors: each ends as it says, and the script gives them anew, byte for byte."""

import hashlib
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from latchkey.clip import (
    ClipArmored,
    ClipDamaged,
    ClipTruncated,
    HeaderDamaged,
    NoIdentityMatched,
    TrailingBytes,
    check_proof,
    decrypt,
    open_seekable,
)
from latchkey.errors import ClipError
from latchkey_sim.vectors import make_vectors, read_vector

FOLDER = Path(__file__).resolve().parents[2] / "vectors"
FILES = {str(path.relative_to(FOLDER)): path.read_bytes() for path in sorted(FOLDER.glob("*/*"))}
AGE = [name for name in FILES if name.startswith("age/")]
PROOF = [name for name in FILES if name.startswith("proof/")]
ERRORS = {
    "no match": NoIdentityMatched,
    "armored": ClipArmored,
    "header": HeaderDamaged,
    "truncated": ClipTruncated,
    "damaged": ClipDamaged,
    "trailing": TrailingBytes,
}

STRICTER = {"age/limit_stanzas", "age/limit_line", "age/limit_header", "age/scrypt_beside_others"}
"""What `age` 1.1 reads and we refuse: our limits, and a passphrase that the specification wants alone."""


def test_the_script_gives_the_files_that_are_checked_in() -> None:
    made = make_vectors()
    assert made.keys() == FILES.keys()
    assert [name for name in made if made[name] != FILES[name]] == []


def test_there_are_many_and_they_are_small() -> None:
    assert len(FILES) >= 60
    assert sum(map(len, FILES.values())) < 300_000
    assert {read_vector(name, FILES[name]).expect for name in AGE} == {"success", *ERRORS}


def test_no_two_vectors_test_the_same() -> None:
    vectors = [read_vector(name, FILES[name]) for name in FILES]
    assert len({vector.comment for vector in vectors}) == len(vectors)
    assert len({(vector.file, vector.identities) for vector in vectors}) == len(vectors)


@pytest.mark.parametrize("name", AGE)
def test_own_vector(name: str) -> None:
    vector = read_vector(name, FILES[name])
    plain = b""
    try:
        for chunk in decrypt(vector.file, vector.identities):
            plain += chunk
        error = None
    except ClipError as raised:
        error = raised
    assert (type(error) if error else None) == ERRORS.get(vector.expect), error
    assert hashlib.sha256(plain).hexdigest() == vector.payload_sha256


@pytest.mark.parametrize("name", PROOF)
def test_own_vector_of_proof(name: str) -> None:
    vector = read_vector(name, FILES[name])
    found = check_proof([vector.file])
    if found.failure is not None:
        outcome = "damaged"
    elif found.is_complete:
        outcome = "complete"
    else:
        outcome = "partial" if found.clip_key else "unproved"
    assert outcome == vector.expect, found.failure
    assert hashlib.sha256(vector.file[: found.proved_bytes]).hexdigest() == vector.payload_sha256


@pytest.mark.parametrize("name", AGE)
def test_own_vector_read_at_any_place(name: str) -> None:
    vector = read_vector(name, FILES[name])
    if vector.expect == "success":
        plain = open_seekable(io.BytesIO(vector.file), vector.identities).read()
        assert hashlib.sha256(plain).hexdigest() == vector.payload_sha256
        return
    with pytest.raises(ERRORS[vector.expect]):
        open_seekable(io.BytesIO(vector.file), vector.identities).read()


@pytest.mark.parametrize("name", AGE)
def test_the_age_tool_agrees(need: Callable[[str], str], tmp_path: Path, name: str) -> None:
    if name in STRICTER:
        return
    vector = read_vector(name, FILES[name])
    key_file = tmp_path / "key"
    key_file.write_text("\n".join(vector.identities) + "\n")
    run = subprocess.run([need("age"), "-d", "-i", key_file], input=vector.file, capture_output=True)
    assert (run.returncode == 0) == (vector.expect == "success"), run.stderr
    if vector.expect == "success":
        assert hashlib.sha256(run.stdout).hexdigest() == vector.payload_sha256

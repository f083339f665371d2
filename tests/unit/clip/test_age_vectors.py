"""Every public age vector ends as its header says; features we lack end in a clear refusal.

The 143 files are those of C2SP/CCTV; they are not part of this repository. LATCHKEY_AGE_VECTORS names a
folder of them, or the `index.js` of the npm package `cctv-age`; else `shared/vectors/age` beside the
checkout is looked for.
"""

import base64
import hashlib
import io
import os
import re
import zlib
from collections.abc import Callable
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
    open_seekable,
    take_header,
)
from latchkey.errors import ClipError

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "age"
PAYLOAD_FAILURES = (ClipDamaged, ClipTruncated, TrailingBytes)
PACKED = re.compile(r'// \.\./testdata/(\w+)\nvar \w+ = __toBinary\("([^"]*)"\)')


def find_vectors() -> dict[str, bytes]:
    place = Path(os.environ.get("LATCHKEY_AGE_VECTORS", BESIDE))
    if place.is_dir():
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())}
    if place.is_file():
        packed = PACKED.findall(place.read_text("ascii"))
        return {name: base64.b64decode(text + "=" * (-len(text) % 4)) for name, text in packed}
    return {}


FILES = find_vectors()
NAMES = list(FILES) or ["none"]


@dataclass(frozen=True)
class Vector:
    expect: str
    payload: str
    identities: list[str]
    armored: bool
    foreign: bool
    file: bytes


@pytest.fixture
def vector(absent: Callable[[str, str], None]) -> Callable[[str], Vector]:
    if not FILES:
        absent("age-vectors", "no public age vectors beside this checkout")
    return read_vector


def read_vector(name: str) -> Vector:
    head, _, body = FILES[name].partition(b"\n\n")
    facts = [line.split(": ", 1) for line in head.decode().splitlines()]
    table = dict(facts)
    identities = [value for key, value in facts if key == "identity"]
    foreign = "passphrase" in table or any("-PQ-" in identity for identity in identities)
    file = zlib.decompress(body) if "compressed" in table else body
    return Vector(table["expect"], table.get("payload", ""), identities, "armored" in table, foreign, file)


def open_vector(vector: Vector) -> tuple[bytes, ClipError | None]:
    plain = b""
    try:
        for chunk in decrypt(vector.file, vector.identities):
            plain += chunk
    except ClipError as error:
        return plain, error
    return plain, None


def seek_vector(vector: Vector) -> tuple[bytes, ClipError | None]:
    try:
        return open_seekable(io.BytesIO(vector.file), vector.identities).read(), None
    except ClipError as error:
        return b"", error


def allowed(vector: Vector) -> tuple[type[ClipError], ...]:
    """What may be raised; nothing for a file that opens."""
    if vector.armored:
        return (ClipArmored, HeaderDamaged)  # some do not begin as armor does
    if vector.foreign:
        lenient = vector.expect in {"header failure", "HMAC failure"}
        return (NoIdentityMatched, HeaderDamaged) if lenient else (NoIdentityMatched,)
    return {
        "success": (),
        "no match": (NoIdentityMatched,),
        "header failure": (HeaderDamaged,),
        "HMAC failure": (HeaderDamaged,),
        "payload failure": PAYLOAD_FAILURES,
    }[vector.expect]


def test_the_public_set_is_complete(vector: Callable[[str], Vector]) -> None:
    assert len(FILES) == 143
    assert {vector(name).expect for name in FILES} <= {
        "success", "no match", "header failure", "HMAC failure", "payload failure", "armor failure"
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_public_vector(vector: Callable[[str], Vector], name: str) -> None:
    wanted = vector(name)
    plain, error = open_vector(wanted)
    if kinds := allowed(wanted):
        assert isinstance(error, kinds), error
    else:
        assert error is None
    if wanted.armored or wanted.foreign:
        assert plain == b""
    elif wanted.payload:
        assert hashlib.sha256(plain).hexdigest() == wanted.payload


@pytest.mark.parametrize("name", NAMES)
def test_public_vector_read_at_any_place(vector: Callable[[str], Vector], name: str) -> None:
    wanted = vector(name)
    plain, error = seek_vector(wanted)
    if kinds := allowed(wanted):
        assert isinstance(error, kinds), error
    else:
        assert hashlib.sha256(plain).hexdigest() == wanted.payload


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_is_read_is_written_back_byte_for_byte(
    vector: Callable[[str], Vector], name: str
) -> None:
    wanted = vector(name)
    if wanted.armored or wanted.expect == "header failure":
        return
    source = io.BytesIO(wanted.file)
    assert take_header(source) + source.read() == wanted.file


@pytest.mark.parametrize("name", ["scrypt", "hybrid", "hybrid_grease", "hybrid_multiple_recipients"])
def test_sound_files_of_other_key_types_end_in_no_identity_matched(
    vector: Callable[[str], Vector], name: str
) -> None:
    _, error = open_vector(vector(name))
    assert isinstance(error, NoIdentityMatched)

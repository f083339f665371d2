"""How a vector is written: lines `key: value`, an empty line, and the file in hexadecimal.

Hexadecimal lines are 32 bytes; `LINE * N` stands for a line N times. Nothing else is compressed, so a
change shows in a diff.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

_LINE_BYTES = 32
_REPEAT = " * "


@dataclass(frozen=True, slots=True)
class Vector:
    """One file and what becomes of it.

    `expect` is `success`, `no match`, `armored`, `header`, `truncated`, `damaged` or `trailing`;
    `payload_sha256` is the hash of all plaintext that verifies before the failure, in hexadecimal.
    Of a video with proof, which needs no identity, `expect` is `complete`, `partial`, `unproved` or
    `damaged`, and the hash is that of its proved beginning.
    """

    name: str
    comment: str
    expect: str
    identities: tuple[str, ...]
    payload_sha256: str
    file: bytes


def hashed(chunks: Sequence[bytes]) -> str:
    """Give the SHA-256 of some plaintext, in hexadecimal."""
    return hashlib.sha256(b"".join(chunks)).hexdigest()


def write_vector(vector: Vector) -> bytes:
    """Give the text of a vector."""
    head = [
        f"comment: {vector.comment}",
        f"expect: {vector.expect}",
        *(f"identity: {identity}" for identity in vector.identities),
        f"payload: {vector.payload_sha256}",
        "",
    ]
    return "".join(f"{line}\n" for line in [*head, *_hex_lines(vector.file)]).encode("ascii")


def read_vector(name: str, text: bytes) -> Vector:
    """Read what `write_vector` wrote."""
    head, _, body = text.decode("ascii").partition("\n\n")
    facts = [line.split(": ", 1) for line in head.splitlines()]
    table = dict(facts)
    identities = tuple(value for key, value in facts if key == "identity")
    file = b"".join(map(_bytes_of, body.splitlines()))
    return Vector(name, table["comment"], table["expect"], identities, table["payload"], file)


def _hex_lines(file: bytes) -> list[str]:
    lines = [file[at : at + _LINE_BYTES].hex() for at in range(0, len(file), _LINE_BYTES)]
    runs = [(line, len(list(run))) for line, run in groupby(lines)]
    return [f"{line}{_REPEAT}{count}" if count > 1 else line for line, count in runs]


def _bytes_of(line: str) -> bytes:
    text, _, count = line.partition(_REPEAT)
    return bytes.fromhex(text) * int(count or 1)

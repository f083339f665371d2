"""Key files: a standard age identity file, which the `age` tool reads as well.

One `AGE-SECRET-KEY-1…` line per key, empty lines, and comments that begin with `#`. No error and no
repr ever shows a secret key.
"""

from dataclasses import dataclass, field
from pathlib import Path

from latchkey.clip import parse_identity
from latchkey.errors import OwnerKeyError
from latchkey.owner.files import readable_by_others
from latchkey.reading import read_small

KEY_FILE_LIMIT_BYTES = 1 << 20
"""Room for 10,000 keys; no key file is larger."""

_AGE_FILE_START = ("age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----")


@dataclass(frozen=True, slots=True)
class IdentityFile:
    """What a key file holds. `exposed` = other users of the machine may read it."""

    path: Path
    identities: tuple[str, ...] = field(repr=False)
    exposed: bool


def load_identities(path: Path) -> IdentityFile:
    """Read a key file: an ordinary file, for a pipe might never end. Raises OwnerKeyError."""
    try:
        data = read_small(path, KEY_FILE_LIMIT_BYTES)
    except OSError as error:
        hint = "`latchkey owner identities > FILE` writes one; without --key your household is used"
        raise OwnerKeyError(f"cannot read the key file {path}: {error.strerror}", hint=hint) from error
    return IdentityFile(path, parse_identity_file(data, str(path)), readable_by_others(path))


def parse_identity_file(data: bytes, name: str) -> tuple[str, ...]:
    """Give the key lines of an identity file; `name` stands in errors. Raises OwnerKeyError."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OwnerKeyError(f"{name} is not a key file: it is not text") from error
    if text.startswith(_AGE_FILE_START):
        hint = f"`age -d {name} > KEYS` removes the passphrase; delete KEYS afterwards"
        raise OwnerKeyError(f"{name} is itself an encrypted file", hint=hint)
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            keys.append(_checked(line.strip(), f"{name}:{number}"))
    if not keys:
        raise OwnerKeyError(f"{name} holds no key", hint="a key is a line AGE-SECRET-KEY-1...")
    return tuple(keys)


def _checked(line: str, place: str) -> str:
    try:
        parse_identity(line)
    except OwnerKeyError as error:
        raise OwnerKeyError(f"{place}: {error}", hint=error.hint) from error
    return line

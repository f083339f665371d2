"""The owner's key file: a standard age identity file, which the `age` tool reads as well.

One `AGE-SECRET-KEY-1…` line per key, empty lines, and comments that begin with `#`. No error and no
repr ever shows a secret key.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from latchkey.clip import Take, X25519Identity, parse_identity
from latchkey.errors import OwnerKeyError
from latchkey.owner.files import readable_by_others, write_new
from latchkey.reading import read_small
from latchkey.units import NS_PER_S

KEY_FILE_LIMIT_BYTES = 1 << 20
"""Room for 10,000 keys; no key file is larger."""

_AGE_FILE_START = ("age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----")


@dataclass(frozen=True, slots=True)
class IdentityFile:
    """What a key file holds. `exposed` = other users of the machine may read it."""

    path: Path
    identities: tuple[str, ...] = field(repr=False)
    exposed: bool


def default_key_path() -> Path:
    """Where `owner init` puts the key and the other commands look for it."""
    return Path("~/.config/latchkey/owner.key").expanduser()


def make_identity_file(path: Path, take: Take, wall_ns: int) -> str:
    """Draw a key, write it to a new file, 0600, and give its public key.

    `take` must be real entropy (stream `owner/identity`). Raises UsageError where the file is
    there: a key is never overwritten, for clips may need it. Raises DiskError.
    """
    identity = X25519Identity(take("owner/identity", 32))
    created = datetime.fromtimestamp(wall_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"# created: {created}\n# public key: {identity.recipient}\n{identity.text}\n"
    write_new(path, text.encode("ascii"))
    return str(identity.recipient)


def load_identities(path: Path) -> IdentityFile:
    """Read a key file: an ordinary file, for a pipe might never end. Raises OwnerKeyError."""
    try:
        data = read_small(path, KEY_FILE_LIMIT_BYTES)
    except OSError as error:
        hint = "`latchkey owner init` makes a key; --key FILE names another file"
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


def public_keys(file: IdentityFile) -> list[str]:
    """Give the public keys of a key file, in its order. Raises OwnerKeyError if there is none."""
    parsed = [parse_identity(text) for text in file.identities]
    keys = [str(identity.recipient) for identity in parsed if isinstance(identity, X25519Identity)]
    if not keys:
        raise OwnerKeyError(f"{file.path} holds no key of type X25519")
    return keys


def _checked(line: str, place: str) -> str:
    try:
        parse_identity(line)
    except OwnerKeyError as error:
        raise OwnerKeyError(f"{place}: {error}", hint=error.hint) from error
    return line

"""An owner's state at rest: sealed under a passphrase, under the recovery phrase, or both.

A sealed state is one line of ours and an age v1 file behind it. Its recipients are made of the passphrase
(Argon2id) and of the recovery phrase. Saving needs neither: the public halves are enough, and they are kept
within the state alone, so nobody else can make a file that opens with them.

Neither passphrase nor phrase makes a day key. They open a state as it was when it was written, and that
opens what it opened then: a copy of day d's state opens every day from d - T on, for ever, for whoever has
the words.
"""

import io
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b

from nacl.pwhash import argon2id

from latchkey.clip import Streams, Take, X25519Identity, decrypt, seal
from latchkey.clip.errors import NoIdentityMatched
from latchkey.clip.header import from_base64, to_base64
from latchkey.errors import ClipError, OwnerKeyError
from latchkey.owner.phrase import PHRASE_BYTES

FIRST_WORDS = b"latchkey-sealed-state/1"
NO_SALT = b"-"
SALT_BYTES: int = argon2id.SALTBYTES
MEMORY_BYTES: int = argon2id.MEMLIMIT_INTERACTIVE
"""64 MiB. The next larger choice of libsodium, 256 MiB, is more than a board of 512 MB can spare."""

ROUNDS: int = argon2id.OPSLIMIT_INTERACTIVE
PASSPHRASE_LIMIT_CHARS = 1024
STATE_LIMIT_BYTES = 4 << 20
"""16 viewers with 400 public keys each take about 0.4 MiB."""

_LINE_LIMIT_BYTES = 64


class StateDamaged(OwnerKeyError):
    """A state file is torn, altered, or none at all."""


class WordsWrong(OwnerKeyError):
    """The passphrase or recovery phrase does not open this state."""


def recovery_identity(secret: bytes) -> X25519Identity:
    """Give the key of a recovery phrase, made of its 16 bytes. Raises ValueError for another length."""
    if len(secret) != PHRASE_BYTES:
        raise ValueError(f"a recovery phrase holds {PHRASE_BYTES} bytes")
    return X25519Identity(blake2b(secret, digest_size=32, person=b"lk-recovery").digest())


def passphrase_identity(passphrase: str, salt: bytes) -> X25519Identity:
    """Give the key of a passphrase; takes 64 MiB and about 0.1 s.

    How its letters are composed (é as one character or two) does not matter.
    Raises OwnerKeyError where it is empty or too long.
    """
    if not passphrase or len(passphrase) > PASSPHRASE_LIMIT_CHARS:
        raise OwnerKeyError(f"a passphrase has 1 to {PASSPHRASE_LIMIT_CHARS} characters")
    typed = unicodedata.normalize("NFKC", passphrase).encode("utf-8")
    return X25519Identity(argon2id.kdf(32, typed, salt, opslimit=ROUNDS, memlimit=MEMORY_BYTES))


def seal_state(state: bytes, recipients: Sequence[str], salt: bytes | None, take: Take) -> bytes:
    """Give the sealed form of `state`; `salt` is that of the passphrase, or None. Raises OwnerKeyError."""
    shown = NO_SALT if salt is None else to_base64(salt)
    return b"%s %s\n%s" % (FIRST_WORDS, shown, seal(state, recipients, Streams(take)))


def is_sealed(data: bytes) -> bool:
    """Whether these bytes begin as a sealed state does."""
    return data.startswith(FIRST_WORDS)


def salt_of(data: bytes) -> bytes | None:
    """Give the salt of the passphrase; None = only the recovery phrase opens it. Raises StateDamaged."""
    return _split(data)[0]


def open_state(data: bytes, identity: X25519Identity) -> bytes:
    """Give the state. Raises WordsWrong, StateDamaged."""
    _, sealed = _split(data)
    state = b""
    try:
        for chunk in decrypt(io.BytesIO(sealed), [identity.text]):
            state += chunk
            if len(state) > STATE_LIMIT_BYTES:
                raise StateDamaged(f"this state is larger than {STATE_LIMIT_BYTES} bytes")
    except NoIdentityMatched as error:
        raise WordsWrong("these words do not open this state") from error
    except ClipError as error:
        raise StateDamaged("this state was changed or cut short") from error
    return state


def _split(data: bytes) -> tuple[bytes | None, bytes]:
    first, line_break, sealed = data.partition(b"\n")
    mark, _, shown = first[:_LINE_LIMIT_BYTES].partition(b" ")
    if mark != FIRST_WORDS or not line_break:
        raise StateDamaged("this is not a sealed state")
    if shown == NO_SALT:
        return None, sealed
    try:
        salt = from_base64(shown)
    except ClipError as error:
        raise StateDamaged("this state has a damaged first line") from error
    if len(salt) != SALT_BYTES:
        raise StateDamaged("this state has a damaged first line")
    return salt, sealed

"""Who can open the owner's state at rest: a passphrase, a recovery phrase, both or neither. Pure.

Held are public halves only: enough to seal the state anew at each change, and nothing that opens it.
"""

from dataclasses import dataclass, replace

from latchkey.clip import Take, X25519Identity, X25519Recipient
from latchkey.errors import OwnerKeyError
from latchkey.owner.phrase import PHRASE_BYTES, read_words, spell
from latchkey.owner.sealing import SALT_BYTES, passphrase_identity, recovery_identity


@dataclass(frozen=True, slots=True)
class PassphraseLock:
    """The salt of a passphrase, 16 bytes, and the X25519 public key that it makes."""

    salt: bytes
    point: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES:
            raise OwnerKeyError("the salt of a passphrase has another length")
        X25519Recipient(self.point)


@dataclass(frozen=True, slots=True)
class Custody:
    """`passphrase` None = the state lies open in its file; `recovery` None = no phrase brings it back."""

    passphrase: PassphraseLock | None = None
    recovery: bytes | None = None

    def __post_init__(self) -> None:
        if self.recovery is not None:
            X25519Recipient(self.recovery)

    def with_passphrase(self, passphrase: str | None, take: Take) -> "Custody":
        """Give the custody with another passphrase, or with none. Raises OwnerKeyError."""
        if passphrase is None:
            return replace(self, passphrase=None)
        salt = take("owner/salt", SALT_BYTES)
        point = passphrase_identity(passphrase, salt).recipient.point
        return replace(self, passphrase=PassphraseLock(salt, point))

    def with_phrase(self, phrase: tuple[str, ...]) -> "Custody":
        """Give the custody with this recovery phrase. Raises PhraseWrong."""
        return replace(self, recovery=identity_of(" ".join(phrase)).recipient.point)


NO_CUSTODY = Custody()


def draw_phrase(take: Take) -> tuple[str, ...]:
    """Draw a recovery phrase of 128 random bits, 15 words. `take` must be real entropy."""
    return spell(take("owner/phrase", PHRASE_BYTES))


def identity_of(typed: str) -> X25519Identity:
    """Give the key of a recovery phrase as typed. Raises PhraseWrong, which names the wrong word."""
    return recovery_identity(read_words(typed, PHRASE_BYTES))

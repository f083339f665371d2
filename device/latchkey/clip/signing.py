"""Ed25519 signatures (RFC 8032), each for one purpose.

What is signed is always `context` and then the message. A context is a fixed text of ours with a version and
a line break at its end, so a signature made for one purpose never passes for another.
"""

from dataclasses import dataclass, field

from nacl.bindings import (
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import CryptoError

from latchkey.clip.errors import SignatureWrong

SEED_BYTES = 32
PUBLIC_BYTES = 32
SIGNATURE_BYTES: int = crypto_sign_BYTES


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret signing key, made of a seed of 32 random bytes. Its repr never shows it.

    `public` is the key that verifies, 32 bytes. Raises ValueError for a seed of another length.
    """

    seed: bytes = field(repr=False)
    public: bytes = field(init=False, repr=False)
    _secret: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"a signing key is {SEED_BYTES} bytes")
        public, secret = crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "public", bytes(public))  # once: it takes as long as a signature
        object.__setattr__(self, "_secret", bytes(secret))

    def sign(self, context: bytes, message: bytes) -> bytes:
        """Give the signature, 64 bytes: the same for the same message."""
        return bytes(crypto_sign(_bound(context, message), self._secret)[:SIGNATURE_BYTES])


def verify(public: bytes, context: bytes, message: bytes, signature: bytes) -> None:
    """Raise SignatureWrong unless the key of `public` signed this context and message so."""
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        raise SignatureWrong
    try:
        crypto_sign_open(signature + _bound(context, message), public)
    except CryptoError as error:
        raise SignatureWrong from error


def _bound(context: bytes, message: bytes) -> bytes:
    if not context.endswith(b"\n") or b"\n" in context[:-1]:
        raise ValueError("a context is one line of text")
    return context + message

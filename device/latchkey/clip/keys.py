"""Who a file can be sealed to, and who can open it. A type of key is a pair of small classes.

X25519 is the only type so far. A second one adds a `Recipient` and an `Identity` and a line in
`parse_recipient` and `parse_identity`; nothing else knows the types. age's post-quantum hybrid is left
out: `cryptography` 50 opens it, but seals only with randomness of its own, not the caller's; and age
forbids it beside X25519 recipients, which day keys are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from nacl.bindings import (
    crypto_aead_chacha20poly1305_ietf_decrypt,
    crypto_aead_chacha20poly1305_ietf_encrypt,
    crypto_scalarmult,
    crypto_scalarmult_base,
)
from nacl.exceptions import CryptoError

from latchkey.clip.bech32 import decode as from_bech32
from latchkey.clip.bech32 import encode as to_bech32
from latchkey.clip.errors import HeaderDamaged
from latchkey.clip.header import FILE_KEY_BYTES, Stanza, from_base64, hkdf, to_base64
from latchkey.errors import OwnerKeyError

Take = Callable[[str, int], bytes]
"""`Entropy.take`: the next n bytes of a named stream."""


@dataclass(frozen=True, slots=True)
class Streams:
    """An `Entropy` made of the `take` of another one; `prefix` is put before the names of its streams."""

    draw: Take
    prefix: str = ""

    def take(self, stream: str, n_bytes: int) -> bytes:
        """Give the next `n_bytes` of the stream."""
        return self.draw(self.prefix + stream, n_bytes)


PUBLIC_PREFIX = "age"
SECRET_PREFIX = "age-secret-key-"  # noqa: S105 -- a prefix, not a secret
FOREIGN_PREFIXES = ("age-secret-key-", "age-plugin-")
"""Identities of other types: well-formed, but they open nothing here."""

KEY_BYTES = 32
TAG_BYTES = 16
_ZERO_NONCE = bytes(12)  # the wrap key is used once
_LOW_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
"""All points of Curve25519 and its twist whose order divides 8, in every spelling, as libsodium lists them.

A table, for a multiplication takes 45 µs where a look takes 0.3: a device reads 800 keys at every start.
"""
_WRAP_INFO = b"age-encryption.org/v1/X25519"


class Recipient(Protocol):
    """A public key."""

    def wrap(self, file_key: bytes, take: Take) -> Stanza:
        """Seal a file key to this recipient."""
        ...


class Identity(Protocol):
    """A secret key."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Give the file key, or None where the stanza is for somebody else.

        Raises HeaderDamaged for a stanza of this type that breaks its rules.
        """
        ...

    def derive(self, secret: bytes, salt: bytes, info: bytes) -> bytes:
        """Give 32 bytes that nobody can tell without both this key and `secret` (HKDF-SHA256)."""
        ...


@dataclass(frozen=True, slots=True)
class X25519Recipient:
    """A public key `age1…`. Points of low order are refused: everybody could open what they seal."""

    point: bytes

    def __post_init__(self) -> None:
        if len(self.point) != KEY_BYTES or _without_sign(self.point) in _LOW_ORDER:
            raise OwnerKeyError("this public key is not one that age makes")

    def wrap(self, file_key: bytes, take: Take) -> Stanza:
        """Seal a file key with a fresh key pair drawn from the stream `clip/ephemeral`."""
        secret = take("clip/ephemeral", KEY_BYTES)
        share = crypto_scalarmult_base(secret)
        shared = _agree(secret, self.point)
        if shared is None:
            raise OwnerKeyError("this public key is not one that age makes")
        key = hkdf(shared, share + self.point, _WRAP_INFO)
        body = crypto_aead_chacha20poly1305_ietf_encrypt(file_key, None, _ZERO_NONCE, key)
        return Stanza(("X25519", to_base64(share).decode("ascii")), body)

    def __str__(self) -> str:
        return to_bech32(PUBLIC_PREFIX, self.point)


@dataclass(frozen=True, slots=True)
class X25519Identity:
    """A secret key `AGE-SECRET-KEY-1…`. Its repr never shows it."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise OwnerKeyError("a secret key of the wrong length")

    @property
    def recipient(self) -> X25519Recipient:
        """The public key that belongs to it."""
        return X25519Recipient(crypto_scalarmult_base(self.secret))

    @property
    def text(self) -> str:
        """The line of an identity file. Only for such a file."""
        return to_bech32(SECRET_PREFIX, self.secret).upper()

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Give the file key, or None if the stanza is not for this key. Raises HeaderDamaged."""
        if stanza.kind != "X25519":
            return None
        if len(stanza.words) != 2:
            raise HeaderDamaged("an X25519 recipient with more or fewer words than two")
        share = from_base64(stanza.words[1].encode("ascii"))
        if len(share) != KEY_BYTES or len(stanza.body) != FILE_KEY_BYTES + TAG_BYTES:
            raise HeaderDamaged("an X25519 recipient of the wrong length")
        shared = _agree(self.secret, share)
        if shared is None:
            raise HeaderDamaged("an X25519 share of low order")
        key = hkdf(shared, share + crypto_scalarmult_base(self.secret), _WRAP_INFO)
        try:
            return crypto_aead_chacha20poly1305_ietf_decrypt(stanza.body, None, _ZERO_NONCE, key)
        except CryptoError:
            return None

    def derive(self, secret: bytes, salt: bytes, info: bytes) -> bytes:
        """Give HKDF-SHA256 of this key followed by `secret`."""
        return hkdf(self.secret + secret, salt, info)


@dataclass(frozen=True, slots=True)
class ForeignIdentity:
    """A well-formed key of a type that this version does not know. It opens nothing."""

    prefix: str

    def unwrap(self, stanza: Stanza) -> bytes | None:  # noqa: ARG002 -- of the port
        """Give None: it is for somebody else, as far as we can tell."""
        return None

    def derive(self, secret: bytes, salt: bytes, info: bytes) -> bytes:  # noqa: ARG002 -- of the port
        """Refuse with OwnerKeyError: its bytes are not known here."""
        raise OwnerKeyError("a key of this type cannot make a new header")


@lru_cache(maxsize=64)
def parse_recipient(text: str) -> Recipient:
    """Read a public key. Raises OwnerKeyError."""
    try:
        prefix, data = from_bech32(text)
    except ValueError as error:
        raise OwnerKeyError(
            f"{_shorten(text)} is not an age public key: {error}", hint=_PUBLIC_HINT
        ) from error
    if prefix != PUBLIC_PREFIX or text != text.lower():
        shown = "this secret key" if prefix.startswith(FOREIGN_PREFIXES) else _shorten(text)
        raise OwnerKeyError(f"{shown} is not an age public key of type X25519", hint=_PUBLIC_HINT)
    return X25519Recipient(data)


def parse_identity(text: str) -> Identity:
    """Read a secret key; never repeats it in an error. Raises OwnerKeyError."""
    try:
        prefix, data = from_bech32(text)
    except ValueError as error:
        raise OwnerKeyError(f"a line is not an age secret key: {error}", hint=_SECRET_HINT) from error
    if not prefix.startswith(FOREIGN_PREFIXES) or text != text.upper():
        raise OwnerKeyError("a line is not an age secret key", hint=_SECRET_HINT)
    return X25519Identity(data) if prefix == SECRET_PREFIX else ForeignIdentity(prefix)


_PUBLIC_HINT = "public keys begin with age1; `age-keygen -y FILE` prints those of a key file"
_SECRET_HINT = "secret keys begin with AGE-SECRET-KEY-1"  # noqa: S105 -- a hint, not a secret
_SHOWN_CHARS = 12


def _shorten(text: str) -> str:
    """Enough of a key to recognise it; nothing of what might be a secret one."""
    if text.lower().startswith(FOREIGN_PREFIXES):
        return "this secret key"
    return repr(text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…")


def _without_sign(point: bytes) -> bytes:
    """Give a point without its highest bit, which X25519 does not look at."""
    return point[:-1] + bytes((point[-1] & 0x7F,))


def _agree(secret: bytes, point: bytes) -> bytes | None:
    """X25519; None for points of low order, where libsodium refuses the all-zero secret."""
    try:
        return crypto_scalarmult(secret, point)
    except CryptoError:
        return None

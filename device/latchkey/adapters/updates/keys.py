"""Signature keys of repositories: Ed25519, checked by libsodium, and no other kind.

securesystemslib would take whatever library it finds on the machine; this way each device checks alike,
with the library that it has anyway.
"""

from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import KEY_FOR_TYPE_AND_SCHEME, Key, Signature

KIND = "ed25519"
KEY_BYTES = 32


class Ed25519Key(Key):
    """A public key of 32 bytes, in hexadecimal."""

    @classmethod
    def from_dict(cls, keyid: str, key_dict: dict[str, Any]) -> "Ed25519Key":
        """Read a key. Raises ValueError, KeyError."""
        keytype, scheme, keyval = cls._from_dict(key_dict)
        if not isinstance(keyval.get("public"), str) or len(bytes.fromhex(keyval["public"])) != KEY_BYTES:
            raise ValueError("a public key is not 32 bytes in hexadecimal")
        return cls(keyid, keytype, scheme, keyval, key_dict)

    def to_dict(self) -> dict[str, Any]:
        """Write a key."""
        return self._to_dict()

    def verify_signature(self, signature: Signature, data: bytes) -> None:
        """Raise UnverifiedSignatureError unless this key signed `data`."""
        try:
            made = bytes.fromhex(signature.signature)
            if signature.keyid != self.keyid:
                raise UnverifiedSignatureError(f"not a signature by {self.keyid}")
            VerifyKey(bytes.fromhex(self.keyval["public"])).verify(data, made)
        except BadSignatureError as error:
            raise UnverifiedSignatureError(f"not a signature by {self.keyid}") from error
        except ValueError as error:
            raise VerificationError(f"a signature by {self.keyid} cannot be read") from error


def check_this_kind_alone() -> None:
    """Let tuf know our keys, and no others: what it cannot check alike everywhere, it must not trust."""
    KEY_FOR_TYPE_AND_SCHEME.clear()
    KEY_FOR_TYPE_AND_SCHEME[(KIND, KIND)] = Ed25519Key

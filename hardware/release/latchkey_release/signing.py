"""Keys that sign a repository: Ed25519, one file each, of 32 random bytes in hexadecimal.

A key file is as secret as what it signs. Those of `root` and `targets` belong on a medium that is not
connected while nobody makes a release; those of `snapshot` and `timestamp` lie where the repository is
renewed.
"""

import os
from pathlib import Path

from nacl.signing import SigningKey
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer

from latchkey.adapters.updates.keys import KIND, Ed25519Key

SEED_BYTES = 32


class KeyFileError(Exception):
    """A key file is missing, there already, or no key."""


class SecretKey(Signer):
    """A key that signs."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        public = self._key.verify_key.encode().hex()
        self._public = Ed25519Key(public, KIND, KIND, {"public": public})

    @property
    def public_key(self) -> Ed25519Key:
        """Its public half. Its id is the key itself: nothing else could be meant."""
        return self._public

    def sign(self, payload: bytes) -> Signature:
        """Sign bytes; the same bytes give the same signature."""
        return Signature(self._public.keyid, self._key.sign(payload).signature.hex())

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "SecretKey":
        """Not offered: keys are files of ours."""
        del public_key, secrets_handler
        raise KeyFileError(f"{priv_key_uri}: keys are read from files")

    def save(self, path: Path) -> None:
        """Write a new key file, for its owner alone. Raises KeyFileError where there is one."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyFileError(f"{path} is there already: no key is ever written over") from None
        with os.fdopen(handle, "w") as file:
            file.write(f"{self._key.encode().hex()}\n")
            file.flush()
            os.fsync(handle)


def new_key() -> SecretKey:
    """Make a key from the system's chance."""
    return SecretKey(os.urandom(SEED_BYTES))


def load_key(path: Path) -> SecretKey:
    """Read a key file. Raises KeyFileError."""
    try:
        seed = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{path} is no key file: {error}") from error
    if len(seed) != SEED_BYTES:
        raise KeyFileError(f"{path} is no key file: it has {len(seed)} bytes")
    return SecretKey(seed)

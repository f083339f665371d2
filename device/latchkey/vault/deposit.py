"""A copy of the owner's state, left with a device: sealed under the recovery phrase, and signed by the owner.

The device opens none and needs none: it holds the newest for whoever comes with the phrase, and replaces it
by each newer one, so that a device too gives up what opened the days that are over. Numbers are those of the
owner's orders; they only rise. Pure.
"""

from dataclasses import dataclass

from latchkey.clip.errors import HeaderDamaged
from latchkey.clip.header import from_base64, to_base64
from latchkey.clip.signing import PUBLIC_BYTES, SigningKey
from latchkey.errors import OwnerKeyError
from latchkey.units import KIB
from latchkey.vault.signed import NUMBER_LIMIT, OrderWrong, key_bytes, key_text, read_order, sign_order, whole

CONTEXT = b"latchkey/state/1\n"
DEPOSIT_LIMIT_BYTES = 768 * KIB
"""A state holds the keys of a whole book, of 512 KiB at most, and here in base64: a third more."""

SEALED_START = b"latchkey-sealed-state/1 -\nage-encryption.org/v1\n"
"""How a state begins that the recovery phrase alone opens. Nothing else is taken: never an open state."""

_FIELDS = {"schema", "number", "owner", "copy"}


@dataclass(frozen=True, slots=True)
class Deposit:
    """A sealed `copy` of the state of `owner`. Raises OrderWrong for impossible values."""

    number: int
    owner: bytes
    copy: bytes

    def __post_init__(self) -> None:
        whole(self.number, 1, NUMBER_LIMIT, "the number")
        whole(len(self.owner), PUBLIC_BYTES, PUBLIC_BYTES, "the length of the owner's key")
        if not self.copy.startswith(SEALED_START):
            raise OrderWrong("what it holds is not sealed under a recovery phrase")


def encode_deposit(deposit: Deposit, key: SigningKey) -> bytes:
    """Sign a deposit. Raises OwnerKeyError where `key` is not its owner, or devices take none so large."""
    if key.public != deposit.owner:
        raise OwnerKeyError("a copy of the state is signed by the owner it names")
    copy = to_base64(deposit.copy).decode("ascii")
    fields = {"schema": 1, "number": deposit.number, "owner": key_text(deposit.owner), "copy": copy}
    data = sign_order(fields, CONTEXT, key)
    if len(data) > DEPOSIT_LIMIT_BYTES:
        raise OwnerKeyError("the state is larger than a device takes", hint="keep recovery.state elsewhere")
    return data


def decode_deposit(data: bytes) -> Deposit:
    """Read a deposit, of whatever owner it names. Raises OrderWrong for all that is not written here."""
    fields = read_order(data, CONTEXT, _FIELDS, DEPOSIT_LIMIT_BYTES)
    copy = fields["copy"]
    if not isinstance(copy, str) or not copy.isascii():
        raise OrderWrong("the copy in it is not text")
    try:
        sealed = from_base64(copy.encode("ascii"))
    except HeaderDamaged as error:
        raise OrderWrong("the copy in it is not base64") from error
    return Deposit(fields["number"], key_bytes(fields["owner"]), sealed)

"""Orders of the owner as files: one JSON object with one legal spelling, and a signature in it.

The spelling: ASCII, keys sorted, no spaces, no floats. What is signed is the object without its field
`signature`, under a context of its own for each kind of order.
"""

import json
from collections.abc import Mapping
from typing import Any

from latchkey.clip.errors import HeaderDamaged, SignatureWrong
from latchkey.clip.header import from_base64, to_base64
from latchkey.clip.signing import SigningKey, verify
from latchkey.errors import OwnerKeyError

NUMBER_LIMIT = 10**9
"""Orders are numbered by hand, so to speak: no owner signs a thousand millions of them."""


class OrderWrong(OwnerKeyError):
    """An order is damaged, of another version, or not signed by whom it should be."""


def sign_order(fields: Mapping[str, object], context: bytes, key: SigningKey) -> bytes:
    """Give the bytes of a signed order: the same for the same fields."""
    signature = key.sign(context, _spelled(fields))
    return _spelled({**fields, "signature": key_text(signature)})


def read_order(
    data: bytes, context: bytes, names: set[str], limit_bytes: int, schemas: tuple[int, ...] = (1,)
) -> dict[str, Any]:
    """Give the fields of an order that is signed by the key in its own field `owner`.

    Whether that is the owner one knows is for the caller to compare. `names` are the fields there must be,
    `schema` must be one of `schemas`. Raises OrderWrong.
    """
    if len(data) > limit_bytes:
        raise OrderWrong(f"it is over {limit_bytes} bytes")
    try:
        fields = json.loads(data)
        spelled = _spelled(fields)
    except (ValueError, RecursionError) as error:
        raise OrderWrong("it is not JSON") from error
    if not isinstance(fields, dict):
        raise OrderWrong("it is not a JSON object")
    if fields.get("schema") not in schemas or type(fields["schema"]) is not int:
        raise OrderWrong("it is of another version", hint="a newer latchkey may have written it")
    if set(fields) != names | {"signature"} or spelled != data:
        raise OrderWrong("its fields or its spelling are not those of an order")
    signature = key_bytes(fields.pop("signature"), 64)
    try:
        verify(key_bytes(fields["owner"]), context, _spelled(fields), signature)
    except SignatureWrong as error:
        raise OrderWrong("its signature does not verify") from error
    return fields


def key_text(key: bytes) -> str:
    """Write a key or signature: base64 without padding, as age does."""
    return to_base64(key).decode("ascii")


def key_bytes(text: object, n_bytes: int = 32) -> bytes:
    """Read a key or signature of `n_bytes`. Raises OrderWrong."""
    if not isinstance(text, str) or not text.isascii():
        raise OrderWrong("a key in it is not text")
    try:
        key = from_base64(text.encode("ascii"))
    except HeaderDamaged as error:
        raise OrderWrong("a key in it is not base64") from error
    if len(key) != n_bytes:
        raise OrderWrong("a key in it has the wrong length")
    return key


def whole(value: object, low: int, high: int, what: str) -> int:
    """Give a whole number from `low` to `high`. Raises OrderWrong, which says `what` it is."""
    if type(value) is not int or not low <= value <= high:
        raise OrderWrong(f"{what} in it has an impossible value")
    return value


def _spelled(fields: object) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")

"""JSON that has one spelling only: equal records, equal bytes, so that it can be signed and compared.

ASCII, keys sorted, no spaces, no fractions. What is spelled otherwise is refused, also by readers that would
understand it.
"""

import json
from collections.abc import Collection
from typing import Any


def encode_record(record: dict[str, Any]) -> bytes:
    """Write a record. Raises ValueError for numbers that are not whole."""
    data = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    decode_record(data, record, len(data))
    return data


def decode_record(data: bytes, fields: Collection[str], limit_bytes: int) -> dict[str, Any]:
    """Read a record of exactly these fields. Raises ValueError with the reason."""
    if len(data) > limit_bytes:
        raise ValueError(f"it is over {limit_bytes} bytes")
    try:
        record = _DECODER.decode(data.decode("ascii"))
        again = _ENCODER.encode(record).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON of whole numbers in ASCII") from error
    if not isinstance(record, dict) or set(record) != set(fields):
        raise ValueError("it has other fields than it should")
    if again != data:
        raise ValueError("it is spelled in another way than ours")
    return record


def whole(value: object, least: int, most: int) -> int:
    """Give a whole number from `least` to `most`. Raises ValueError."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError("a number is impossible")
    return value


def hexadecimal(value: object, n_bytes: int) -> bytes:
    """Give the bytes of lower-case hexadecimal text of exactly `n_bytes`. Raises ValueError."""
    if not isinstance(value, str) or len(value) != 2 * n_bytes or set(value) - set("0123456789abcdef"):
        raise ValueError(f"a text is not {n_bytes} bytes in hexadecimal")
    return bytes.fromhex(value)


def _refuse(text: str) -> None:
    raise ValueError(text)


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
"""Made once: making them takes longer than a record does, and a vault of 10,000 clips has as many slips."""

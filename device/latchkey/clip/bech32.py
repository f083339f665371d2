"""Bech32 (BIP 173) without its limit of 90 characters, as age spells keys."""

from functools import reduce
from operator import xor

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FOLDED = tuple(
    reduce(xor, (term for bit, term in enumerate(_GENERATOR) if top >> bit & 1), 0) for top in range(32)
)
"""What the five bits that leave the checksum put into it."""

_CHECKSUM_CHARS = 6

LIMIT_CHARS = 4096
"""No key of age is longer (a hybrid public key takes about 2,000 characters)."""


def encode(prefix: str, data: bytes) -> str:
    """Give `prefix1data…checksum` in lower case."""
    values = _regroup(data, 8, 5, pad=True)
    checksum = _polymod([*_expand(prefix), *values, *[0] * _CHECKSUM_CHARS]) ^ 1
    tail = [(checksum >> 5 * (_CHECKSUM_CHARS - 1 - i)) & 31 for i in range(_CHECKSUM_CHARS)]
    return f"{prefix}1{''.join(_ALPHABET[value] for value in [*values, *tail])}"


def decode(text: str) -> tuple[str, bytes]:
    """Give prefix (in lower case) and data. Raises ValueError for a spelling that is not Bech32."""
    if len(text) > LIMIT_CHARS or not text.isascii() or not text.isprintable():
        raise ValueError("too long, or not plain text")
    if text not in (text.lower(), text.upper()):
        raise ValueError("mixed case")
    prefix, mark, rest = text.lower().rpartition("1")
    if not mark or not prefix or len(rest) < _CHECKSUM_CHARS:
        raise ValueError("too short")
    if any(char not in _ALPHABET for char in rest):
        raise ValueError("a character that Bech32 does not use")
    values = [_ALPHABET.index(char) for char in rest]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise ValueError("its checksum does not match: a typing error?")
    return prefix, bytes(_regroup(values[:-_CHECKSUM_CHARS], 5, 8, pad=False))


def _expand(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value ^ _FOLDED[checksum >> 25]
    return checksum


def _regroup(values: bytes | list[int], from_bits: int, to_bits: int, *, pad: bool) -> list[int]:
    """Cut a row of `from_bits`-wide numbers into `to_bits`-wide ones."""
    held, held_bits, groups = 0, 0, []
    for value in values:
        held = held << from_bits | value
        held_bits += from_bits
        while held_bits >= to_bits:
            held_bits -= to_bits
            groups.append(held >> held_bits)
            held &= (1 << held_bits) - 1
    if pad and held_bits:
        groups.append(held << (to_bits - held_bits))
    elif not pad and (held_bits >= from_bits or held):
        raise ValueError("not in canonical form")
    return groups

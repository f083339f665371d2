"""Secrets and short messages as plain words, so that people can write, say and type them.

The list (`words.txt`, our own) has 1024 words of 4 to 7 letters: 10 bits each. No two share their first four
letters, and no two are one slip apart (one letter changed, added or lost, or two neighbours swapped).
Two more words check the rest: a Reed-Solomon code over GF(1024), so one wrong word is found and named,
and any two wrong ones, or two in each other's place, are noticed.
"""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from latchkey.errors import OwnerKeyError

WORD_BITS = 10
CHECK_WORDS = 2
SHORT_CHARS = 4
"""So many letters tell a word from all others."""

PHRASE_BYTES = 16
"""A recovery phrase holds 128 random bits: 13 words, and 2 that check."""

MESSAGE_LIMIT_CHARS = 4096
_FIELD = 1 << WORD_BITS
_POLYNOMIAL = 0x409  # x^10 + x^3 + 1, primitive: the powers of x are all 1023 elements


class PhraseWrong(OwnerKeyError):
    """Words that are not what was spelled. `word` = the number of the wrong one from 1, or None."""

    def __init__(self, message: str, *, word: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.word = word


@cache
def words() -> tuple[str, ...]:
    """Give the 1024 words, sorted."""
    return tuple(files("latchkey.owner").joinpath("words.txt").read_text("ascii").split())


def word_count(n_bytes: int) -> int:
    """Give how many words `spell` makes of so many bytes."""
    return -(-n_bytes * 8 // WORD_BITS) + CHECK_WORDS


def spell(data: bytes) -> tuple[str, ...]:
    """Give the words of some bytes (at most 1276), the two check words last. Raises ValueError."""
    count = word_count(len(data)) - CHECK_WORDS
    if count + CHECK_WORDS >= _FIELD:
        raise ValueError("too long to be spelled")
    number = int.from_bytes(data) << (count * WORD_BITS - len(data) * 8)
    values = [number >> WORD_BITS * (count - 1 - place) & _FIELD - 1 for place in range(count)]
    return tuple(words()[value] for value in [*values, *_checks(values)])


def read_words(text: str, n_bytes: int) -> bytes:
    """Give the `n_bytes` bytes that were spelled. Raises PhraseWrong, which names the wrong word.

    Case, commas, hyphens, line breaks and the numbers of a list do not matter; four letters of a word do.
    """
    if len(text) > MESSAGE_LIMIT_CHARS:
        raise PhraseWrong("that is too long")
    typed = [
        word for word in text.lower().replace(",", " ").replace("-", " ").split() if not _is_number(word)
    ]
    expected = word_count(n_bytes)
    values = [_value(word, place) for place, word in enumerate(typed, 1)]
    if len(values) != expected:
        raise PhraseWrong(f"these are {len(values)} words, not {expected}")
    _check(values)
    number = 0
    for value in values[:-CHECK_WORDS]:
        number = number << WORD_BITS | value
    spare = (expected - CHECK_WORDS) * WORD_BITS - n_bytes * 8
    if number & (1 << spare) - 1:
        raise PhraseWrong("these words were not made by latchkey")
    return (number >> spare).to_bytes(n_bytes)


def _is_number(word: str) -> bool:
    return word.rstrip(".):").isdecimal()


def _value(word: str, place: int) -> int:
    known = words()
    for value, candidate in enumerate(known):
        if word == candidate or word == candidate[:SHORT_CHARS]:
            return value
    near = get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]}?" if near else None
    raise PhraseWrong(f"word {place}, {word[:20]!r}, is not in the list", word=place, hint=hint)


def _check(values: list[int]) -> None:
    """Raise PhraseWrong unless both sums are 0; one wrong word is found from them."""
    plain, weighed = _sums(values)
    if not plain and not weighed:
        return
    if plain and weighed:
        place = (_logs()[weighed] - _logs()[plain]) % (_FIELD - 1)
        if place < len(values):
            fitting = words()[values[place] ^ plain]
            raise PhraseWrong(
                f"word {place + 1}, {words()[values[place]]!r}, does not fit the others",
                word=place + 1,
                hint=f"{fitting} would fit there; if you wrote down another one, more than one word is wrong",
            )
    raise PhraseWrong("two words or more are wrong, or stand in each other's place")


def _checks(values: list[int]) -> tuple[int, int]:
    """Give the two words that make both sums 0."""
    plain, weighed = _sums(values)
    first, second = _power(len(values)), _power(len(values) + 1)
    ahead = _over(weighed ^ _times(plain, second), first ^ second)
    return ahead, plain ^ ahead


def _sums(values: list[int]) -> tuple[int, int]:
    """Give the sum of the values, and the sum of each times x to its place."""
    plain = weighed = 0
    for place, value in enumerate(values):
        plain ^= value
        weighed ^= _times(value, _power(place))
    return plain, weighed


@cache
def _powers() -> tuple[int, ...]:
    powers, element = [], 1
    for _ in range(_FIELD - 1):
        powers.append(element)
        element <<= 1
        if element & _FIELD:
            element ^= _POLYNOMIAL
    return tuple(powers)


@cache
def _logs() -> dict[int, int]:
    return {element: place for place, element in enumerate(_powers())}


def _power(exponent: int) -> int:
    return _powers()[exponent % (_FIELD - 1)]


def _times(left: int, right: int) -> int:
    return _power(_logs()[left] + _logs()[right]) if left and right else 0


def _over(left: int, right: int) -> int:
    return _power(_logs()[left] - _logs()[right]) if left else 0

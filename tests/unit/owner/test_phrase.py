"""Words that carry secrets: none is mistaken for another, and a wrong one is named."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latchkey.errors import OwnerKeyError
from latchkey.owner.phrase import PHRASE_BYTES, PhraseWrong, read_words, spell, word_count, words

SECRET = bytes(range(100, 100 + PHRASE_BYTES))
PHRASE = spell(SECRET)


def replaced_or_added(word: str) -> set[str]:
    """Every row of letters that one wrong or one more letter makes of a word, with `?` for that letter."""
    changed = {f"{word[:i]}?{word[i + 1 :]}" for i in range(len(word))}
    return changed | {f"{word[:i]}?{word[i:]}" for i in range(len(word) + 1)}


def neighbours_swapped(word: str) -> set[str]:
    return {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)} - {word}


def test_the_list_has_1024_plain_words_that_four_letters_tell_apart() -> None:
    listed = words()
    assert len(listed) == len({word[:4] for word in listed}) == 1024
    assert list(listed) == sorted(listed)
    assert all(
        word.isascii() and word.islower() and word.isalpha() and 4 <= len(word) <= 7 for word in listed
    )


def test_no_slip_of_a_finger_makes_one_word_of_another() -> None:
    made: dict[str, str] = {}
    for word in words():
        assert not neighbours_swapped(word) & set(words())
        for slip in replaced_or_added(word):
            assert made.setdefault(slip, word) == word, slip


def test_a_phrase_is_fifteen_words_and_comes_back() -> None:
    assert len(PHRASE) == word_count(PHRASE_BYTES) == 15
    assert read_words(" ".join(PHRASE), PHRASE_BYTES) == SECRET


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=120))
def test_all_bytes_come_back(data: bytes) -> None:
    assert read_words(" ".join(spell(data)), len(data)) == data


def test_how_it_is_written_down_does_not_matter() -> None:
    numbered = "\n".join(f"{place}. {word.upper()}," for place, word in enumerate(PHRASE, 1))
    short = "-".join(word[:4] for word in PHRASE)
    assert read_words(numbered, PHRASE_BYTES) == read_words(short, PHRASE_BYTES) == SECRET


def test_a_word_that_is_not_in_the_list_is_named_with_what_was_meant() -> None:
    slipped = [*PHRASE[:6], PHRASE[6][:-1] + "x", *PHRASE[7:]]
    with pytest.raises(PhraseWrong, match="word 7,") as caught:
        read_words(" ".join(slipped), PHRASE_BYTES)
    assert caught.value.word == 7
    assert caught.value.hint == f"did you mean {PHRASE[6]}?"


def test_any_one_word_put_for_another_is_found_and_the_right_one_told() -> None:
    for place, other in product(range(15), words()[5::97]):
        if other == PHRASE[place]:
            continue
        with pytest.raises(PhraseWrong) as caught:
            read_words(" ".join([*PHRASE[:place], other, *PHRASE[place + 1 :]]), PHRASE_BYTES)
        assert caught.value.word == place + 1
        assert (caught.value.hint or "").startswith(f"{PHRASE[place]} would fit")


def test_two_words_in_each_others_place_never_pass() -> None:
    for left, right in combinations(range(15), 2):
        swapped = list(PHRASE)
        swapped[left], swapped[right] = swapped[right], swapped[left]
        if swapped != list(PHRASE):
            with pytest.raises(PhraseWrong, match="each other's place"):
                read_words(" ".join(swapped), PHRASE_BYTES)


def test_two_wrong_words_never_pass() -> None:
    for left, right in combinations(range(15), 2):
        wrong = list(PHRASE)
        wrong[left], wrong[right] = words()[left * 31], words()[right * 53]
        with pytest.raises(PhraseWrong):
            read_words(" ".join(wrong), PHRASE_BYTES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 words, not 15"),
        (" ".join(PHRASE[:-1]), "14 words, not 15"),
        (" ".join([*PHRASE, PHRASE[0]]), "16 words, not 15"),
        ("zebra " * 2000, "too long"),
    ],
)
def test_too_few_or_too_many_words_are_counted(text: str, said: str) -> None:
    with pytest.raises(OwnerKeyError, match=said):
        read_words(text, PHRASE_BYTES)


def test_what_is_too_long_to_check_is_not_spelled() -> None:
    with pytest.raises(ValueError, match="too long"):
        spell(bytes(1300))
